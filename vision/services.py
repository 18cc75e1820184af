"""What changes when a crop is read, a track ends, a vote waits, a camera's picture comes or goes."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.models import F

import arrivals.services
from vision import crops, easyocr_engine, readings, voting
from vision.decoding import FrameError
from vision.models import Camera
from vision.readings import Vote
from vision.voting import Ballot

logger = logging.getLogger(__name__)

FORSAKEN = timedelta(
    seconds=5
)  # a track of which nothing is heard this long: its loop or its judge was cut off


def read_crop(*, camera_id: int, source_key: str, crop_key: str) -> Ballot | None:
    """
    Read one crop of a track; `note_reading` follows, with the time at which it was read.

    :return: None for a crop that expired, was taken already, is no picture or shows no
        character, and for one of a track that was judged: those change nothing.
    """
    if readings.is_claimed(source_key):
        crops.drop(crop_key)
        return None
    try:
        image = crops.take(crop_key)
    except FrameError as error:
        logger.warning("crop refused camera=%s code=%s", camera_id, error.code)
        return None
    if image is None:
        return None
    reading = easyocr_engine.get_recognizer().read([image])[0]
    ballot = Ballot(reading, crops.rate(image))
    return None if ballot.best is None else ballot


def note_reading(*, camera_id: int, source_key: str, ballot: Ballot, seen_at: datetime, at: datetime) -> None:
    """Add a reading to its track; judge the track if that makes its plate clear."""
    ballots = readings.add(source_key, camera_id=camera_id, seen_at=seen_at, ballot=ballot, at=at)
    if voting.is_clear(ballots):
        _judge(Vote(source_key, camera_id, seen_at, voting.elect(ballots)), at=at)


def close_track(*, source_key: str, at: datetime) -> None:
    """
    Judge a track by what was read of it; one that was judged already, or of which nothing was read, is left.
    """
    found = readings.get(source_key)
    if found is None or readings.is_claimed(source_key):
        return
    ballots, camera_id, seen_at = found
    _judge(Vote(source_key, camera_id, seen_at, voting.elect(ballots)), at=at)


def judge_waiting(*, at: datetime) -> int:
    """
    Judge what a killed worker, a cut loop or a database that was down left behind; return how many waited.

    What has waited for 15 minutes is gone by itself, and only counted here.
    """
    waiting = readings.get_waiting(before=at - FORSAKEN)
    for source_key in waiting:
        vote = readings.get_vote(source_key)
        if vote is not None:
            _record(vote, at=at)
        elif readings.is_claimed(source_key) or readings.get(source_key) is None:
            readings.forget(source_key)
            logger.warning("plate read dropped unjudged")
        else:
            close_track(source_key=source_key, at=at)
    return len(waiting)


def _judge(vote: Vote, *, at: datetime) -> None:
    if readings.claim(vote, at=at):
        _record(vote, at=at)


def _record(vote: Vote, *, at: datetime) -> None:
    """Hand the vote over; what the database cannot take now stays, for judge_waiting."""
    try:
        camera = Camera.objects.filter(pk=vote.camera_id).first()
        if camera is not None:  # one that was deleted has no store to arrive at
            arrivals.services.record_plate_read(
                store_id=camera.store_id,
                camera_id=camera.pk,
                candidates=vote.candidates,
                source_key=vote.source_key,
                seen_at=vote.seen_at,
                at=at,
                is_leaving=camera.direction == Camera.Direction.OUT,
            )
        Camera.objects.filter(pk=vote.camera_id).update(reads=F("reads") + 1)
    except (OperationalError, InterfaceError):
        logger.warning("plate read waits for the database camera=%s", vote.camera_id)
        return
    readings.forget(vote.source_key)
    logger.info(
        "plate read judged camera=%s ms=%.0f", vote.camera_id, (at - vote.seen_at).total_seconds() * 1e3
    )


def note_status(
    *,
    camera_id: int,
    status: str,
    reason: str,
    last_frame_at: datetime | None,
    frames: int,
    dropped: int,
    at: datetime,
) -> None:
    """
    Write down how a camera is doing.

    :param frames: taken since the last call; `dropped` likewise.
    """
    camera = Camera.objects.filter(pk=camera_id)
    facts: dict[str, Any] = {"frames": F("frames") + frames, "frames_dropped": F("frames_dropped") + dropped}
    if last_frame_at is not None:
        facts["last_frame_at"] = last_frame_at
    camera.update(status_reason=reason[:80], **facts)
    if camera.exclude(status=status).update(status=status, status_changed_at=at):
        logger.info("camera status camera=%s status=%s reason=%s", camera_id, status, reason or "none")

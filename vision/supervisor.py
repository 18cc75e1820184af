"""All cameras of one process: which are watched, and how each is doing, written down as it changes."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections

from bopis import clock
from vision import addresses, services
from vision.capture import Capture
from vision.detector import get_detector
from vision.dispatch import WorkerSink
from vision.models import Camera
from vision.watching import View, Watch

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
WRITE_EVERY_S = 5.0  # status that only counts on
OFFLINE_AFTER_S = 5.0  # without a picture


@dataclass(eq=False)
class _Watched:
    """One watched camera, with what was last written about it."""

    watch: Watch
    facts: tuple[object, ...]
    since_s: float = field(default_factory=time.monotonic)
    written_s: float = float("-inf")
    status: str = ""
    reason: str = ""
    frames: int = 0
    dropped: int = 0


class Supervisor:
    """
    Keeps the watches in step with the table of cameras, and their rows with the watches.

    :param camera_ids: the cameras to watch; None for all that are in use.
    """

    def __init__(self, camera_ids: Sequence[int] | None = None) -> None:
        self._camera_ids = camera_ids
        self._watched: dict[int, _Watched] = {}

    def run(self, stopping: threading.Event) -> None:
        """Watch until the event is set."""
        while not stopping.is_set():
            try:
                close_old_connections()
                self.look(clock.now())
            except (OperationalError, InterfaceError):
                # The cameras go on; their rows follow when the database is back.
                logger.warning("camera table out of reach")
            stopping.wait(LOOK_EVERY_S)
        self._end()

    def _end(self) -> None:
        for watched in self._watched.values():
            watched.watch.stop()
        try:
            for camera_id, watched in self._watched.items():
                self._note(camera_id, watched, clock.now(), is_over=True)
        except (OperationalError, InterfaceError):
            logger.warning("camera table out of reach")  # a row left ONLINE shows its age: Camera.is_stale

    def look(self, at: datetime) -> None:
        """
        Start, stop and restart watches as the table says, and write down how they are doing.
        """
        cameras = Camera.objects.filter(is_active=True)
        if self._camera_ids is not None:
            cameras = cameras.filter(pk__in=self._camera_ids)
        wanted = {camera.pk: camera for camera in cameras}
        for camera_id, watched in list(self._watched.items()):
            camera = wanted.get(camera_id)
            if camera is None or _facts(camera) != watched.facts:
                watched.watch.stop()
                self._note(camera_id, self._watched.pop(camera_id), at, is_over=camera is None)
        for camera_id in wanted.keys() - self._watched.keys():
            self._watched[camera_id] = _Watched(_start(wanted[camera_id]), _facts(wanted[camera_id]))
        for camera_id, watched in self._watched.items():
            self._note(camera_id, watched, at)

    def _note(self, camera_id: int, watched: _Watched, at: datetime, *, is_over: bool = False) -> None:
        now_s = time.monotonic()
        status, reason = (Camera.Status.UNKNOWN, "") if is_over else _judge(watched, now_s)
        is_changed = (status, reason) != (watched.status, watched.reason)
        if not is_changed and now_s - watched.written_s < WRITE_EVERY_S:
            return
        capture, last_s = watched.watch.capture, watched.watch.last_frame_s
        frames, dropped = capture.frames, capture.dropped
        services.note_status(
            camera_id=camera_id,
            status=status,
            reason=reason,
            last_frame_at=None if last_s is None else at - timedelta(seconds=now_s - last_s),
            frames=frames - watched.frames,
            dropped=dropped - watched.dropped,
            at=at,
        )
        watched.status, watched.reason, watched.written_s = status, reason, now_s
        watched.frames, watched.dropped = frames, dropped


def _judge(watched: _Watched, now_s: float) -> tuple[str, str]:
    """Return a camera's status and, if it is not online, why."""
    last_s, reason = watched.watch.last_frame_s, watched.watch.capture.reason
    if now_s - (last_s if last_s is not None else watched.since_s) >= OFFLINE_AFTER_S:
        return Camera.Status.OFFLINE, reason or "frozen"
    return (Camera.Status.UNKNOWN, reason) if last_s is None else (Camera.Status.ONLINE, "")


def _facts(camera: Camera) -> tuple[object, ...]:
    """What a watch was started with; when any of it changes, it is started anew."""
    return camera.url, repr(camera.region), camera.min_plate_width_px


def _start(camera: Camera) -> Watch:
    url, clips = camera.url, settings.BOPIS_CLIPS
    region = tuple((float(x), float(y)) for x, y in camera.region)
    view = View(region, camera.min_plate_width_px)
    capture = Capture(lambda: addresses.resolve(url, clips=clips))
    watch = Watch(camera.pk, capture, get_detector(), WorkerSink(camera.pk), view)
    watch.start()
    logger.info("watch started camera=%s source=%s", camera.pk, addresses.describe(url))
    return watch

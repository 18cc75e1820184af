"""One camera's loop: newest frame, motion, plates, tracks, and the crops worth reading."""

import logging
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision import crops
from vision.capture import Capture, Frame
from vision.engines import Detection, Detector
from vision.motion import Motion, MotionGate
from vision.tracks import Track, Tracker

logger = logging.getLogger(__name__)

IDLE_FPS, BUSY_FPS = 5.0, 12.0  # frames a second looked at: nothing moves, something moves
BUSY_FOR_S = 2.0  # after the last motion
LEAST_MOTION = 0.15  # of a plate's box: less is a parked car that somebody walks past
FOLLOWED = 0.7  # of the narrowest plate to read: a track begins before, so that a jitter does not end it
AROUND_PX = 48  # looked at beyond what moves, so that a plate at its edge is whole
EDGE_PX = 5  # a box is a little off, so a plate that ends this near may go on beyond the picture
WAIT_S = 0.5


class Sink(Protocol):
    """Where a loop's crops go."""

    def offer(self, source_key: str, crop: NDArray[np.uint8], at_s: float) -> bool:
        """Take a crop, H x W x 3 uint8 BGR, seen at `time.monotonic()`; False if its track needs no more."""
        ...

    def close(self, source_key: str) -> None:
        """Take note that the track has ended."""
        ...


@dataclass(frozen=True)
class View:
    """
    What of the picture counts.

    :param region: a polygon as shares of width and height; empty for everything.
    """

    region: tuple[tuple[float, float], ...] = ()
    min_plate_width_px: int = 56


class Watch:
    """
    Watches one camera until it is stopped.

    :param camera_id: begins the source keys, with a name of this session that no other has.
    """

    def __init__(self, camera_id: int, capture: Capture, detector: Detector, sink: Sink, view: View) -> None:
        self.capture = capture
        self.last_frame_s: float | None = None
        self._name = f"{camera_id}:{uuid.uuid4().hex[:12]}"
        self._detector, self._sink, self._view = detector, sink, view
        self._gate, self._tracker = MotionGate(view.region), Tracker()
        self._moved_s = float("-inf")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch-{camera_id}", daemon=True)

    def start(self) -> None:
        """Begin to watch, in a thread of its own."""
        self.capture.start()
        self._thread.start()

    def stop(self) -> None:
        """End; open tracks are closed."""
        self._stopping.set()
        self.capture.stop()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopping.is_set():
            frame = self.capture.take(WAIT_S)
            try:
                if frame is not None:
                    self.look(frame)
                self._close(self._tracker.end_lost(time.monotonic()))
            except Exception:
                # The thread's outermost loop: one frame that cannot be handled must not end the watch.
                logger.exception("frame failed watch=%s", self._name)
        self._close(self._tracker.end_all())

    def look(self, frame: Frame) -> None:
        """
        Look at one frame: follow the plates that move on it, and hand on the crops worth reading.
        """
        self.last_frame_s = frame.at_s
        motion = self._gate.look(frame.image, frame.at_s)
        if motion is not None:
            self._moved_s = frame.at_s
            for track in self._tracker.update(self._find(frame.image, motion), frame.at_s):
                self._read(track, frame)
        is_busy = frame.at_s - self._moved_s < BUSY_FOR_S
        self.capture.fps = BUSY_FPS if is_busy else IDLE_FPS

    def _find(self, image: NDArray[np.uint8], motion: Motion) -> list[Detection]:
        """Return the plates that move, looked for where something does."""
        left, top, right, bottom = motion.box
        left, top = max(left - AROUND_PX, 0), max(top - AROUND_PX, 0)
        part = image[top : bottom + AROUND_PX, left : right + AROUND_PX]
        found = []
        for one in self._detector.detect(part):
            plate = Detection(one.x + left, one.y + top, one.width, one.height, one.confidence)
            if plate.width < self._view.min_plate_width_px * FOLLOWED:
                continue
            if motion.share_in(plate.x, plate.y, plate.width, plate.height) >= LEAST_MOTION:
                found.append(plate)
        return found

    def _read(self, track: Track, frame: Frame) -> None:
        is_wide = track.last.width >= self._view.min_plate_width_px
        if not is_wide or not track.is_worth_reading() or _touches_edge(track.last, frame.image.shape):
            return
        crop = crops.cut(frame.image, track.last)
        track.note_crop()
        if not self._sink.offer(self._key(track), crop, frame.at_s):
            track.is_decided = True

    def _close(self, tracks: list[Track]) -> None:
        for track in tracks:
            if track.crops and not track.is_decided:
                track.is_decided = True
                self._sink.close(self._key(track))

    def _key(self, track: Track) -> str:
        return f"{self._name}:{track.number}"


def _touches_edge(plate: Detection, shape: tuple[int, ...]) -> bool:
    """A plate at the picture's edge may lack characters, and would be read wrong with confidence."""
    right, bottom = plate.x + plate.width, plate.y + plate.height
    return min(plate.x, plate.y, shape[1] - right, shape[0] - bottom) < EDGE_PX

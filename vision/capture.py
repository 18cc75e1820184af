"""A camera's newest frame: a thread drains the stream, opens it again when it is lost, keeps one frame."""

import logging
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.addresses import CameraAddressError, Source, explain_silence

logger = logging.getLogger(__name__)

# Opens in 0.2 s and is live; by default 2 s, and 2 s behind. Nothing but a camera's protocols, whatever
# the stream says.
FFMPEG_OPTIONS = (
    "rtsp_transport;tcp|fflags;nobuffer|flags;low_delay|analyzeduration;100000|probesize;200000"
    "|protocol_whitelist;file,rtsp,rtsps,rtp,tcp,tls,udp"
)
OPEN_TIMEOUT_MS = 3000
READ_TIMEOUT_MS = 2000  # FFmpeg takes it about three times over: 6 s
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0  # between attempts to open, doubling
MOST_PIXELS = 4096 * 2304  # a larger picture is refused: two of them are in memory


@dataclass(frozen=True)
class Frame:
    """H x W x 3 uint8 BGR, and `time.monotonic()` when it left the decoder."""

    image: NDArray[np.uint8]
    at_s: float


class Capture:
    """
    Reads one source until it is stopped; frames that nobody took in time are dropped and counted.

    :param find_source: gives what to open, anew before each attempt (a name may lead elsewhere by then).
    :param fps: how many frames a second are worth converting; set it at any time.
    """

    def __init__(self, find_source: Callable[[], Source], *, fps: float = 10.0) -> None:
        self.fps = fps
        self.reason = "connecting"  # why there is no picture; empty while there is one
        self.frames = 0
        self.dropped = 0
        self.connections = 0
        self._find_source = find_source
        self._newest: Frame | None = None
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)

    def start(self) -> None:
        """Begin to read, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Let the thread end; one that waits for a silent camera goes when that wait is over."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        self._thread.join(timeout=1.0)

    def take(self, timeout_s: float) -> Frame | None:
        """
        Return the newest frame that was not taken yet, waiting for one; None if none came in time.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._newest or self._stopping.is_set(), timeout_s)
            frame, self._newest = self._newest, None
            return frame

    def _run(self) -> None:
        pause_s = SHORTEST_PAUSE_S
        while not self._stopping.is_set():
            frames_before = self.frames
            try:
                self._read_source(self._find_source())
            except CameraAddressError as error:
                self.reason = error.detail
            except Exception:
                # The thread's outermost loop: a camera that breaks the decoder must not end the watch.
                logger.exception("capture failed")
                self.reason = "failed"
            pause_s = SHORTEST_PAUSE_S if self.frames > frames_before else min(pause_s * 2, LONGEST_PAUSE_S)
            # Many cameras behind one switch come back together: not all in the same moment.
            self._stopping.wait(pause_s * random.uniform(0.75, 1.25))

    def _read_source(self, source: Source) -> None:
        stream = open_stream(source)
        try:
            if not stream.isOpened():
                self.reason = explain_silence(source)
                return
            self.connections += 1
            logger.info("stream opened source=%s", source.label)
            self._drain(stream, stream.get(cv2.CAP_PROP_FPS) if source.is_file else 0.0)
            self.reason = "ended" if source.is_file else "lost"
        finally:
            stream.release()

    def _drain(self, stream: cv2.VideoCapture, file_fps: float) -> None:
        """Take frames until there are no more; a file is played at its own pace."""
        began, taken, due = time.monotonic(), 0, 0.0
        while not self._stopping.is_set() and stream.grab():
            now = time.monotonic()
            taken += 1
            if file_fps > 0:
                self._stopping.wait(max(began + taken / min(file_fps, 120.0) - now, 0))
                now = time.monotonic()
            if now < due:
                continue
            # Grabbing decodes; only the conversion is spared.
            is_whole, image = stream.retrieve()
            if not is_whole or image.ndim != 3 or image.shape[0] * image.shape[1] > MOST_PIXELS:
                self.reason = "bad-picture"
                continue
            due = max(due, now - 0.5 / self.fps) + 1 / self.fps
            self._put(Frame(np.asarray(image, np.uint8), now))

    def _put(self, frame: Frame) -> None:
        with self._changed:
            self.dropped += self._newest is not None
            self._newest, self.frames, self.reason = frame, self.frames + 1, ""
            self._changed.notify_all()


def open_stream(source: Source) -> cv2.VideoCapture:
    """
    Open a source with our timeouts and options; the caller asks `isOpened()` and releases it.
    """
    # The environment is the only way to hand FFmpeg options through OpenCV, and is read at each opening.
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = FFMPEG_OPTIONS
    # Both libraries may name what they could not open, password and all.
    os.environ["OPENCV_FFMPEG_LOGLEVEL"] = "-8"
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    timeouts = [
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
        OPEN_TIMEOUT_MS,
        cv2.CAP_PROP_READ_TIMEOUT_MSEC,
        READ_TIMEOUT_MS,
    ]
    return cv2.VideoCapture(source.target, cv2.CAP_FFMPEG, [*timeouts, cv2.CAP_PROP_N_THREADS, 1])

"""The lot in front of the camera: cars drive in when told to, rendered straight into RTSP, with the truth."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from vision.rendering.lot import background
from vision.rendering.rtsp import RtspServer
from vision.rendering.scene import DUSK_S, Frame, Passage, Scene

READABLE_PX = 60  # the plate's width from which on a camera can be expected to read it
FPS = 12.0
FADE_S = DUSK_S + 0.3  # a car that comes in another light than the last waits until it has changed
SHORTEST_GAP_S = 4.0  # between cars in one lane
MOST_PASSAGES = 40  # then the scene begins anew, as soon as the picture is empty


@dataclass(frozen=True)
class Car:
    """What drives in: its plate, and how it looks and moves."""

    plate: str
    country: str
    is_night: bool = False
    is_caked: bool = False
    tilt_degrees: float = 0.0
    speed_m_s: float = 3.0
    shape: str = "hatchback"
    color: str = "silver"
    lane: int = 0


class Sighting:
    """One car's way past the camera, as the renderer knows it; times are `time.monotonic()` seconds."""

    def __init__(self, car: Car) -> None:
        self.car = car
        self.readable_at_s: float | None = None  # the first served frame with the whole plate, wide enough
        self.gone_at_s: float | None = None
        self.is_readable = threading.Event()
        self.is_gone = threading.Event()


class Lot:
    """
    A camera's view that is rendered while somebody plays it; cars are sent in at any time.

    :param port: of the RTSP server, on loopback; 0 takes a free one.
    """

    def __init__(self, *, port: int = 0, seed: int = 0) -> None:
        self.frames_sent = 0
        self.on_readable: Callable[[Sighting], None] | None = None
        self._seed = seed
        self._scene = Scene([], seed=seed)
        self._scene_from_s = 0.0  # the server's second at which this scene began
        self._sightings: list[Sighting] = []
        self._lock = threading.Lock()
        self._server = RtspServer(self._render, fps=FPS, port=port, on_sent=self._note)

    @property
    def url(self) -> str:
        """The camera's address."""
        return self._server.url

    def open(self) -> None:
        """Serve the camera's stream; what takes long to paint is painted before."""
        for is_night in (False, True):
            background(is_night=is_night)
        self._server.start()

    def close(self) -> None:
        """Switch the camera off."""
        self._server.stop()

    def drive_in(self, car: Car) -> Sighting:
        """
        Let a car come from the street once its lane is free and the light is right; return its sighting.
        """
        with self._lock:
            starts_at_s = max(self._get_now_s() + 0.2, self._get_free_from_s(car))
            passage = Passage(
                plate=car.plate,
                country=car.country,
                starts_at_s=starts_at_s,
                is_night=car.is_night,
                is_caked=car.is_caked,
                tilt_degrees=car.tilt_degrees,
                speed_m_s=car.speed_m_s,
                shape=car.shape,
                color=car.color,
                lane=car.lane,
            )
            self._scene.add(passage)
            self._sightings.append(Sighting(car))
            return self._sightings[-1]

    def _get_now_s(self) -> float:
        started_at = self._server.started_at
        return 0.0 if started_at is None else time.monotonic() - started_at - self._scene_from_s

    def _get_free_from_s(self, car: Car) -> float:
        """When the car may appear: behind the one before it in its lane, and alone with another light."""
        others = [(p, self._scene.get_end_s(n)) for n, p in enumerate(self._scene.passages)]
        same_lane = [p.starts_at_s + SHORTEST_GAP_S for p, _ in others if p.lane == car.lane]
        other_light = [end + FADE_S for p, end in others if p.is_night != car.is_night]
        later = [p.starts_at_s for p, _ in others]  # never before one that was sent in earlier
        fade = self._get_now_s() + FADE_S if self._is_other_light(car) else 0.0
        return max([*same_lane, *other_light, *later, fade], default=0.0)

    def _is_other_light(self, car: Car) -> bool:
        last = max(self._scene.passages, key=lambda p: p.starts_at_s, default=None)
        return last is not None and last.is_night != car.is_night

    def _render(self, at_s: float) -> Frame:
        with self._lock:
            now_s = at_s - self._scene_from_s
            if len(self._sightings) > MOST_PASSAGES and now_s > self._scene.duration_s:
                self._begin_anew(at_s)
                now_s = 0.0
            return self._scene.render(now_s)

    def _begin_anew(self, at_s: float) -> None:
        """Forget the cars that are gone, so that a long morning stays as quick as a short one."""
        self._note_gone(float("inf"))
        last = self._scene.passages[-1]
        self._scene = Scene([replace(last, starts_at_s=-100.0)], seed=self._seed + 1)
        self._seed += 1
        self._scene_from_s = at_s
        self._sightings = [Sighting(self._sightings[-1].car)]

    def _note(self, frame: Frame, at_s: float) -> None:
        """Compare each served picture with the truth; called just before it goes out."""
        self.frames_sent += 1
        for truth in frame.plates:
            sighting = self._sightings[truth.passage]
            is_first = sighting.readable_at_s is None
            if is_first and truth.is_whole and truth.width >= READABLE_PX:
                sighting.readable_at_s = at_s
                sighting.is_readable.set()
                if self.on_readable is not None:
                    self.on_readable(sighting)
        self._note_gone(frame.at_s)

    def _note_gone(self, at_s: float) -> None:
        for number, sighting in enumerate(self._sightings):
            if not sighting.is_gone.is_set() and self._scene.get_end_s(number) <= at_s:
                sighting.gone_at_s = time.monotonic()
                sighting.is_gone.set()

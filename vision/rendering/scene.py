"""A morning at a lot's entry, seen by one camera: passages of cars, picture by picture, with the truth."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, radians, sin

import cv2
import numpy as np

from vision.rendering import cars, lot
from vision.rendering.geometry import HEIGHT, WIDTH, Image, as_image
from vision.rendering.plates import render_plate

DUSK_S = 2.0  # between a passage by day and one by night, or back, the light changes over this time
_STREET_M_S = 8.0
_TURN_M = 6.0  # radius
_STREET_FROM_X = -19.0  # out of view
_SLOW_FROM_Z, _SLOW_TO_Z = 21.0, 14.0
_GONE_Z = -2.0  # the roof, too, has left the picture
_KEPT_CARS = 6  # painted cars kept in memory
_SENSOR_NOISE = {False: 1.6, True: 5.0}  # standard deviation in gray levels, by day and by night


@dataclass(frozen=True)
class Passage:
    """
    One car's way from the street through the entry.

    :param starts_at_s: when it comes into view, in seconds of the scene.
    :param speed_m_s: past the camera; on the street it is faster.
    :param tilt_degrees: how crooked its plate hangs.
    """

    plate: str
    country: str
    starts_at_s: float
    is_night: bool = False
    is_dirty: bool = False
    is_caked: bool = False  # with mud: so dirty that nobody can read it
    tilt_degrees: float = 0.0
    speed_m_s: float = 3.0
    shape: str = "hatchback"
    color: str = "silver"
    lane: int = 0


@dataclass(frozen=True)
class PlateTruth:
    """
    Where a passage's plate stands on a picture: its upright box in pixels.

    `is_whole`: no part of it is outside the picture.
    """

    passage: int
    x: float
    y: float
    width: float
    height: float
    is_whole: bool


@dataclass(frozen=True)
class Frame:
    """One picture, HEIGHT x WIDTH x 3 uint8 BGR, and the plates on it."""

    image: Image
    at_s: float
    plates: tuple[PlateTruth, ...]


class Scene:
    """
    Renders any moment of a script of passages; moments may be asked for in any order.

    Not for use by two threads at once. Equal scripts and seeds give equal scenes.
    """

    def __init__(self, passages: Sequence[Passage], *, seed: int = 0) -> None:
        self.passages = tuple(passages)
        self._ways = [_Way(passage) for passage in passages]
        self._seed = seed
        self._cars: OrderedDict[int, cars.Car] = OrderedDict()
        self._noise = {night: _noise(level, seed) for night, level in _SENSOR_NOISE.items()}

    def add(self, passage: Passage) -> int:
        """
        Let one more car come, while the scene is played; return its number.
        """
        self._ways.append(_Way(passage))
        self.passages = (*self.passages, passage)
        return len(self.passages) - 1

    def get_end_s(self, number: int) -> float:
        """Return when a passage's car has left the picture."""
        return self._ways[number].ends_at_s

    @property
    def duration_s(self) -> float:
        """When the last car has left the picture."""
        return max((way.ends_at_s for way in self._ways), default=0.0)

    def render(self, at_s: float) -> Frame:
        """
        Paint the moment `at_s` seconds after the scene's beginning.
        """
        image, is_night = self._light(at_s)
        present = [n for n, way in enumerate(self._ways) if way.starts_at_s <= at_s < way.ends_at_s]
        poses = {n: self._ways[n].pose(at_s) for n in present}
        truths = []
        for n in sorted(present, key=lambda n: -poses[n].z):
            car = self._car(n)
            car.draw(image, poses[n])
            truths.append(_truth(n, car, poses[n]))
        self._add_noise(image, at_s, is_night=is_night)
        return Frame(image, at_s, tuple(truths))

    def _light(self, at_s: float) -> tuple[Image, bool]:
        """Return a fresh empty lot in the light of the moment: that of the last passage begun."""
        begun = [p for p in self.passages if p.starts_at_s <= at_s]
        last = max(begun, key=lambda p: p.starts_at_s, default=None) or next(iter(self.passages), None)
        is_night = last.is_night if last else False
        coming = [p for p in self.passages if at_s < p.starts_at_s <= at_s + DUSK_S]
        following = min(coming, key=lambda p: p.starts_at_s, default=None)
        image = lot.background(is_night=is_night)
        if following is None or following.is_night == is_night:
            return image.copy(), is_night
        share = 1 - (following.starts_at_s - at_s) / DUSK_S
        other = lot.background(is_night=not is_night)
        return as_image(cv2.addWeighted(image, 1 - share, other, share, 0)), is_night

    def _car(self, number: int) -> cars.Car:
        if number not in self._cars:
            self._cars[number] = self._paint(number)
        self._cars.move_to_end(number)
        while len(self._cars) > _KEPT_CARS:
            self._cars.popitem(last=False)
        return self._cars[number]

    def _paint(self, number: int) -> cars.Car:
        passage = self.passages[number]
        rng = np.random.default_rng([self._seed, number])
        plate = render_plate(passage.plate, passage.country, rng, height_px=128).image
        return cars.build(
            cars.SHAPES[passage.shape],
            cars.COLORS[passage.color],
            _soil(plate, rng, is_caked=passage.is_caked) if passage.is_dirty or passage.is_caked else plate,
            tilt=radians(passage.tilt_degrees),
            is_night=passage.is_night,
        )

    def _add_noise(self, image: Image, at_s: float, *, is_night: bool) -> None:
        noise = self._noise[is_night]
        rng = np.random.default_rng([self._seed, int(at_s * 1000)])
        top, left = (int(n) for n in rng.integers(0, 64, 2))
        cv2.addWeighted(image, 1, noise[top : top + HEIGHT, left : left + WIDTH], 1, -128, dst=image)


class _Way:
    """One passage's path and speed: along the street, around the corner, down the lane."""

    def __init__(self, passage: Passage) -> None:
        self.starts_at_s = passage.starts_at_s
        self._lane_x = lot.LANES_X[passage.lane]
        self._street_m = self._lane_x - _TURN_M - _STREET_FROM_X
        self._turn_m = _TURN_M * pi / 2
        length = self._street_m + self._turn_m + (lot.STREET_Z - _TURN_M - _GONE_Z)
        self._meters = np.linspace(0, length, 400)
        ahead = [self._place(float(meters)).z for meters in self._meters]
        speeds = np.interp(ahead, [_SLOW_TO_Z, _SLOW_FROM_Z], [passage.speed_m_s, _STREET_M_S])
        steps = np.diff(self._meters) / speeds[1:]
        self._seconds = np.concatenate([[0], np.cumsum(steps)])
        self.ends_at_s = passage.starts_at_s + float(self._seconds[-1])

    def pose(self, at_s: float) -> cars.Pose:
        return self._place(float(np.interp(at_s - self.starts_at_s, self._seconds, self._meters)))

    def _place(self, meters: float) -> cars.Pose:
        if meters < self._street_m:
            return cars.Pose(_STREET_FROM_X + meters, lot.STREET_Z, turn=-pi / 2)
        if meters < self._street_m + self._turn_m:
            angle = (meters - self._street_m) / _TURN_M
            x, z = self._lane_x - _TURN_M + _TURN_M * sin(angle), lot.STREET_Z - _TURN_M * (1 - cos(angle))
            return cars.Pose(x, z, turn=angle - pi / 2)
        down = meters - self._street_m - self._turn_m
        return cars.Pose(self._lane_x, lot.STREET_Z - _TURN_M - down)


def _truth(number: int, car: cars.Car, pose: cars.Pose) -> PlateTruth:
    corners = car.plate_corners(pose)
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    faces_camera = corners[1, 0] > corners[0, 0] and pose.z > 0.5
    is_whole = faces_camera and left >= 0 and top >= 0 and right <= WIDTH and bottom <= HEIGHT
    return PlateTruth(number, left, top, right - left, bottom - top, bool(is_whole))


def _soil(plate: Image, rng: np.random.Generator, *, is_caked: bool) -> Image:
    """Splash mud over a plate: most of it dulled, some of it hidden; caked with it, none can be read."""
    height, width = plate.shape[:2]
    coarse = rng.random((4, 14)).astype(np.float32)
    cover = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    cover = (
        np.clip((cover - 0.15) * 2.6, 0.5, 0.97) if is_caked else np.clip((cover - 0.45) * 2.2, 0.25, 0.94)
    )
    cover = cover[:, :, None]
    return as_image((plate * (1 - cover) + np.array([62, 84, 104]) * cover).astype(np.uint8))


def _noise(level: float, seed: int) -> Image:
    """A field of gray noise around 128, larger than a picture, so that it can be shifted."""
    rng = np.random.default_rng(seed)
    gray = np.clip(rng.normal(128, level, (HEIGHT + 64, WIDTH + 64)), 0, 255).astype(np.uint8)
    return as_image(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR))

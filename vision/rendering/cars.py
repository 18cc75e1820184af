"""Cars of a few flat faces, painted once and seen in perspective."""

from dataclasses import dataclass, replace
from math import cos, sin

import numpy as np

from vision.rendering import paint
from vision.rendering.geometry import Face, Image, Points, Texture, draw, project
from vision.rendering.paint import NIGHT_GAIN, Color, Shape

SHAPES = {
    "hatchback": Shape(1.76, 4.0, 0.88, 0.95, 1.00, 1.75, 1.46, 0.60, 3.5),
    "sedan": Shape(1.82, 4.7, 0.86, 1.20, 0.98, 2.00, 1.43, 0.58, 3.5),
    "suv": Shape(1.88, 4.5, 1.04, 1.00, 1.16, 1.75, 1.68, 0.66, 4.1, plate_y=0.55),
    "van": Shape(1.95, 4.9, 1.08, 0.60, 1.22, 1.35, 1.95, 0.80, 4.8, plate_y=0.52),
}
COLORS: dict[str, Color] = {
    "white": (232, 234, 234),
    "silver": (176, 172, 168),
    "gray": (112, 108, 104),
    "black": (44, 40, 40),
    "red": (38, 34, 168),
    "blue": (140, 82, 34),
    "green": (78, 96, 52),
    "sand": (140, 172, 194),
}


@dataclass(frozen=True)
class Pose:
    """Where the middle of the front stands on the ground, and how far the car is turned (radians)."""

    x: float
    z: float
    turn: float = 0.0

    def place(self, local: Points) -> Points:
        """
        Return points of the car, N x 3 meters, in the lot.
        """
        right, back = local[:, 0], local[:, 2]
        x = self.x + right * cos(self.turn) + back * sin(self.turn)
        z = self.z - right * sin(self.turn) + back * cos(self.turn)
        return np.stack([x, local[:, 1], z], axis=1).astype(np.float32)


@dataclass(frozen=True)
class Car:
    """
    A painted car: its faces from back to front, its lamps and its plate's corners, all in its own meters.
    """

    faces: tuple[Face, ...]
    lamps: Points
    plate: Points
    beam: Face | None = None

    def draw(self, picture: Image, pose: Pose, *, opacity: float = 1) -> None:
        """
        Draw the car onto an H x W x 3 BGR picture, in place.
        """
        for face in self.faces:
            draw(picture, face, corners=pose.place(face.corners), opacity=opacity)
        if self.beam is not None:
            self._shine(picture, pose, self.beam)

    def plate_corners(self, pose: Pose) -> Points:
        """
        Return the plate's corners on the picture, 4 x 2 pixels, from its top left, clockwise.
        """
        return project(pose.place(self.plate))[0]

    def _shine(self, picture: Image, pose: Pose, beam: Face) -> None:
        draw(picture, beam, corners=pose.place(beam.corners))
        half = np.array([[-1, 1, 0], [1, 1, 0], [1, -1, 0], [-1, -1, 0]], np.float32) * 0.42
        for lamp in self.lamps:
            glow = replace(beam, texture=paint.GLOW)
            draw(picture, glow, corners=pose.place(lamp + half))


def build(
    shape: Shape, color: Color, plate: Image, *, tilt: float, is_night: bool, is_parked: bool = False
) -> Car:
    """
    Paint a car.

    :param plate: H x W x 3 BGR, flat and straight.
    :param tilt: how crooked the plate hangs, in radians.
    """
    has_light = is_night and not is_parked
    front, corners = paint.paint_front(shape, color, plate, tilt, is_night=is_night, has_light=has_light)
    faces = [
        Face(_box(-0.62 * shape.width, 0.62 * shape.width, 0.01, -0.5, shape.length + 0.3), paint.SHADOW),
        _upright(shape.width * 0.94, 0.0, 0.45, 0.5, _lit(paint.paint_wheels(shape), is_night)),
        *_sides(shape, color, is_night),
        Face(_roof(shape), _lit(paint.paint_sheet(color, 0.92, 1.05), is_night)),
        Face(_windscreen(shape), _lit(paint.paint_glass(), is_night)),
        Face(_hood(shape), _lit(paint.paint_sheet(color, 1.12, 0.92), is_night)),
        *_mirrors(shape, color, is_night),
        _upright(shape.width, 0.14, shape.hood_y, 0.0, front),
    ]
    half, lamp_y = shape.width / 2, shape.hood_y - 0.17
    lamps = np.array([[-half + 0.27, lamp_y, -0.02], [half - 0.27, lamp_y, -0.02]], np.float32)
    beam = Face(_box(-1.7, 1.7, 0.02, -7.0, -0.2), paint.BEAM, adds_light=True) if has_light else None
    return Car(tuple(faces), lamps, corners, beam)


def _lit(texture: Texture, is_night: bool) -> Texture:
    return texture.lit(NIGHT_GAIN) if is_night else texture


def _box(left: float, right: float, y: float, near: float, far: float) -> Points:
    return np.array([[left, y, far], [right, y, far], [right, y, near], [left, y, near]], np.float32)


def _upright(width: float, low: float, high: float, z: float, texture: Texture) -> Face:
    half = width / 2
    corners = [[-half, high, z], [half, high, z], [half, low, z], [-half, low, z]]
    return Face(np.array(corners, np.float32), texture)


def _hood(s: Shape) -> Points:
    half, front = s.width * 0.44, s.width * 0.485
    rows = [[-half, s.base_y, s.base_z], [half, s.base_y, s.base_z]]
    return np.array([*rows, [front, s.hood_y - 0.02, 0], [-front, s.hood_y - 0.02, 0]], np.float32)


def _windscreen(s: Shape) -> Points:
    half = s.width * 0.43
    rows = [[-s.roof_half, s.roof_y, s.roof_z], [s.roof_half, s.roof_y, s.roof_z]]
    return np.array([*rows, [half, s.base_y, s.base_z], [-half, s.base_y, s.base_z]], np.float32)


def _roof(s: Shape) -> Points:
    half, back = s.roof_half, s.roof_half * 0.97
    rows = [[-back, s.roof_y - 0.03, s.tail_z], [back, s.roof_y - 0.03, s.tail_z]]
    return np.array([*rows, [half, s.roof_y, s.roof_z], [-half, s.roof_y, s.roof_z]], np.float32)


def _sides(s: Shape, color: Color, is_night: bool) -> list[Face]:
    """The flanks and their windows, left and right; each is drawn only where it faces the camera."""
    flank, glass = _lit(paint.paint_flank(s, color), is_night), _lit(paint.paint_glass(), is_night)
    faces = []
    for sign in (-1, 1):
        low, high = sign * s.width / 2, sign * s.width * 0.44
        body = [[low, s.base_y, 0], [low, s.base_y, s.length], [low, 0, s.length], [low, 0, 0]]
        window = [
            [sign * s.roof_half, s.roof_y, s.roof_z],
            [sign * s.roof_half, s.roof_y, s.tail_z],
            [high, s.base_y, s.tail_z + 0.4],
            [high, s.base_y, s.base_z],
        ]
        order = [0, 1, 2, 3] if sign > 0 else [1, 0, 3, 2]
        faces += [
            Face(np.array(face, np.float32)[order], tex) for face, tex in ((body, flank), (window, glass))
        ]
    return faces


def _mirrors(s: Shape, color: Color, is_night: bool) -> list[Face]:
    texture = _lit(paint.paint_mirror(color), is_night)
    z, y, half = s.base_z + 0.25, s.base_y + 0.02, s.width * 0.44
    faces = []
    for left in (-half - 0.20, half - 0.02):
        corners = [[left, y + 0.16, z], [left + 0.22, y + 0.16, z], [left + 0.22, y, z], [left, y, z]]
        faces.append(Face(np.array(corners, np.float32), texture))
    return faces

"""The lot camera's perspective, and textures laid onto flat faces in it."""

from dataclasses import dataclass
from math import cos, radians, sin

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float32]  # N x 2 pixels, or N x 3 meters

WIDTH, HEIGHT = 1280, 720
FOCAL_PX = 1450.0
MOUNT_M = 3.0  # above the ground
PITCH = radians(10)  # looking down
NEAREST_M = 0.6  # faces nearer than this are not drawn


def project(points: Points) -> tuple[Points, npt.NDArray[np.float32]]:
    """
    Return where points appear, in pixels, and how far ahead of the camera they lie, in meters.

    :param points: N x 3: right, up and ahead of the camera's foot on the ground, in meters.
    """
    x, y, z = points[:, 0], points[:, 1] - MOUNT_M, points[:, 2]
    ahead = z * cos(PITCH) - y * sin(PITCH)
    above = y * cos(PITCH) + z * sin(PITCH)
    safe = np.maximum(ahead, 1e-3)
    pixels = np.stack([WIDTH / 2 + FOCAL_PX * x / safe, HEIGHT / 2 - FOCAL_PX * above / safe], axis=1)
    return pixels.astype(np.float32), ahead.astype(np.float32)


def as_image(picture: npt.ArrayLike) -> Image:
    """Return what OpenCV gave, which it types loosely, as the uint8 picture that it is; nothing is copied."""
    return np.asarray(picture, np.uint8)


@dataclass(frozen=True)
class Texture:
    """
    A picture with its halved copies, so that small ones stay free of shimmer.

    Levels are H x W x 4 uint8, BGR multiplied by alpha already.
    """

    levels: tuple[Image, ...]

    @classmethod
    def of(cls, picture: Image) -> "Texture":
        """
        Make a texture of an H x W x 4 BGRA picture (alpha not multiplied in).
        """
        alpha = picture[:, :, 3:].astype(np.float32) / 255
        whole = picture.astype(np.float32)
        whole[:, :, :3] *= alpha
        levels = [np.clip(whole, 0, 255).astype(np.uint8)]
        while min(levels[-1].shape[:2]) > 16 and len(levels) < 6:
            half = (max(levels[-1].shape[1] // 2, 1), max(levels[-1].shape[0] // 2, 1))
            levels.append(as_image(cv2.resize(levels[-1], half, interpolation=cv2.INTER_AREA)))
        return cls(tuple(levels))

    def lit(self, gain: tuple[float, float, float]) -> "Texture":
        """
        Return it with its colors (BGR) multiplied, for another light.
        """
        scale = np.array([*gain, 1], np.float32)
        return Texture(tuple(np.clip(level * scale, 0, 255).astype(np.uint8) for level in self.levels))

    def level_for(self, width_px: float) -> Image:
        fitting = [level for level in self.levels if level.shape[1] >= width_px]
        return fitting[-1] if fitting else self.levels[0]


@dataclass(frozen=True)
class Face:
    """
    A flat quadrilateral: corners as 4 x 3 meters, from the texture's top left, clockwise.
    """

    corners: Points
    texture: Texture
    adds_light: bool = False  # drawn as light on what is behind it, not in front of it


def draw(picture: Image, face: Face, *, corners: Points | None = None, opacity: float = 1) -> None:
    """
    Lay a face onto an H x W x 3 BGR picture, in place; a face turned away or behind is left out.

    :param corners: the face's corners in the world where they are not its own.
    """
    pixels, ahead = project(face.corners if corners is None else corners)
    if ahead.min() < NEAREST_M or _is_turned_away(pixels):
        return
    left, top = np.maximum(np.floor(pixels.min(axis=0)).astype(int) - 1, 0)
    right, bottom = np.minimum(
        np.ceil(pixels.max(axis=0)).astype(int) + 1, [picture.shape[1], picture.shape[0]]
    )
    if right - left < 2 or bottom - top < 2:
        return
    warped = _warp(face.texture, pixels, (left, top), (right - left, bottom - top))
    if opacity < 1:
        warped = as_image(cv2.convertScaleAbs(warped, alpha=opacity))
    _blend(picture[top:bottom, left:right], warped, adds_light=face.adds_light)


def _is_turned_away(pixels: Points) -> bool:
    """Corners that run counterclockwise on screen belong to a back."""
    following = np.roll(pixels, -1, axis=0)
    twice_area = float(np.sum(pixels[:, 0] * following[:, 1] - following[:, 0] * pixels[:, 1]))
    return twice_area < 4


def _warp(texture: Texture, pixels: Points, origin: tuple[int, int], size: tuple[int, int]) -> Image:
    width_px = max(np.linalg.norm(pixels[1] - pixels[0]), np.linalg.norm(pixels[2] - pixels[3]))
    level = texture.level_for(float(width_px))
    height, width = level.shape[:2]
    own = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    # Texture and screen both count from a pixel's corner; warping counts from its middle.
    matrix = cv2.getPerspectiveTransform(own - 0.5, pixels - np.array(origin, np.float32) - 0.5)
    return as_image(cv2.warpPerspective(level, matrix, size, flags=cv2.INTER_LINEAR))


def _blend(region: Image, warped: Image, *, adds_light: bool) -> None:
    colors = cv2.cvtColor(warped, cv2.COLOR_BGRA2BGR)
    if adds_light:
        cv2.add(region, colors, dst=region)
        return
    cover = cv2.cvtColor(cv2.bitwise_not(warped[:, :, 3]), cv2.COLOR_GRAY2BGR)
    cv2.add(cv2.multiply(region, cover, scale=1 / 255), colors, dst=region)

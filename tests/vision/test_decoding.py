"""Pictures from outside: whole ones, and every kind of bad one."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from bopis.errors import DomainError
from vision import decoding


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 255, (48, 64, 3), dtype=np.uint8)


def encode(picture: np.ndarray, suffix: str = ".jpg") -> bytes:
    return cv2.imencode(suffix, picture)[1].tobytes()


def make_png_bomb(side: int) -> bytes:
    """A black PNG of side x side pixels in a few hundred kilobytes or less."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * ((side + 7) // 8 + 1) * side, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def get_refusal(data: bytes) -> DomainError:
    with pytest.raises(decoding.FrameError) as caught:
        decoding.decode(data)
    return caught.value


class TestDecode:
    @pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
    def test_gives_blue_green_red(self, picture, suffix):
        decoded = decoding.decode(encode(picture, suffix))

        assert decoded.shape == picture.shape
        assert decoded.dtype == np.uint8
        if suffix == ".png":
            assert np.array_equal(decoded, picture)

    def test_takes_gray_sixteen_bits_and_transparency_like_all_others(self, picture):
        gray = encode(picture[..., 0], ".png")
        deep = encode(picture.astype(np.uint16) * 257, ".png")
        clear = encode(np.dstack([picture, picture[..., 0]]), ".png")

        assert [decoding.decode(data).shape for data in (gray, deep, clear)] == [picture.shape] * 3

    def test_takes_a_jpeg_that_a_camera_padded(self, picture):
        assert decoding.decode(encode(picture) + b"\0" * 40).shape == picture.shape

    def test_refuses_no_bytes(self):
        assert get_refusal(b"").code == "frame-empty"

    @pytest.mark.parametrize("data", [b"x", b"GIF89a" + b"\0" * 100, b"<svg/>", bytes(range(256)) * 20])
    def test_refuses_what_is_no_picture(self, data):
        assert get_refusal(data).code == "frame-not-an-image"

    @pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
    @pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
    def test_refuses_a_picture_cut_off(self, picture, suffix, share):
        data = encode(picture, suffix)

        assert get_refusal(data[: int(len(data) * share)]).code == "frame-truncated"

    @pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
    def test_refuses_every_short_beginning_with_a_clear_code(self, picture, suffix):
        data = encode(picture, suffix)

        codes = {get_refusal(data[:length]).code for length in range(1, 200)}

        assert codes <= {"frame-truncated", "frame-not-an-image"}

    @pytest.mark.parametrize("side", [5_000, 24_000])
    def test_refuses_a_bomb_by_its_header(self, side):
        bomb = make_png_bomb(side)

        assert get_refusal(bomb).code == "frame-too-large"

    def test_refuses_too_many_bytes(self, monkeypatch, picture):
        monkeypatch.setattr(decoding, "MAX_BYTES", 100)

        assert get_refusal(encode(picture)).code == "frame-too-large"

    def test_refuses_a_picture_too_small_to_show_anything(self, picture):
        assert get_refusal(encode(picture[:4, :4], ".png")).code == "frame-not-an-image"

    def test_refuses_a_format_that_no_camera_sends(self, picture):
        tiff = io.BytesIO()
        Image.fromarray(picture).save(tiff, "TIFF")

        assert get_refusal(tiff.getvalue()).code == "frame-not-an-image"

    def test_survives_bytes_broken_anywhere(self, picture):
        rng = np.random.default_rng(3)
        for suffix in (".jpg", ".png", ".webp"):
            whole = np.frombuffer(encode(picture, suffix), np.uint8)
            for _ in range(150):
                broken = whole.copy()
                broken[rng.integers(0, len(broken), 8)] = rng.integers(0, 256, 8)
                try:
                    decoded = decoding.decode(broken.tobytes())
                except decoding.FrameError:
                    continue
                assert decoded.dtype == np.uint8


class TestPixelCap:
    def test_holds_in_opencv_too(self):
        """Were the header ever misjudged, OpenCV itself refuses to unfold the bomb."""
        with pytest.raises(cv2.error):
            cv2.imdecode(np.frombuffer(make_png_bomb(5_000), np.uint8), cv2.IMREAD_COLOR)

"""JPEG pictures as RTP packets (RFC 2435)."""

import struct
from dataclasses import dataclass

PAYLOAD_TYPE = 26  # RFC 3551: JPEG video
CLOCK_HZ = 90_000  # RFC 2435, section 3
FRAGMENT_BYTES = 16_000  # FFmpeg takes interleaved packets of up to 81,920 bytes
MAX_SIDE = 2040  # the header holds width / 8 and height / 8 in a byte each

_SOF0, _SOS, _DQT, _DHT, _DRI, _SOI, _EOI = 0xC0, 0xDA, 0xDB, 0xC4, 0xDD, 0xD8, 0xD9
_TYPES = {0x21: 0, 0x22: 1}  # luminance sampling factors -> RFC 2435 type (4:2:2, 4:2:0)
_QUANTIZATION_IN_BAND = 255  # the Q value that says that the tables travel with the picture


class JpegFormError(ValueError):
    """The picture is not of the one form of JPEG that RFC 2435 can carry."""


@dataclass(frozen=True)
class RtpJpeg:
    """
    One picture, taken apart: what RFC 2435 sends in place of the JPEG headers.
    """

    kind: int
    width: int
    height: int
    quantization: bytes
    scan: bytes


def take_apart(jpeg: bytes) -> RtpJpeg:
    """
    Split a baseline JPEG with the standard Huffman tables into what RTP carries.

    :raises JpegFormError: if it is no such picture.
    """
    tables: dict[int, bytes] = {}
    frame: tuple[int, int, int] | None = None
    position = 2
    while position + 4 <= len(jpeg):
        marker, length = struct.unpack_from(">xBH", jpeg, position)
        body = jpeg[position + 4 : position + 2 + length]
        position += 2 + length
        if marker == _DQT:
            tables |= _quantization_tables(body)
        elif marker == _SOF0:
            frame = _frame_size(body)
        elif marker == _SOS:
            return _assemble(frame, tables, jpeg[position:])
        elif marker == _DRI or (0xC1 <= marker <= 0xCF and marker != _DHT):
            raise JpegFormError(f"marker {marker:#x} is not baseline without restarts")
    raise JpegFormError("no scan found")


def _quantization_tables(body: bytes) -> dict[int, bytes]:
    tables = {}
    for start in range(0, len(body), 65):
        if body[start] >> 4:
            raise JpegFormError("quantization tables of 16 bits")
        tables[body[start] & 15] = body[start + 1 : start + 65]
    return tables


def _frame_size(body: bytes) -> tuple[int, int, int]:
    _, height, width, components = struct.unpack_from(">BHHB", body)
    sampling = body[7]
    if components != 3 or sampling not in _TYPES:
        raise JpegFormError(f"{components} components sampled {sampling:#x}")
    if width % 8 or height % 8 or max(width, height) > MAX_SIDE:
        raise JpegFormError(f"a side of {width}x{height} is no multiple of 8 or over {MAX_SIDE}")
    return _TYPES[sampling], width, height


def _assemble(frame: tuple[int, int, int] | None, tables: dict[int, bytes], rest: bytes) -> RtpJpeg:
    if frame is None or not {0, 1} <= tables.keys():
        raise JpegFormError("headers are missing")
    scan = rest[: -2 if rest.endswith(b"\xff\xd9") else len(rest)]
    return RtpJpeg(*frame, quantization=tables[0] + tables[1], scan=scan)


def packets(picture: RtpJpeg, *, sequence: int, timestamp: int, source: int) -> list[bytes]:
    """
    Return the RTP packets of one picture, the last one marked.

    :param timestamp: in units of 1/90000 s, modulo 2**32.
    """
    done: list[bytes] = []
    for offset in range(0, len(picture.scan), FRAGMENT_BYTES):
        fragment = picture.scan[offset : offset + FRAGMENT_BYTES]
        is_last = offset + len(fragment) == len(picture.scan)
        done.append(
            struct.pack(
                ">BBHII",
                0x80,
                PAYLOAD_TYPE | (0x80 if is_last else 0),
                (sequence + len(done)) & 0xFFFF,
                timestamp & 0xFFFFFFFF,
                source,
            )
            + _jpeg_header(picture, offset)
            + fragment
        )
    return done


def _jpeg_header(picture: RtpJpeg, offset: int) -> bytes:
    header = struct.pack(
        ">IBBBB", offset, picture.kind, _QUANTIZATION_IN_BAND, picture.width // 8, picture.height // 8
    )
    if offset:
        return header
    return header + struct.pack(">BBH", 0, 0, len(picture.quantization)) + picture.quantization

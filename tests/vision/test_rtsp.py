"""The RTSP server and its JPEG packets, read back by the client that reads real cameras."""

import socket
import threading
from contextlib import closing
from typing import Any

import cv2
import numpy as np
import pytest

from tests.vision.patience import eventually
from vision.addresses import Source
from vision.capture import open_stream
from vision.rendering import jpeg
from vision.rendering.rtsp import RtspServer


def encode(image, *options: int) -> bytes:
    return cv2.imencode(".jpg", image, list(options))[1].tobytes()


@pytest.fixture
def server(still):
    server = RtspServer(lambda _: still, fps=30)
    server.start()
    yield server
    server.stop()


def play(server: RtspServer[Any]) -> cv2.VideoCapture:
    return open_stream(Source(server.url, "test", is_file=False))


class TestTakeApart:
    def test_finds_what_rtp_carries(self, still):
        parts = jpeg.take_apart(encode(still.image))

        assert (parts.kind, parts.width, parts.height) == (1, 320, 240)
        assert len(parts.quantization) == 128
        assert not parts.scan.endswith(b"\xff\xd9")

    @pytest.mark.parametrize(
        ("image", "options"),
        [
            (np.zeros((240, 321, 3), np.uint8), ()),
            (np.zeros((240, 2048, 3), np.uint8), ()),
            (np.zeros((240, 320), np.uint8), ()),
            (np.zeros((240, 320, 3), np.uint8), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)),
            (np.zeros((240, 320, 3), np.uint8), (cv2.IMWRITE_JPEG_RST_INTERVAL, 4)),
        ],
        ids=["odd width", "too wide", "gray", "progressive", "restarts"],
    )
    def test_refuses_forms_that_rtp_cannot_carry(self, image, options):
        with pytest.raises(jpeg.JpegFormError):
            jpeg.take_apart(encode(image, *options))

    def test_refuses_what_is_no_jpeg(self):
        with pytest.raises(jpeg.JpegFormError):
            jpeg.take_apart(b"no picture")


class TestPackets:
    def test_carries_a_large_picture_in_parts_and_marks_the_last(self):
        noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8)
        parts = jpeg.take_apart(encode(noise, cv2.IMWRITE_JPEG_QUALITY, 95))
        sent = jpeg.packets(parts, sequence=65_535, timestamp=2**32 + 5, source=7)

        assert len(sent) > 2
        assert [packet[1] >> 7 for packet in sent] == [0] * (len(sent) - 1) + [1]
        assert [int.from_bytes(packet[2:4]) for packet in sent[:3]] == [65_535, 0, 1]
        assert {packet[4:8] for packet in sent} == {(5).to_bytes(4)}


class TestRtspServer:
    def test_shows_clients_the_picture_it_was_given(self, server, still):
        stream = play(server)
        is_whole, image = stream.read()
        stream.release()

        assert is_whole
        assert np.abs(image.astype(int) - still.image).mean() < 4  # what JPEG costs

    def test_serves_several_clients_at_once(self, server):
        streams = [play(server) for _ in range(3)]

        assert all(stream.read()[0] for stream in streams)
        for stream in streams:
            stream.release()

    def test_asks_for_no_picture_while_nobody_plays(self, still):
        asked = threading.Event()

        def source(_: float):
            asked.set()
            return still

        server = RtspServer(source, fps=100)
        server.start()
        try:
            assert not asked.wait(0.2)
        finally:
            server.stop()

    def test_tells_of_each_picture_before_it_is_sent(self, still):
        told: list[float] = []
        server = RtspServer(lambda _: still, fps=30, on_sent=lambda _, at_s: told.append(at_s))
        server.start()
        stream = play(server)
        stream.read()
        stream.release()
        server.stop()

        assert told
        assert told == sorted(told)

    def test_keeps_its_port_over_a_restart(self, server):
        port = server.port
        server.stop()
        server.start()

        assert server.port == port
        stream = play(server)
        assert stream.read()[0]
        stream.release()

    def test_lets_in_only_who_knows_the_password(self, still):
        server = RtspServer(lambda _: still, credentials=("ana", "s3cret"))
        server.start()
        known = Source(server.url.replace("//", "//ana:s3cret@"), "test", is_file=False)
        right, wrong = open_stream(known), play(server)
        try:
            assert (right.isOpened(), wrong.isOpened()) == (True, False)
        finally:
            right.release()
            server.stop()

    @pytest.mark.parametrize(
        "garbage", [b"\x00" * 100, b"$\x00\xff\xff", b"GET / HTTP/1.1\r\n\r\n", b"A" * 50_000]
    )
    def test_lives_on_after_garbage(self, server, garbage):
        with closing(socket.create_connection(("127.0.0.1", server.port))) as line:
            line.sendall(garbage)
        stream = play(server)

        assert stream.read()[0]
        stream.release()

    def test_cuts_connections_when_asked(self, server):
        stream = play(server)
        assert stream.read()[0]
        server.drop_clients()

        assert eventually(lambda: not stream.read()[0])
        stream.release()

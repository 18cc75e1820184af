"""A camera's newest frame, through loss, silence and garbage."""

import socket
import threading
from contextlib import closing, contextmanager

import numpy as np
import pytest

from tests.vision.patience import eventually
from vision import addresses, capture
from vision.addresses import CameraAddressError, Source
from vision.capture import Capture
from vision.rendering.rtsp import Behavior, RtspServer


@pytest.fixture
def server(still):
    server = RtspServer(lambda _: still, fps=30)
    server.start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(capture, "OPEN_TIMEOUT_MS", 500)
    monkeypatch.setattr(capture, "READ_TIMEOUT_MS", 300)
    monkeypatch.setattr(capture, "SHORTEST_PAUSE_S", 0.05)
    monkeypatch.setattr(capture, "LONGEST_PAUSE_S", 0.1)
    monkeypatch.setattr(addresses, "ANSWER_TIMEOUT_S", 0.3)


@contextmanager
def capturing(url: str, **options: float):
    reader = Capture(lambda: Source(url, "test", is_file=not url.startswith("rtsp")), **options)
    reader.start()
    try:
        yield reader
    finally:
        reader.stop()


class TestTake:
    def test_gives_the_picture(self, server, still):
        with capturing(server.url) as reader:
            frame = reader.take(10)
            assert reader.reason == ""

        assert frame is not None
        assert np.abs(frame.image.astype(int) - still.image).mean() < 4

    def test_gives_the_newest_and_counts_those_nobody_took(self, server):
        with capturing(server.url, fps=30) as reader:
            assert eventually(lambda: reader.frames >= 5)
            first = reader.take(10)
            second = reader.take(10)

        assert reader.dropped >= 3
        assert first is not None
        assert second is not None
        assert second.at_s > first.at_s

    def test_converts_no_more_frames_than_wanted(self, server):
        with capturing(server.url, fps=2) as reader:
            frames = [reader.take(10) for _ in range(3)]

        times = [frame.at_s for frame in frames if frame]
        assert times[2] - times[0] > 0.7

    def test_gives_none_when_nothing_comes(self, server):
        server.behavior = Behavior.FREEZE
        with capturing(server.url) as reader:
            assert reader.take(0.1) is None


class TestReconnect:
    def test_finds_a_server_again_that_was_killed(self, server):
        with capturing(server.url) as reader:
            assert reader.take(10)
            server.stop()
            assert eventually(lambda: reader.reason == "refused")
            while reader.take(0.05):
                pass
            server.start()

            assert reader.take(10)
            assert reader.reason == ""
            assert reader.connections == 2

    def test_comes_back_after_a_cut(self, server):
        with capturing(server.url) as reader:
            assert reader.take(10)
            server.drop_clients()

            assert eventually(lambda: reader.connections == 2)
            assert reader.take(10)

    def test_gives_up_on_a_frozen_picture_and_opens_anew(self, server):
        with capturing(server.url) as reader:
            assert reader.take(10)
            server.behavior = Behavior.FREEZE
            assert eventually(lambda: reader.reason)
            server.behavior = Behavior.SERVE

            assert reader.take(10)

    def test_says_that_a_camera_hangs(self, server):
        server.behavior = Behavior.HANG
        with capturing(server.url) as reader:
            assert eventually(lambda: reader.reason == "no-answer")

    def test_says_that_an_address_is_not_allowed(self):
        def refuse() -> Source:
            raise CameraAddressError("not there")

        reader = Capture(refuse)
        reader.start()
        assert eventually(lambda: reader.reason == "not there")
        reader.stop()

    def test_lives_on_when_the_peer_talks_garbage(self):
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            listener.settimeout(10)
            talker = threading.Thread(target=_talk_garbage, args=(listener,), daemon=True)
            talker.start()
            with capturing(f"rtsp://127.0.0.1:{listener.getsockname()[1]}/x") as reader:
                assert eventually(lambda: reader.reason == "not-rtsp")

    @pytest.mark.parametrize(
        "content", [b"", b"no video at all" * 100, b"\x00\x00\x00\x18ftypmp42" + b"\xff" * 5000]
    )
    def test_lives_on_when_a_file_is_no_video(self, tmp_path, content):
        clip = tmp_path / "broken.mp4"
        clip.write_bytes(content)
        with capturing(str(clip)) as reader:
            assert eventually(lambda: reader.reason == "not-a-video")

    def test_plays_a_file_at_its_own_pace(self, recorded_lot):
        with capturing(str(recorded_lot), fps=100) as reader:
            frames = [reader.take(10) for _ in range(10)]

        times = [frame.at_s for frame in frames if frame]
        assert len(times) == 10
        assert times[-1] - times[0] > 0.2


class TestSecrets:
    def test_neither_library_prints_the_password(self, still, capfd, caplog):
        server = RtspServer(lambda _: still, credentials=("ana", "right"))
        server.start()
        with capturing(server.url.replace("//", "//ana:hunter2@")) as reader:
            assert eventually(lambda: reader.reason == "unauthorized")
        server.stop()
        printed = capfd.readouterr()

        assert "hunter2" not in printed.out + printed.err + caplog.text


def _talk_garbage(listener: socket.socket) -> None:
    try:
        while True:
            line, _ = listener.accept()
            with line:
                line.recv(1000)
                line.sendall(b"\xde\xad\xbe\xef" * 50 + b"\r\n\r\n")
    except OSError:
        pass

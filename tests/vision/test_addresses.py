"""Camera addresses: which are allowed, and why one does not answer."""

import socket
import threading
from contextlib import closing
from pathlib import Path

import pytest

from vision import addresses
from vision.addresses import CameraAddressError, Source
from vision.rendering.rtsp import Behavior, RtspServer

SECRET = "hunter2"


class TestCheck:
    @pytest.mark.parametrize(
        "url",
        ["rtsp://10.0.0.7/stream", "rtsp://user:p%40ss@cam.example:8554/h264?ch=1", "rtsps://[fd00::7]/a"],
    )
    def test_accepts_cameras(self, url):
        addresses.check(url, clips=None)

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "http://10.0.0.7/video.mjpg",
            "https://10.0.0.7/",
            "gopher://10.0.0.7/",
            "concat:rtsp://a|rtsp://b",
            "data://text/plain,x",
            "pipe:0",
            "rtsp:///stream",
            "rtsp://10.0.0.7:99999/stream",
            "rtsp://10.0.0.7/a b",
            "rtsp://10.0.0.7/\nHost: x",
            "rtsp://[::1/stream",
            "rtsp://10.0.0.7/" + "a" * 600,
            "file:///etc/passwd",
            "/etc/passwd",
        ],
    )
    def test_refuses_everything_else(self, url):
        with pytest.raises(CameraAddressError) as refusal:
            addresses.check(url, clips=None)

        assert refusal.value.code == "camera-address"

    def test_allows_files_below_the_folder_only(self, tmp_path):
        clips = tmp_path / "clips"
        clips.mkdir()
        (clips / "way-out").symlink_to("/etc")

        addresses.check((clips / "lot.mp4").as_uri(), clips=clips)
        for outside in (
            f"file://{clips}/../secret",
            f"file://{clips}/way-out/passwd",
            "file://host/clips/a.mp4",
        ):
            with pytest.raises(CameraAddressError):
                addresses.check(outside, clips=clips)


class TestDescribe:
    def test_shows_neither_user_nor_password_nor_path(self):
        shown = addresses.describe(f"rtsp://ana:{SECRET}@10.0.0.7:8554/live?token={SECRET}")

        assert shown == "rtsp://10.0.0.7:8554"


class TestResolve:
    def test_connects_to_the_number_that_was_checked(self):
        source = addresses.resolve("rtsp://ana:pw@localhost:8554/live", clips=None)

        assert source.target in {"rtsp://ana:pw@127.0.0.1:8554/live", "rtsp://ana:pw@[::1]:8554/live"}

    def test_never_shows_the_password(self):
        source = addresses.resolve(f"rtsp://ana:{SECRET}@127.0.0.1/live", clips=None)

        assert SECRET not in repr(source)
        assert SECRET not in source.label

    @pytest.mark.parametrize(
        "host",
        [
            "169.254.169.254",
            "0",
            "[::]",
            "224.0.0.1",
            "[::ffff:169.254.169.254]",
            "[fe80::1]",
            "2852039166",
        ],
    )
    def test_refuses_hosts_that_no_camera_has(self, host):
        with pytest.raises(CameraAddressError):
            addresses.resolve(f"rtsp://{host}/live", clips=None)

    def test_refuses_a_name_that_leads_nowhere(self, monkeypatch):
        def find_nothing(*_: object, **__: object):
            raise socket.gaierror

        monkeypatch.setattr(socket, "getaddrinfo", find_nothing)
        with pytest.raises(CameraAddressError, match="not known"):
            addresses.resolve("rtsp://camera.invalid/live", clips=None)


class TestExplainSilence:
    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch):
        monkeypatch.setattr(addresses, "ANSWER_TIMEOUT_S", 0.3)

    def test_tells_a_closed_port(self):
        with closing(socket.socket()) as taken:
            taken.bind(("127.0.0.1", 0))
            source = Source(f"rtsp://127.0.0.1:{taken.getsockname()[1]}/x", "x", is_file=False)

            assert addresses.explain_silence(source) == "refused"

    def test_tells_a_peer_that_says_nothing(self, server):
        server.behavior = Behavior.HANG

        assert addresses.explain_silence(Source(server.url, "x", is_file=False)) == "no-answer"

    def test_tells_a_wrong_password(self, server):
        assert addresses.explain_silence(Source(server.url, "x", is_file=False)) == "unauthorized"

    def test_tells_something_that_is_no_camera(self):
        with closing(socket.create_server(("127.0.0.1", 0))) as other:
            source = Source(f"rtsp://127.0.0.1:{other.getsockname()[1]}/x", "x", is_file=False)
            client_side = _answer_once(other, b"HTTP/1.1 400 Bad Request\r\n\r\n")
            try:
                assert addresses.explain_silence(source) == "not-rtsp"
            finally:
                client_side.join()

    def test_tells_a_missing_file_from_one_that_is_no_video(self, tmp_path):
        (tmp_path / "notes.txt").write_text("no video")

        assert addresses.explain_silence(_file(tmp_path / "notes.txt")) == "not-a-video"
        assert addresses.explain_silence(_file(tmp_path / "none.mp4")) == "no-file"


@pytest.fixture
def server(still):
    server = RtspServer(lambda _: still, credentials=("ana", SECRET))
    server.start()
    yield server
    server.stop()


def _file(path: Path) -> Source:
    return Source(str(path), path.name, is_file=True)


def _answer_once(listener: socket.socket, answer: bytes):
    def serve() -> None:
        line, _ = listener.accept()
        with line:
            line.recv(1000)
            line.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread

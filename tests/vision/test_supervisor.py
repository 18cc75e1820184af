"""Cameras of a table, watched; their status as the stream comes and goes."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from bopis import clock, valkey
from tests.conftest import PROJECT
from tests.vision.patience import eventually
from tests.world import make_store
from vision import addresses, capture, crops, supervisor
from vision.models import Camera
from vision.rendering.rtsp import Behavior, RtspServer
from vision.supervisor import Supervisor

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(still):
    server = RtspServer(lambda _: still, fps=30)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def camera(server):
    return Camera.objects.create(store=make_store(), name="Entry", url=server.url)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(capture, "OPEN_TIMEOUT_MS", 500)
    monkeypatch.setattr(capture, "READ_TIMEOUT_MS", 300)
    monkeypatch.setattr(capture, "LONGEST_PAUSE_S", 0.2)
    monkeypatch.setattr(addresses, "ANSWER_TIMEOUT_S", 0.3)
    monkeypatch.setattr(supervisor, "OFFLINE_AFTER_S", 1.0)
    monkeypatch.setattr(supervisor, "WRITE_EVERY_S", 0.2)


@pytest.fixture
def watching():
    team = Supervisor()
    yield team
    Camera.objects.update(is_active=False)
    team.look(clock.now())


def reaches(team: Supervisor, camera: Camera, status: str, reason: str | None = None) -> bool:
    def is_there() -> bool:
        team.look(clock.now())
        camera.refresh_from_db()
        return camera.status == status and reason in {None, camera.status_reason}

    return eventually(is_there)


class TestLook:
    def test_turns_a_camera_online_offline_and_online_again_by_itself(self, watching, server, camera):
        assert reaches(watching, camera, "ONLINE", "")
        server.stop()
        assert reaches(watching, camera, "OFFLINE", "refused")
        server.start()
        assert reaches(watching, camera, "ONLINE", "")

        assert camera.frames > 0
        assert clock.now() - camera.last_frame_at < timedelta(seconds=20)

    def test_says_that_a_camera_hangs(self, watching, server, camera):
        server.behavior = Behavior.HANG

        assert reaches(watching, camera, "OFFLINE", "no-answer")

    def test_says_that_an_address_is_no_cameras(self, watching, camera):
        Camera.objects.update(url="rtsp://169.254.169.254/latest")

        assert reaches(watching, camera, "OFFLINE")
        assert "no camera has" in camera.status_reason

    def test_follows_a_changed_address(self, watching, server, camera):
        Camera.objects.update(url="rtsp://127.0.0.1:9/none")
        assert reaches(watching, camera, "OFFLINE", "refused")
        Camera.objects.update(url=server.url)

        assert reaches(watching, camera, "ONLINE")

    def test_lets_go_of_a_camera_that_is_no_longer_in_use(self, watching, camera):
        assert reaches(watching, camera, "ONLINE")
        Camera.objects.update(is_active=False)

        assert reaches(watching, camera, "UNKNOWN")

    def test_is_not_held_up_by_another_camera_that_hangs(self, watching, server, camera, still):
        hanging = RtspServer(lambda _: still)
        hanging.start()
        hanging.behavior = Behavior.HANG
        Camera.objects.create(store=camera.store, name="Broken", url=hanging.url)

        assert reaches(watching, camera, "ONLINE")
        hanging.stop()


class TestWatchCameras:
    def test_refuses_a_broker_that_persists(self, monkeypatch):
        def config_get(_: object, name: str) -> dict[bytes, bytes]:
            return {name.encode(): b"yes" if name == "appendonly" else b""}

        monkeypatch.setattr(type(valkey.client()), "config_get", config_get)
        with pytest.raises(CommandError, match=crops.BrokerPersistsError.code):
            call_command("watch_cameras")

    def test_names_a_camera_that_does_not_exist(self):
        with pytest.raises(CommandError, match="no such camera: 4711"):
            call_command("watch_cameras", "--camera", "4711")

    @pytest.mark.django_db(transaction=True)
    def test_watches_until_told_to_stop(self, server, camera, process_environment):
        command = [sys.executable, "manage.py", "watch_cameras", "--camera", str(camera.pk)]
        with subprocess.Popen(command, cwd=PROJECT, env=process_environment) as process:
            try:
                online = eventually(lambda: Camera.objects.get().status == "ONLINE", within_s=60)
            finally:
                os.kill(process.pid, signal.SIGTERM)
            code = process.wait(30)

        assert online
        assert code == 0
        assert Camera.objects.get().status == "UNKNOWN"

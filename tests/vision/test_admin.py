"""Cameras in the admin: the address goes in and never comes out."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection

from bopis import clock
from tests.world import make_store
from vision.models import Camera

pytestmark = pytest.mark.django_db
URL = "rtsp://ana:hunter2@10.0.0.7:8554/live"


@pytest.fixture
def admin(client):
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def camera():
    return Camera.objects.create(store=make_store(), name="Entry", url=URL)


def form(camera: Camera, **changes: str) -> dict[str, str]:
    facts = {
        "store": str(camera.store_id),
        "name": camera.name,
        "is_active": "on",
        "direction": "IN",
        "region": "[]",
        "min_plate_width_px": "56",
        "new_url": "",
    }
    return facts | changes


class TestCameraAdmin:
    def test_shows_where_the_camera_is_but_no_password(self, admin, camera):
        pages = [admin.get(path).content.decode() for path in (_page(camera), "/admin/vision/camera/")]

        assert "rtsp://10.0.0.7:8554" in pages[0]
        assert all("hunter2" not in page and "/live" not in page for page in pages)

    def test_keeps_the_address_when_none_is_given(self, admin, camera):
        admin.post(_page(camera), form(camera, name="Gate"))
        camera.refresh_from_db()

        assert (camera.name, camera.url) == ("Gate", URL)

    def test_takes_a_new_address(self, admin, camera):
        admin.post(_page(camera), form(camera, new_url="rtsp://10.0.0.8/x"))
        camera.refresh_from_db()

        assert camera.url == "rtsp://10.0.0.8/x"

    @pytest.mark.parametrize("url", ["http://10.0.0.8/", "file:///etc/passwd", "hunter2"])
    def test_refuses_what_is_no_cameras_address_without_repeating_it(self, admin, camera, url):
        page = admin.post(_page(camera), form(camera, new_url=url))
        camera.refresh_from_db()

        assert page.status_code == 200
        assert url not in page.content.decode()
        assert camera.url == URL

    def test_wants_an_address_for_a_new_camera(self, admin, camera):
        page = admin.post("/admin/vision/camera/add/", form(camera, name="Second"))

        assert "a new camera needs an address" in page.content.decode()

    @pytest.mark.parametrize(
        "region", ['{"a": 1}', "[[0, 0], [1, 1]]", "[[0, 0], [2, 0], [1, 1]]", '["a", "b", "c"]']
    )
    def test_refuses_a_region_that_is_none(self, admin, camera, region):
        page = admin.post(_page(camera), form(camera, region=region))

        assert page.status_code == 200
        assert Camera.objects.get().region == []

    def test_shows_that_nobody_watches_a_camera_any_more(self, admin, camera):
        Camera.objects.update(status="ONLINE", last_frame_at=clock.now())
        assert "not watched" not in admin.get(_page(camera)).content.decode()
        Camera.objects.update(last_frame_at=clock.now() - timedelta(minutes=1))

        assert "not watched" in admin.get(_page(camera)).content.decode()


class TestUrl:
    def test_lies_encrypted_in_the_database(self, camera):
        with connection.cursor() as cursor:
            cursor.execute("SELECT url FROM vision_camera")
            (stored,) = cursor.fetchone()

        assert "hunter2" not in stored
        assert "10.0.0.7" not in stored


def _page(camera: Camera) -> str:
    return f"/admin/vision/camera/{camera.pk}/change/"

import base64
import json
import os
from io import BytesIO
from typing import Any
from zlib import crc32

import pytest
from django.db import connection
from PIL import Image

from bopis import privacy, privacy_scan, valkey
from bopis.models import IdempotencyRecord
from tests.world import NOON

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "AVIF")


def make_picture(kind: str = "PNG", size: tuple[int, int] = (40, 12)) -> bytes:
    picture = BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(picture, kind)
    return picture.getvalue()


def has(value: bytes) -> bool:
    return privacy_scan.has_picture(value)


class TestHasPicture:
    @pytest.mark.parametrize("kind", FORMATS)
    def test_knows_it_raw(self, kind):
        assert has(make_picture(kind))

    @pytest.mark.parametrize("kind", FORMATS)
    def test_knows_it_in_base64_and_hex(self, kind):
        picture = make_picture(kind)

        assert has(base64.b64encode(picture))
        assert has(base64.urlsafe_b64encode(picture))
        assert has(base64.encodebytes(picture))
        assert has(picture.hex().encode())

    def test_knows_it_inside_something_else(self):
        picture = make_picture("JPEG")
        inner = json.dumps({"crop": base64.b64encode(picture).decode()})
        task = json.dumps({"body": base64.b64encode(inner.encode()).decode(), "headers": {"id": 1}})

        assert has(b"\x80\x05\x95frame" + picture + b"\x94.")
        assert has(f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}".encode())
        assert has(task.encode())

    @pytest.mark.parametrize("kind", FORMATS)
    def test_knows_half_of_one(self, kind):
        picture = make_picture(kind, (400, 300))

        assert has(picture[: len(picture) // 2])

    def test_knows_one_that_nobody_should_open(self):
        """The head of a picture of 60,000 x 60,000 pixels."""
        head = bytearray(make_picture("PNG"))
        head[16:24] = (60_000).to_bytes(4, "big") * 2
        head[29:33] = crc32(head[12:29]).to_bytes(4, "big")

        assert has(bytes(head))

    def test_takes_nothing_else_for_one(self):
        assert not has(b"")
        assert not has(b"BM, PNG and JPEG are formats; GIF89a too")
        assert not has(os.urandom(200_000))
        assert not has(base64.b64encode(os.urandom(20_000)))
        assert not has(json.dumps({"order": "W-1", "lines": list(range(500))}).encode())

    def test_cannot_see_through_encryption(self):
        """What is encrypted is no picture to whoever finds it; that is the point of it."""
        assert not has(privacy.encrypt_bytes(make_picture()))


@pytest.mark.django_db
class TestFindInDatabase:
    @pytest.fixture(autouse=True)
    def table(self):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE planted (id int, note text, facts jsonb, body bytea, notes text[])")
            cursor.execute(
                "INSERT INTO planted VALUES (1, 'a plate was read', '{\"read\": 1}', '\\x00ff', '{a}')"
            )

    def plant(self, column: str, value: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE planted SET {column} = %s", [value])  # noqa: S608

    def test_finds_none_where_there_is_none(self):
        assert list(privacy_scan.find_in_database()) == []

    @pytest.mark.parametrize(
        ("column", "wrap"),
        [
            ("body", lambda picture: picture),
            ("note", lambda picture: base64.b64encode(picture).decode()),
            ("facts", lambda picture: json.dumps({"crop": {"data": base64.b64encode(picture).decode()}})),
            ("notes", lambda picture: ["clean", picture.hex()]),
        ],
    )
    def test_finds_one_in_a_column(self, column, wrap):
        self.plant(column, wrap(make_picture()))

        [found] = privacy_scan.find_in_database()

        assert found.place.startswith(f"database: public.planted.{column} (")

    def test_looks_into_the_products_own_tables(self):
        record = IdempotencyRecord.objects.create(
            actor="key:1", key=base64.b64encode(make_picture("GIF", (4, 3))).decode()[:200], created_at=NOON
        )

        [found] = privacy_scan.find_in_database()

        assert record.pk
        assert "bopis_idempotencyrecord.key" in found.place

    def test_finds_a_large_object(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT lo_from_bytea(0, %s)", [make_picture()])

        [found] = privacy_scan.find_in_database()

        assert "large object" in found.place


class TestFindInValkey:
    @pytest.mark.parametrize("kind", ["string", "list", "set", "zset", "hash", "stream"])
    def test_finds_one_in_a_key_of_any_type(self, kind):
        client, picture = valkey.client(), make_picture()
        plant = {
            "string": lambda: client.set("planted", picture),
            "list": lambda: client.rpush("planted", b"clean", picture),
            "set": lambda: client.sadd("planted", picture),
            "zset": lambda: client.zadd("planted", {picture: 1}),
            "hash": lambda: client.hset("planted", "crop", base64.b64encode(picture)),
            "stream": lambda: client.xadd("planted", {"crop": picture}),
        }
        client.set("clean", b"a value")

        plant[kind]()

        [found] = self.find()
        assert found.place.endswith(": planted")

    def test_finds_none_where_there_is_none(self):
        valkey.client().set("sealed", privacy.encrypt_bytes(make_picture()))

        assert self.find() == []

    def find(self) -> list[privacy_scan.Finding]:
        """Other runs of the tests have numbers of their own on the same server."""
        number = os.environ["REDIS_URL"].rpartition("/")[2]
        every = privacy_scan.find_in_valkey(os.environ["REDIS_URL"])
        return [found for found in every if found.place.startswith(f"valkey {number}:")]


class TestFindInFolder:
    def test_finds_one_in_any_file_however_large(self, tmp_path):
        (tmp_path / "deep" / "er").mkdir(parents=True)
        (tmp_path / "deep" / "clean.log").write_text("a plate was read\n" * 1000)
        (tmp_path / "empty").touch()
        # Its head lies across the edge of two windows.
        before = privacy_scan.WINDOW_BYTES - 5
        (tmp_path / "deep" / "er" / "wal").write_bytes(bytes(before) + make_picture() + bytes(1000))

        [found] = privacy_scan.find_in_folder(tmp_path)

        assert found.place == f"file: {tmp_path / 'deep' / 'er' / 'wal'}"

    def test_leaves_the_data_folder_of_another_installation_alone(self, tmp_path):
        other = tmp_path / "test"
        other.mkdir()
        (other / "users.lock").touch()
        (other / "planted").write_bytes(make_picture())

        assert list(privacy_scan.find_in_folder(tmp_path)) == []
        assert len(list(privacy_scan.find_in_folder(other))) == 1

    def test_follows_no_links(self, tmp_path):
        outside = tmp_path / "outside"
        outside.write_bytes(make_picture())
        data = tmp_path / "data"
        data.mkdir()
        (data / "link").symlink_to(outside)

        assert list(privacy_scan.find_in_folder(data)) == []


@pytest.mark.django_db
class TestFindPictures:
    def test_finds_those_planted_in_all_three_places(self, tmp_path):
        picture = make_picture()
        IdempotencyRecord.objects.create(
            actor="key:1", key=base64.b64encode(make_picture("GIF", (4, 3))).decode()[:200], created_at=NOON
        )
        valkey.client().set("planted", picture)
        (tmp_path / "frame.tmp").write_bytes(picture)

        found = privacy_scan.find_pictures(redis_url=os.environ["REDIS_URL"], folder=tmp_path)

        assert {"database", "file"} <= {one.place.split(":")[0] for one in found}
        assert any(one.place.endswith(": planted") for one in found)

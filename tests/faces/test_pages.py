"""Signing in, choosing a store, and the pages for what went wrong."""

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from django.urls import reverse

from orders.models import StaffMember
from tests import world
from tests.faces import morning
from tests.faces.conftest import track_path


class TestSignIn:
    pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

    def test_leads_to_the_board_of_the_associates_store(self, store, open_page, expect):
        ana = world.make_associate(store)
        ana.password = PBKDF2PasswordHasher().encode("morning", "salt", iterations=1)
        ana.save(update_fields=["password"])
        page = open_page("/")

        page.get_by_label("Name").fill(ana.username)
        page.get_by_label("Password").fill("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("Name and password do not fit together.")
        page.get_by_label("Password").fill("morning")
        page.keyboard.press("Enter")

        expect(page.locator("#live")).to_contain_text("Live")
        page.get_by_role("button", name="Sign out").click()
        expect(page.locator("h1")).to_contain_text("Sign in to your board")


@pytest.mark.django_db
class TestHome:
    def test_lets_an_associate_of_two_stores_choose(self, client):
        stores = [world.make_store("lyon-est"), world.make_store("lyon-sud", name="Lyon Sud")]
        ana = world.make_associate(stores[0])
        StaffMember.objects.create(user=ana, store=stores[1])
        client.force_login(ana)

        page = client.get("/").content.decode()

        for store in stores:
            assert reverse("board", args=[store.code]) in page

    def test_leads_straight_to_the_only_store(self, client):
        store = world.make_store()
        client.force_login(world.make_associate(store))

        assert client.get("/").url == reverse("board", args=[store.code])

    def test_tells_somebody_on_no_roster(self, client, django_user_model):
        client.force_login(django_user_model.objects.create_user("nobody"))

        assert "not on the roster" in client.get("/").content.decode()

    def test_asks_a_stranger_to_sign_in(self, client):
        assert client.get("/").url == "/sign-in/?next=/"


@pytest.mark.django_db
class TestBoardPage:
    def test_is_not_found_for_another_store(self, client):
        ours, theirs = world.make_store("ours"), world.make_store("theirs")
        client.force_login(world.make_associate(ours))

        answer = client.get(reverse("board", args=[theirs.code]))

        assert answer.status_code == 404
        assert "There is nothing here" in answer.content.decode()
        assert client.get(reverse("board", args=["no-such"])).status_code == 404


@pytest.mark.django_db
class TestTrackPage:
    @pytest.fixture
    def order(self):
        return morning.place(world.make_store())

    def test_is_told_to_no_index_cache_or_other_site(self, client, order):
        answer = client.get(track_path(order))

        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]
        assert not answer.cookies

    def test_speaks_the_orders_language(self, client, order):
        order.language = "de"
        order.save(update_fields=["language"])

        page = client.get(track_path(order), headers={"Accept-Language": "fr"}).content.decode()

        assert '<html lang="de"' in page
        assert "Ich fahre los" in page

    def test_tells_times_in_the_stores_zone(self, client, order):
        order.window_start = order.window_start.replace(hour=23, minute=30)
        order.window_end = order.window_start.replace(hour=23, minute=50)
        order.save(update_fields=["window_start", "window_end"])

        page = client.get(track_path(order)).content.decode()

        assert "23:30" not in page
        assert "0:30" in page or "1:30" in page  # Paris, by winter or summer

    @pytest.mark.parametrize("token", ["x", "A" * 43, "no.such.token"])
    def test_is_not_found_for_a_made_up_token(self, client, db, token):
        assert client.get(f"/t/{token}/").status_code == 404
        assert client.get(f"/t/{token}/qr.svg").status_code == 404

    def test_escapes_what_a_customer_wrote(self, client, order):
        order.customer.first_name = "<script>alert(1)</script>"
        order.customer.save(update_fields=["first_name"])
        morning.pack_all(order, world.make_associate(order.store))

        assert "<script>alert" not in client.get(track_path(order)).content.decode()


@pytest.mark.django_db
class TestPickupQr:
    def test_is_a_drawing_while_the_order_is_open(self, client):
        order = morning.place(world.make_store())

        answer = client.get(f"{track_path(order)}qr.svg")

        assert answer["Content-Type"] == "image/svg+xml"
        assert answer.content.startswith(b"<svg")
        assert b"style" not in answer.content  # the content security policy forbids it


class TestTexts:
    @pytest.mark.parametrize(("language", "words"), [("de", "Packen beginnen"), ("fr", "Tout afficher")])
    def test_come_in_the_language_of_the_address(self, language, words):
        answer = Client(headers={"Accept-Language": "en"}).get(f"/texts/{language}.js")

        assert words in answer.content.decode()

    def test_are_not_found_in_a_language_we_do_not_speak(self):
        assert Client().get("/texts/tlh.js").status_code == 404

"""The customer's page in real browsers, with scripts and without."""

import gzip
from pathlib import Path

import pytest

from arrivals.models import Arrival
from bopis import clock
from geofence.models import Trip
from orders.models import Task
from orders.services import closing, handover, packing
from tests import world
from tests.faces import morning
from tests.faces.conftest import PROJECT, track_path

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LYON = {"latitude": 45.80, "longitude": 4.95, "accuracy": 12}


class TestLivePage:
    def test_changes_when_packing_starts(self, store, open_track, expect):
        order = morning.place(store)
        page = open_track(order)
        expect(page.locator("h1")).to_contain_text("Ready by")

        morning.start(order, "PACK_AMBIENT", world.make_associate(store, "Léa"))

        expect(page.locator("[aria-current=step]")).to_contain_text("Léa is packing")

    def test_follows_the_order_to_its_end(self, store, open_track, expect):
        ana = world.make_associate(store, "Ana")
        order = morning.place(store)
        page = open_track(order)

        morning.pack_all(order, ana)
        expect(page.locator("h1")).to_contain_text("Your order is ready")
        take_out = morning.arrive(order, bay="4")
        expect(page.locator("h1")).to_contain_text("Your bay is 4.")
        packing.start(task_id=take_out.pk, associate_id=ana.pk, at=clock.now())
        expect(page.locator("h1")).to_contain_text("Ana is coming out.")
        expect(page.locator(".pass b")).to_have_text(order.pickup_code)
        handover.hand_over(order_id=order.pk, associate_id=ana.pk, at=clock.now(), code=order.pickup_code)
        expect(page.locator("h1")).to_contain_text("Done. Have a good day, Ines.")
        expect(page.locator(".pass")).to_have_count(0)

    def test_says_sorry_after_four_minutes_and_offers_the_telephone(self, store, open_track, expect):
        order = morning.pack_all(morning.place(store), world.make_associate(store))
        morning.arrive(order, ago=5 * morning.MINUTE)

        page = open_track(order)

        expect(page.locator("h1")).to_contain_text("Sorry.")
        expect(page.locator("a.btn.main")).to_have_attribute("href", "tel:+33400000000")

    def test_tells_when_the_order_is_canceled(self, store, open_track, expect):
        order = morning.place(store)
        page = open_track(order)

        closing.cancel(order_id=order.pk, reason="requested", at=clock.now(), actor="api:test")

        expect(page.locator("h1")).to_contain_text("This order is canceled")


class TestTrip:
    def test_shares_the_position_only_after_consent_and_stops_at_once(self, store, open_track, expect):
        order = morning.place(store)
        page = open_track(order, geolocation=LYON, permissions=["geolocation"])

        page.get_by_role("button", name=morning.ON_MY_WAY).click()
        expect(page.locator("#ask")).to_be_visible()
        assert not Trip.objects.get(order=order).is_sharing
        page.locator("#ask >> text=Share location").click()
        expect(page.locator("#share")).to_contain_text("Sharing location")
        assert Trip.objects.get(order=order).is_sharing
        page.locator("#share >> text=Stop").click()

        expect(page.locator("#noted")).to_have_text("Stopped. Your position is deleted.")
        expect(page.locator("#share")).to_be_hidden()
        expect(page.locator("#share-start")).to_be_visible()
        assert not Trip.objects.get(order=order).is_sharing

    def test_reports_positions_that_become_an_eta(self, store, open_track, expect):
        order = morning.place(store)
        page = open_track(order, geolocation=LYON, permissions=["geolocation"])
        page.get_by_role("button", name=morning.ON_MY_WAY).click()

        page.locator("#ask >> text=Share location").click()

        expect(page.locator(".way-road figcaption")).to_contain_text("min")

    def test_falls_back_to_minutes_when_the_phone_refuses(self, store, open_track, expect):
        order = morning.place(store)
        page = open_track(order)
        page.get_by_role("button", name=morning.ON_MY_WAY).click()

        page.locator("#ask >> text=Share location").click()
        expect(page.locator("#share-problem")).to_contain_text("did not allow it")
        page.locator(".minutes >> text=10").click()

        expect(page.locator("h1")).to_contain_text("See you in about 10 minutes")

    def test_gives_three_equal_choices(self, store, open_track, expect):
        page = open_track(morning.place(store))
        page.get_by_role("button", name=morning.ON_MY_WAY).click()
        expect(page.locator("#ask")).to_be_visible()

        boxes = [button.bounding_box() for button in page.locator("#ask .btn").all()]

        assert len(boxes) == 3
        assert len({(box["width"], box["height"]) for box in boxes}) == 1
        assert page.locator("#ask .btn.main").count() == 0

    def test_lets_no_camera_look_for_who_chose_neither(self, store, open_track, expect):
        order = morning.place(store, plate="AB123CD")
        page = open_track(order)
        page.get_by_role("button", name=morning.ON_MY_WAY).click()

        page.locator("#ask >> text=Neither").click()
        expect(page.locator("#noted")).to_have_text("Noted: no camera looks for your plate.")
        morning.drive_past_the_camera(store, "AB123CD")
        assert Arrival.objects.get().status == "ON_THE_WAY"

        page.locator("#share-start").click()
        page.locator("#ask >> text=Only the camera").click()
        expect(page.locator("#noted")).to_have_text("Noted: the camera looks for your plate.")
        morning.drive_past_the_camera(store, "AB123CD")
        assert Arrival.objects.get().status == "ARRIVED"

    def test_tells_the_bay_with_one_press(self, store, open_track, expect):
        order = morning.pack_all(morning.place(store), world.make_associate(store))
        page = open_track(order)
        page.get_by_role("button", name=morning.ON_MY_WAY).click()
        page.locator("#ask >> text=Neither").click()

        page.get_by_role("button", name=morning.HERE).click()
        expect(page.locator("h1")).to_contain_text("Your bay is 1.")  # the nearest, unasked
        page.get_by_text(morning.ELSEWHERE).click()
        page.locator(".pad >> text=3").click()

        expect(page.locator("h1")).to_contain_text("Your bay is 3.")
        assert Arrival.objects.get().spot.number == "3"


class TestWithoutScripts:
    @pytest.fixture
    def open_plain(self, open_track):
        return lambda order, **options: open_track(order, java_script_enabled=False, **options)

    def test_tells_the_status(self, store, open_plain, expect):
        order = morning.pack_all(morning.place(store), world.make_associate(store))

        page = open_plain(order)

        expect(page.locator("h1")).to_contain_text("Your order is ready")
        expect(page.locator(".qr img")).to_have_js_property("complete", value=True)

    def test_takes_im_on_my_way_and_the_minutes(self, store, open_plain, expect):
        page = open_plain(morning.place(store))

        page.get_by_role("button", name=morning.ON_MY_WAY).click()
        expect(page.locator("h1")).to_contain_text("See you soon")
        page.locator(".minutes >> text=15").click()

        expect(page.locator("h1")).to_contain_text("See you in about 15 minutes")

    def test_takes_im_here_and_the_bay(self, store, open_plain, expect):
        order = morning.pack_all(morning.place(store), world.make_associate(store))
        page = open_plain(order)
        page.get_by_role("button", name=morning.ON_MY_WAY).click()

        page.get_by_role("button", name=morning.HERE).click()
        expect(page.locator("h1")).to_contain_text("Your bay is 1.")
        page.get_by_text(morning.ELSEWHERE).click()
        page.locator(".pad >> text=2").click()

        expect(page.locator("h1")).to_contain_text("Your bay is 2.")
        assert Task.objects.filter(kind="TAKE_OUT", status="QUEUED").count() == 1


class TestWeight:
    def test_is_at_most_100_kb_with_all_it_loads(self, store, open_page, chromium, server):
        order = morning.pack_all(morning.place(store), world.make_associate(store))
        page = open_page(track_path(order))

        loaded = page.evaluate(
            """async () => {
                const read = (name) => fetch(name).then((answer) => answer.text());
                const names = performance.getEntriesByType("resource").map((entry) => entry.name);
                return Promise.all([location.href, ...names].map(read));
            }"""
        )

        assert len(loaded) > 8
        assert sum(len(gzip.compress(body.encode())) for body in loaded) <= 100_000

    def test_loads_nothing_from_the_board(self):
        for script in Path(PROJECT, "static/track").glob("*.js"):
            assert "/board/" not in script.read_text()


class TestSizes:
    @pytest.mark.parametrize("width", [320, 360, 1280])
    def test_never_scrolls_sideways(self, store, open_track, width):
        order = morning.pack_all(morning.place(store), world.make_associate(store))
        morning.arrive(order)

        page = open_track(order, size=(width, 700))

        assert page.evaluate("document.documentElement.scrollWidth") == width

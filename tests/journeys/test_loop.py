"""Whole stories through real doors: the camera's stream, positions, taps, the board, the customer's page."""

import pytest

from bopis.demo import catalog, store
from bopis.demo.doors import RefusedError
from bopis.demo.lot import Car
from bopis.demo.people import Person
from bopis.demo.sockets import Board, find_task, has_task

TOO_MANY = [{"sku": catalog.SCARCE, "quantity": str(catalog.SCARCE_ON_HAND + 1)}]
EVERYTHING = """
    SELECT (SELECT count(*) FROM orders_order) + (SELECT count(*) FROM orders_orderline)
         + (SELECT count(*) FROM orders_customer) + (SELECT count(*) FROM orders_task)
         + (SELECT count(*) FROM orders_orderevent) + (SELECT count(*) FROM orders_stockmovement)
         + (SELECT count(*) FROM notifications_message)
"""
NEARER = ((50, 600, 40), (25, 200, 20), (8, 8, 4), (2, 6, 3))  # seconds ago; meters east, north


def by_plate(name: str, plate: str, country: str, **look: object) -> Person:
    return Person(name, Car(plate, country, **look), "silver Clio")  # type: ignore[arg-type]


def is_released_by(trigger: str):
    def fits(card):
        task = find_task(card, "PACK_FRESH")
        return task is not None and task["status"] == "QUEUED" and task["trigger"] == trigger

    return fits


def is_here(card):
    return card["lane"] == "here"


def get_signals(card) -> set[str]:
    return {signal["kind"] for signal in card["here"]["signals"]}


class TestPlateOnly:
    def test_brings_the_order_to_the_board_the_customer_and_the_trunk(self, world):
        ana = world.place(by_plate("Ana", "FK472RB", "FR"))
        world.pack(ana, "PACK_AMBIENT")
        assert has_task(world.card(ana), "PACK_FRESH", "WAITING")

        world.lot.drive_in(ana.person.car)

        card = world.see(ana, is_released_by("PLATE"))
        assert card["lane"] == "here"
        ana.page.wait_for_state(lambda state: state["moment"] == "here")
        handover = world.serve(ana)
        assert 0 <= handover["wait_s"] < 60
        done = ana.page.wait_for_state(lambda state: state["moment"] == "done").message["state"]
        assert done["pickup_code"] is None

    def test_tells_the_customer_who_packs_the_moment_it_begins(self, world):
        ana = world.place(by_plate("Ana", "FK472RB", "FR"))
        world.pack(ana, "PACK_AMBIENT")
        world.lot.drive_in(ana.person.car)
        card = world.see(ana, is_released_by("PLATE"))
        before = len(ana.page.seen)

        world.lea.start(world.task_id(card, "PACK_FRESH"))

        ana.page.wait_for_state(lambda state: state["packer"] == "Léa" and not state["fresh_waits"])
        assert len(ana.page.seen) > before

    def test_works_by_night_on_a_tilted_plate_from_abroad(self, world):
        jonas = world.place(by_plate("Jonas", "MAB1234", "DE", is_night=True, tilt_degrees=6, lane=1))

        world.lot.drive_in(jonas.person.car)

        assert world.see(jonas, is_released_by("PLATE"))["here"] is not None


class TestPositionOnly:
    def test_releases_the_fresh_wave_on_the_way_and_sees_the_arrival(self, world):
        mia = world.place(Person("Mia"))
        world.pack(mia, "PACK_AMBIENT")
        mia.phone.share()

        world.drive(mia, *NEARER[:1])
        assert world.see(mia, lambda card: has_task(card, "PACK_FRESH", "QUEUED"))["lane"] == "pack"
        world.drive(mia, *NEARER[1:])

        assert get_signals(world.see(mia, is_here)) == {"CROSSING"}
        assert world.serve(mia)["wait_s"] >= 0


class TestPlateAndPosition:
    def test_are_one_visit_when_the_position_comes_first(self, world):
        luca = world.place(by_plate("Luca", "EX318HT", "IT", lane=1))
        luca.phone.share()
        world.drive(luca, *NEARER)
        first = world.see(luca, is_here)

        world.lot.drive_in(luca.person.car)

        both = world.see(luca, lambda card: is_here(card) and get_signals(card) == {"CROSSING", "PLATE"})
        assert both["here"]["visit"] == first["here"]["visit"]
        assert world.task_id(both, "TAKE_OUT") == world.task_id(first, "TAKE_OUT")

    def test_are_one_visit_when_the_plate_comes_first(self, world):
        luca = world.place(by_plate("Luca", "EX318HT", "IT", lane=1))
        world.lot.drive_in(luca.person.car)
        first = world.see(luca, is_released_by("PLATE"))

        luca.phone.share()
        world.drive(luca, *NEARER)

        both = world.see(luca, lambda card: is_here(card) and get_signals(card) == {"CROSSING", "PLATE"})
        assert both["here"]["visit"] == first["here"]["visit"]
        assert both["here"]["since"] == first["here"]["since"]


class TestTapOnly:
    def test_is_enough_with_the_bay_shown_to_both(self, world):
        piotr = world.place(Person("Piotr"))
        world.pack(piotr, "PACK_AMBIENT")

        piotr.phone.say_here("4")

        card = world.see(piotr, is_released_by("TAP"))
        assert (card["lane"], card["here"]["spot"]) == ("here", "4")
        piotr.page.wait_for_state(lambda state: (state["moment"], state["spot"]) == ("here", "4"))
        world.serve(piotr)


class TestWrongPlate:
    def test_of_a_stranger_is_nobodys_business(self, world):
        ana = world.place(by_plate("Ana", "FK472RB", "FR"))
        jonas = world.place(by_plate("Jonas", "MAB1234", "DE"))
        arrivals = "SELECT count(*) FROM arrivals_arrival"
        before = world.count(arrivals)

        stranger = world.lot.drive_in(Car("64NVKT", "NL"))
        world.lot.drive_in(ana.person.car)  # behind it: once this one is known, the first was judged

        world.see(ana, is_here)
        assert stranger.is_readable.is_set()
        assert world.count(arrivals) == before + 1
        assert (world.card(jonas)["lane"], world.card(jonas)["check"]) == ("pack", None)

    def test_leaves_the_customer_the_button(self, world):
        """The plate that the shop knows is not the one that the customer came with."""
        emma = world.place(by_plate("Emma", "LK21WXN", "GB"))
        car = world.lot.drive_in(Car("7KDM48", "NL"))
        assert car.is_gone.wait(60)
        assert world.card(emma)["here"] is None

        emma.phone.say_here(None)

        assert get_signals(world.see(emma, is_here)) == {"TAP"}


class TestTwoCarsAtOnce:
    def test_are_two_visits_each_with_its_own_take_out(self, world):
        ana = world.place(by_plate("Ana", "FK472RB", "FR"))
        luca = world.place(by_plate("Luca", "EX318HT", "IT", lane=1))

        for visit in (ana, luca):
            world.lot.drive_in(visit.person.car)

        cards = [world.see(visit, is_released_by("PLATE")) for visit in (ana, luca)]
        assert len({card["here"]["visit"] for card in cards}) == 2
        assert len({world.task_id(card, "TAKE_OUT") for card in cards}) == 2


class TestAnotherStoresAssociate:
    def test_is_turned_away_from_the_board(self, world):
        board = Board(world.base_url, store.CODE, cookies="")

        assert board.wait_until_closed() == 4403


class TestRefusedOrder:
    def test_leaves_nothing_behind(self, world):
        greedy = world.crowd.shop(
            Person("Karl"),
            lines=[{"sku": catalog.SCARCE, "quantity": "2"}, {"sku": "baguette", "quantity": "1"}],
        )
        before = world.count(EVERYTHING)

        with pytest.raises(RefusedError) as refusal:
            world.shop.place(greedy)

        assert (refusal.value.status, refusal.value.code) == (409, "out-of-stock")
        assert [line["sku"] for line in refusal.value.body["lines"]] == [catalog.SCARCE]
        assert world.count(EVERYTHING) == before
        assert world.count("SELECT sum(reserved)::int FROM orders_stocklevel") == 0

    def test_may_be_placed_again_for_what_there_is(self, world):
        order = world.crowd.shop(Person("Karl"), lines=TOO_MANY)
        with pytest.raises(RefusedError):
            world.shop.place(order)

        placed = world.shop.place(order | {"lines": [{"sku": catalog.SCARCE, "quantity": "1"}]})

        assert placed["status"] == "PLACED"
        world.shop.ask("POST", f"/api/v1/orders/{placed['id']}/cancel/", {})


class TestWrongPickupCode:
    def test_gives_nothing_away_and_the_right_one_still_works(self, world):
        mia = world.place(Person("Mia"))
        world.pack(mia, "PACK_AMBIENT")
        mia.phone.say_here("2")
        world.pack(mia, "PACK_FRESH")
        world.see(mia, lambda card: card["status"] == "READY")

        with pytest.raises(RefusedError) as refusal:
            world.lea.hand_over(mia.order_id, "000000")

        assert (refusal.value.status, refusal.value.code) == (422, "wrong-pickup-code")
        assert refusal.value.body["tries_left"] == 4
        assert world.shop.get(mia.order_id)["status"] == "READY"
        assert world.lea.hand_over(mia.order_id, mia.order["pickup_code"].lower())["wait_s"] >= 0
        mia.page.wait_for_state(lambda state: state["moment"] == "done")

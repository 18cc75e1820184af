"""The board in real browsers, against a real server."""

import pytest

from bopis import clock
from orders import board
from orders.models import Order, StaffMember
from orders.services import packing, questions, visits
from tests import world
from tests.faces import morning

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BAY = "#here > ol > .bay"


def card(order: Order, lane: str) -> str:
    return f'#{lane} li[data-order="{order.public_id}"]'


class TestChanges:
    def test_shows_a_new_order_at_once(self, store, open_board, expect):
        page = open_board(world.make_associate(store), store)
        expect(page.locator("#pack")).to_contain_text("Nothing to pack now.")

        order = morning.place(store)

        expect(page.locator(card(order, "pack"))).to_contain_text(order.code)
        expect(page.locator("body")).to_have_attribute("data-last-sound", "new")

    def test_calls_for_a_customer_until_somebody_takes_it(self, store, open_board, expect):
        ana = world.make_associate(store)
        order = morning.pack_all(morning.place(store), ana)
        page = open_board(ana, store)

        take_out = morning.arrive(order, bay="4")

        expect(page.locator(f"{BAY}.calls .sign")).to_have_attribute("aria-label", "Bay 4, here")
        expect(page.locator("body")).to_have_attribute("data-last-sound", "arrived")
        packing.start(task_id=take_out.pk, associate_id=ana.pk, at=clock.now())
        expect(page.locator(f"{BAY}.taken")).to_contain_text("You have it")
        expect(page.locator(f"{BAY}.calls")).to_have_count(0)

    def test_groups_the_orders_of_one_visit(self, store, open_board, expect):
        ana = world.make_associate(store)
        orders = [morning.pack_all(morning.place(store), ana) for _ in range(2)]
        now = clock.now()
        for order in orders:
            visits.customer_arrived(order_id=order.pk, visit_id=77, spot_id=None, arrived_at=now, at=now)

        page = open_board(ana, store)

        expect(page.locator(BAY)).to_have_count(1)
        for order in orders:
            expect(page.locator(BAY)).to_contain_text(order.code)
        expect(page.locator(BAY)).to_contain_text("2 orders")

    def test_says_when_the_evidence_of_a_visit_does_not_agree(self, store, open_board, expect):
        ana = world.make_associate(store)
        order = morning.pack_all(morning.place(store), ana)
        page = open_board(ana, store)
        morning.arrive(order, bay="4")

        visit_id = Order.objects.get(pk=order.pk).visit_id
        assert visit_id is not None
        visits.note_signals(
            order_id=order.pk,
            visit_id=visit_id,
            signals=[{"kind": "CHECK", "confidence": 1.0, "reason": "spots-differ"}],
            at=clock.now(),
        )

        expect(page.locator(BAY)).to_contain_text("the bays do not agree")

    def test_asks_again_when_a_push_was_lost(self, store, open_board, expect):
        order = morning.place(store)
        page = open_board(world.make_associate(store), store)
        expect(page.locator(card(order, "pack"))).to_be_visible()

        Order.objects.filter(pk=order.pk).update(code="ZZZ", revision=order.revision + 1)  # no push

        expect(page.locator(card(order, "pack"))).to_contain_text("ZZZ")

    def test_ignores_an_older_card(self, store, open_board, expect):
        order = morning.place(store)
        page = open_board(world.make_associate(store), store)
        old = board.get_card(Order.objects.get(pk=order.pk)) | {"revision": 0, "code": "OLD"}

        result = page.evaluate(
            """async (old) => {
                const { Board } = await import("/static/board/state.js");
                const held = new Board();
                held.apply({ type: "card", card: { ...old, revision: 5, code: "NEW" } });
                held.apply({ type: "card", card: old });
                return held.cards.get(old.order).code;
            }""",
            old,
        )

        assert result == "NEW"

    def test_shows_what_a_customer_wrote_as_text(self, store, open_board, expect):
        name = "<img src=x onerror=alert(1)>"
        order = morning.place(store, name=name)

        page = open_board(world.make_associate(store), store)

        expect(page.locator(card(order, "pack"))).to_contain_text(name)

    def test_says_that_it_is_offline_and_comes_back(self, store, open_board, expect):
        page = open_board(world.make_associate(store), store)

        page.context.set_offline(True)
        expect(page.locator("#banner")).to_contain_text("Offline for")
        page.context.set_offline(False)

        expect(page.locator("#live")).to_contain_text("Live")
        expect(page.locator("#banner")).to_be_hidden()

    def test_tells_somebody_taken_off_the_roster(self, store, open_board, expect):
        ana = world.make_associate(store)
        page = open_board(ana, store)

        StaffMember.objects.filter(user=ana).delete()
        morning.place(store)

        expect(page.locator("#live")).to_contain_text("No access")
        expect(page.locator("#banner")).to_contain_text("You do not work at this store")


class TestClaims:
    def test_tells_the_loser_who_has_it(self, store, open_board, expect):
        order = morning.place(store)
        task = order.tasks.get(kind="PACK_AMBIENT")
        people = [world.make_associate(store, name) for name in ("Ana", "Ben")]
        pages = [open_board(person, store) for person in people]
        for page in pages:
            expect(page.locator(card(order, "pack"))).to_be_visible()

        together = pages[0].evaluate("Date.now() + 1000")
        for page in pages:
            page.evaluate(
                """(moment) => {
                    const press = () => document.querySelector("#pack [data-act=start]").click();
                    setTimeout(press, moment - Date.now());
                }""",
                together,
            )

        expect(pages[0].locator(".taken, #pick[open]").first).to_be_visible()
        task.refresh_from_db()
        winner = [person.pk for person in people].index(task.associate_id or 0)
        loser = pages[1 - winner]
        expect(pages[winner].locator("#pick")).to_be_visible()
        expect(loser.locator("#toasts")).to_contain_text(f"{people[winner].first_name} has it already.")
        expect(loser.locator("#toasts")).to_contain_text("task-taken")
        expect(loser.locator("#pick")).to_be_hidden()

    def test_shows_everybody_who_has_it(self, store, open_board, expect):
        order = morning.place(store)
        ana, ben = world.make_associate(store, "Ana"), world.make_associate(store, "Ben")
        page = open_board(ben, store)

        morning.start(order, "PACK_AMBIENT", ana)

        expect(page.locator(card(order, "pack"))).to_contain_text("Ana has it")
        expect(page.locator("#crew")).to_contain_text(f"packs {order.code}")


class TestQuestion:
    def ask(self, store) -> Order:
        order = morning.place(store, name="Marek")
        question = {"read_tail": "48K", "expected_tail": "4BK", "differs": [1], "vehicle": "silver Passat"}
        questions.ask_about_plate(
            order_id=order.pk, visit_id=None, question=question, key="k", at=clock.now()
        )
        return order

    def test_shows_both_plates_and_what_differs(self, store, open_board, expect):
        self.ask(store)

        page = open_board(world.make_associate(store), store)

        expect(page.locator(f"{BAY}.check")).to_contain_text("Is this Marek?")
        expect(page.locator(f"{BAY}.check mark")).to_have_text(["8", "B"])

    def test_offers_the_code_instead_of_a_guess(self, store, open_board, expect):
        marek, noor = (morning.place(store, name=name, plate="AB123CD") for name in ("Marek", "Noor"))
        morning.drive_past_the_camera(store, "AB123CD")
        page = open_board(world.make_associate(store), store)
        expect(page.locator(f"{BAY}.check")).to_have_count(2)

        page.locator(f"{card(marek, 'here')} >> text=Ask code").click()
        expect(page.locator("#sheet")).to_contain_text(marek.code)
        page.locator("#sheet >> text=Says something else").click()

        expect(page.locator(f"{BAY}.check")).to_have_count(1)
        page.locator(f"{card(noor, 'here')} >> text=Yes").click()
        expect(page.locator(f"{BAY}.check")).to_have_count(0)
        expect(page.locator(card(noor, "here"))).to_contain_text("Noor")


class TestKeyboard:
    def test_searches_walks_and_acts_without_a_pointer(self, store, open_board, expect):
        wanted, other = morning.place(store, name="Noor"), morning.place(store, name="Sofia")
        page = open_board(world.make_associate(store), store)
        expect(page.locator(card(other, "pack"))).to_be_visible()

        page.keyboard.press("/")
        page.keyboard.type("noor")
        expect(page.locator(card(other, "pack"))).to_have_count(0)
        expect(page.locator("#filter")).to_contain_text("1 hidden")
        page.keyboard.press("Tab")
        page.locator("body").evaluate("() => document.activeElement.blur()")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")

        expect(page.locator("#pick")).to_contain_text(wanted.code)


class TestSizes:
    @pytest.mark.parametrize("width", [360, 768, 1280, 1920])
    def test_never_scrolls_sideways(self, store, open_board, width):
        ana = world.make_associate(store)
        morning.place(store, name="Maximiliane-Alexandra")
        morning.arrive(morning.pack_all(morning.place(store, name="Wolfgang-Amadeus"), ana))
        page = open_board(ana, store, size=(width, 780))

        assert page.evaluate("document.documentElement.scrollWidth") == width

    def test_shows_no_buttons_on_the_wall(self, store, open_board, expect):
        ana = world.make_associate(store)
        morning.arrive(morning.pack_all(morning.place(store), ana))

        page = open_board(ana, store, query="?view=wall", size=(1920, 1080))

        expect(page.locator(BAY)).to_contain_text("Nobody yet")
        assert page.locator("button:visible").count() == 0

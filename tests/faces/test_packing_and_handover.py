"""From the shelf to the customer's hand, by clicks."""

import pytest

from orders.models import Handover
from tests import world
from tests.faces import morning
from tests.faces.test_board import BAY, card

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class TestPackingSheet:
    def test_leads_line_by_line_to_the_shelf(self, store, open_board, expect):
        order = morning.place(store, (world.BREAD, 2))
        page = open_board(world.make_associate(store), store)

        page.locator("text=Start packing").click()
        expect(page.locator("#pick h3")).to_have_text("Bread")
        page.locator("#pick >> text=2 in the bag").click()
        expect(page.locator("#pick")).to_contain_text("Everything is in the bags.")
        page.locator("#place").fill("B3")
        page.locator("#pick >> text=Staged, done").click()

        expect(page.locator("#pick")).to_be_hidden()
        order.refresh_from_db()
        assert order.status == "READY"
        assert list(order.lines.values_list("status", flat=True)) == ["PACKED"]
        assert order.tasks.get(kind="PACK_AMBIENT").place == "B3"

    def test_takes_less_than_ordered_and_notes_the_rest_as_short(self, store, open_board, expect):
        order = morning.place(store, (world.BREAD, 2))
        page = open_board(world.make_associate(store), store)

        page.locator("text=Start packing").click()
        page.locator('#pick [data-do="less"]').click()
        page.locator("#pick >> text=1 in the bag, the rest later").click()
        expect(page.locator("#pick .walk")).to_contain_text("1 of 2")
        page.locator("#pick >> text=Not found").click()
        expect(page.locator("#pick")).to_contain_text("Everything is in the bags.")

        lines = order.lines.order_by("status").values_list("status", "quantity")
        assert [(status, int(quantity)) for status, quantity in lines] == [("PACKED", 1), ("SHORT", 1)]

    def test_needs_a_place_before_it_is_done(self, store, open_board, expect):
        order = morning.place(store, (world.BREAD, 2))
        page = open_board(world.make_associate(store), store)

        page.locator("text=Start packing").click()
        page.locator("#pick >> text=All packed").click()

        expect(page.locator("#place")).to_be_focused()
        assert order.tasks.get(kind="PACK_AMBIENT").status == "IN_PROGRESS"

    def test_gives_the_task_back(self, store, open_board, expect):
        order = morning.place(store, (world.BREAD, 2))
        page = open_board(world.make_associate(store), store)

        page.locator("text=Start packing").click()
        page.locator("#pick >> text=Give back").click()

        expect(page.locator(f"{card(order, 'pack')} >> text=Start packing")).to_be_visible()
        assert order.tasks.get(kind="PACK_AMBIENT").status == "QUEUED"


class TestHandover:
    @pytest.fixture
    def ana(self, store):
        return world.make_associate(store)

    @pytest.fixture
    def order(self, store, ana):
        order = morning.pack_all(morning.place(store), ana)
        morning.arrive(order)
        return order

    def open_sheet(self, page, expect):
        page.locator(f"{BAY} [data-act=take]").click()
        page.locator(f"{BAY} >> text=Hand over").click()
        expect(page.locator("#code")).to_be_focused()

    def test_ends_the_wait_with_the_right_code(self, store, ana, order, open_board, expect):
        page = open_board(ana, store)

        self.open_sheet(page, expect)
        page.keyboard.type(order.pickup_code.lower())
        page.keyboard.press("Enter")

        expect(page.locator(card(order, "fin"))).to_contain_text("waited 0:2")
        expect(page.locator("#sheet")).to_be_hidden()
        assert Handover.objects.get(order=order).method == "CODE"

    def test_is_undone_within_ten_seconds(self, store, ana, order, open_board, expect):
        page = open_board(ana, store)
        self.open_sheet(page, expect)
        page.locator("#code").fill(order.pickup_code)
        page.locator("#sheet [type=submit]").click()

        page.locator("text=Undo").click()

        expect(page.locator(BAY)).to_contain_text(order.code)
        order.refresh_from_db()
        assert order.status == "READY"

    def test_counts_wrong_codes_until_only_a_manager_can_decide(self, store, ana, order, open_board, expect):
        zoe = world.make_associate(store, "Zoe", role="MANAGER")
        page = open_board(zoe, store)
        self.open_sheet(page, expect)

        for left in (4, 3, 2, 1, 0):
            page.locator("#code").fill("XXXXXX")
            page.locator("#sheet [type=submit]").click()
            expect(page.locator("#code-mistake")).to_contain_text(f"Tries left: {left}.")
        page.locator("#sheet [type=submit]").click()
        expect(page.locator("#code-mistake")).to_contain_text("pickup-code-locked")
        page.locator("#why").fill("knows order number and name")
        page.locator("text=Hand over without the code").click()

        expect(page.locator(card(order, "fin"))).to_be_visible()
        assert Handover.objects.get(order=order).method == "OVERRIDE"

    def test_offers_no_override_to_an_associate(self, store, ana, order, open_board, expect):
        page = open_board(ana, store)

        self.open_sheet(page, expect)

        expect(page.locator("#sheet")).to_contain_text("A manager can hand over with a reason.")
        expect(page.locator("#why")).to_have_count(0)

    def test_asks_for_the_code_of_each_order_of_a_visit(self, store, ana, open_board, expect):
        orders = [morning.pack_all(morning.place(store), ana) for _ in range(2)]
        take_out = morning.arrive(orders[0])
        morning.join(orders[1], take_out)
        page = open_board(ana, store)
        self.open_sheet(page, expect)

        for order in sorted(orders, key=lambda order: order.code):
            expect(page.locator("#sheet-head")).to_contain_text(order.code)
            page.locator("#code").fill(order.pickup_code)
            page.locator("#sheet [type=submit]").click()

        for order in orders:
            expect(page.locator(card(order, "fin"))).to_be_visible()

"""What a machine can tell of accessibility, by axe-core: every screen, in both themes."""

from importlib.resources import files

import pytest

from bopis import clock
from orders.services import handover, packing, questions, visits
from tests import world
from tests.faces import morning

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE_SCRIPT = files("axe_playwright_python").joinpath("axe.min.js").read_text()
THEMES = pytest.mark.parametrize("theme", ["light", "dark"])
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def find_violations(page) -> list[str]:
    """Return what axe-core objects to, as "rule: the first element"."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("(rules) => axe.run(document, rules).then((result) => result.violations)", RULES)
    return [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:160]}" for one in found]


@pytest.fixture
def busy(store):
    """A store with something in every lane."""
    ana = world.make_associate(store, "Ana")
    zoe = world.make_associate(store, "Zoe", role="MANAGER")
    now = clock.now()
    morning.place(store, name="Sofia")
    coming = morning.pack_all(morning.place(store, name="Noor"), ana)
    low, high = now + 5 * morning.MINUTE, now + 8 * morning.MINUTE
    visits.customer_expected(order_id=coming.pk, visit_id=9, eta_low_at=low, eta_high_at=high, at=now)
    here = morning.pack_all(morning.place(store, name="Henrik"), ana)
    morning.arrive(here, bay="2", ago=5 * morning.MINUTE)
    mine = morning.pack_all(morning.place(store, name="Ines"), ana)
    take_out = morning.arrive(mine, bay="3", ago=3 * morning.MINUTE)
    packing.start(task_id=take_out.pk, associate_id=zoe.pk, at=now)
    question = {"read_tail": "48K", "expected_tail": "4BK", "differs": [1], "vehicle": "silver Passat"}
    unsure = morning.place(store, name="Marek")
    questions.ask_about_plate(order_id=unsure.pk, visit_id=None, question=question, key="k", at=now)
    done = morning.pack_all(morning.place(store, name="Luc"), ana)
    handover.hand_over(order_id=done.pk, associate_id=zoe.pk, at=now, code=done.pickup_code)
    return store, zoe


@THEMES
class TestBoard:
    @pytest.mark.parametrize("width", [360, 1280])
    def test_has_no_violation(self, busy, open_board, expect, theme, width):
        store, zoe = busy
        page = open_board(zoe, store, size=(width, 800), color_scheme=theme, reduced_motion="reduce")
        expect(page.locator("#here > ol > .bay")).to_have_count(3)

        assert find_violations(page) == []

    def test_has_no_violation_in_its_sheets(self, busy, open_board, expect, theme):
        store, zoe = busy
        page = open_board(zoe, store, color_scheme=theme, reduced_motion="reduce")

        page.locator(".bay >> text=Hand over").click()
        page.locator("#code").fill("WRONG")
        page.locator("#sheet [type=submit]").click()
        expect(page.locator("#code-mistake")).to_contain_text("Wrong code")
        assert find_violations(page) == []
        page.keyboard.press("Escape")

        page.locator("#pack [data-act=start]").first.click()
        expect(page.locator("#pick .now")).to_be_visible()
        assert find_violations(page) == []


@THEMES
class TestCustomersPage:
    def test_has_no_violation_at_any_moment(self, store, open_track, expect, theme):
        ana = world.make_associate(store)
        order = morning.place(store)
        page = open_track(order, size=(360, 760), color_scheme=theme)
        assert find_violations(page) == []

        page.get_by_role("button", name=morning.ON_MY_WAY).click()
        expect(page.locator("#ask")).to_be_visible()
        assert find_violations(page) == []
        page.keyboard.press("Escape")
        expect(page.locator("h1")).to_contain_text("See you soon")
        assert find_violations(page) == []

        page.get_by_role("button", name=morning.HERE).click()
        expect(page.locator("h1")).to_contain_text("Your bay is 1.")
        page.locator("summary").click()
        assert find_violations(page) == []

        morning.pack_all(order, ana)
        handover.hand_over(order_id=order.pk, associate_id=ana.pk, at=clock.now(), code=order.pickup_code)
        expect(page.locator("h1")).to_contain_text("Done.")
        assert find_violations(page) == []


@THEMES
class TestPlainPages:
    @pytest.mark.parametrize("path", ["/sign-in/", "/no/such/page/"])
    def test_have_no_violation(self, transactional_db, open_page, theme, path):
        page = open_page(path, color_scheme=theme)

        assert find_violations(page) == []

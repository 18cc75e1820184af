import pytest
from rest_framework.test import APIClient

from bopis.models import AuditEntry
from notifications.models import Message
from orders import board
from orders.models import Category
from orders.permissions import NeedsPharmacistError
from orders.services import checks, handover, visits
from tests import world
from tests.world import BREAD, NOON

CODEINE = "codeine"


def make_category(code, *skus, **facts):
    category = Category.objects.create(code=code, name=code.title(), **facts)
    for sku in skus:
        product = world.make_product(sku)
        product.category = category
        product.save()


@pytest.fixture
def pharmacist(store):
    return world.make_associate(store, "Pia", role="PHARMACIST")


@pytest.fixture
def wine(store, ana):
    """A packed order of a bread and a wine."""
    world.stock(store, "wine", 9)
    make_category("wine", "wine", min_age=18)
    return pack(store, ana, (BREAD, 1), ("wine", 1))


@pytest.fixture
def medicine(store, ana):
    """A packed order of a prescription."""
    world.stock(store, CODEINE, 9)
    make_category("rx", CODEINE, is_prescription=True)
    return pack(store, ana, (CODEINE, 1))


def pack(store, associate, *lines):
    return world.pack(world.place(store, *lines), associate)


def give(order, associate, *confirmed, **facts):
    return handover.hand_over(
        order_id=order.pk,
        associate_id=associate.pk,
        code=order.pickup_code,
        checks=confirmed,
        at=NOON,
        **facts,
    )


class TestHandOver:
    def test_is_refused_until_each_check_is_confirmed_by_name(self, wine, ana):
        with pytest.raises(checks.CheckMissingError) as refusal:
            give(wine, ana, "age-16")
        wine.refresh_from_db()
        assert (refusal.value.extra["missing"], wine.status) == (["age-18"], "READY")

        give(wine, ana, "age-18")

        wine.refresh_from_db()
        assert wine.status == "PICKED_UP"
        entry = AuditEntry.objects.get(action="handover-checks-confirmed")
        assert (entry.actor, entry.data) == (f"associate:{ana.pk}", {"checks": ["age-18"]})

    def test_asks_for_what_is_given_only(self, wine, ana):
        bread = wine.lines.get(product__sku=BREAD)

        assert give(wine, ana, lines=[bread.pk]).is_part

    def test_asks_for_the_code_first(self, wine, ana):
        with pytest.raises(handover.WrongPickupCodeError):
            handover.hand_over(order_id=wine.pk, associate_id=ana.pk, code="NOT-IT", at=NOON)

    def test_of_a_prescription_waits_for_the_pharmacist(self, medicine, ana, pharmacist):
        for _ in range(2):
            with pytest.raises(NeedsPharmacistError):
                give(medicine, ana, "identity", "prescription")
        with pytest.raises(NeedsPharmacistError):
            checks.release_prescription(order_id=medicine.pk, associate_id=ana.pk, at=NOON)

        for _ in range(2):
            checks.release_prescription(order_id=medicine.pk, associate_id=pharmacist.pk, at=NOON)
        give(medicine, ana, "identity", "prescription")

        assert AuditEntry.objects.filter(action="prescription-released").count() == 1
        assert medicine.handovers.count() == 1

    def test_of_a_prescription_by_the_pharmacist_needs_no_release(self, medicine, pharmacist):
        with pytest.raises(checks.CheckMissingError) as refusal:
            give(medicine, pharmacist)
        give(medicine, pharmacist, "identity", "prescription")

        assert refusal.value.extra["missing"] == ["identity", "prescription"]

    def test_of_ordinary_goods_needs_nothing(self, store, ana):
        give(pack(store, ana, (BREAD, 1)), ana)

        assert not AuditEntry.objects.filter(action="handover-checks-confirmed").exists()


class TestCard:
    def test_says_what_the_handover_needs(self, wine, medicine, store):
        needs = {card["order"]: card["needs"] for card in board.get_cards(store_id=store.pk, at=NOON)}

        assert needs == {
            str(wine.public_id): ["age-18"],
            str(medicine.public_id): ["identity", "prescription"],
        }

    def test_and_messages_never_name_a_prescription(self, medicine, store):
        visits.customer_arrived(order_id=medicine.pk, visit_id=7, spot_id=None, arrived_at=NOON, at=NOON)

        cards = board.get_cards(store_id=store.pk, at=NOON)
        messages = [str(vars(message)) for message in Message.objects.all()]

        assert messages
        assert CODEINE not in str([cards, messages]).lower()


class TestDoors:
    def sign_in(self, user):
        client = APIClient()
        client.force_login(user)
        return client

    def get_line(self, user, order):
        task = order.tasks.get(kind="PACK_AMBIENT")
        (line,) = self.sign_in(user).get(f"/api/v1/tasks/{task.pk}/").data["lines"]
        return line

    def test_show_what_it_is_to_a_pharmacist_only(self, medicine, ana, manager, pharmacist):
        seen = [self.get_line(user, medicine) for user in (ana, manager, pharmacist)]

        assert [line["name"] for line in seen] == ["Prescription", "Prescription", "Codeine"]
        assert [line["sku"] for line in seen] == ["", "", CODEINE]

    def test_say_which_checks_are_missing(self, wine, ana):
        url = f"/api/v1/orders/{wine.public_id}/hand-over/"
        client = self.sign_in(ana)

        refused = client.post(url, {"code": wine.pickup_code})
        given = client.post(url, {"code": wine.pickup_code, "checks": refused.data["missing"]})

        assert (refused.status_code, refused.data["code"]) == (409, "check-missing")
        assert given.status_code == 200

    def test_let_a_pharmacist_release(self, medicine, ana, pharmacist):
        url = f"/api/v1/orders/{medicine.public_id}/release-prescription/"

        refused = self.sign_in(ana).post(url)
        released = self.sign_in(pharmacist).post(url)

        assert (refused.status_code, refused.data["code"]) == (403, "needs-pharmacist")
        assert released.status_code == 204

import json
import threading
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bopis.errors import TransitionError
from orders import providers
from orders.models import PaymentEntry, PaymentRequest
from orders.services import closing, handover, packing, payments, placing, settling, undoing
from orders.services.payments import PaymentFacts
from tests import world
from tests.world import BREAD, NOON

SOON = NOON + timedelta(seconds=95)
LATER = SOON + payments.UNDO_WITHIN


class ProviderPeer:
    """A payment provider on loopback that does each key once, and answers as it is told."""

    def __init__(self):
        self.done: dict[str, tuple[str, int]] = {}
        self.asked: list[tuple[str, int, str]] = []
        self.answers: list[int] = []  # statuses to give before doing anything
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                peer.asked.append((self.path, body["amount_minor"], self.headers["Authorization"]))
                status = peer.answers.pop(0) if peer.answers else 200
                if status == 200:
                    peer.done[self.headers["Idempotency-Key"]] = (self.path, body["amount_minor"])
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps({"id": f"tx-{len(peer.done)}"}).encode())

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def peer(settings):
    peer = ProviderPeer()
    settings.BOPIS_PAYMENTS_URL, settings.BOPIS_PAYMENTS_SECRET = peer.url, "secret"
    providers.get_provider.cache_clear()
    yield peer
    peer.close()
    providers.get_provider.cache_clear()


def place(store, facts, *lines):
    basket = replace(world.make_basket(*lines or ((BREAD, 2),)), payment=facts)
    return placing.place_order(store_id=store.pk, basket=basket, at=NOON, actor="api:test")


@pytest.fixture
def ready(store, ana):
    """An order of 500, for which 600 was authorized, packed."""
    return world.pack(place(store, PaymentFacts("auth-1", 600)), ana)


def give(order, ana, at=SOON):
    return handover.hand_over(order_id=order.pk, associate_id=ana.pk, code=order.pickup_code, at=at)


def settle_all(at):
    for request_id in settling.get_due(at=at):
        settling.settle(request_id=request_id, at=at)


def assert_balanced(payment, **accounts):
    balance = payments.get_balance(payment)
    assert sum(balance.values()) == 0
    assert {name: amount for name, amount in balance.items() if amount} == accounts


class TestCapture:
    def test_asks_for_what_is_handed_over_and_no_more(self, ready, ana, peer):
        give(ready, ana)
        settle_all(LATER)

        ready.payment.refresh_from_db()
        assert (ready.payment.status, ready.payment.captured_minor) == ("CAPTURED", 500)
        assert peer.asked == [("/payments/auth-1/capture", 500, "Bearer secret")]
        assert_balanced(ready.payment, SALES=-500, PROVIDER=500)

    def test_is_less_what_was_short(self, store, ana, peer):
        world.stock(store, "salt", 5)
        order = place(store, PaymentFacts("auth-1", 750), (BREAD, 2), ("salt", 1))
        task = order.tasks.get()
        packing.start(task_id=task.pk, associate_id=ana.pk, at=NOON)
        salt = order.lines.get(product__sku="salt")
        packing.mark_short(task_id=task.pk, line_id=salt.pk, associate_id=ana.pk, at=NOON)
        packing.finish(task_id=task.pk, associate_id=ana.pk, place="B3", bags=1, all_packed=True, at=NOON)

        give(order, ana)

        order.payment.refresh_from_db()
        assert order.payment.captured_minor == 500

    def test_waits_out_the_undo(self, ready, ana, peer):
        give(ready, ana)
        settle_all(SOON)
        undoing.undo(order_id=ready.pk, associate_id=ana.pk, at=SOON)
        settle_all(LATER + timedelta(hours=1))

        ready.payment.refresh_from_db()
        assert peer.asked == []
        assert (ready.payment.status, ready.payment.captured_minor) == ("AUTHORIZED", 0)
        assert_balanced(ready.payment)

    def test_is_done_again_after_an_undo(self, ready, ana, peer):
        give(ready, ana)
        undoing.undo(order_id=ready.pk, associate_id=ana.pk, at=SOON)
        give(ready, ana, at=LATER)
        settle_all(LATER + payments.UNDO_WITHIN)

        assert [amount for _, amount, _ in peer.asked] == [500]
        assert_balanced(ready.payment, SALES=-500, PROVIDER=500)

    def test_is_refused_once_the_authorization_has_ended(self, store, ana):
        order = world.pack(place(store, PaymentFacts("auth-1", 600, expires_at=SOON)), ana)

        with pytest.raises(payments.PaymentDueError):
            give(order, ana)

        order.refresh_from_db()
        assert order.status == "READY"
        assert not PaymentEntry.objects.exists()

    def test_is_not_asked_where_the_platform_keeps_the_payment(self, store, ana):
        order = world.pack(place(store, None), ana)

        give(order, ana)

        assert not PaymentRequest.objects.exists()


class TestOpenPayment:
    def test_refuses_an_authorization_that_is_too_small(self, store):
        with pytest.raises(payments.AuthorizationTooSmallError):
            place(store, PaymentFacts("auth-1", 499))


class TestTakeAtPickup:
    def test_lets_the_goods_go_and_balances(self, store, ana):
        order = world.pack(place(store, PaymentFacts()), ana)
        with pytest.raises(payments.PaymentDueError):
            give(order, ana)

        for _ in range(2):
            payments.take_at_pickup(order_id=order.pk, at=NOON, actor="api:till")
        give(order, ana)

        order.payment.refresh_from_db()
        assert not PaymentRequest.objects.exists()
        assert_balanced(order.payment, SALES=-500, TILL=500)

    def test_frees_an_authorization_that_is_not_used(self, ready, ana, peer):
        payments.take_at_pickup(order_id=ready.pk, at=NOON, actor="api:till")
        give(ready, ana)
        settle_all(LATER)

        ready.payment.refresh_from_db()
        assert peer.asked == [("/payments/auth-1/void", 600, "Bearer secret")]
        assert_balanced(ready.payment, SALES=-500, TILL=500)

    def test_refuses_what_was_paid_already(self, ready, ana, peer):
        give(ready, ana)

        with pytest.raises(TransitionError):
            payments.take_at_pickup(order_id=ready.pk, at=LATER, actor="api:till")


class TestRefund:
    def test_gives_back_no_more_than_was_taken(self, ready, ana, peer):
        give(ready, ana)

        payments.refund(ready, 200, reason="returned", at=LATER, actor="associate:1")
        with pytest.raises(payments.RefundTooLargeError):
            payments.refund(ready, 301, reason="returned", at=LATER, actor="associate:1")
        settle_all(LATER)

        assert [path.rsplit("/", 1)[1] for path, *_ in peer.asked] == ["capture", "refund"]
        assert_balanced(ready.payment, SALES=-300, PROVIDER=300)


class TestLetGo:
    def test_voids_the_authorization_of_a_canceled_order(self, ready, peer):
        closing.cancel(order_id=ready.pk, reason="", at=SOON, actor="api:shop")
        settle_all(SOON)

        assert peer.asked == [("/payments/auth-1/void", 600, "Bearer secret")]


class TestSettle:
    @pytest.fixture
    def request_id(self, ready, ana):
        give(ready, ana)
        return PaymentRequest.objects.get().pk

    def row(self):
        return PaymentRequest.objects.get()

    def test_asks_again_with_the_same_key_until_it_is_done(self, request_id, peer):
        peer.answers = [503, 429]

        for minutes in (1, 2, 3):
            settling.settle(request_id=request_id, at=LATER + timedelta(minutes=minutes))

        assert len(peer.asked) == 3
        assert len(peer.done) == 1
        assert (self.row().provider_id, self.row().next_try_at) == ("tx-1", None)

    def test_gives_up_on_a_final_no(self, request_id, peer):
        peer.answers = [402]

        settling.settle(request_id=request_id, at=LATER)

        assert (self.row().gave_up_at, self.row().next_try_at) == (LATER, None)

    def test_is_sent_once_by_two_workers(self, request_id, peer):
        for _ in range(2):
            settling.settle(request_id=request_id, at=LATER)

        assert len(peer.asked) == 1

    def test_waits_for_a_provider_that_is_down(self, request_id, peer):
        peer.close()

        settling.settle(request_id=request_id, at=LATER)

        assert self.row().next_try_at == LATER + settling.FIRST_RETRY
        assert "not reached" in self.row().failure

"""`make demo`: the store's morning without an end, at people's pace, open to whoever wants to take part."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from time import monotonic

from bopis.demo import catalog, customers, store
from bopis.demo.associates import Pace
from bopis.demo.commentary import Commentator
from bopis.demo.customers import Visit
from bopis.demo.doors import Json, RefusedError, Shop
from bopis.demo.lot import Sighting
from bopis.demo.people import Crowd, Person
from bopis.demo.stage import Say, Stage

PACE = Pace(reaction_s=(1.5, 5.0), packing_s=(12.0, 30.0), walk_s=(10.0, 20.0))
NEW_ORDER_EVERY_S = (18.0, 40.0)
SETS_OUT_AFTER_S = (30.0, 75.0)
STRANGER_EVERY_S = (40.0, 90.0)
DAY_S = 240.0  # then as long a night
MOST_OPEN = 7
RESTOCK_EVERY = 25  # orders
LEFT_TO_YOU = 3  # one order in so many ...
LEFT_FOR_S = 60.0  # ... is left to whoever watches, for so long a task
TAPS_AFTER_S = 12.0
WAYS = (("plate", 0.45), ("position", 0.2), ("both", 0.2), ("dirty plate", 0.15))
GATE_BEFORE_END_S = 22.0  # of a drive: then the car is in the camera's picture


class Patience:
    """Leaves one order in three to a person: each of its tasks for a minute, then the crew steps in."""

    def __init__(self) -> None:
        self.yours: set[str] = set()
        self._since: dict[int, float] = {}

    def is_left(self, card: Json) -> bool:
        """Tell whether the crew keeps its hands off the card for now."""
        if card["order"] not in self.yours:
            return False
        waiting = [task["id"] for task in card["tasks"] if task["status"] == "QUEUED"]
        now = monotonic()
        return any(now - self._since.setdefault(task_id, now) < LEFT_FOR_S for task_id in waiting)


@dataclass
class Morning:
    """People come, one after the other, each in their own way."""

    stage: Stage
    say: Say
    crowd: Crowd
    patience: Patience
    commentator: Commentator
    orders: int = 0

    def go_on(self) -> None:
        """Let the morning run until the stage's `stop`; ends early if a process or an associate fails."""
        self._begin(self._send_strangers)
        while not self.stage.stop.is_set():
            self._check()
            if self._count_open() < MOST_OPEN:
                self._welcome()
            self._pause(NEW_ORDER_EVERY_S)

    def _check(self) -> None:
        self.stage.fleet.check()
        if failures := self.stage.actors.crew.failures:
            raise failures[0]

    def _count_open(self) -> int:
        """Forget who has gone, handed over to or canceled by whomever; return how many are left."""
        watch, board = self.stage.actors.watch, self.stage.actors.associates[0].board
        for visit in list(self.stage.visits):
            is_canceled = visit.order_id in watch.lanes and visit.order_id not in board.cards
            if visit.is_served.is_set() or is_canceled:
                self.stage.forget(visit)
        return len(self.stage.visits)

    def _welcome(self) -> None:
        way = self.crowd.choose(*WAYS)
        person = self.crowd.meet(is_night=self._is_night())
        if way == "position":
            person = Person(person.name)
        self.orders += 1
        if self.orders % RESTOCK_EVERY == 0:
            self._restock()
        visit = self.stage.place(person, self.crowd.shop(person))
        if self.orders % LEFT_TO_YOU == 0:
            self.patience.yours.add(visit.order_id)
        self.commentator.introduce(visit, way, is_yours=visit.order_id in self.patience.yours)
        self._begin(lambda: self._visit(visit, way))

    def _visit(self, visit: Visit, way: str) -> None:
        """One customer's morning, in a thread of its own."""
        if self._pause(SETS_OUT_AFTER_S):
            return
        if way in {"position", "both"}:
            self._drive(visit, with_car=way == "both")
        else:
            self._come_in(visit, is_caked=way == "dirty plate")
        if way == "dirty plate":
            is_over = self.stage.stop.wait(TAPS_AFTER_S)
            if not is_over and not visit.is_served.is_set():
                spot = self.crowd.pick(store.BAYS)
                self.say(
                    f'{visit.label}: nobody could read that plate, so {visit.person.name} taps "I\'m here"'
                )
                visit.phone.say_here(spot)

    def _drive(self, visit: Visit, *, with_car: bool) -> None:
        from_m = self.crowd.between(1500, 2900)
        self.say(f"{visit.label} sets out, {from_m / 1000:.1f} km away, and shares the position")
        visit.phone.say_on_my_way(None)
        visit.phone.share()
        if with_car:
            gate_s = customers.get_duration_s(from_m) - GATE_BEFORE_END_S
            self._begin(lambda: self.stage.stop.wait(gate_s) or self._come_in(visit))
        customers.drive(visit, from_m=from_m, stop=self.stage.stop, random=Random(visit.order_id))

    def _come_in(self, visit: Visit, *, is_caked: bool = False) -> Sighting:
        assert visit.person.car is not None
        car = replace(visit.person.car, is_caked=is_caked, is_night=self._is_night())
        visit.sighting = self.stage.lot.drive_in(car)
        self.commentator.announce(visit, car)
        return visit.sighting

    def _send_strangers(self) -> None:
        while not self._pause(STRANGER_EVERY_S):
            person = self.crowd.meet(is_night=self._is_night())
            if person.car is not None:
                self.say(f"a {person.description} without an order drives in: its plate is nobody's business")
                self.stage.lot.drive_in(person.car)

    def _restock(self) -> None:
        """The night's delivery has come."""
        with_a_line_of_its_own = Shop(self.stage.base_url, self.stage.keys.api_key)
        for sku in catalog.get_skus("AMBIENT", "CHILLED", "FROZEN", "HOT"):
            with_a_line_of_its_own.set_stock(store.CODE, sku, catalog.EACH_ON_HAND)
        with_a_line_of_its_own.close()

    def _is_night(self) -> bool:
        return int((monotonic() - self.stage.began_at_s) / DAY_S) % 2 == 1

    def _begin(self, part: Callable[[], object]) -> None:
        threading.Thread(target=self._try, args=(part,), daemon=True).start()

    def _try(self, part: Callable[[], object]) -> None:
        try:
            part()
        except RefusedError as refusal:
            # A visitor may have handed over or canceled what this customer was about to speak of.
            if refusal.code not in {"order-closed", "trip-over", "sharing-off"}:
                self.stage.actors.crew.failures.append(refusal)
        except Exception as error:  # noqa: BLE001  (a thread's outermost loop: the morning ends with it)
            if not self.stage.stop.is_set():
                self.stage.actors.crew.failures.append(error)

    def _pause(self, seconds: tuple[float, float]) -> bool:
        """Wait for a while; True if the morning ended meanwhile."""
        return self.stage.stop.wait(self.crowd.between(*seconds))


def play(stage: Stage, *, say: Say) -> None:
    """Play until Ctrl-C."""
    patience = Patience()
    stage.actors.crew.is_left = patience.is_left
    commentator = Commentator(stage, say)
    commentator.welcome()
    Morning(stage, say, Crowd(seed=int(monotonic())), patience, commentator).go_on()

"""`make demo ONCE=1`: one whole story without a person, and its account as one JSON object."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from time import monotonic

from bopis import clock
from bopis.demo import catalog, customers, report
from bopis.demo.associates import Pace
from bopis.demo.customers import Visit
from bopis.demo.doors import RefusedError
from bopis.demo.lot import Car, Sighting
from bopis.demo.people import Crowd, Person
from bopis.demo.sockets import find_task
from bopis.demo.stage import Stage

PACE = Pace(reaction_s=(0.2, 0.6), packing_s=(1.0, 2.0), walk_s=(0.8, 1.5))
PATIENCE_S = 90.0  # for one part of the story
QUIET_S = 5.0  # at most, for the first ping of a drive to have its effect
LOOK_S = 6.0  # from the lot's gate to the moment at which somebody taps "I'm here"

PLATE_BY_DAY = Person("Ana", Car("FK472RB", "FR", color="silver"), "silver Clio")
STRANGER = Car("64NVKT", "NL", lane=1, color="sand", shape="suv")
DIRTY = Person("Piotr", Car("WGM58812", "PL", is_caked=True, color="green", shape="suv"), "green Duster")
AT_NIGHT = Person(
    "Jonas", Car("MAB1234", "DE", is_night=True, tilt_degrees=6, color="black", lane=1), "black Polo"
)
AT_NIGHT_TOO = Person("Emma", Car("LK21WXN", "GB", is_night=True, tilt_degrees=-4, color="blue"), "blue 208")
ON_FOOT = Person("Mia")
BOTH = Person("Luca", Car("EX318HT", "IT", tilt_degrees=2, color="red", lane=1), "red Passat")


class StoryError(Exception):
    """A part of the story did not happen."""


@dataclass(frozen=True)
class Refusal:
    """How an order for more than the store has was met."""

    code: str
    left_behind: list[str]


class Story:
    """The story's parts, in the order in which they are told."""

    def __init__(self, stage: Stage, say: Callable[[str], None]) -> None:
        self._stage = stage
        self._say = say
        self._crowd = Crowd(seed=1)
        self._threads: list[threading.Thread] = []
        self.began_at = clock.now()  # before the first order
        self.visits: dict[str, Visit] = {}  # by what shall recognise them
        self.refusal: Refusal | None = None

    def play(self) -> None:
        """
        Play all of it; `visits` and `refusal` then hold what came of it.

        :raises StoryError: if a part of it does not happen in time.
        """
        everybody = {
            "day": PLATE_BY_DAY, "dirty": DIRTY, "night": AT_NIGHT, "night too": AT_NIGHT_TOO,
            "position": ON_FOOT, "both": BOTH,
        }  # fmt: skip
        for name, person in everybody.items():
            self.visits[name] = self._stage.place(person, self._crowd.shop(person))
        self._say(f"{len(self.visits)} orders are placed; the crew packs what needs no cold")
        self.refusal = self._ask_too_much()
        self._wait("the ambient waves are packed", self._is_ambient_packed)
        self._drive_by_position(self.visits["both"], from_m=1900.0, then=BOTH.car)
        self._by_day()
        self._drive_by_position(self.visits["position"], from_m=900.0)
        self._by_night()
        for name, visit in self.visits.items():
            self._wait(f"order {visit.label} ({name}) is handed over", visit.is_served.is_set)
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _by_day(self) -> None:
        self._say("a car without an order drives in: its plate is nobody's business")
        self._stage.lot.drive_in(STRANGER)
        self._send_car(self.visits["day"], PLATE_BY_DAY.car)
        visit = self.visits["dirty"]
        dirty = self._send_car(visit, DIRTY.car)
        self._wait("the dirty plate is in view", dirty.is_readable.is_set)
        self._stage.stop.wait(LOOK_S)
        self._say(f'{visit.label} taps "I\'m here" in bay 4')
        visit.phone.say_here("4")

    def _by_night(self) -> None:
        self._say("night falls")
        for name, person in (("night", AT_NIGHT), ("night too", AT_NIGHT_TOO)):
            sighting = self._send_car(self.visits[name], person.car)
        self._wait("the cars of the night have passed", sighting.is_gone.is_set)

    def _send_car(self, visit: Visit, car: Car | None) -> Sighting:
        assert car is not None
        self._say(f"{visit.label} drives in, {visit.person.description}, plate of {car.country}")
        visit.sighting = self._stage.lot.drive_in(car)
        return visit.sighting

    def _drive_by_position(self, visit: Visit, *, from_m: float, then: Car | None = None) -> None:
        """Let the customer share the way to the store; the car is seen by the camera as it comes in."""
        visit.phone.say_on_my_way(None)
        visit.phone.share()
        self._say(f"{visit.label} is on the way and shares the position")
        arguments = {"from_m": from_m, "stop": self._stage.stop, "random": Random(visit.order_id)}
        self._begin(lambda: customers.drive(visit, **arguments))  # type: ignore[arg-type]
        # Painting a car takes a tenth of a second of this machine: a ping's effect is not to wait for it.
        deadline = monotonic() + QUIET_S
        while visit.order_id not in self._stage.actors.watch.releases and monotonic() < deadline:
            self._stage.stop.wait(0.1)
        if then is not None:
            car = replace(then)
            gate_s = customers.get_duration_s(from_m) - 22.0
            self._begin(lambda: self._stage.stop.wait(gate_s) or self._send_car(visit, car))

    def _begin(self, part: Callable[[], object]) -> None:
        thread = threading.Thread(target=part, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _ask_too_much(self) -> Refusal:
        greedy = Person("Karl")
        lines = [
            {"sku": catalog.SCARCE, "quantity": str(catalog.SCARCE_ON_HAND + 1)},
            {"sku": catalog.get_skus("CHILLED")[0], "quantity": "1"},
        ]
        order = self._crowd.shop(greedy, lines=lines)
        try:
            self._stage.place(greedy, order)
        except RefusedError as refusal:
            self._say(f"an order for too much champagne is refused: {refusal.code}")
            return Refusal(refusal.code, report.find_leftovers(order["number"], catalog.SCARCE))
        raise StoryError("an order for more than there is was accepted")

    def _is_ambient_packed(self) -> bool:
        cards = [self._stage.actors.associates[0].board.cards.get(v.order_id) for v in self.visits.values()]
        return all(card is not None and find_task(card, "PACK_AMBIENT") is None for card in cards)

    def _wait(self, what: str, is_so: Callable[[], bool]) -> None:
        deadline = monotonic() + PATIENCE_S
        while not is_so():
            self._stage.fleet.check()
            if failures := self._stage.actors.crew.failures:
                raise StoryError("an associate stumbled") from failures[0]
            if monotonic() > deadline:
                raise StoryError(f"never happened: {what}")
            self._stage.stop.wait(0.1)

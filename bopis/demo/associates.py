"""Associates: each looks at a board of their own and works by the API, as their browsers would."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from time import monotonic

from bopis.demo import store
from bopis.demo.customers import Visit
from bopis.demo.doors import Browser, Json, RefusedError
from bopis.demo.sockets import Board, Seen, find_task

# Whatever is due first on the lot goes first, as on the board.
WORK = ("TAKE_OUT", "PACK_FRESH", "PACK_AMBIENT")
PLACES = {"PACK_FRESH": ("Fridge 1", "Fridge 2"), "PACK_AMBIENT": ("B1", "B2", "B3", "B4", "C1", "C2")}
KEPT_MESSAGES = 2_000
# What a colleague or a clock may make of a task between seeing it and pressing the button.
OVERTAKEN = {
    "task-taken",
    "invalid-transition",
    "not-ready",
    "task-not-yours",
    "order-closed",
    "already-answered",
}


@dataclass(frozen=True)
class Pace:
    """How long people take, in seconds from and to."""

    reaction_s: tuple[float, float]
    packing_s: tuple[float, float]
    walk_s: tuple[float, float]


@dataclass
class Crew:
    """
    What the associates share: the orders at hand, who goes for what, and the way to stop.

    :ivar is_left: says of a card whether it is left to a person for the moment.
    """

    base_url: str
    password: str
    pace: Pace
    visits: dict[str, Visit] = field(default_factory=dict)
    is_left: Callable[[Json], bool] = field(default=lambda _: False)
    stop: threading.Event = field(default_factory=threading.Event)
    failures: list[BaseException] = field(default_factory=list)
    _claims: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def claim(self, task_id: int) -> bool:
        """Call out that one goes for a task; False if somebody else has."""
        with self._lock:
            is_first = task_id not in self._claims
            self._claims.add(task_id)
            return is_first

    def unclaim(self, task_id: int) -> None:
        """Let others have it."""
        with self._lock:
            self._claims.discard(task_id)


class Associate:
    """One associate: signs in, opens the board, and does what is there until told to stop."""

    def __init__(self, crew: Crew, username: str, seed: int) -> None:
        self.name = store.STAFF[username][0]
        self._crew = crew
        self._random = Random(seed)
        self._browser = Browser(crew.base_url)
        self._browser.sign_in(username, crew.password)
        self._news = threading.Event()
        self.board = Board(crew.base_url, store.CODE, self._browser.get_cookies(), kept=KEPT_MESSAGES)
        self.board.watchers.append(self._look_up)
        self._thread = threading.Thread(target=self._work, name=username, daemon=True)

    def begin(self) -> None:
        """Start to work, in a thread of its own."""
        self._thread.start()

    def leave(self) -> None:
        """Go home; the crew's `stop` was set before."""
        self._news.set()
        self._thread.join()
        self.board.close()
        self._browser.close()

    def _look_up(self, before: Json | None, card: Json, seen: Seen) -> None:
        self._news.set()

    def _work(self) -> None:
        try:
            while not self._crew.stop.is_set():
                self._news.clear()
                if not self._do_next():
                    self._news.wait(0.5)
        except Exception as error:  # noqa: BLE001  (a thread's outermost loop: the story tells of it)
            self._crew.failures.append(error)

    def _do_next(self) -> bool:
        """Do the most urgent thing; False if there is nothing to do."""
        for card in self._by_urgency():
            if card["check"] is not None and self._try(card["check"]["task"], card, self._answer):
                return True
            for kind in WORK:
                task = find_task(card, kind)
                if task is None or task["status"] != "QUEUED" or not _can_start(card, kind):
                    continue
                if self._try(task["id"], card, self._take_out if kind == "TAKE_OUT" else self._pack):
                    return True
        return False

    def _by_urgency(self) -> list[Json]:
        cards = [card for card in self.board.get_cards() if card["order"] in self._crew.visits]
        cards = [card for card in cards if not self._crew.is_left(card)]
        lanes = {"here": 0, "pack": 1, "coming": 2, "done": 3}

        def get_rank(card: Json) -> tuple[int, bool, str]:
            return lanes[card["lane"]], find_task(card, "PACK_FRESH") is None, card["number"]

        return sorted(cards, key=get_rank)

    def _try(self, task_id: int, card: Json, work: Callable[[int, Json], None]) -> bool:
        if not self._crew.claim(task_id):
            return False
        try:
            self._pause(self._crew.pace.reaction_s)
            work(task_id, card)
        except RefusedError as refusal:
            if refusal.code not in OVERTAKEN:
                raise
        finally:
            self._crew.unclaim(task_id)
        return True

    def _pack(self, task_id: int, card: Json) -> None:
        visit = self._crew.visits[card["order"]]
        task = next(task for task in card["tasks"] if task["id"] == task_id)
        if task["kind"] == "PACK_FRESH":
            visit.fresh_start_pressed_at_s = monotonic()
        self._browser.start(task_id)
        self._pause(self._crew.pace.packing_s)
        self._browser.finish(task_id, self._random.choice(PLACES[task["kind"]]))

    def _take_out(self, task_id: int, card: Json) -> None:
        visit = self._crew.visits[card["order"]]
        self._browser.start(task_id)
        self._pause(self._crew.pace.walk_s)
        handover = self._browser.hand_over(card["order"], visit.order["pickup_code"])
        visit.wait_s = handover["wait_s"]
        visit.is_served.set()

    def _answer(self, task_id: int, card: Json) -> None:
        """Look out of the window: is the car that the camera asks about this customer's?"""
        sighting = self._crew.visits[card["order"]].sighting
        is_there = sighting is not None and sighting.readable_at_s is not None
        self._browser.act(f"checks/{task_id}/", {"answer": "yes" if is_there else "no"})

    def _pause(self, seconds: tuple[float, float]) -> None:
        self._crew.stop.wait(self._random.uniform(*seconds))


def _can_start(card: Json, kind: str) -> bool:
    return kind != "TAKE_OUT" or card["status"] == "READY"

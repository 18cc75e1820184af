"""The demo's running commentary: what a stranger reads while the morning goes on."""

from bopis.demo import store
from bopis.demo.customers import Visit
from bopis.demo.lot import Car, Sighting
from bopis.demo.sockets import Json, Seen, find_task
from bopis.demo.stage import Say, Stage

WELCOME = """
  The store Lyon Est is open. Look around, and take part if you like:

    the board            {base}/board/{store}/
    sign in as           {people}
    with the password    {password}
    admin                {base}/admin/       (as {admin})
    API and its docs     {base}/api/v1/docs/ (key {api_key})

  Customers' tracking pages are named below as their orders come in. Léa, Bruno and Zoé do the work;
  one order in three they leave to you: each of its tasks for a minute, then they step in.
  Sign in as {visitor} to claim tasks under a name of your own. Ctrl-C ends the morning.
"""
HOW = {
    "plate": "will be known by the plate of a {car}",
    "position": "will share the position, and come without a known car",
    "both": "will share the position and come by {car}",
    "dirty plate": "comes by {car} whose plate nobody can read",
}
TRIGGERS = {
    "PLATE": "the camera has read the plate",
    "POSITION": "the position says: nearly there",
    "ETA": "by the position it is time to begin",
    "TAP": 'the customer taps "I\'m here"',
    "ASSOCIATE": "an associate said so",
    "RULE": "by the store's rule",
}


class Commentator:
    """Tells what happens on the board and at the gate."""

    def __init__(self, stage: Stage, say: Say) -> None:
        self._stage = stage
        self._say = say
        stage.lot.on_readable = self._note_readable
        stage.actors.associates[0].board.watchers.append(self._compare)
        self._readable: dict[int, Visit] = {}

    def welcome(self) -> None:
        """Print the addresses and what opens them."""
        keys = self._stage.keys
        self._say(
            WELCOME.format(
                base=self._stage.base_url,
                store=store.CODE,
                people=", ".join(store.STAFF),
                password=keys.password,
                admin=store.ADMIN,
                api_key=keys.api_key,
                visitor=store.VISITOR,
            )
        )

    def introduce(self, visit: Visit, way: str, *, is_yours: bool) -> None:
        """Tell of a new order, and where its customer's page is."""
        how = HOW[way].format(car=visit.person.description)
        cold = sum(line["wave"] == "FRESH" for line in visit.order["lines"])
        self._say(
            f"{visit.label} orders {len(visit.order['lines'])} items, {cold} of them cold or hot, and {how}"
            f"\n          tracking page {visit.order['tracking_url']}"
        )
        if is_yours:
            self._say(f">>> {visit.order['code']} is yours if you want it: start it on the board")

    def announce(self, visit: Visit, car: Car) -> None:
        """Tell that a customer's car turns in from the street."""
        light = "in the dark" if car.is_night else "in daylight"
        self._readable[id(visit.sighting)] = visit
        what = f"{visit.person.description}, plate of {car.country}"
        self._say(f"{visit.label} turns in from the street {light}: {what}")

    def _note_readable(self, sighting: Sighting) -> None:
        visit = self._readable.pop(id(sighting), None)
        if visit is not None and not sighting.car.is_caked:
            self._say(f"{visit.label}: the plate is large enough to read, the clock runs")

    def _compare(self, before: Json | None, card: Json, seen: Seen) -> None:
        visit = self._stage.actors.crew.visits.get(card["order"])
        if visit is None:
            return
        self._tell_tasks(visit, before, card, seen)
        if card["here"] and not (before and before["here"]):
            spot = card["here"]["spot"]
            self._say(f"{visit.label} is here" + (f", in bay {spot}" if spot else ""))
        if card["check"] and not (before and before["check"]):
            self._say(f"{visit.label}: the camera is not sure, the board asks whether this is the car")
        if card["done"] and not (before and before["done"]):
            visit.is_served.set()
            self._say(f"{visit.label} has everything and leaves: {_describe_wait(card['done']['wait_s'])}")

    def _tell_tasks(self, visit: Visit, before: Json | None, card: Json, seen: Seen) -> None:
        for task in card["tasks"]:
            last = find_task(before, task["kind"]) if before else None
            if last is not None and last["status"] == task["status"]:
                continue
            if task["kind"] == "PACK_FRESH" and task["status"] == "QUEUED":
                why = TRIGGERS[task["trigger"]]
                after = _after(visit, seen) if task["trigger"] == "PLATE" else ""
                self._say(f"{visit.label}: {why}: the fresh wave is on the board{after}")
            if task["status"] == "IN_PROGRESS":
                who, what = task["associate"]["name"], task["kind"].lower().replace("_", " ")
                self._say(f"{visit.label}: {who} starts to {what}")
        if card["status"] == "READY" and before and before["status"] != "READY":
            self._say(f"{visit.label}: everything is packed, in {' and '.join(card['places'])}")


def _describe_wait(wait_s: int | None) -> str:
    return "nobody saw the arrival" if wait_s is None else f"waited {wait_s // 60}:{wait_s % 60:02} min"


def _after(visit: Visit, seen: Seen) -> str:
    readable_at_s = visit.sighting.readable_at_s if visit.sighting else None
    if readable_at_s is None or seen.at_s - readable_at_s > 10:
        return ""
    return f", {(seen.at_s - readable_at_s) * 1e3:.0f} ms after it could be read"

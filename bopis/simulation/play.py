"""Playing: the visits' steps on a virtual clock, each a call of the service that its door would make."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from math import cos, radians
from random import Random

from django.contrib.auth.models import User

from arrivals import services as arrivals
from arrivals.matching import Candidate
from arrivals.services import record_associate_word
from bopis.errors import DomainError
from bopis.simulation.crew import Associate, Crew
from bopis.simulation.world import WINDOW, Ping, Visit
from geofence.geometry import Position
from geofence.services import fences, positions, trips
from orders.models import Order, PickupSpot, Product, StaffMember, Store, Zone
from orders.services import counts, placing, sweeps
from orders.services.placing import Basket, BasketLine, CustomerFacts
from orders.services.vehicles import VehicleFacts

ACTOR = "simulation"
TICK = timedelta(seconds=5)  # how often beat looks for what is due
M_PER_DEGREE = 111_320.0
BAYS, LOT_M, APPROACH_M = 13, (30.0, 20.0), 400.0
SKUS = {Zone.AMBIENT: "ambient", Zone.CHILLED: "chilled"}
Step = Callable[[datetime], object]


class Player:
    """One store on a virtual clock. Times come from the script; nothing reads the machine's clock."""

    def __init__(self, *, associates: int, random: Random, at: datetime) -> None:
        self.store = _make_store(at)
        self.orders: dict[int, Order] = {}
        self.refused: list[str] = []  # what doors refused, by code: late senses, mostly
        self._queue: list[tuple[datetime, int, Step]] = []
        self._order_of_steps = count()
        people = [
            Associate(_hire(self.store, number), max(0.5, random.gauss(1, 0.15)))
            for number in range(associates)
        ]
        self.crew = Crew(self.store.pk, people, random, self.later)

    def later(self, at: datetime, step: Step) -> None:
        """Put a step on the clock; steps of one moment keep their order."""
        heapq.heappush(self._queue, (at, next(self._order_of_steps), step))

    def plan(self, visit: Visit) -> None:
        """Put everything on the clock that will be said of a visit."""
        self.later(visit.placed_at, lambda at: self._place(visit, at))
        if visit.on_my_way_at is not None:
            self.later(visit.on_my_way_at, lambda at: self._say_on_my_way(visit, at))
        for ping in visit.pings:
            self.later(ping.at, lambda at, ping=ping: self._report(visit, ping, at))  # type: ignore[misc]
        if visit.read:
            self.later(visit.read_at, lambda at: self._read(visit, at))
        if visit.taps_at is not None:
            self.later(visit.taps_at, lambda at: self._tap(visit, at))
        self.later(visit.noticed_at, lambda at: self._notice(visit, at))

    def run(self) -> None:
        """Play until nothing is left to happen; the sweep runs at every tick between the steps."""
        next_tick = self._queue[0][0]
        while self._queue:
            if next_tick < self._queue[0][0]:
                if sweeps.queue_due(at=next_tick):
                    self.crew.look(next_tick)
                next_tick = self._get_next_tick(next_tick)
                continue
            at, _, step = heapq.heappop(self._queue)
            try:
                step(at)
            except DomainError as refusal:
                self.refused.append(refusal.code)

    def _get_next_tick(self, tick: datetime) -> datetime:
        """Nights without a step are skipped up to the next thing that happens."""
        return max(tick + TICK, self._queue[0][0] - timedelta(minutes=30)) if self._queue else tick + TICK

    def _place(self, visit: Visit, at: datetime) -> None:
        lines = {SKUS[Zone.AMBIENT]: visit.ambient_lines, SKUS[Zone.CHILLED]: visit.fresh_lines}
        basket = Basket(
            number=f"S-{visit.number}",
            customer=CustomerFacts(external_id=f"sim-{visit.number}", first_name="Sim"),
            vehicle=VehicleFacts(plate=visit.plate, plate_consent=bool(visit.plate)),
            lines=[BasketLine(sku, Decimal(1)) for sku, number in lines.items() for _ in range(number)],
            window_start=visit.window_start,
            window_end=visit.window_start + WINDOW,
        )
        self.orders[visit.number] = placing.place_order(
            store_id=self.store.pk, basket=basket, at=at, actor=ACTOR
        )
        self.crew.look(at)

    def _say_on_my_way(self, visit: Visit, at: datetime) -> None:
        order_id = self.orders[visit.number].pk
        trips.say_on_my_way(order_id=order_id, minutes=visit.minutes, at=at)
        if visit.pings:
            trips.start_sharing(order_id=order_id, at=at)
        self.crew.look(at)

    def _report(self, visit: Visit, ping: Ping, at: datetime) -> None:
        report = positions.report_position(
            public_id=self.orders[visit.number].public_id,
            position=to_position(ping.east_m, ping.north_m),
            accuracy_m=ping.accuracy_m,
            observed_at=at,
            at=at,
        )
        if report.is_recorded:
            self.crew.look(at)

    def _read(self, visit: Visit, at: datetime) -> None:
        arrivals.record_plate_read(
            store_id=self.store.pk,
            camera_id=1,
            candidates=[Candidate(visit.read, 0.95)],
            source_key=f"sim:{visit.number}",
            seen_at=at,
            at=at,
        )
        self.crew.look(at)

    def _tap(self, visit: Visit, at: datetime) -> None:
        order_id = self.orders[visit.number].pk
        if order_id not in self.crew.handed_over:
            key = f"sim-tap:{visit.number}"
            arrivals.record_tap(order_id=order_id, spot_number=None, source_key=key, at=at)
            self.crew.look(at)

    def _notice(self, visit: Visit, at: datetime) -> None:
        order = Order.objects.get(pk=self.orders[visit.number].pk)
        if order.is_open and order.customer_arrived_at is None:
            user_id = self.crew.associates[0].user_id
            record_associate_word(order_id=order.pk, spot_number=None, associate_id=user_id, at=at)
            self.crew.look(at)


def to_position(east_m: float, north_m: float) -> Position:
    """Return the place so far east and north of the store."""
    latitude, longitude = 45.75, 4.95
    return Position(
        latitude + north_m / M_PER_DEGREE, longitude + east_m / (M_PER_DEGREE * cos(radians(latitude)))
    )


def _make_store(at: datetime) -> Store:
    center = to_position(0, 0)
    store = Store.objects.create(
        code="simulated",
        name="Simulated",
        time_zone="UTC",
        latitude=center.latitude,
        longitude=center.longitude,
    )
    PickupSpot.objects.bulk_create(PickupSpot(store=store, number=str(n + 1)) for n in range(BAYS))
    for zone, sku in SKUS.items():
        product = Product.objects.create(sku=sku, name=sku, zone=zone, price_minor=100)
        counts.set_level(
            store_id=store.pk,
            product_id=product.pk,
            on_hand=Decimal(999_999),
            safety_stock=None,
            at=at,
            actor=ACTOR,
        )
    for zone_name, (east, north) in (("LOT", LOT_M), ("APPROACH", (APPROACH_M, APPROACH_M))):
        corners = [
            to_position(x * east, y * north) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
        ]
        polygon = [[corner.latitude, corner.longitude] for corner in corners]
        fences.put_fence(store_id=store.pk, zone=zone_name, polygon=polygon, name=zone_name.title())
    return store


def _hire(store: Store, number: int) -> int:
    user = User.objects.create_user(username=f"simulated-{number}", first_name=f"Sim {number}")
    StaffMember.objects.create(user=user, store=store)
    return user.pk

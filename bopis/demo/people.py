"""Who buys in the demo: names, cars with plates of many countries, and baskets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

import numpy as np

from bopis.demo import catalog, store
from bopis.demo.doors import Json
from bopis.demo.lot import Car
from vision.rendering.formats import random_plate

NAMES = (
    *("Ana", "Jonas", "Mia", "Luca", "Inès", "Karl", "Sofia", "Noah", "Emma", "Hugo", "Nina", "Piotr"),
    *("Elif", "Tom", "Clara", "Jakub", "Maja", "Oscar", "Irina", "Paul", "Chloé", "Marek", "Aline", "Sven"),
)
# Countries whose cars are seen near Lyon, the nearest more often.
COUNTRIES = (*("FR",) * 8, *("CH", "DE", "IT") * 3, *("BE", "ES", "NL", "PL", "PT", "GB", "AT", "RO", "CZ"))
SHAPES = {
    "hatchback": ("Clio", "Polo", "208"),
    "sedan": ("Passat", "508"),
    "suv": ("Duster", "Kodiaq"),
    "van": ("Kangoo",),
}
WINDOW = timedelta(hours=1)


@dataclass(frozen=True)
class Person:
    """A customer and, if they come with one that the shop knows of, their car."""

    name: str
    car: Car | None = None
    description: str = ""


class Crowd:
    """Draws people and what they buy; equal seeds draw equals."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._plates = np.random.default_rng(seed)
        self._numbers = count(1)
        self._run = datetime.now(UTC).strftime("%d%H%M%S")  # order numbers stay unique over many runs

    def meet(self, *, is_night: bool) -> Person:
        """Return somebody with a car."""
        shape = self._random.choice(list(SHAPES))
        color = self._random.choice(("white", "silver", "gray", "black", "red", "blue", "green", "sand"))
        country = self._random.choice(COUNTRIES)
        car = Car(
            plate=random_plate(country, self._plates),
            country=country,
            is_night=is_night,
            tilt_degrees=self._random.uniform(-5, 5),
            speed_m_s=self._random.uniform(2.6, 3.6),
            shape=shape,
            color=color,
            lane=self._random.randrange(2),
        )
        model = self._random.choice(SHAPES[shape])
        return Person(self._random.choice(NAMES), car, f"{color} {model}")

    def shop(self, person: Person, *, lines: list[Json] | None = None) -> Json:
        """Return the order that the person places, as the integrator's API takes it."""
        number = f"W-{self._run}-{next(self._numbers)}"
        now = datetime.now(UTC)
        order: Json = {
            "store": store.CODE,
            "number": number,
            "customer": {"external_id": f"demo-{number}", "first_name": person.name, "language": "en"},
            "lines": lines or self._fill_basket(),
            "window_start": now.isoformat(),
            "window_end": (now + WINDOW).isoformat(),
        }
        if person.car is not None:
            order["vehicle"] = {
                "description": person.description,
                "plate": person.car.plate,
                "plate_consent": True,
            }
        return order

    def choose(self, *odds: tuple[str, float]) -> str:
        """Return one of the names, by their weights."""
        return self._random.choices([name for name, _ in odds], [weight for _, weight in odds])[0]

    def pick(self, things: Sequence[str]) -> str:
        """Return one of them."""
        return self._random.choice(things)

    def between(self, low: float, high: float) -> float:
        """Return a number between the two."""
        return self._random.uniform(low, high)

    def _fill_basket(self) -> list[Json]:
        early = self._random.sample(catalog.get_skus("AMBIENT"), self._random.randint(3, 8))
        late = self._random.sample(catalog.get_skus("CHILLED", "FROZEN", "HOT"), self._random.randint(1, 4))
        return [{"sku": sku, "quantity": str(self._random.randint(1, 3))} for sku in [*early, *late]]

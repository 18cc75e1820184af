"""What the demo's store sells: some sixty products, where they stand, and what they cost."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One product; the price in euro cents, tax included."""

    sku: str
    name: str
    zone: str
    aisle: str
    shelf: str
    price_minor: int
    barcode: str


# Aisle, temperature zone, and its products with their prices in cents.
_AISLES: tuple[tuple[str, str, tuple[tuple[str, int], ...]], ...] = (
    ("1", "AMBIENT", (("Spaghetti 500 g", 119), ("Penne 500 g", 119), ("Basmati rice 1 kg", 289),
                      ("Couscous 500 g", 145), ("Passata 700 g", 165), ("Pesto 190 g", 259),
                      ("Green lentils 500 g", 219))),
    ("2", "AMBIENT", (("Olive oil 75 cl", 849), ("Cider vinegar 50 cl", 179), ("Dijon mustard 370 g", 199),
                      ("Sea salt 250 g", 245), ("Black pepper 45 g", 329), ("Capers 100 g", 239))),
    ("3", "AMBIENT", (("Muesli 750 g", 389), ("Oat flakes 500 g", 149), ("Apricot jam 370 g", 249),
                      ("Acacia honey 375 g", 579), ("Butter biscuits 150 g", 169),
                      ("Dark chocolate 100 g", 219), ("Hazelnut spread 400 g", 369))),
    ("4", "AMBIENT", (("Espresso beans 1 kg", 1399), ("Earl Grey x 25", 289), ("Still water 6 x 1 l", 279),
                      ("Sparkling water 6 x 1 l", 339), ("Apple juice 1 l", 229), ("Orange juice 1 l", 289),
                      ("Lemonade 1 l", 199))),
    ("5", "AMBIENT", (("Toilet paper x 6", 349), ("Kitchen towels x 4", 299), ("Dish soap 500 ml", 189),
                      ("Washing powder 2 kg", 899), ("Bin bags 30 l x 20", 279), ("Batteries AA x 8", 749))),
    ("6", "AMBIENT", (("Baguette", 110), ("Country bread 500 g", 265), ("Brioche 400 g", 329),
                      ("Bananas 1 kg", 199), ("Apples 1 kg", 279), ("Tomatoes 500 g", 249),
                      ("Potatoes 2 kg", 319), ("Lemons x 4", 199))),
    ("C1", "CHILLED", (("Whole milk 1 l", 129), ("Butter 250 g", 289), ("Plain yoghurt x 4", 169),
                       ("Comté 200 g", 459), ("Mozzarella 125 g", 139), ("Crème fraîche 20 cl", 155),
                       ("Eggs x 10", 319))),
    ("C2", "CHILLED", (("Chicken breasts 400 g", 699), ("Minced beef 350 g", 549), ("Salmon 250 g", 899),
                       ("Cooked ham x 4", 349), ("Fresh ravioli 300 g", 399), ("Hummus 200 g", 239))),
    ("F1", "FROZEN", (("Garden peas 600 g", 259), ("Spinach 600 g", 249), ("Vanilla ice cream 500 ml", 449),
                      ("Raspberries 450 g", 549), ("Fish fingers x 10", 399))),
    ("H1", "HOT", (("Roast chicken", 1090), ("Roast potatoes 500 g", 450))),
)  # fmt: skip

EACH_ON_HAND = 400
SCARCE = "champagne"  # one bottle left: who wants two is refused
SCARCE_ON_HAND = 1


def get_items() -> list[Item]:
    """Return every product of the store, the scarce one included."""
    items = [
        Item(_to_sku(name), name, zone, aisle, str(shelf), price, f"30{number:02}{shelf:09}")
        for number, (aisle, zone, products) in enumerate(_AISLES, start=10)
        for shelf, (name, price) in enumerate(products, start=1)
    ]
    return [*items, Item(SCARCE, "Champagne 75 cl", "AMBIENT", "4", "9", 3290, "3099000000009")]


def get_skus(*zones: str) -> list[str]:
    """Return the SKUs of these temperature zones, without the scarce one."""
    return [item.sku for item in get_items() if item.zone in zones and item.sku != SCARCE]


def _to_sku(name: str) -> str:
    plain = name.lower().translate(str.maketrans("éèêçâ", "eeeca"))
    return "-".join("".join(sign if sign.isalnum() else " " for sign in plain).split())

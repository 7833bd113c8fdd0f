"""What a producer fills in for a product: its shape, its limits, and how a price is read."""

import re
from dataclasses import dataclass

from certification.rules.errors import InvalidInput
from certification.rules.text import N_

LONGEST_NAME = 120
LONGEST_PROSE = 6000
LONGEST_LINE = 300
LONGEST_ALT = 250
HIGHEST_CENTAVOS = 100_000_000  # a million pesos
MOST_ON_HAND = 99_999
MOST_LEAD_DAYS = 365
MOST_GRAMS = 1_000_000
MOST_HOURS = 20_000
MOST_PHOTOS = 12
MOST_VARIANTS = 20
UNITS = ("pieza", "par", "juego", "paquete", "bolsa", "frasco", "kg", "g", "L", "ml")
SUBSTANCE = ("name", "category", "materials", "technique", "community", "maker")
"""What a label was granted for: whoever changes it changes the thing."""

_PRICE = re.compile(
    r"\$?\s*(?P<whole>\d{1,3}(?:[ ,\u00a0\u202f']\d{3})+|\d+)(?:\.(?P<cents>\d{1,2}))?\s*(?:MXN|pesos)?", re.IGNORECASE | re.ASCII
)


@dataclass(frozen=True)
class ListingValues:
    """The form of one product. Money in centavos, weight in grams; ``stock`` is ``None`` when each is made to order.

    ``alts`` describes photographs by their public id. Price and stock count while the product has one variant.
    """

    name: str = ""
    name_en: str = ""
    description: str = ""
    description_en: str = ""
    price_centavos: int | None = None
    stock: int | None = None
    one_of_a_kind: bool = False
    made_to_order: bool = False
    lead_days: int | None = None
    category: str | None = None
    materials: str = ""
    technique: str = ""
    community: str = ""
    care: str = ""
    size: str = ""
    weight_g: int | None = None
    unit: str = "pieza"
    hours: int | None = None
    maker: str | None = None  # public id of one of the producer's makers
    alts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class VariantValues:
    """One size, weight or colour. ``public_id`` names one that exists already."""

    name: str
    price_centavos: int
    on_hand: int | None
    public_id: str | None = None


def read_price(text: str) -> int:
    """Centavos of ``1,234.50``, ``$1234``, ``1 234`` and the like.

    Raises:
        InvalidInput: when it is no amount of pesos between one centavo and a million.

    """
    found = _PRICE.fullmatch(text.strip())
    if found is None:
        raise InvalidInput("bad_price", N_("Escriba solo números, por ejemplo 680 o 1,234.50."), field="price")
    pesos = int(re.sub(r"\D", "", found["whole"])[:12])
    centavos = pesos * 100 + int((found["cents"] or "").ljust(2, "0"))
    if not 0 < centavos <= HIGHEST_CENTAVOS:
        raise InvalidInput("price_out_of_range", N_("El precio va de un centavo a un millón de pesos."), field="price")
    return centavos


def check_bounds(values: ListingValues) -> None:
    """Raise for what no draft may hold; forms say the same beside the field.

    Raises:
        InvalidInput: naming the field.

    """
    letters = (
        ("name", LONGEST_NAME),
        ("name_en", LONGEST_NAME),
        ("description", LONGEST_PROSE),
        ("description_en", LONGEST_PROSE),
        *((field, LONGEST_LINE) for field in ("materials", "technique", "care", "size")),
        ("community", LONGEST_NAME),
    )
    for field, most in letters:
        if len(getattr(values, field)) > most:
            raise InvalidInput("too_long", N_("Use %(max)d letras como máximo."), field=field, max=most)
    numbers = (
        ("price_centavos", 1, HIGHEST_CENTAVOS),
        ("stock", 0, MOST_ON_HAND),
        ("lead_days", 1, MOST_LEAD_DAYS),
        ("weight_g", 1, MOST_GRAMS),
        ("hours", 1, MOST_HOURS),
    )
    for field, least, most in numbers:
        number = getattr(values, field)
        if number is not None and not least <= number <= most:
            raise InvalidInput("out_of_range", N_("Escriba un número de %(min)d a %(max)d."), field=field, min=least, max=most)
    if values.unit not in UNITS:
        raise InvalidInput("unknown_unit", N_("Elija una de las opciones."), field="unit")
    for _, alt in values.alts:
        if len(alt) > LONGEST_ALT:
            raise InvalidInput("too_long", N_("Use %(max)d letras como máximo."), max=LONGEST_ALT)

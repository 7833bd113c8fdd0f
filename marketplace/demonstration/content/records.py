"""What the demonstration market is made of, as frozen records.

Amounts are centavos of MXN, weights grams, lengths words. Every ``on``, ``granted`` and the like counts days from
the day the demonstration is loaded: negative is past. Names, places below the municipality, marks and schemes here are invented;
only municipalities (``cvegeo``, INEGI's five digits) are real.
"""

from dataclasses import dataclass
from enum import StrEnum

EMAIL_DOMAIN = "demo.tianguis.example"


class SignIn(StrEnum):
    EMAIL = "email"
    PRINTED_CODE = "printed_code"
    NEVER = "never"


class Supply(StrEnum):
    STOCK = "stock"
    UNIQUE = "unique"
    MADE_TO_ORDER = "made_to_order"


class ProductState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    PAUSED = "paused"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class DemoArt:
    """One drawing: a kind of the goods or of the evidence that ``illustrations`` draws, or ``place``, and its seed."""

    kind: str
    seed: int


@dataclass(frozen=True, slots=True)
class DemoParty:
    slug: str
    name: str
    kind: str
    branch: str
    cvegeo: str
    locality: str
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Someone of the demonstration. ``roles`` are those of ``accounts.models.Role``, and ``buyer`` for whoever only buys.

    ``part``, ``credit`` and ``consent`` speak of their work in ``party``. ``credit`` is the name they chose to be published under; None means that they chose none.
    """

    key: str
    name: str
    who: str
    sign_in: SignIn
    email: bool
    roles: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    capacity: str | None = None
    branch: str | None = None
    party: str | None = None
    member_role: str | None = None
    part: str | None = None
    credit: str | None = None
    consent: str | None = None
    acts_for: tuple[str, ...] = ()

    @property
    def email_address(self) -> str | None:
        return f"{self.key}@{EMAIL_DOMAIN}" if self.email else None


@dataclass(frozen=True, slots=True)
class DemoTie:
    """A tie of standards.json between a person and a party; ``until`` None means that it lasts."""

    person: str
    kind: str
    party: str
    note: str
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class DemoWay:
    kind: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class DemoVetting:
    """How it was established that the account may speak for the party: ``document`` or ``vouching``."""

    kind: str
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class DemoVariant:
    name: str
    price_centavos: int
    on_hand: int
    weight_g: int


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """``seeds`` are the drawings in order, the cover first; a missing translation is one its producer never wrote."""

    slug: str
    name: str
    category: str
    materials: tuple[str, ...]
    technique: str
    maker: str
    price_centavos: int
    supply: Supply
    unit: str
    description: str
    care: str
    kind: str
    seeds: tuple[int, ...]
    alt: str
    state: ProductState
    producer: str
    cvegeo: str
    locality: str
    name_en: str | None = None
    description_en: str | None = None
    on_hand: int | None = None
    lead_days: int | None = None
    size: str | None = None
    weight_g: int | None = None
    hours: int | None = None
    variants: tuple[DemoVariant, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoProducer:
    party: DemoParty
    since: int
    line: str
    story: str
    place_seed: int
    ways: tuple[DemoWay, ...]
    vetted: DemoVetting
    people: tuple[DemoPerson, ...]
    products: tuple[DemoProduct, ...]
    line_en: str | None = None
    story_en: str | None = None


@dataclass(frozen=True, slots=True)
class DemoMessage:
    by: str
    on: int
    text: str
    through: str | None = None


@dataclass(frozen=True, slots=True)
class DemoEnquiry:
    key: str
    buyer: str
    product: str
    state: str
    channel: str
    messages: tuple[DemoMessage, ...]

"""What the demonstration market is made of, as frozen records.

Amounts are centavos of MXN, weights grams, lengths words. Every ``on``, ``granted`` and the like counts days from
the day the demonstration is loaded: negative is past. Names, places below the municipality, marks and schemes here are invented;
only municipalities (``cvegeo``, INEGI's five digits) are real.
"""

from dataclasses import dataclass, field
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
    """One drawing: a family of the illustrator and the seed that fixes it."""

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
class DemoAct:
    """``by`` are keys of people; ``ends_by`` is the last day a suspension may last, ``appeal_until`` that of an appeal."""

    kind: str
    on: int
    by: tuple[str, ...]
    reason_code: str
    public_summary: str
    criterion: str | None = None
    appeal_until: int | None = None
    ends_by: int | None = None


@dataclass(frozen=True, slots=True)
class DemoCondition:
    criterion: str
    text: str
    due_in_days: int
    met_on: int | None = None


@dataclass(frozen=True, slots=True)
class DemoCertificate:
    """``expires`` and ``surveillance_due`` are the last days that count; ``state`` is the public state on day 0."""

    key: str
    scheme: str
    holder: str
    subject_kind: str
    label_class: str
    scope: str
    products: tuple[str, ...]
    granted: int
    valid_from: int
    expires: int
    surveillance_due: int
    evaluators: tuple[str, ...]
    deciders: tuple[str, ...]
    state: str
    summary: str
    scores: dict[str, int]
    version: str = "1.0"
    surveillance_passed: tuple[int, ...] = ()
    capacity_per_month: int | None = None
    application: str | None = None
    successor: str | None = None
    superseded: int | None = None
    subject_words: str | None = None
    art: DemoArt | None = None
    acts: tuple[DemoAct, ...] = ()
    outcome: str = "granted"
    conditions: tuple[DemoCondition, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoEvent:
    """A move of ``rules.workflow.APPLICATION``; besides those, ``start`` opens the draft and ``assign`` names an evaluator."""

    action: str
    on: int
    by: str
    text: str | None = None
    person: str | None = None
    reason_code: str | None = None
    criterion: str | None = None


@dataclass(frozen=True, slots=True)
class DemoEvidence:
    """Something shown for a criterion. Where a criterion asks for a statement and none is here, its answer is the statement."""

    criterion: str
    kind: str
    caption: str
    on: int
    art: DemoArt | None = None


@dataclass(frozen=True, slots=True)
class DemoFinding:
    finding: str
    note: str
    score: int | None = None
    plan: str | None = None
    due_in_days: int | None = None


@dataclass(frozen=True, slots=True)
class DemoEvaluation:
    """``signed``, ``recommendation`` (a ``rules.workflow.Outcome``) and ``summary`` come together, when it is finished."""

    evaluator: str
    visited: int
    findings: dict[str, DemoFinding]
    signed: int | None = None
    recommendation: str | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True)
class DemoDecision:
    outcome: str
    on: int
    by: tuple[str, ...]
    reasons: str
    public_summary: str
    label_class: str | None = None
    reason_code: str | None = None
    criterion: str | None = None
    appeal_until: int | None = None
    conditions: tuple[DemoCondition, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoApplication:
    """``applies`` names the conditional criteria (``applies_if.key``) that hold for this applicant."""

    key: str
    scheme: str
    applicant: str
    signed_by: str
    subject_kind: str
    scope: str
    goods: tuple[str, ...]
    state: str
    events: tuple[DemoEvent, ...]
    evidence: tuple[DemoEvidence, ...]
    answers: dict[str, str]
    version: str = "1.0"
    filled_by: str | None = None
    capacity_per_month: int | None = None
    renewal_of: str | None = None
    applies: tuple[str, ...] = ()
    evaluations: tuple[DemoEvaluation, ...] = ()
    decision: DemoDecision | None = None


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


@dataclass(frozen=True, slots=True)
class DemoContent:
    """All of it. ``schemes`` are documents of the shape of standards.json's schemes, plus ``external_mark``."""

    producers: tuple[DemoProducer, ...]
    parties: tuple[DemoParty, ...]
    people: tuple[DemoPerson, ...]
    ties: tuple[DemoTie, ...]
    certificates: tuple[DemoCertificate, ...]
    applications: tuple[DemoApplication, ...]
    enquiries: tuple[DemoEnquiry, ...]
    schemes: tuple[dict[str, object], ...] = field(default=())

    @property
    def products(self) -> tuple[DemoProduct, ...]:
        return tuple(product for producer in self.producers for product in producer.products)

    @property
    def all_people(self) -> tuple[DemoPerson, ...]:
        """Members of the producers first, then everyone else."""
        return tuple(person for producer in self.producers for person in producer.people) + self.people

    @property
    def all_parties(self) -> tuple[DemoParty, ...]:
        """The producers' parties first, then those that sell nothing here."""
        return tuple(producer.party for producer in self.producers) + self.parties

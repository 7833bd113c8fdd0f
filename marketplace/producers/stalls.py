"""A party opens its stall, tells its story and credits the people who make things."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.audit.record import record
from certification.core.db import hold, writing
from certification.core.declared import declare
from certification.core.media.models import StoredFile
from certification.parties.belonging import organizations_of
from certification.parties.founding import on_behalf
from certification.parties.models import Party, Vetting
from certification.registry.names import forget_name
from certification.rules.days import day_of
from certification.rules.errors import AlreadyExists, IllegalMove, InvalidInput
from certification.rules.fold import fold
from certification.rules.text import N_
from marketplace.producers.models import Maker, Producer
from marketplace.producers.permissions import Permission

LONGEST_AWAY = timedelta(days=366)
LONGEST_SLUG = 60
LONGEST_STORY = 6000
LONGEST_LINE = 160
LONGEST_VISITS = 300
MOST_LANGUAGES, LONGEST_LANGUAGE = 8, 40


Follower = Callable[[Maker], None]
_followers: dict[str, Follower] = {}


def declare_follower(name: str, function: Follower) -> None:
    """Have ``function(maker)`` take a name out of what another concept repeats, as its consent is taken back.

    Raises:
        ValueError: when the name is taken.

    """
    declare(_followers, name, function)


@dataclass(frozen=True)
class StallValues:
    """What a producer says of themselves; ``whatsapp`` as E.164 or ``None``."""

    line: str
    story: str
    story_en: str = ""
    languages: tuple[str, ...] = ()
    whatsapp: str | None = None
    whatsapp_shown: bool = False
    visits: str = ""


def open_stall(party: Party, *, by: User, at: datetime) -> Producer:
    """Give a party its stall, still closed to the public.

    Raises:
        AlreadyExists: when it has one.

    """
    check(by, Permission.OPEN, party)
    session = writing()
    hold(party)
    if session.scalar(select(Producer.id).where(Producer.party_id == party.id)) is not None:
        raise AlreadyExists(sentence=N_("Ese puesto ya está abierto."))
    made = Producer(party_id=party.id, slug=_free_slug(session, party.name), created_at=at)
    session.add(made)
    session.flush()
    record("stall.opened", "producer", made.public_id, by=by, at=at, on_behalf_of=on_behalf(by, party))
    return made


def values_of(producer: Producer) -> StallValues:
    """What the stall says of itself now."""
    return StallValues(
        line=producer.line,
        story=producer.story,
        story_en=producer.story_en,
        languages=tuple(producer.languages),
        whatsapp=producer.whatsapp,
        whatsapp_shown=producer.whatsapp_shown,
        visits=producer.visits,
    )


def describe(producer: Producer, values: StallValues, *, by: User, at: datetime) -> None:
    """Write the story and the ways to reach the producer.

    Raises:
        InvalidInput: for a text that is too long.

    """
    check(by, Permission.EDIT, producer)
    _bounded(values)
    producer.line, producer.story, producer.story_en = values.line, values.story, values.story_en
    producer.languages = list(values.languages)
    producer.whatsapp, producer.whatsapp_shown = values.whatsapp, values.whatsapp_shown and values.whatsapp is not None
    producer.visits = values.visits
    record("stall.described", "producer", producer.public_id, by=by, at=at, on_behalf_of=on_behalf(by, producer.party))


def picture(producer: Producer, file: StoredFile | None, *, cover: bool, by: User, at: datetime) -> None:
    """Hang a photograph: the cover (the place) or the portrait. ``None`` takes it down.

    Raises:
        InvalidInput: when the file is no public photograph.

    """
    check(by, Permission.EDIT, producer)
    if file is not None and (file.private or not file.renditions):
        raise InvalidInput(sentence=N_("Elija una foto."), field="photo")
    if cover:
        producer.cover_id = file.id if file else None
    else:
        producer.portrait_id = file.id if file else None
    behalf = on_behalf(by, producer.party)
    record("stall.pictured", "producer", producer.public_id, by=by, at=at, on_behalf_of=behalf, cover=cover, file=bool(file))


def show(producer: Producer, *, by: User, at: datetime) -> None:
    """Open the stall to the public.

    Raises:
        IllegalMove: before somebody checked that the account may speak for the party.
        InvalidInput: without a line about who they are.

    """
    check(by, Permission.EDIT, producer)
    if producer.party.vetting is not Vetting.VETTED:
        raise IllegalMove(
            "not_vetted",
            N_("Antes de abrir su puesto, una persona tiene que comprobar que usted puede hablar por su taller u organización."),
        )
    if not producer.line:
        raise InvalidInput(sentence=N_("Escriba una frase sobre quiénes son."), field="line")
    if producer.published_at is None:
        producer.published_at = at
        record("stall.shown", "producer", producer.public_id, by=by, at=at, on_behalf_of=on_behalf(by, producer.party))


def hide(producer: Producer, *, by: User, at: datetime) -> None:
    """Close the stall to the public; products and labels stay as they are."""
    check(by, Permission.EDIT, producer)
    if producer.published_at is not None:
        producer.published_at = None
        record("stall.hidden", "producer", producer.public_id, by=by, at=at, on_behalf_of=on_behalf(by, producer.party))


def go_away(producer: Producer, until: date | None, *, by: User, at: datetime) -> None:
    """Say that nothing is sent until a day; ``None`` says that they are back.

    Raises:
        InvalidInput: for a day that has come already, or lies more than :data:`LONGEST_AWAY` ahead.

    """
    check(by, Permission.EDIT, producer)
    today = _today(at)
    if until is not None and not today < until <= today + LONGEST_AWAY:
        raise InvalidInput(sentence=N_("Elija un día que todavía no llega, de aquí a un año."), field="until")
    producer.away_until = until
    told = until.isoformat() if until else None
    record("stall.away", "producer", producer.public_id, by=by, at=at, on_behalf_of=on_behalf(by, producer.party), until=told)


def is_away(producer: Producer, at: datetime) -> bool:
    """Whether nothing is sent today; ``away_until`` is the day on which they are back."""
    return away_on(producer.away_until, _today(at))


def away_on(until: date | None, today: date) -> bool:
    """Whether nothing is sent on a day of the instance's zone; on ``until`` they are back."""
    return until is not None and today < until


def _today(at: datetime) -> date:
    return day_of(at, current_app.config["SETTINGS"]["TIMEZONE"])


def credit(producer: Producer, name: str, how: str, *, party: Party | None = None, by: User, at: datetime) -> Maker:
    """Name somebody as a maker, under the name they chose; ``how`` says how they agreed.

    Raises:
        InvalidInput: without a name or without how they agreed, or for a party that is neither this one nor its member.

    """
    check(by, Permission.EDIT, producer)
    if party is not None and party.id != producer.party_id and producer.party_id not in organizations_of(party.id):
        raise InvalidInput(field="party")
    if not name:
        raise InvalidInput(sentence=N_("Escriba el nombre como la persona quiere aparecer."), field="name")
    if not how:
        raise InvalidInput(sentence=N_("Escriba cómo dio su acuerdo esta persona."), field="how")
    made = Maker(
        producer_id=producer.id, party_id=party.id if party else None, public_name=name, consented_at=at, consent_how=how
    )
    session = writing()
    session.add(made)
    session.flush()
    record("maker.credited", "maker", made.public_id, by=by, at=at, on_behalf_of=on_behalf(by, producer.party))
    return made


def uncredit(maker: Maker, *, by: User, at: datetime) -> None:
    """Take the consent back: the name leaves every page at once. Again changes nothing."""
    check(by, Permission.EDIT, maker)
    if maker.withdrawn_at is None:
        withdraw_credit(maker, by=by, at=at, on_behalf_of=on_behalf(by, maker.producer.party))


def withdraw_credit(maker: Maker, *, by: User | None, at: datetime, on_behalf_of: str | None = None) -> None:
    """End a consent that stands, also when it ends with the account; asks nobody's permission. Certificates of the stall, and of
    the maker's own party, show the name no more.
    """
    maker.withdrawn_at = at
    holders = {party for party in (maker.producer.party_id, maker.party_id) if party is not None}
    forget_name(maker.public_name, holders, by=by, at=at)
    record("maker.uncredited", "maker", maker.public_id, by=by, at=at, on_behalf_of=on_behalf_of)
    for follow in _followers.values():
        follow(maker)


def slug_of(name: str) -> str:
    """A name as it stands in an address: ``Taller Hilo de Luna`` → ``taller-hilo-de-luna``."""
    words = re.findall(r"[a-z0-9]+", fold(name))
    return "-".join(words)[:LONGEST_SLUG].strip("-") or "puesto"


def _bounded(values: StallValues) -> None:
    texts = (
        ("line", values.line, LONGEST_LINE),
        ("story", values.story, LONGEST_STORY),
        ("story_en", values.story_en, LONGEST_STORY),
        ("visits", values.visits, LONGEST_VISITS),
        *(("languages", one, LONGEST_LANGUAGE) for one in values.languages),
    )
    for name, text, longest in texts:
        if len(text) > longest:
            raise InvalidInput(sentence=N_("Use %(longest)d letras como máximo."), field=name, longest=longest)
    if len(values.languages) > MOST_LANGUAGES:
        raise InvalidInput(sentence=N_("Escriba ocho lenguas como máximo."), field="languages")


def _free_slug(session: Session, name: str) -> str:
    base = slug_of(name)
    taken = set(session.scalars(select(Producer.slug).where(Producer.slug.startswith(base, autoescape=True))))
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)

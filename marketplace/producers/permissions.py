"""Who may do what with a stall."""

from enum import StrEnum
from typing import Any

from certification.accounts.models import User
from certification.accounts.permissions import Rule, declare, signed_in
from certification.parties.belonging import acts_for
from certification.parties.models import Party, Power
from marketplace.producers.models import Maker, Producer


class Permission(StrEnum):
    SEE = "producer.see"
    OPEN = "producer.open"
    EDIT = "producer.edit"
    DESK = "desk.see"


def producer_of(thing: Any) -> Producer | None:
    """The stall that a thing of this concept belongs to."""
    if isinstance(thing, Maker):
        return thing.producer
    return thing if isinstance(thing, Producer) else None


def is_open(_person: User | None, thing: Any) -> bool:
    """The stall is shown to everybody."""
    producer = producer_of(thing)
    return producer is not None and producer.published_at is not None


def keeps_it(person: User | None, thing: Any) -> bool:
    """May act for the stall's party."""
    producer = producer_of(thing)
    return producer is not None and acts_for(person, producer.party_id, Power.CATALOGUE)


def speaks_for_it(person: User | None, thing: Any) -> bool:
    """May act for a party that has no stall yet."""
    return isinstance(thing, Party) and acts_for(person, thing.id, Power.CATALOGUE)


declare(
    {
        Permission.SEE: Rule(any_of=(is_open, keeps_it), public=True),
        Permission.OPEN: Rule(any_of=(speaks_for_it,)),
        Permission.EDIT: Rule(any_of=(keeps_it,), seen_by=(is_open,)),
        Permission.DESK: Rule(any_of=(signed_in,)),
    }
)

"""Who sees, prepares and publishes a product."""

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import Any

from certification.accounts.models import User
from certification.accounts.permissions import Rule, declare, signed_in
from certification.parties.belonging import acts_for, has_role
from certification.parties.models import Power
from certification.rules.workflow import ListingState
from marketplace.catalogue.models import Product
from marketplace.producers.models import Producer


class Permission(StrEnum):
    SEE = "listing.see"
    LIST = "listing.list"
    START = "listing.start"
    EDIT = "listing.edit"
    PUBLISH = "listing.publish"
    ARCHIVE = "listing.archive"


WAS_SHOWN = (ListingState.PUBLISHED, ListingState.PAUSED, ListingState.ARCHIVED)


class Seen(ABC):
    """What the product page reads of a product without loading it: who keeps it, and whether anyone may open the page."""

    __slots__ = ()
    party_id: int

    @property
    @abstractmethod
    def public(self) -> bool:
        """Whether anyone may open the page."""


def is_public(state: ListingState, *, was_published: bool, stall_open: bool) -> bool:
    """Whether anyone may open the page: on sale, or no longer on sale; never a draft, never a closed stall's."""
    return stall_open and was_published and state in WAS_SHOWN


def shown(_person: User | None, thing: Any) -> bool:
    """The page is public."""
    if isinstance(thing, Product):
        opened = thing.producer.published_at is not None
        return is_public(thing.state, was_published=thing.published_at is not None, stall_open=opened)
    return isinstance(thing, Seen) and thing.public


def keeps_it(person: User | None, thing: Any) -> bool:
    """Acts for its producer: as a member, for a cooperative with a mandate, as a promoter."""
    party_id = _party(thing)
    return party_id is not None and acts_for(person, party_id, Power.CATALOGUE)


def belongs(person: User | None, thing: Any) -> bool:
    """Is a member of its producer in any role."""
    party_id = _party(thing)
    return party_id is not None and has_role(person, party_id)


def _party(thing: Any) -> int | None:
    if isinstance(thing, Product):
        return thing.producer.party_id
    if isinstance(thing, Producer | Seen):
        return thing.party_id
    return None


declare(
    {
        Permission.SEE: Rule(any_of=(shown, keeps_it, belongs), public=True),
        Permission.LIST: Rule(any_of=(signed_in,)),
        Permission.START: Rule(any_of=(keeps_it,), seen_by=(belongs,)),
        Permission.EDIT: Rule(any_of=(keeps_it,), seen_by=(belongs,)),
        Permission.PUBLISH: Rule(any_of=(keeps_it,), seen_by=(belongs,)),
        Permission.ARCHIVE: Rule(any_of=(keeps_it,), seen_by=(belongs,)),
    }
)

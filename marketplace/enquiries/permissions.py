"""Who may ask, and who may answer."""

from enum import StrEnum
from typing import Any

from certification.accounts.models import User
from certification.accounts.permissions import Rule, anyone, declare, signed_in
from certification.parties.belonging import acts_for
from certification.parties.models import Power
from certification.rules.workflow import ListingState
from marketplace.catalogue.models import Product
from marketplace.enquiries.models import Enquiry


class Permission(StrEnum):
    ASK = "enquiry.ask"
    FOLLOW = "enquiry.follow"
    LIST = "enquiry.list"
    ANSWER = "enquiry.answer"


def may_be_bought(_person: User | None, thing: Any) -> bool:
    """The product is shown, in an open stall, and can be had."""
    return isinstance(thing, Product) and thing.state is ListingState.PUBLISHED and thing.producer.published_at is not None


def sells_it(person: User | None, thing: Any) -> bool:
    """May act for the producer who was asked."""
    return isinstance(thing, Enquiry) and acts_for(person, thing.product.producer.party_id, Power.CATALOGUE)


declare(
    {
        Permission.ASK: Rule(any_of=(may_be_bought,), public=True),
        Permission.FOLLOW: Rule(any_of=(anyone,), public=True),  # the key in the link is the permission
        Permission.LIST: Rule(any_of=(signed_in,)),
        Permission.ANSWER: Rule(any_of=(sells_it,)),
    }
)

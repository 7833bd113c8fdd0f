"""What the desk and the private link show."""

from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from certification.accounts.models import User
from certification.core.db import db
from certification.parties.belonging import parties_of
from certification.parties.models import Power
from marketplace.catalogue.models import Product
from marketplace.enquiries.models import Enquiry, EnquiryState
from marketplace.producers.models import Producer

PER_PAGE = 30


class Line(NamedTuple):
    """One enquiry in the desk's list."""

    public_id: str
    name: str
    product: str
    last: str
    by_buyer: bool
    at: datetime
    state: EnquiryState


class Page(NamedTuple):
    lines: list[Line]
    next: int | None


def for_desk(person: User, *, before: int | None = None) -> Page:
    """The enquiries to the producers this person acts for, newest first; unconfirmed ones are not shown."""
    parties = [party.id for party in parties_of(person, Power.CATALOGUE)]
    wanted = (
        select(Enquiry)
        .join(Product)
        .join(Producer)
        .where(Producer.party_id.in_(parties), Enquiry.state != EnquiryState.UNCONFIRMED)
        .options(joinedload(Enquiry.product), joinedload(Enquiry.messages))
        .order_by(Enquiry.id.desc())
        .limit(PER_PAGE + 1)
    )
    if before is not None:
        wanted = wanted.where(Enquiry.id < before)
    found = list(db.session.scalars(wanted).unique())
    more = found[PER_PAGE - 1].id if len(found) > PER_PAGE else None
    return Page([_line(one) for one in found[:PER_PAGE]], more)


def waiting(person: User) -> int:
    """How many enquiries wait for an answer."""
    parties = [party.id for party in parties_of(person, Power.CATALOGUE)]
    wanted = (
        select(func.count(Enquiry.id))
        .join(Product)
        .join(Producer)
        .where(Producer.party_id.in_(parties), Enquiry.state == EnquiryState.OPEN)
    )
    return db.session.scalar(wanted) or 0


def whatsapp_link(phone: str, text: str) -> str:
    """A wa.me address with words ready to send; ``phone`` as E.164."""
    return f"https://wa.me/{phone.lstrip('+')}?text={quote(text)}"


def _line(one: Enquiry) -> Line:
    last = one.messages[-1]
    return Line(one.public_id, one.name, one.product.name, last.text[:160], last.by_buyer, last.at, one.state)

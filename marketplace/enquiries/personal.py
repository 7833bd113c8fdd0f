"""What enquiries hold of a person, what of it ends with the account, and what goes by itself."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select

from certification.accounts.models import User
from certification.accounts.mydata import declare_erasure, declare_export, iso
from certification.accounts.retention import declare_sweep
from certification.core.db import db, writing
from marketplace.enquiries.models import Enquiry, EnquiryMessage, EnquiryState

UNCONFIRMED = timedelta(days=7)
CONTACT = timedelta(days=730)
NOBODY = "—"


def export(user: User) -> dict[str, Any]:
    """Questions asked, with their answers, and answers given."""
    answers = select(EnquiryMessage).where(EnquiryMessage.by_id == user.id, EnquiryMessage.by_buyer.is_(False))
    return {
        "asked": [_enquiry(one) for one in _asked_by(user)],
        "answered": [
            {"enquiry": one.enquiry.public_id, "text": one.text, "at": iso(one.at)}
            for one in db.session.scalars(answers.order_by(EnquiryMessage.id))
        ],
    }


def erase(user: User, _at: datetime) -> None:
    """The questions stay with whom they were put to, without name and address of who asked."""
    for one in _asked_by(user):
        _forget_buyer(one)


def sweep(at: datetime) -> int:
    """Delete questions that nobody confirmed within a week, and the buyer's name and address two years after the last message."""
    session = writing()
    stale = select(Enquiry.id).where(Enquiry.state == EnquiryState.UNCONFIRMED, Enquiry.created_at <= at - UNCONFIRMED)
    ids = list(session.scalars(stale))
    session.execute(delete(EnquiryMessage).where(EnquiryMessage.enquiry_id.in_(ids)))
    session.execute(delete(Enquiry).where(Enquiry.id.in_(ids)))
    last = select(func.max(EnquiryMessage.at)).where(EnquiryMessage.enquiry_id == Enquiry.id).scalar_subquery()
    old = list(session.scalars(select(Enquiry).where(Enquiry.name != NOBODY, last <= at - CONTACT)))
    for one in old:
        _forget_buyer(one)
    return len(ids) + len(old)


def _asked_by(user: User) -> list[Enquiry]:
    """Those asked while signed in, and those asked without an account from an address that was shown to be theirs."""
    own = Enquiry.buyer_id == user.id
    if user.email:
        own = or_(own, (func.lower(Enquiry.email) == user.email) & (Enquiry.state != EnquiryState.UNCONFIRMED))
    return list(db.session.scalars(select(Enquiry).where(own).order_by(Enquiry.id)))


def _forget_buyer(one: Enquiry) -> None:
    """Empty, not NULL: that there was an address is part of how it was asked."""
    one.name, one.buyer_id = NOBODY, None
    one.email = None if one.email is None else ""
    one.phone = None if one.phone is None else ""
    if one.state in (EnquiryState.OPEN, EnquiryState.UNCONFIRMED):
        one.state = EnquiryState.CLOSED  # an answer would reach nobody
    for message in one.messages:
        if message.by_buyer:
            message.by_id = None


def _enquiry(one: Enquiry) -> dict[str, Any]:
    return {
        "id": one.public_id,
        "product": one.product.public_id,
        "name": one.name,
        "email": one.email,
        "phone": one.phone,
        "state": one.state.value,
        "messages": [{"by_buyer": row.by_buyer, "text": row.text, "at": iso(row.at)} for row in one.messages],
    }


declare_export("enquiries", export)
declare_erasure("enquiries", erase)
declare_sweep("enquiries", sweep)

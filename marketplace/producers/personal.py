"""What stalls hold of a person, and what of it ends with the account."""

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from certification.accounts.models import User
from certification.accounts.mydata import declare_erasure, declare_export, iso
from certification.core.db import db, writing
from certification.parties.models import Membership, Party, PartyKind
from certification.rules.fold import fold
from marketplace.producers.models import Maker, Producer
from marketplace.producers.stalls import withdraw_credit


def export(user: User) -> dict[str, Any]:
    """The stalls of the parties to which the person belongs, and the makers credited as those parties."""
    parties = select(Membership.party_id).where(Membership.user_id == user.id, Membership.ended_at.is_(None))
    kept = db.session.scalars(select(Producer).where(Producer.party_id.in_(parties)).order_by(Producer.id))
    makers = db.session.scalars(select(Maker).where(Maker.party_id.in_(parties)).order_by(Maker.id))
    return {
        "stalls": [
            {"slug": one.slug, "line": one.line, "story": one.story, "story_en": one.story_en, "languages": one.languages}
            | {"visits": one.visits, "published_at": iso(one.published_at)}
            for one in kept
        ],
        "makers": [
            {"public_name": one.public_name, "consented_at": iso(one.consented_at), "withdrawn_at": iso(one.withdrawn_at)}
            for one in makers
        ],
    }


def erase(user: User, at: datetime) -> None:
    """A name as a maker stands by consent, and that goes with the person; other makers of the stall keep theirs."""
    session = writing()
    held = select(Membership.party_id).where(
        Membership.user_id == user.id, or_(Membership.ended_at.is_(None), Membership.ended_at >= at)
    )  # parties ended them a moment ago, in this same unit of work
    others = select(Membership.party_id).where(Membership.user_id != user.id, Membership.ended_at.is_(None))
    alone = select(Party.id).where(Party.id.in_(held), Party.kind == PartyKind.ARTISAN, Party.id.not_in(others))
    themselves = set(session.scalars(alone))
    credited = select(Maker).join(Producer, Producer.id == Maker.producer_id).where(Maker.withdrawn_at.is_(None))
    near = credited.where(or_(Maker.party_id.in_(themselves), Maker.party_id.in_(held), Producer.party_id.in_(held)))
    for maker in list(session.scalars(near.order_by(Maker.id))):
        if fold(maker.public_name) != fold(user.name) and maker.party_id not in themselves:
            continue
        withdraw_credit(maker, by=None, at=at)


declare_export("stalls", export)
declare_erasure("stalls", erase)

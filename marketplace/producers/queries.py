"""What the desk shows of stalls and of the people they credit."""

from sqlalchemy import select

from certification.accounts.models import User
from certification.core.db import db
from certification.parties.belonging import parties_of
from certification.parties.models import Belonging, Party, Power
from marketplace.producers.models import Maker, Producer


def by_slug(slug: str) -> Producer | None:
    return db.session.scalar(select(Producer).where(Producer.slug == slug))


def one_maker(public_id: str) -> Maker | None:
    return db.session.scalar(select(Maker).where(Maker.public_id == public_id))


def makers_of(producer: Producer) -> list[Maker]:
    """Whom the stall names, by name; those whose consent stands."""
    rows = select(Maker).where(Maker.producer_id == producer.id, Maker.withdrawn_at.is_(None))
    return list(db.session.scalars(rows.order_by(Maker.public_name, Maker.id)))


def members_of(producer: Producer) -> list[Party]:
    """The parties that belong to the stall's own now, by name."""
    below = select(Party).join(Belonging, Belonging.member_id == Party.id)
    wanted = (Belonging.organization_id == producer.party_id, Belonging.ended_at.is_(None))
    return list(db.session.scalars(below.where(*wanted).order_by(Party.search_text, Party.id)))


def stalls_of(person: User) -> list[Producer]:
    """The stalls that this person keeps, by name."""
    parties = [party.id for party in parties_of(person, Power.CATALOGUE)]
    rows = select(Producer).join(Party, Party.id == Producer.party_id).where(Producer.party_id.in_(parties))
    return list(db.session.scalars(rows.order_by(Party.search_text, Producer.id)))


def without_stall(person: User) -> list[Party]:
    """The parties this person acts for that have no stall yet."""
    parties = parties_of(person, Power.CATALOGUE)
    with_one = set(db.session.scalars(select(Producer.party_id).where(Producer.party_id.in_([one.id for one in parties]))))
    return [party for party in parties if party.id not in with_one]

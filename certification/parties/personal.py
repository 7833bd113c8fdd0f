"""What parties hold of a person, and what of it ends with the account."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from certification.accounts.models import User
from certification.accounts.mydata import declare_erasure, declare_export, iso
from certification.core.db import db, writing
from certification.parties.models import Invitation, Mandate, Membership, Party, RepresentationProof, Tie


def export(user: User) -> dict[str, Any]:
    """Memberships, invitations, proofs, mandates and ties; other people's addresses stay out."""
    return {
        "memberships": [
            _of(one.party) | {"role": one.role.value, "since": iso(one.since), "ended_at": iso(one.ended_at)}
            for one in _rows(Membership, Membership.user_id == user.id)
        ],
        "invitations_made": [
            _of(one.party) | {"role": one.role.value, "made_at": iso(one.made_at), "accepted_at": iso(one.accepted_at)}
            for one in _rows(Invitation, Invitation.made_by_id == user.id)
        ],
        "invitations_received": [
            _of(one.party)
            | {"name": one.name, "email": one.email, "made_at": iso(one.made_at), "accepted_at": iso(one.accepted_at)}
            for one in _invitations_to(user)
        ],
        "proofs_given": [
            _of(one.party) | {"kind": one.kind.value, "text": one.text, "given_at": iso(one.given_at), "accepted": one.accepted}
            for one in _rows(RepresentationProof, RepresentationProof.given_by_id == user.id)
        ],
        "mandates": [
            _of(one.giver)
            | {"power": one.power.value, "given_at": iso(one.given_at), "ended_at": iso(one.ended_at)}
            | {"held": one.holder_user_id == user.id, "recorded": one.recorded_by_id == user.id}
            for one in _rows(Mandate, or_(Mandate.holder_user_id == user.id, Mandate.recorded_by_id == user.id))
        ],
        "ties": [
            _of(one.party) | {"kind": one.kind, "since": iso(one.since), "ended_at": iso(one.ended_at)}
            for one in _rows(Tie, Tie.user_id == user.id)
        ],
    }


def erase(user: User, at: datetime) -> None:
    """End memberships and mandates held; invitations to the person lose name and address. Proofs stay with the party."""
    session = writing()
    for membership in session.scalars(select(Membership).where(Membership.user_id == user.id, Membership.ended_at.is_(None))):
        membership.ended_at = at
    for mandate in session.scalars(select(Mandate).where(Mandate.holder_user_id == user.id, Mandate.ended_at.is_(None))):
        mandate.ended_at = at
    for invitation in _invitations_to(user):
        invitation.name, invitation.email = user.public_id, None
        if invitation.accepted_at is None:
            invitation.withdrawn_at = invitation.withdrawn_at or at


def _invitations_to(user: User) -> list[Invitation]:
    own = Invitation.accepted_by_id == user.id
    return _rows(Invitation, or_(own, func.lower(Invitation.email) == user.email) if user.email else own)


def _rows(model: Any, which: Any) -> list[Any]:
    return list(db.session.scalars(select(model).where(which).order_by(model.id)))


def _of(party: Party) -> dict[str, Any]:
    return {"party": party.public_id, "party_name": party.name}


declare_export("parties", export)
declare_erasure("parties", erase)

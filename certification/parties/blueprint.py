"""The blueprint of the pages about parties, and how their views load what an address names."""

from typing import Any

from flask import Blueprint, render_template, url_for
from sqlalchemy import select

from certification.accounts.models import User
from certification.core import clock
from certification.core.db import db
from certification.parties import joining
from certification.parties.models import Belonging, Invitation, Mandate, Membership, Party, RepresentationProof

bp = Blueprint("parties", __name__)


def load_party(public_id: str) -> Party | None:
    return db.session.scalar(select(Party).where(Party.public_id == public_id))


def load_invitation(public_id: str) -> Invitation | None:
    return db.session.scalar(select(Invitation).where(Invitation.public_id == public_id))


def load_mandate(public_id: str) -> Mandate | None:
    return db.session.scalar(select(Mandate).where(Mandate.public_id == public_id))


def load_proof(public_id: str) -> RepresentationProof | None:
    return db.session.scalar(select(RepresentationProof).where(RepresentationProof.public_id == public_id))


def load_by_key(key: str) -> Invitation | None:
    """The invitation that a mailed key opens, while it counts."""
    return joining.invitation_for(key, clock.now())


def load_membership(public_id: str, user_id: str) -> Membership | None:
    """The current membership of an account in a party, both by their public ids."""
    rows = select(Membership).join(Party, Party.id == Membership.party_id).join(User, User.id == Membership.user_id)
    wanted = (Party.public_id == public_id, User.public_id == user_id, Membership.ended_at.is_(None))
    return db.session.scalar(rows.where(*wanted))


def load_belonging(public_id: str, member_id: str) -> Belonging | None:
    """The current belonging of a member party to an organization, both by their public ids."""
    organization, member = load_party(public_id), load_party(member_id)
    if organization is None or member is None:
        return None
    wanted = (Belonging.organization_id == organization.id, Belonging.member_id == member.id, Belonging.ended_at.is_(None))
    return db.session.scalar(select(Belonging).where(*wanted))


def home(party: Party) -> str:
    """The address of a party's page on the desk."""
    return url_for("parties.show", public_id=party.public_id)


def form_page(template: str, form: Any, status: int, **values: Any) -> tuple[str, int]:
    """A page with one form, and the status with which it is shown."""
    return render_template(f"parties/{template}.html", form=form, nav="desk", **values), status

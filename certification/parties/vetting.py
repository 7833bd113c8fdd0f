"""Whether an account may speak for a party: a document, or the word of somebody already vetted, looked at by a person."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from certification.accounts.models import User, UserState
from certification.accounts.permissions import check
from certification.audit.record import record
from certification.core.db import db, hold, writing
from certification.core.media.models import StoredFile
from certification.core.outbox import send
from certification.parties.belonging import has_role
from certification.parties.models import Belonging, MemberRole, Membership, Party, ProofKind, RepresentationProof, Vetting
from certification.parties.permissions import Permission
from certification.rules.errors import AlreadyDecided, AlreadyExists, Forbidden, InvalidInput
from certification.rules.text import N_


def offer_document(party: Party, text: str, file: StoredFile, *, by: User, at: datetime) -> RepresentationProof:
    """Show a document (a letter, an act, a card) that this account may speak for the party."""
    check(by, Permission.MANAGE, party)
    return _offer(party, ProofKind.DOCUMENT, text, file, by=by, at=at)


def vouch(party: Party, text: str, *, by: User, at: datetime) -> RepresentationProof:
    """Give one's word for a party; only who administers a vetted party of their own can, and never for their own.

    Raises:
        Forbidden: when ``by`` speaks for no vetted party, or belongs to this one.
        AlreadyExists: when their word waits already to be looked at.
        InvalidInput: without a sentence on how they know it.

    """
    check(by, Permission.VOUCH)
    own = (
        select(Party)
        .join(Membership)
        .where(Membership.user_id == by.id, Membership.role == MemberRole.ADMIN, Membership.ended_at.is_(None))
    )
    administered = list(db.session.scalars(own))
    if has_role(by, party.id) or not any(one.vetting is Vetting.VETTED for one in administered):
        raise Forbidden(sentence=N_("Solo puede avalar quien administra otro taller u organización ya comprobado."))
    if not text:
        raise InvalidInput(sentence=N_("Escriba desde cuándo los conoce y qué les ha visto hacer."), field="text")
    hold(party)
    if party.vetting is Vetting.VETTED:
        raise AlreadyExists(sentence=N_("Ya se comprobó quiénes son: no hace falta otra palabra."))
    if any(one.given_by_id == by.id for one in _open(party)):
        raise AlreadyExists(sentence=N_("Ya tenemos su palabra; falta que una persona la revise."))
    return _offer(party, ProofKind.VOUCHING, text, None, by=by, at=at)


def decide(proof: RepresentationProof, *, accepted: bool, reason: str, by: User, at: datetime) -> None:
    """Accept or refuse a proof; the administrators are told.

    Raises:
        AlreadyDecided: when somebody was first.
        Forbidden: for one's own proof or party.
        InvalidInput: when refusing without a reason.

    """
    party = proof.party
    check(by, Permission.VET, party)
    session = writing()
    hold(party)
    session.refresh(proof)
    if proof.decided_at is not None or party.vetting is Vetting.VETTED:  # another proof was enough
        raise AlreadyDecided
    if proof.given_by_id == by.id or has_role(by, party.id):
        raise Forbidden(sentence=N_("Nadie comprueba su propio taller u organización."))
    if not accepted and not reason:
        raise InvalidInput(sentence=N_("Escriba la razón, para que sepan qué falta."), field="reason")
    proof.accepted, proof.reason = accepted, reason or None
    proof.decided_by_id, proof.decided_at = by.id, at
    if accepted:
        for one in (party, *_voiceless(party)):
            one.vetting, one.vetted_at, one.vetted_by_id = Vetting.VETTED, at, by.id
    else:
        session.flush()
        party.vetting = Vetting.ASKED if _open(party) else Vetting.REFUSED
    record("party.vetted" if accepted else "party.vetting_refused", "party", party.public_id, by=by, at=at, proof=proof.public_id)
    for administrator in administrators(party):
        if administrator.email and administrator.email_confirmed_at:
            send(administrator.email, "vetting-decided", language=administrator.language, party=party, proof=proof)


def ask_again(party: Party, change: str, *, by: User, at: datetime) -> None:
    """Put a vetted party that is no longer what was vetted before a person again, with the proof that was accepted.

    ``change`` is read above what that proof says.
    """
    rows = select(RepresentationProof).where(RepresentationProof.party_id == party.id, RepresentationProof.accepted.is_(True))
    last = writing().scalar(rows.order_by(RepresentationProof.id.desc()).limit(1))
    party.vetting, party.vetted_at, party.vetted_by_id = Vetting.ASKED, None, None
    _offer(
        party,
        last.kind if last else ProofKind.DOCUMENT,
        f"{change}\n{last.text}" if last else change,
        last.file if last else None,
        by=by,
        at=at,
        giver_id=last.given_by_id if last else by.id,
    )


def administrators(party: Party) -> list[User]:
    """The open accounts that administer a party now."""
    rows = select(User).join(Membership, Membership.user_id == User.id)
    wanted = (Membership.party_id == party.id, Membership.role == MemberRole.ADMIN, Membership.ended_at.is_(None))
    return list(db.session.scalars(rows.where(*wanted, User.state == UserState.ACTIVE).order_by(User.id)).unique())


def waiting() -> list[RepresentationProof]:
    """Proofs that somebody has to look at, oldest first; where one was enough, the others wait for nothing."""
    return list(db.session.scalars(_waiting(RepresentationProof).order_by(RepresentationProof.id)))


def count_waiting() -> int:
    """How many :func:`waiting` has."""
    return db.session.scalar(_waiting(func.count(RepresentationProof.id))) or 0


def _waiting(what: Any) -> Select[Any]:
    rows = select(what).join(Party, Party.id == RepresentationProof.party_id)
    return rows.where(RepresentationProof.decided_at.is_(None), Party.vetting != Vetting.VETTED)


def _offer(  # noqa: PLR0913 - the columns of one row
    party: Party,
    kind: ProofKind,
    text: str,
    file: StoredFile | None,
    *,
    by: User,
    at: datetime,
    giver_id: int | None = None,
) -> RepresentationProof:
    made = RepresentationProof(
        party_id=party.id,
        kind=kind,
        text=text,
        file_id=file.id if file else None,
        given_by_id=giver_id or by.id,
        given_at=at,
    )
    session = writing()
    session.add(made)
    session.flush()
    if party.vetting in (Vetting.NONE, Vetting.REFUSED):
        party.vetting = Vetting.ASKED
    record("party.proof_given", "party", party.public_id, by=by, at=at, kind=kind, proof=made.public_id)
    return made


def _open(party: Party) -> list[RepresentationProof]:
    rows = select(RepresentationProof).where(RepresentationProof.party_id == party.id, RepresentationProof.decided_at.is_(None))
    return list(db.session.scalars(rows))


def _voiceless(organization: Party) -> list[Party]:
    """Members of the organization for whom it speaks, because nobody of their own signs in."""
    signing = select(Membership.party_id).where(Membership.ended_at.is_(None))
    below = select(Party).join(Belonging, Belonging.member_id == Party.id)
    wanted = (
        Belonging.organization_id == organization.id,
        Belonging.ended_at.is_(None),
        Party.vetting != Vetting.VETTED,
        Party.id.not_in(signing),
    )
    return list(db.session.scalars(below.where(*wanted)))

"""People come into a party, change their role in it and leave; always with somebody left who administers it."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, select

from certification.accounts.models import User
from certification.accounts.permissions import check, may
from certification.accounts.printed import open_account, renew_code
from certification.accounts.throttle import ration
from certification.audit.record import record
from certification.core.db import db, hold, writing
from certification.core.outbox import send
from certification.parties.founding import on_behalf
from certification.parties.models import Invitation, MemberRole, Membership, Party
from certification.parties.permissions import Permission
from certification.parties.vetting import administrators
from certification.rules.errors import AlreadyExists, Conflict, Forbidden, IllegalMove, InvalidInput, NotFound
from certification.rules.text import N_

VALID_FOR = timedelta(days=14)
MOST_OPEN = 30
MOST_A_DAY = 30
GONE = N_("Esta invitación ya no sirve. Pida otra a quien se la mandó.")


def invite(party: Party, *, name: str, email: str, role: MemberRole, by: User, at: datetime) -> Invitation:
    """Invite somebody by mail; the link works once and for :data:`VALID_FOR`.

    Raises:
        AlreadyExists: when that address belongs to a member, or was invited already.
        Conflict: when :data:`MOST_OPEN` invitations wait already; the instance's mail is not for sending at large.
        TooManyAttempts: when this person sent :data:`MOST_A_DAY` within a day, for whatever party.

    """
    check(by, Permission.MANAGE, party)
    if not name or "@" not in email:
        raise InvalidInput(sentence=N_("Escriba el nombre y el correo."), field="email")
    email = email.lower()
    _expect_nobody(party, email, at)
    ration("invite", str(by.id), most=MOST_A_DAY, within=timedelta(days=1), at=at)
    key = secrets.token_urlsafe(24)
    made = Invitation(
        party_id=party.id,
        role=role,
        name=name,
        email=email,
        digest=_digest(key),
        made_by_id=by.id,
        made_at=at,
        expires_at=at + VALID_FOR,
    )
    session = writing()
    session.add(made)
    session.flush()
    record("member.invited", "party", party.public_id, by=by, at=at, role=role, invitation=made.public_id)
    send(email, "invitation", language=by.language, party=party, invitation=made, inviter=by, key=key)
    return made


def withdraw(invitation: Invitation, *, by: User, at: datetime) -> None:
    """Take an invitation back. Again changes nothing.

    Raises:
        Conflict: when it was accepted already.

    """
    check(by, Permission.MANAGE, invitation)
    hold(invitation)
    if invitation.accepted_at is not None:
        raise Conflict(sentence=N_("Esa invitación ya fue aceptada."))
    if invitation.withdrawn_at is None:
        invitation.withdrawn_at = at
        record("invitation.withdrawn", "party", invitation.party.public_id, by=by, at=at, invitation=invitation.public_id)


def invitation_for(key: str, at: datetime) -> Invitation | None:
    """The invitation that a mailed key opens, while it counts."""
    return db.session.scalar(select(Invitation).where(Invitation.digest == _digest(key), *_usable(at)))


def accept(invitation: Invitation, *, by: User, at: datetime) -> Membership:
    """Join the party.

    Raises:
        NotFound: when the invitation no longer counts.
        AlreadyExists: when this person belongs to the party.

    """
    check(by, Permission.READ_INVITATION, invitation)
    hold(invitation)
    if invitation.accepted_at is not None or invitation.withdrawn_at is not None or invitation.expires_at <= at:
        raise NotFound(sentence=GONE)
    made = _join(invitation.party, by, invitation.role, by=by, at=at)
    invitation.accepted_at, invitation.accepted_by_id = at, by.id
    return made


def add_without_mail(  # noqa: PLR0913 - what the form says, and which form it was
    party: Party, *, name: str, role: MemberRole, by: User, at: datetime, request_key: str | None = None
) -> tuple[User, str]:
    """Open an account for a member without mail; returns it with the one-time code to print. The code is shown once.

    The same ``request_key`` again, as when the sheet is loaded anew, prints another code for the same person.

    Raises:
        InvalidInput: without a name.
        Conflict: the key belongs to somebody else's form.

    """
    check(by, Permission.MANAGE, party)
    if not name:
        raise InvalidInput(sentence=N_("Escriba el nombre."), field="name")
    before = writing().scalar(select(Membership).where(Membership.request_key == request_key)) if request_key else None
    if before is not None:
        if before.party_id != party.id or before.given_by_id != by.id:
            raise Conflict
        return before.user, print_code(before, by=by, at=at)
    user, code = open_account(name, by=by, at=at)
    _join(party, user, role, by=by, at=at).request_key = request_key
    return user, code


def print_code(membership: Membership, *, by: User, at: datetime) -> str:
    """A new code on paper for a member who can't get in: by an administrator, or by who acts for the party with a mandate.

    Raises:
        IllegalMove: when the membership ended, or the person has a confirmed mail address: who recovers by mail needs nobody,
            and whoever holds the paper holds everything else that the account may do.
        Forbidden: for somebody who holds a role on this site, or who does more than read in a party that ``by`` does not
            manage; a vetter prints for those.

    """
    check(by, Permission.PRINT_CODE, membership)
    person = membership.user
    if membership.ended_at is not None:
        raise IllegalMove
    if person.email_confirmed_at is not None:
        raise IllegalMove("has_mail", N_("Esta persona tiene correo: puede recuperar su cuenta con «Olvidé mi contraseña»."))
    _nothing_else_opens(person, by)
    party = membership.party
    record(
        "member.code_printed",
        "party",
        party.public_id,
        by=by,
        at=at,
        on_behalf_of=on_behalf(by, party),
        member=person.public_id,
    )
    return renew_code(person, by=by, at=at)


def _nothing_else_opens(person: User, by: User) -> None:
    writes = select(Membership).where(
        Membership.user_id == person.id, Membership.role != MemberRole.READ, Membership.ended_at.is_(None)
    )
    if not all(may(by, Permission.PRINT_CODE, one) for one in db.session.scalars(writes)):
        raise Forbidden(
            "works_elsewhere",
            N_("Esta persona también trabaja en otro taller u organización: el código lo imprime quien comprueba los talleres."),
        )


def may_need_paper(person: User) -> bool:
    """Whether a printed code is their way back in: no confirmed mail, no role on this site."""
    return person.is_active and person.email_confirmed_at is None and not person.current_roles


def change_role(membership: Membership, role: MemberRole, *, by: User, at: datetime) -> Membership:
    """Give a member another role: the old membership ends, a new one begins.

    Raises:
        Conflict: when nobody would be left to administer the party.

    """
    party = membership.party
    check(by, Permission.MANAGE, party)
    _hold(party, membership)
    if membership.ended_at is not None:
        raise Conflict
    if membership.role is role:
        return membership
    _somebody_left(membership)
    membership.ended_at = at
    made = Membership(user_id=membership.user_id, party_id=party.id, role=role, given_by_id=by.id, since=at)
    writing().add(made)
    record("member.role_changed", "party", party.public_id, by=by, at=at, member=membership.user.public_id, role=role)
    return made


def end(membership: Membership, *, by: User, at: datetime) -> None:
    """Leave, or be taken out by an administrator. Again changes nothing.

    Raises:
        Conflict: when nobody would be left to administer the party.

    """
    party = membership.party
    check(by, Permission.LEAVE, membership)
    _hold(party, membership)
    if membership.ended_at is not None:
        return
    _somebody_left(membership)
    membership.ended_at = at
    record("member.left", "party", party.public_id, by=by, at=at, member=membership.user.public_id)


def members(party: Party) -> list[Membership]:
    """Who belongs to the party now, by name."""
    rows = select(Membership).join(User, User.id == Membership.user_id)
    wanted = (Membership.party_id == party.id, Membership.ended_at.is_(None))
    return list(db.session.scalars(rows.where(*wanted).order_by(User.name)))


def invitations(party: Party, at: datetime) -> list[Invitation]:
    """Invitations that wait for an answer, newest first."""
    rows = select(Invitation).where(Invitation.party_id == party.id, *_usable(at)).order_by(Invitation.id.desc())
    return list(db.session.scalars(rows))


def _expect_nobody(party: Party, email: str, at: datetime) -> None:
    hold(party)
    if any(membership.user.email == email for membership in members(party)):
        raise AlreadyExists(sentence=N_("Esa persona ya pertenece."), field="email")
    waiting = invitations(party, at)
    if any(one.email == email for one in waiting):
        raise AlreadyExists(sentence=N_("Ya hay una invitación para ese correo."), field="email")
    if len(waiting) >= MOST_OPEN:
        raise Conflict(sentence=N_("Hay muchas invitaciones sin respuesta. Retire alguna antes de mandar otra."))


def _join(party: Party, user: User, role: MemberRole, *, by: User, at: datetime) -> Membership:
    held = select(Membership.id).where(
        Membership.party_id == party.id, Membership.user_id == user.id, Membership.ended_at.is_(None)
    )
    session = writing()
    hold(party)
    if session.scalar(held.limit(1)) is not None:
        raise AlreadyExists(sentence=N_("Esa persona ya pertenece."))
    made = Membership(user_id=user.id, party_id=party.id, role=role, given_by_id=by.id, since=at)
    session.add(made)
    record("member.joined", "party", party.public_id, by=by, at=at, member=user.public_id, role=role)
    return made


def _hold(party: Party, membership: Membership) -> None:
    """One at a time, so that two administrators who leave at once don't leave nobody."""
    session = writing()
    hold(party)
    session.refresh(membership)


def _somebody_left(membership: Membership) -> None:
    others = [one for one in administrators(membership.party) if one.id != membership.user_id]
    if membership.role is MemberRole.ADMIN and not others:
        raise Conflict(sentence=N_("Alguien tiene que quedar a cargo: antes dé ese papel a otra persona."))


def _usable(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None), Invitation.expires_at > at)


def _digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()

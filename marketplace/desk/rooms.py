"""The side of every desk page: the rooms that this person has. Asked only by the layout that shows it."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from certification.accounts.guard import person
from certification.accounts.models import Role, User
from certification.core import clock
from certification.core.db import db
from certification.parties import vetting
from certification.parties.belonging import parties_of
from certification.parties.models import Membership, Power
from certification.registry.visits import count_overdue
from marketplace.catalogue.models import Product
from marketplace.desk.queries import doubted
from marketplace.enquiries.models import Enquiry, EnquiryState
from marketplace.producers.models import Producer

MOST_STALLS = 3
REVIEWERS = (Role.EVALUATOR, Role.DECIDER, Role.SCHEME_OWNER)


@dataclass(frozen=True, slots=True)
class Room:
    """One link of the side; ``count`` is how many things wait there."""

    url: str
    label: str
    icon: str
    count: int
    current: bool


def desk_rooms() -> list[Room]:
    """The rooms of whoever is signed in; none for a visitor."""
    who = person()
    if who is None:
        return []
    roles = {held.role for held in who.current_roles}
    rooms = [_room("desk.index", _("Hoy"), "calendar"), *_selling(who), *_party(who)]
    if roles & set(REVIEWERS):
        rooms.append(_room("review.index", _("Revisar solicitudes"), "eye"))
        if Role.DECIDER in roles:
            rooms.append(_room("visits.index", _("Visitas de seguimiento"), "calendar", count_overdue(who, clock.now())))
            rooms += _doubts(doubted(who, clock.now()))
        rooms.append(_room("ties.index", _("Mis vínculos"), "people"))
    if Role.VETTER in roles:
        rooms.append(_room("parties.vetting_queue", _("Comprobar"), "check", vetting.count_waiting()))
    if Role.OPERATOR in roles:
        rooms.append(_room("accounts.people", _("Personas y cargos"), "key"))
    return rooms


def _doubts(count: int) -> list[Room]:
    """Only after a key fell into other hands."""
    return [_room("doubts.index", _("Sellos por firmar otra vez"), "edit", count)] if count else []


def _selling(who: User) -> list[Room]:
    parties = [party.id for party in parties_of(who, Power.CATALOGUE)]
    if not parties:
        return []
    stalls = db.session.scalars(
        select(Producer).where(Producer.party_id.in_(parties)).order_by(Producer.id).limit(MOST_STALLS + 1)
    )
    kept = list(stalls)
    rooms = [
        _room("listings.index", _("Mis piezas"), "basket"),
        _room("enquiries.index", _("Preguntas"), "mail", _open_questions(parties)),
    ]
    if 0 < len(kept) <= MOST_STALLS:
        name = _("Mi puesto") if len(kept) == 1 else ""
        rooms += [_room("stalls.edit", name or one.party.name, "pin", slug=one.slug) for one in kept]
    return rooms


def _open_questions(parties: list[int]) -> int:
    waiting = select(func.count(Enquiry.id)).join(Product).join(Producer)
    return db.session.scalar(waiting.where(Producer.party_id.in_(parties), Enquiry.state == EnquiryState.OPEN)) or 0


def _party(who: User) -> list[Room]:
    memberships = select(Membership).where(Membership.user_id == who.id, Membership.ended_at.is_(None)).order_by(Membership.id)
    own = [one.party for one in db.session.scalars(memberships.limit(MOST_STALLS))]
    only = _("Personas y datos") if len(own) == 1 else ""
    rooms = [_room("parties.show", only or party.name, "people", public_id=party.public_id) for party in own]
    if parties_of(who, Power.APPLY):
        rooms.append(_room("applications.index", _("Solicitudes de sello"), "edit"))
        rooms.append(_room("desk.labels", _("Mis sellos"), "valid"))
    return rooms


def _room(endpoint: str, label: str, icon: str, count: int = 0, **address: Any) -> Room:
    return Room(url_for(endpoint, **address), label, icon, count, _is_here(endpoint, address))


def _is_here(endpoint: str, address: dict[str, Any]) -> bool:
    """The room whose pages these are; of several of one kind, the one that the address names."""
    here = request.endpoint or ""
    if endpoint in ("desk.index", "desk.labels", "accounts.people", "parties.vetting_queue"):
        return here == endpoint
    given = request.view_args or {}
    same = here.partition(".")[0] == endpoint.partition(".")[0]
    return same and all(given.get(name) == value for name, value in address.items())


def init_app(app: Flask) -> None:
    app.jinja_env.globals["desk_rooms"] = desk_rooms

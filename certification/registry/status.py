"""Status lists: each version has a place in two of them for ever, and their bits follow what was recorded.

A set bit of revocation says that the label is over (withdrawn, surrendered, superseded) or that the version has a newer one. A
set bit of suspension says that the label is paused, or that its scheme has lapsed. Dates set no bit: the credential has them.
Lists are computed from the rows each time they are signed and never patched, so that no bit can be forgotten.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import exists, func, or_, select, update

from certification.core.db import db, writing
from certification.core.orm import insert_unless_there
from certification.log.appending import hold_log
from certification.log.lives import key_lives, present_kid
from certification.log.signing import let_sign
from certification.log.waiting import Kind, Ring, Waiting, declare_kind
from certification.registry.issuer import origin, seal
from certification.registry.lost import newest_number
from certification.registry.models import (
    Certificate,
    CertificateVersion,
    LostPlace,
    StatusList,
    StatusPlace,
)
from certification.registry.status_bits import address_of, bits_of
from certification.registry.status_guard import SchemesTold, is_sound
from certification.registry.validity import lapsed_versions
from certification.rules.credential import REVOCATION, SUSPENSION
from certification.rules.credential import StatusSlot as Slot
from certification.rules.did import did_of
from certification.rules.errors import Conflict, InvalidInput
from certification.rules.facts import FOR_GOOD, in_force_by
from certification.rules.instants import read_instant
from certification.rules.leaves import whole_milliseconds
from certification.rules.statuslist import SMALLEST, unsecured_list
from certification.rules.text import N_
from certification.schemes.models import SchemeVersion
from certification.schemes.texts import lapsed_at
from certification.schemes.versions import declare_ending

PURPOSES = (REVOCATION, SUSPENSION)
SIZE = SMALLEST
FULL = SIZE // 2
VALIDITY = timedelta(hours=24)
RENEWED_BELOW = timedelta(hours=12)  # whoever minds the worker has that long to wake it
TTL = timedelta(minutes=5)
TRIES = 64
Draw = Callable[[int], int]


def stood(listed: StatusList, text: str | None, now: datetime) -> bool:
    """Whether what was signed last is the list as of the instant that `text` names (RFC 3339), with nothing newer to sign."""
    if text is None:
        return True
    try:
        asked = read_instant(text.replace(" ", "+"))  # a plus sign that nobody encoded
    except InvalidInput:
        return False
    began, ended = listed.signed_at, listed.waits_since
    return began is not None and began <= asked <= now and (ended is None or asked < ended)


def find_list(purpose: str, number: int) -> StatusList | None:
    """A list by the parts of its address."""
    return db.session.scalar(select(StatusList).where(StatusList.purpose == purpose, StatusList.number == number))


def slots_of(version: CertificateVersion) -> dict[str, Slot]:
    """Where the status of a version is told, by purpose; empty before it was given places."""
    rows = db.session.scalars(select(StatusPlace).where(StatusPlace.version_id == version.id))
    return {one.listed.purpose: Slot(address_of(one.listed), one.place) for one in rows}


def take_places(version: CertificateVersion, *, at: datetime, draw: Draw = secrets.randbelow) -> dict[str, Slot]:
    """Give a version a free place in each list of the pair now in use, opening a new pair when that is half full.

    Raises:
        Conflict: when chance fails as it never does.

    """
    pair = _pair(at)
    if _is_full(pair[0], draw):
        pair = open_pair(pair[0].number + 1, at)
    return {listed.purpose: Slot(address_of(listed), _take(listed, version, draw)) for listed in pair}


def follow(certificate: Certificate, *, at: datetime) -> None:
    """Have the lists that tell of a certificate signed anew; for every act after the grant, once its row has changed."""
    session = writing()
    session.flush()
    held = select(StatusPlace.list_id).join(CertificateVersion, CertificateVersion.id == StatusPlace.version_id)
    own = set(session.scalars(held.where(CertificateVersion.certificate_id == certificate.id)))
    _let_wait(own.union(session.scalars(select(LostPlace.list_id).where(LostPlace.code == certificate.code))), at)


def follow_all(at: datetime) -> None:
    """Have every list signed anew whose bits changed: a scheme lapsed, and with it every label under it at once."""
    writing().flush()
    _let_wait(due(at), at)


declare_ending(follow_all)


def due(at: datetime) -> list[int]:
    """Ids of the lists to sign anew: soon stale, by a key of before, or of other bits than the rows say (a scheme lapsed).

    It computes every list anew, so it is for the worker and for schemes that end; an act marks what it touches.
    """
    found = list(db.session.scalars(select(StatusList).order_by(StatusList.id)))
    lapsed, kid = lapsed_versions(at), present_kid(key_lives())
    return [
        one.id
        for one in found
        if one.valid_until is None
        or one.waits_since is not None
        or one.valid_until - at < RENEWED_BELOW
        or _kid(one) != kid
        or bits_of(one, lapsed, at).encoded() != _encoded(one)
    ]


def renew(number: int, *, at: datetime) -> None:
    """Have one list signed anew, whether or not it changed. Needs the unit of work, at whose end it is signed."""
    _let_wait([number], at)


def sign_anew(at: datetime) -> None:
    """Have all lists signed anew: another key signs from now on."""
    _let_wait(writing().scalars(select(StatusList.id)), at)


def waiting_lists(ring: Ring, at: datetime) -> Iterator[Waiting]:
    """The lists that wait. Held first and read afterwards: of two acts at once, the second signs the bits of both."""
    rows = select(StatusList).where(StatusList.waits_since.is_not(None)).order_by(StatusList.id).with_for_update()
    schemes = SchemesTold()
    for listed in writing().scalars(rows.execution_options(populate_existing=True)).all():
        signed = ring.time_of(max(one for one in (at, listed.waits_since, listed.signed_at) if one is not None))
        document, ends = _document(listed, signed)
        own = partial(is_sound, listed, document, schemes)
        yield Waiting(address_of(listed), document, partial(_sign, listed, document, ends, ring, signed), own)


def lists_wait() -> bool:
    """Whether any list is to be signed anew."""
    return bool(db.session.scalar(select(exists().where(StatusList.waits_since.is_not(None)))))


declare_kind("status lists", Kind(waiting_lists, lists_wait, anew=sign_anew))


def bit_of(version: CertificateVersion, purpose: str, at: datetime) -> bool:
    """The same of one version, as its rows are now; ``at`` says which schemes have lapsed."""
    one = version.certificate
    acted = [act.kind for act in one.acts]
    if purpose == SUSPENSION:
        paused = not in_force_by(kind for kind in acted if kind not in FOR_GOOD)
        return paused or one.suspended_at is not None or one.scheme_version_id in lapsed_versions(at)
    over = (one.withdrawn_at, one.surrendered_at, one.superseded_at)
    newest = max([newest_number(one.code), *(each.number for each in one.versions)])
    return any(mark is not None for mark in over) or version.number < newest or not FOR_GOOD.isdisjoint(acted)


def _pair(at: datetime) -> list[StatusList]:
    """The pair in use: the newest at this registry's present address."""
    rows = select(StatusList).where(StatusList.origin == origin()).order_by(StatusList.number.desc(), StatusList.id)
    found = list(db.session.scalars(rows.limit(len(PURPOSES))))
    return found or open_pair((db.session.scalar(select(func.max(StatusList.number))) or 0) + 1, at)


def open_pair(number: int, at: datetime) -> list[StatusList]:
    """A new pair; when somebody else opened it a moment ago, that one."""
    for purpose in PURPOSES:
        writing().execute(
            insert_unless_there(StatusList, db.engine.dialect).values(
                purpose=purpose, number=number, origin=origin(), waits_since=at
            )
        )
    let_sign(at)
    return list(db.session.scalars(select(StatusList).where(StatusList.number == number).order_by(StatusList.id)))


def _is_full(listed: StatusList, draw: Draw) -> bool:
    """Whether the half is taken. It is counted only when a draw meets a taken place, which is the more often the fuller it is."""
    places = select(StatusPlace.place).where(StatusPlace.list_id == listed.id)
    if writing().scalar(places.where(StatusPlace.place == draw(SIZE))) is None:
        return False
    return (writing().scalar(select(func.count()).select_from(places.subquery())) or 0) >= FULL


def _take(listed: StatusList, version: CertificateVersion, draw: Draw) -> int:
    for _ in range(TRIES):
        place = draw(SIZE)
        if writing().get(LostPlace, (listed.id, place)) is not None:
            continue
        wish = insert_unless_there(StatusPlace, db.engine.dialect).values(list_id=listed.id, place=place, version_id=version.id)
        found = writing().execute(wish.returning(StatusPlace.place)).scalar()
        if found is not None:
            return int(found)
    raise Conflict("no_free_place", N_("No se pudo dar un lugar en las listas de estados. Intente de nuevo."))


def _let_wait(numbers: Iterable[int], at: datetime) -> None:
    """Mark lists to be signed anew. The log is held before them, as in every act."""
    hold_log()
    writing().execute(update(StatusList).where(StatusList.id.in_(list(numbers))).values(waits_since=at))
    let_sign(at)


def _document(listed: StatusList, at: datetime) -> tuple[dict[str, object], datetime]:
    """What a list says as the rows are now, and until when."""
    ends = whole_milliseconds(min([at + VALIDITY, *_lapses_after(at)]))
    bits = bits_of(listed, lapsed_versions(at), at)
    document = unsecured_list(
        address_of(listed), listed.purpose, bits, issuer=did_of(listed.origin), valid_from=at, valid_until=ends, ttl=TTL
    )
    return document, ends


def _sign(listed: StatusList, document: dict[str, Any], ends: datetime, ring: Ring, at: datetime) -> None:
    seals = seal(document, ring, at=at)
    listed.document, listed.proof, listed.token = document, seals.proof, seals.token
    listed.signed_at, listed.valid_until, listed.waits_since = seals.signed_at, ends, None


def _lapses_after(at: datetime) -> list[datetime]:
    """No list outlives the known end of a scheme: it would say nothing of it."""
    ending = select(SchemeVersion).where(or_(SchemeVersion.lapsed_at.is_not(None), SchemeVersion.mark_ends_on.is_not(None)))
    ends = (lapsed_at(version) for version in db.session.scalars(ending))
    return [end for end in ends if end is not None and end > at]


def _encoded(listed: StatusList) -> object:
    return listed.document["credentialSubject"]["encodedList"] if listed.document else None


def _kid(listed: StatusList) -> str:
    return str(listed.proof["verificationMethod"]).partition("#")[2] if listed.proof else ""

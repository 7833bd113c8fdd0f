"""What a signer asks of a status list before it signs it: rows that were altered behind our back must free no label."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

from certification.core.db import db
from certification.log.models import LogLeaf
from certification.registry.models import (
    Certificate,
    CertificateVersion,
    LostPlace,
    RecordedAct,
    StatusList,
    StatusPlace,
    VersionCredential,
)
from certification.registry.status_bits import address_of
from certification.rules.credential import REVOCATION
from certification.rules.leaves import LogAct
from certification.rules.statuslist import StatusBits
from certification.rules.workflow import CertificateAct

PAUSING = (CertificateAct.SUSPENDED, CertificateAct.RESTORED)


def is_sound(listed: StatusList, document: Mapping[str, Any]) -> bool:
    """Whether a list may be signed so: it stands where it stood, and frees nothing that acts and leaves do not free.

    One that was never signed frees all; so no other may have left its address, which credentials name.
    """
    if listed.document is None:
        return all(map(_stands_where_it_is_named, db.session.scalars(select(StatusList)).all()))
    return bool(listed.document["id"] == document["id"]) and _clears_nothing_unheard(listed, listed.document, document)


def _stands_where_it_is_named(listed: StatusList) -> bool:
    """Whether a credential with a place in a list names the list's address; so do all others, for they were made alike."""
    placed = select(StatusPlace.place, VersionCredential.document).where(StatusPlace.list_id == listed.id)
    found = db.session.execute(placed.join(VersionCredential, VersionCredential.version_id == StatusPlace.version_id).limit(1))
    return all(_names(document, address_of(listed), place) for place, document in found)


def _clears_nothing_unheard(listed: StatusList, was: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Whether each bit that the list had and has no more is free by acts and leaves both, whatever the columns say now.

    That of a revocation is never free again. It reads the certificates of those places alone, and each must still have its own.
    """
    before, after = (StatusBits.decode(one["credentialSubject"]["encodedList"]) for one in (was, document))
    cleared = before.cleared_in(after)
    if listed.purpose == REVOCATION or not cleared:
        return not cleared
    owners = _owners(listed, cleared)
    return owners.keys() == set(cleared) and not any(map(_is_paused, owners.values()))


def _is_paused(code: str) -> bool:
    """Whether the acts on a certificate end with a pause, or its leaves do."""
    act, leaf = RecordedAct, LogLeaf
    acted = select(act.kind).join(Certificate, Certificate.id == act.certificate_id).where(Certificate.code == code)
    told = select(leaf.act).where(leaf.certificate_code == code, leaf.act.in_((LogAct.SUSPENDED, LogAct.RESTORED)))
    last = (
        db.session.scalar(acted.where(act.kind.in_(PAUSING)).order_by(act.id.desc()).limit(1)),
        db.session.scalar(told.order_by(leaf.index.desc()).limit(1)),
    )
    return CertificateAct.SUSPENDED in last or LogAct.SUSPENDED in last


def _owners(listed: StatusList, places: Collection[int]) -> dict[int, str]:
    """Whose code each of some places is: of a version whose credential names it, or of one that was lost. A place that belongs to
    nobody is absent.
    """
    one, lost, address = StatusPlace, LostPlace, address_of(listed)
    held = (
        select(one.place, Certificate.code, VersionCredential.document)
        .join(CertificateVersion, CertificateVersion.id == one.version_id)
        .join(Certificate, Certificate.id == CertificateVersion.certificate_id)
        .join(VersionCredential, VersionCredential.version_id == one.version_id)
        .where(one.list_id == listed.id, one.place.in_(places))
    )
    gone = select(lost.place, lost.code).where(lost.list_id == listed.id, lost.place.in_(places))
    found = {place: code for place, code in db.session.execute(gone) if code is not None}
    return found | {place: code for place, code, said in db.session.execute(held) if _names(said, address, place)}


def _names(document: Mapping[str, Any], address: str, place: int) -> bool:
    """Whether a credential says that its status stands at a place of a list."""
    entries = document["credentialStatus"]
    return any((one["statusListCredential"], one["statusListIndex"]) == (address, str(place)) for one in entries)

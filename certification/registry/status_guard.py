"""What a signer asks of a status list before it signs it: rows that were altered behind our back must free no label."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import exists, select

from certification.core.db import db
from certification.log.reading import of_kinds
from certification.registry.lost import acts_of
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
from certification.rules.instants import read_instant
from certification.rules.leaves import Act, LogAct
from certification.rules.replay import ISSUING, scheme_end
from certification.rules.statuslist import StatusBits
from certification.rules.workflow import CertificateAct
from certification.schemes.models import SchemeVersion
from certification.schemes.versions import LOGGED, reference

PAUSING = (CertificateAct.SUSPENDED, CertificateAct.RESTORED)


class SchemesTold:
    """What the leaves tell of schemes, read once in a round of signing; of both there are few, however many labels."""

    def __init__(self) -> None:
        self.acts: Callable[[], Sequence[Act]] = cache(lambda: [one.act for one in of_kinds(tuple(LOGGED.values()))])
        self.are_heard: Callable[[], bool] = cache(self._are_heard)

    def _are_heard(self) -> bool:
        """Whether each version that the leaves call ended has ended by its row no later, and none has labels that no leaf put in
        force: bits follow the rows.
        """
        begun = {act.scheme for act in self.acts() if act.act is LogAct.SCHEME_ACTIVATED}
        for version in db.session.scalars(select(SchemeVersion)).all():
            if reference(version) not in begun:
                if db.session.scalar(select(exists().where(Certificate.scheme_version_id == version.id))):
                    return False
                continue
            end = scheme_end(self.acts(), reference(version))
            if end is not None and (version.lapsed_at is None or version.lapsed_at > end):
                return False
        return True


def is_sound(listed: StatusList, document: Mapping[str, Any], schemes: SchemesTold) -> bool:
    """Whether a list may be signed so: it stands where it stood, and frees nothing that acts and leaves do not free.

    One that was never signed frees all; so no other may have left its address, which credentials name.
    """
    if not schemes.are_heard():
        return False
    if listed.document is None:
        return all(map(_stands_where_it_is_named, db.session.scalars(select(StatusList)).all()))
    return bool(listed.document["id"] == document["id"]) and _clears_nothing_unheard(listed, listed.document, document, schemes)


def _stands_where_it_is_named(listed: StatusList) -> bool:
    """Whether a credential with a place in a list names the list's address; so do all others, for they were made alike."""
    placed = select(StatusPlace.place, VersionCredential.document).where(StatusPlace.list_id == listed.id)
    found = db.session.execute(placed.join(VersionCredential, VersionCredential.version_id == StatusPlace.version_id).limit(1))
    return all(_names(document, address_of(listed), place) for place, document in found)


def _clears_nothing_unheard(
    listed: StatusList, was: Mapping[str, Any], document: Mapping[str, Any], schemes: SchemesTold
) -> bool:
    """Whether each bit that the list had and has no more is free by acts and leaves both, whatever the columns say now.

    That of a revocation is never free again. It reads the certificates of those places alone, and each must still have its own.
    """
    before, after = (StatusBits.decode(one["credentialSubject"]["encodedList"]) for one in (was, document))
    cleared = before.cleared_in(after)
    if listed.purpose == REVOCATION or not cleared:
        return not cleared
    owners, at = _owners(listed, cleared), read_instant(document["validFrom"])
    return owners.keys() == set(cleared) and not any(_is_held(code, schemes, at) for code in owners.values())


def _is_held(code: str, schemes: SchemesTold, at: datetime) -> bool:
    """Whether the acts on a certificate end with a pause, or its leaves do, or the scheme that its last version is of by its leaf
    has ended by others.
    """
    told, act = acts_of(code), RecordedAct
    acted = select(act.kind).join(Certificate, Certificate.id == act.certificate_id).where(Certificate.code == code)
    last = db.session.scalar(acted.where(act.kind.in_(PAUSING)).order_by(act.id.desc()).limit(1))
    pauses = [one.act for one in told if one.act in (LogAct.SUSPENDED, LogAct.RESTORED)]
    scheme = next((one.scheme for one in reversed(told) if one.act in ISSUING), None)
    end = scheme_end(schemes.acts(), scheme) if scheme else None
    return last is CertificateAct.SUSPENDED or pauses[-1:] == [LogAct.SUSPENDED] or (end is not None and end <= at)


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

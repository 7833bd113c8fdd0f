"""Whether everything that the registry tells is whole: the file of the database, the log, schemes, every certificate, and every
list. Changes nothing.

A few hundred certificates at a time, each as its own small question, so that memory stays flat and one row that can't even be
read hides no other.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from certification.core.db import db
from certification.log import fsck as of_log
from certification.log.keys import KeyProblemError
from certification.log.leaves import readable
from certification.log.models import LogLeaf
from certification.log.refusals import explained
from certification.registry.fsck_beside import Beside, Keys, beside, read_keys, whole
from certification.registry.fsck_records import faults_of_record
from certification.registry.issuer import compromises, keys_behind, registry_keys
from certification.registry.models import Certificate, LostPlace, LostVersion, StatusList
from certification.registry.status import PURPOSES, VALIDITY
from certification.registry.status_bits import address_of, bits_of
from certification.registry.validity import lapsed_versions
from certification.registry.verifying import secured_list
from certification.rules.did import RegistryKeys, did_document, read_did
from certification.rules.errors import DomainError
from certification.rules.instants import read_instant
from certification.rules.replay import require_logged
from certification.rules.secured import open_secured
from certification.schemes import fsck as of_schemes

BATCH = 200
MOST = 20  # damages of the file that are told


def check(at: datetime) -> Iterator[str]:
    """One line for each fault, as it is found."""
    session = db.session()
    of_log.one_moment(session)
    yield from faults(at)
    session.rollback()


def faults(at: datetime) -> Iterator[str]:
    """As :func:`check`, in the read transaction at hand."""
    session = db.session()
    yield from _guarded("the database", database())
    yield from _guarded("the log", of_log.faults_of_log(session))
    yield from _guarded("the keys", keys())
    yield from _guarded("the schemes", of_schemes.check())
    yield from _guarded("the certificates", certificates(at))
    yield from _guarded("what was lost", lost(at))
    yield from _guarded("the status lists", lists(at))


def _guarded(what: str, found: Iterator[str]) -> Iterator[str]:
    """What can't be read at all is a fault like others, and the rest is looked at all the same."""
    try:
        yield from found
    except (KeyProblemError, DomainError) as error:
        yield f"{what} can't be checked: {explained(error)}"
    except SQLAlchemyError as error:
        db.session.rollback()
        yield f"{what} can't be read to their end: the database says {type(error).__name__}"
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        yield f"{what} can't be read to their end ({type(error).__name__})"


def database() -> Iterator[str]:
    """What SQLite finds wrong with its own file: pages are read from indexes too, which repeat what rows say.

    It reads the whole file in one go, and stops at :data:`MOST` things.
    """
    if db.engine.dialect.name != "sqlite":
        return
    told = list(db.session.scalars(text(f"PRAGMA integrity_check({MOST})")))
    lines = [line for one in told for line in one.splitlines() if line not in ("", "ok") and not line.startswith("***")]
    yield from (f"the database is damaged: {line}" for line in lines)
    if len(lines) >= MOST:
        yield "the database is damaged: there may be more, this is where looking ended"


def keys() -> Iterator[str]:
    """Whether the document of keys, as it is served, reads as what the log and the list say."""
    ours = registry_keys()
    try:
        read = read_did(did_document(ours.did, ours.keys.values(), context=""), ours.did)
    except DomainError as error:
        yield f"did.json can't be read as it is served ({error.code}): a listed key has another's name"
        return
    if read != ours:
        yield "did.json says something else than the log and the list of keys"


def certificates(at: datetime) -> Iterator[str]:
    """Each record, in the order of their making."""
    after, signed = 0, read_keys()
    while ids := _ids_after(after):
        after = ids[-1]
        batch = _read(ids, signed)
        for number in ids:
            yield from _record(number, batch, signed, at)


def _read(ids: Sequence[int], signed: Keys) -> tuple[dict[int, Certificate], Beside] | None:
    """A batch with what stands beside it; None where one of them can't be read."""
    try:
        found = {one.id: one for one in db.session.scalars(whole(ids))}
        return found, beside(list(found.values()), signed)
    except (ValueError, LookupError, TypeError, AttributeError, DomainError):
        return None


def _ids_after(after: int) -> list[int]:
    return list(db.session.scalars(select(Certificate.id).where(Certificate.id > after).order_by(Certificate.id).limit(BATCH)))


def _record(number: int, batch: tuple[dict[int, Certificate], Beside] | None, signed: Keys, at: datetime) -> Iterator[str]:
    """Of a batch that can't be read each is asked for by itself."""
    try:
        one = batch[0][number] if batch else db.session.get_one(Certificate, number)
        for fault in faults_of_record(one, batch[1] if batch else beside([one], signed), at):
            yield f"certificate {one.code}: {fault}"
    except Exception as error:  # noqa: BLE001 - a row that was changed behind our back fails in ways that nobody can list
        yield f"certificate number {number} can't be read ({type(error).__name__}: {str(error)[:80]})"


def lost(at: datetime) -> Iterator[str]:
    """Versions that were taken back: each stands by its leaf, its credential by its digest, its places by the credential."""
    for one in db.session.scalars(select(LostVersion).order_by(LostVersion.code, LostVersion.number)):
        entry = db.session.scalar(select(LogLeaf.entry).where(LogLeaf.index == one.leaf_index))
        act = readable(entry or b"")
        if act is None or act.certificate is None or (act.certificate.code, act.certificate.version) != (one.code, one.number):
            yield f"lost version {one.number} of {one.code}: its leaf tells of something else"
        elif one.document is not None:
            counted = partial(keys_behind(one.document).at, compromised=compromises(), index=one.leaf_index)
            try:
                require_logged(one.document, act)
                opened = [open_secured(form, counted, at=at) for form in (one.document, one.token) if form is not None]
            except DomainError as error:
                yield f"lost version {one.number} of {one.code}: its credential does not hold ({error.code})"
                continue
            if any(each.document != opened[0].document for each in opened) or _places(one) != _named(one):
                yield f"lost version {one.number} of {one.code}: its token or its places are another's"


def _places(one: LostVersion) -> set[tuple[str, str]]:
    rows = select(StatusList, LostPlace.place).join(LostPlace, LostPlace.list_id == StatusList.id)
    found = db.session.execute(rows.where(LostPlace.code == one.code, LostPlace.number == one.number))
    return {(address_of(listed), str(place)) for listed, place in found}


def _named(one: LostVersion) -> set[tuple[str, str]]:
    known = {address_of(listed) for listed in db.session.scalars(select(StatusList))}
    entries = one.document["credentialStatus"] if one.document else ()
    return {(each["statusListCredential"], each["statusListIndex"]) for each in entries if each["statusListCredential"] in known}


def lists(at: datetime) -> Iterator[str]:
    """Each stored list: both signatures, its dates, and its bits against the acts as of when it was signed."""
    keys = registry_keys()
    for number in list(db.session.scalars(select(StatusList.id).order_by(StatusList.id))):
        try:
            listed = db.session.get_one(StatusList, number)
            for fault in _list(listed, keys, at):
                yield f"status list {listed.purpose}/{listed.number}: {fault}"
        except Exception as error:  # noqa: BLE001 - a row that was changed behind our back fails in ways that nobody can list
            yield f"status list number {number} can't be read ({type(error).__name__})"


def _list(listed: StatusList, keys: RegistryKeys, at: datetime) -> Iterator[str]:
    """One that was opened and waits for its first signature has nothing to be held against."""
    if listed.document is None or listed.proof is None or listed.token is None:
        if listed.waits_since is None or listed.signed_at is not None:
            yield "it has no signature, and nobody was asked for one"
        return
    if listed.signed_at is None or listed.valid_until is None:
        yield "it does not say when it was signed"
        return
    yield from _signed_list(listed, listed.document, keys, at)
    yield from _dates_and_bits(listed, listed.document, listed.signed_at, listed.valid_until)


def _signed_list(listed: StatusList, document: Mapping[str, Any], keys: RegistryKeys, at: datetime) -> Iterator[str]:
    counted = partial(keys_behind(document, keys).at, compromised=compromises())
    for form in (secured_list(listed), listed.token):
        try:
            opened = open_secured(form or {}, counted, at=max(at, listed.signed_at or at))
        except DomainError as error:
            yield f"what is signed does not hold ({error.code})"
        else:
            if opened.document != document:
                yield "its two forms say different things"


def _dates_and_bits(listed: StatusList, document: Mapping[str, Any], signed_at: datetime, ends: datetime) -> Iterator[str]:
    subject = document["credentialSubject"]
    if listed.purpose not in PURPOSES or (document["id"], subject["statusPurpose"]) != (address_of(listed), listed.purpose):
        yield "it stands at another address than it says, or under another purpose"
    said = read_instant((listed.proof or {}).get("created")), read_instant(document["validUntil"])
    if said != (signed_at, ends):
        yield "its dates are not those that were signed"
    if ends - signed_at > VALIDITY:
        yield "it is good for longer than a list may be"
    if listed.waits_since is None and bits_of(listed, lapsed_versions(signed_at), signed_at).encoded() != subject["encodedList"]:
        yield "its bits are not what the recorded acts say"

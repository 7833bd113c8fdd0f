"""The one check of a credential by whoever has no database: signature, key, dates and both status lists, as of an instant.

It fails closed: what can't be read, found or believed is CANNOT_CHECK, with its reason. Nothing here fetches or reads a clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial

from certification.rules.contexts import CREDENTIALS
from certification.rules.credential import REVOCATION, SUSPENSION
from certification.rules.did import RegistryKeys
from certification.rules.errors import CannotCheck, DomainError, InvalidInput
from certification.rules.facts import Facts
from certification.rules.instants import read_instant
from certification.rules.proofs import Document
from certification.rules.secured import KeysAt, Opened, Secured, open_secured
from certification.rules.signing import DEMONSTRATION
from certification.rules.statuslist import read_status
from certification.rules.text import N_
from certification.rules.verdict import PublicState, verdict

REVOKED = "revoked"
PURPOSES = (REVOCATION, SUSPENSION)


class About(StrEnum):
    """What a reason speaks of."""

    CREDENTIAL = "credential"
    REVOCATION = REVOCATION
    SUSPENSION = SUSPENSION
    KEYS = "keys"
    LOG = "log"
    SCHEME = "scheme"


@dataclass(frozen=True, slots=True)
class Why:
    """A stable code: a `verdict.Reason`, `revoked`, or the code of the DomainError that kept the check from its end."""

    code: str
    about: About = About.CREDENTIAL


@dataclass(frozen=True, slots=True)
class Checked:
    """`opened` is what was signed; None where no signature held, and then nothing of the credential may be shown as true.

    WITHDRAWN covers what was surrendered or superseded as well: a list says no more than that it is over. `bits` by purpose,
    empty where a list could not be read.
    """

    state: PublicState
    reasons: tuple[Why, ...]
    opened: Opened | None = None
    demonstration: bool = False
    bits: Mapping[str, bool] = field(default_factory=dict)

    @property
    def is_valid(self) -> bool:
        return self.state is PublicState.VALID


def check_credential(  # noqa: PLR0913 - all that a verdict hangs on
    secured: Secured,
    lists: Mapping[str, Secured | None],
    keys: RegistryKeys,
    *,
    at: datetime,
    compromised: Mapping[str, int] | None = None,
    index: int | None = None,
    allow_demonstration: bool = False,
) -> Checked:
    """What a credential is worth at `at`; never raises for what it was given to read.

    `lists` holds the status lists by their address, None or nothing for one that could not be had. `compromised` and `index` (of
    the leaf that the credential belongs to) are as in `RegistryKeys.at`; a list has no leaf.
    """
    try:
        opened = open_secured(secured, partial(keys.at, compromised=compromised, index=index), at=at)
    except DomainError as error:
        return Checked(PublicState.CANNOT_CHECK, (Why(error.code),))
    demonstration = any(method.partition("#")[2].startswith(DEMONSTRATION) for method in opened.methods)
    if demonstration and not allow_demonstration:
        return Checked(PublicState.CANNOT_CHECK, (Why("demonstration_key"),), None, demonstration)
    try:
        facts, entries = dates_of(opened.document), _entries(opened.document)
    except DomainError as error:
        return Checked(PublicState.CANNOT_CHECK, (Why(error.code),), opened, demonstration)
    bits, faults = _bits(entries, lists, partial(keys.at, compromised=compromised), opened.issuer, at)
    if faults:
        return Checked(PublicState.CANNOT_CHECK, faults, opened, demonstration)
    return _judged(facts, bits, at, opened, demonstration=demonstration)


def _judged(facts: Facts, bits: Mapping[str, bool], at: datetime, opened: Opened, *, demonstration: bool) -> Checked:
    """A bit that is set now says nothing of when: it counts as set at `at`, and the precedence is that of every other page."""
    known = Facts(
        facts.valid_from,
        facts.valid_until,
        facts.surveillance_due,
        facts.grace_ends,
        suspended_at=at if bits[SUSPENSION] else None,
        withdrawn_at=at if bits[REVOCATION] else None,
    )
    found = verdict(known, at)
    why = Why(REVOKED, About.REVOCATION) if bits[REVOCATION] else Why(found.reason.value)
    return Checked(found.state, (why,), opened, demonstration, bits)


def dates_of(document: Document) -> Facts:
    """The dates of a credential; those of term and surveillance, where it says them, must lead to its `validUntil`.

    Raises InvalidInput (`bad_document`).
    """
    contexts, types, subject = document.get("@context"), document.get("type"), document.get("credentialSubject")
    if not isinstance(contexts, list) or contexts[:1] != [CREDENTIALS] or not isinstance(subject, Mapping):
        raise _bad_document()
    if not isinstance(types, list) or "VerifiableCredential" not in types or not isinstance(document.get("id"), str):
        raise _bad_document()
    begins, ends = read_instant(document.get("validFrom")), read_instant(document.get("validUntil"))
    due, grace, term = (
        read_instant(subject[name]) if name in subject else None for name in ("surveillanceDue", "graceEnds", "termEnds")
    )
    if (due is None) != (grace is None) or ends != min(one for one in (term or ends, grace) if one is not None):
        raise _bad_document()
    return Facts(begins, term or ends, due, grace)


def _entries(document: Document) -> Mapping[str, Mapping[str, object]]:
    """The two entries, one for each purpose; without them nobody could ever take the credential back."""
    listed = document.get("credentialStatus")
    entries = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    found = {purpose: [one for one in entries if one.get("statusPurpose") == purpose] for purpose in PURPOSES}
    if not isinstance(listed, list) or len(listed) != len(PURPOSES) or any(len(ones) != 1 for ones in found.values()):
        raise InvalidInput("bad_status", N_("El documento no dice dónde se comprueba si sigue vigente."))
    return {purpose: ones[0] for purpose, ones in found.items()}


def _bits(
    entries: Mapping[str, Mapping[str, object]],
    lists: Mapping[str, Secured | None],
    keys_at: KeysAt,
    issuer: str,
    at: datetime,
) -> tuple[dict[str, bool], tuple[Why, ...]]:
    bits: dict[str, bool] = {}
    faults: list[Why] = []
    for purpose, entry in entries.items():
        address = entry.get("statusListCredential")
        listed = lists.get(address) if isinstance(address, str) else None
        if listed is None:
            faults.append(Why("unreachable", About(purpose)))
            continue
        try:
            bits[purpose] = read_status(entry, listed, keys_at, issuer=issuer, purpose=purpose, at=at)
        except CannotCheck as error:
            faults.append(Why(error.code, About(purpose)))
    return bits, tuple(faults)


def _bad_document() -> InvalidInput:
    return InvalidInput("bad_document", N_("El documento no tiene la forma de una credencial."))

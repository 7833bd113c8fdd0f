"""The register held against the log: every row, and what the log tells of that has none."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from certification.outside.findings import Findings, Kind
from certification.outside.memory import Memory
from certification.outside.registered import DAYS, FORMLESS, STATES, WORDS, plain, signed_days, signed_words
from certification.outside.sources import MOST_BYTES, Source
from certification.outside.watching_states import Due, Moments, Schemes, due
from certification.rules.errors import InvalidInput, NotFound
from certification.rules.jsontext import read_object
from certification.rules.leaves import fits
from certification.rules.replay import term_of
from certification.rules.verdict import PublicState

REGISTER = "/register.jsonl"


@dataclass(frozen=True, slots=True)
class Row:
    """What is read of a row: code, state, the scheme's id and version; and what a credential says too (`WORDS`, `DAYS`)."""

    code: str
    state: str
    scheme: str
    scheme_version: str
    said: Mapping[str, str]


def read_register(source: Source, findings: Findings) -> dict[str, Row]:
    """The rows by their code. Raises CannotCheck when the register can't be read over the network."""
    try:
        whole = source.get(REGISTER)
    except NotFound:
        findings.fault(Kind.REGISTER, REGISTER, "the register is not there")
        return {}
    rows: dict[str, Row] = {}
    for number, row in _rows(whole, findings):
        if row.code in rows:
            findings.fault(Kind.REGISTER, row.code, f"line {number} of the register has {row.code} a second time")
        rows.setdefault(row.code, row)
    return rows


def compare(  # noqa: PLR0913 - both sides, and what is known of them
    memory: Memory,
    schemes: Schemes,
    rows: Mapping[str, Row],
    moments: Moments,
    findings: Findings,
    *,
    lost: Container[str],
    waits: Callable[[str], bool],
) -> dict[str, Due]:
    """Hold rows and log against each other; returns what each certificate must be. Of those `lost` there are no rows.

    `waits` asks whether an act is recorded and not signed yet. Raises CannotCheck where nobody answers that.
    """
    found: dict[str, Due] = {}
    for code in memory.codes():
        try:
            must = due(memory, schemes, code, moments)
        except ValueError as error:
            findings.fault(Kind.ENTRY, code, f"{code}: the log tells its acts in an order that cannot be ({error})")
            continue
        if must is None:
            findings.fault(Kind.ENTRY, code, f"{code}: the log tells of acts and of no grant")
            continue
        found[code] = must
        if code in rows:
            _hold(rows[code], must, findings, waits)
        elif code in lost:
            findings.warn(
                code, f"{code} is not in the register: its record was lost in a restore; by the log it is {_true(must)}"
            )
        else:
            findings.fault(Kind.MISSING, code, f"{code} was granted by the log and is not in the register")
    for code in sorted(rows.keys() - found.keys()):
        if rows[code].state == PublicState.CANNOT_CHECK:
            findings.warn(code, f"{code} is in the register as {rows[code].state}; its grant is not signed in the log yet")
            continue
        findings.fault(Kind.UNLOGGED, code, f"{code} is in the register as {rows[code].state} and was never granted in the log")
    return found


def hold_words(row: Row, document: Mapping[str, object], findings: Findings, waits: Callable[[str], bool], *, days: bool) -> None:
    """Hold what a row tells of goods, class and, with `days`, its term against the newest credential, which holds; `waits` as for
    :func:`compare`. Raises CannotCheck.
    """
    try:
        signed = signed_words(document) | signed_days(document, term_of(document))
    except FORMLESS:
        findings.fault(Kind.CREDENTIAL, row.code, f"the credential of {row.code} does not say what the register repeats of it")
        return
    for name in (*WORDS, *(DAYS if days else ())):
        if name in row.said and plain(row.said[name]) != plain(signed[name]):
            words = f"{row.code} is shown with another {name} than was signed"
            _tell(row.code, f"{row.code} {name}", words, findings, waits)


def hold_dead(rows: Mapping[str, Row], dead: Iterable[str], findings: Findings) -> None:
    """A label whose credential counts no more must not be shown as valid."""
    for code in sorted(dead):
        if code in rows and rows[code].state == PublicState.VALID:
            words = f"{code} is shown as VALID; its credential is by a key that was compromised before its entry"
            findings.fault(Kind.SHOWN_VALID, code, words)


def _true(must: Due) -> str:
    return " or ".join(sorted(must.states))


def _hold(row: Row, must: Due, findings: Findings, waits: Callable[[str], bool]) -> None:
    true = _true(must)
    if row.state == PublicState.CANNOT_CHECK:
        why = "its record was lost in a restore, its key fell into other hands, or an act waits for its signature"
        findings.warn(row.code, f"{row.code} is shown as {row.state}: {why}; by the log it is {true}")
    elif row.state not in must.states and row.state != PublicState.VALID and waits(row.code):
        findings.warn(row.code, f"{row.code} is shown as {row.state}, an act that is not signed yet; by the log it is {true}")
    elif row.state not in must.states:
        kind = Kind.SHOWN_VALID if row.state == PublicState.VALID else Kind.UNLOGGED
        findings.fault(kind, row.code, f"{row.code} is shown as {row.state}; by the log it is {true}")
    if must.scheme and (row.scheme, row.scheme_version) != (must.scheme.id, must.scheme.version):
        scheme = f"{must.scheme.id} {must.scheme.version}"
        words = f"{row.code} is shown under {row.scheme} {row.scheme_version}; the log says {scheme}"
        _tell(row.code, row.code, words, findings, waits)


def _tell(code: str, what: str, words: str, findings: Findings, waits: Callable[[str], bool]) -> None:
    """Of a version that is not signed yet the register may say other words than the newest that is."""
    if waits(code):
        findings.warn(what, f"{words}; a version of it is not signed yet")
    else:
        findings.fault(Kind.REGISTER, what, words)


def _rows(whole: bytes, findings: Findings) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(whole.split(b"\n"), 1):
        if not line:
            continue
        try:
            said = read_object(line, longest=MOST_BYTES)
        except InvalidInput:
            findings.fault(Kind.REGISTER, number, f"line {number} of the register can't be read")
            continue
        values = [said.get(name) for name in ("code", "state", "scheme", "scheme_version")]
        if not all(isinstance(one, str) for one in values) or said["state"] not in STATES or not fits("successor", said["code"]):
            findings.fault(Kind.REGISTER, number, f"line {number} of the register lacks its code, state or scheme")
            continue
        code, state, scheme, version = (str(one) for one in values)
        yield number, Row(code, state, scheme, version, {name: str(said[name]) for name in (*WORDS, *DAYS) if name in said})

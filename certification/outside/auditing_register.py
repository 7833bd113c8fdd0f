"""The register files of an export held against what log and packs lead to: a row may say less than they do, never more.

Less is `CANNOT_CHECK` in place of any state, no row of a certificate whose record was lost, and, where an act waits for its
signature, a state that does not hold.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from certification.outside.auditing_log import Audit
from certification.outside.layout import HEAD
from certification.outside.registered import DAYS, FORMLESS, FORMULA, STATES, WORDS, plain, signed_day, signed_days, signed_words
from certification.outside.sources import MOST_BYTES, Folder
from certification.outside.watching_states import Due, Moments, Schemes, due
from certification.rules.attested_log import Leaf
from certification.rules.checkpoint import Checkpoint
from certification.rules.code import display
from certification.rules.errors import CannotCheck, DomainError, InvalidInput, NotFound
from certification.rules.facts import Term
from certification.rules.instants import read_instant
from certification.rules.jsontext import read_object
from certification.rules.leaves import Act, LogAct, parse_leaf
from certification.rules.replay import ISSUING, require_logged, term_of
from certification.rules.verdict import HOLDING, PublicState
from certification.rules.workflow import CertificateAct

FILES = ("register.csv", "register.jsonl", "register.json")
ALWAYS = FILES[:2]
REQUIRED = ("code", "state", "scheme", "scheme_version", *WORDS, *DAYS)
MAY_LACK = frozenset({"credential", "log_index", "municipality_code"})
LAST = frozenset({"last_act", "last_act_on", "log_index"})  # of an act that waits too
LONGEST_SHOWN = 60
Row = Mapping[str, str]
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a row must say: one of `states`, and in each of `cells` one of its texts.

    `holds`: whether anyone may be told that it holds. `waits`: an act on it is recorded and not signed yet.
    """

    states: frozenset[PublicState] = frozenset()
    cells: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    holds: bool = False
    waits: bool = False
    lost: bool = False

    def allows(self, state: str) -> bool:
        if state == PublicState.CANNOT_CHECK:
            return True
        if state in HOLDING:
            return self.holds and state in self.states
        return state in self.states or self.waits

    def faults(self, row: Row) -> Iterator[str]:
        """Each column that says more, and what it must say."""
        if not self.allows(row["state"]):
            yield _differs("state", row["state"], tuple(sorted(self.states if self.holds else self.states - HOLDING)))
        if self.waits and row["state"] not in HOLDING:
            return  # it may speak of the version that waits
        for name, said in self.cells.items():
            if name in row and row[name] not in said:
                yield _differs(name, row[name], said)


@dataclass(slots=True)
class Register:
    """Gathers what each row must say, certificate by certificate, and then holds the files against it."""

    folder: Folder
    checkpoint: Checkpoint
    moments: Moments
    registry: str
    schemes: Schemes
    _wanted: dict[str, Wanted] = field(default_factory=dict)

    def expect(self, code: str, one: object, leaves: Sequence[Leaf], *, holds: bool) -> None:
        """A certificate as its pack has it, with its leaves under the checkpoint; what is wrong in itself is told elsewhere."""
        try:
            self._wanted[code] = self._expected(code, one, leaves, holds=holds)
        except FORMLESS:
            self._wanted[code] = Wanted()

    def _expected(self, code: str, one: Any, leaves: Sequence[Leaf], *, holds: bool) -> Wanted:
        told = [(leaf.index, parse_leaf(leaf.entry)) for leaf in leaves]
        waits = any(int(said["index"]) >= self.checkpoint.size for said in one["entries"])
        documents = _documents(told, one["versions"])
        terms = {number: term_of(document) for number, document in documents.items()}
        must = due(_Told(told, terms), self.schemes, code, self.moments)
        if must is None:
            return Wanted(waits=waits)
        cells = self._cells(code, told, must, documents.get(must.newest))
        cells = {name: said for name, said in cells.items() if not (waits and name in LAST)}
        lost = one["record"].get("lost") is True
        return Wanted(must.states if len(must.states) == 1 else frozenset(), cells, holds, waits, lost)

    def _cells(self, code: str, told: list[tuple[int, Act]], must: Due, document: Document | None) -> dict[str, tuple[str, ...]]:
        found = {"shown_code": display(code), "verify": f"{self.registry}/v/{code}"}
        if must.scheme:
            found |= {"scheme": must.scheme.id, "scheme_version": must.scheme.version}
        if document is None:
            return {name: (plain(said),) for name, said in found.items()}
        found |= signed_words(document) | signed_days(document, must.term) | _place(document) | _last(told, document)
        found |= {"version": str(must.newest), "credential": str(document["id"])}
        cells = {name: (plain(said), "") if name in MAY_LACK else (plain(said),) for name, said in found.items()}
        first = next(index for index, act in told if act.act is LogAct.GRANTED)
        return cells | {"log_index": (*cells["log_index"], str(first))}  # of the grant in files of before December 2026

    def hold(self, found: Audit) -> None:
        """Each file that is there against what was gathered."""
        for name in FILES:
            try:
                with self.folder.opened(name) as file:
                    self._hold(name, _READ[name](file), found)
            except NotFound:
                if name in ALWAYS:
                    found.fault(name, "not_found")
                continue
            except (DomainError, ValueError, csv.Error, RecursionError) as error:
                found.fault(name, getattr(error, "code", "unreadable"))
            found.files += 1

    def _hold(self, name: str, rows: Iterator[Row], found: Audit) -> None:
        seen: set[str] = set()
        for number, row in enumerate(rows, 1):
            lacks = [column for column in REQUIRED if column not in row]
            code = row.get("code", "")
            if lacks:
                found.fault(f"{name} {_shown(code)}", f"row {number} has no {', '.join(lacks)}")
                continue
            if code in seen:
                found.fault(f"{name} {_shown(code)}", "code is there twice")
            seen.add(code)
            found.faults += [f"{name} {_shown(code)}: {one}" for one in self._faults(row)]
        for code, wanted in self._wanted.items():
            if code not in seen and not wanted.lost:
                found.fault(f"{name} {code}", "code is missing")

    def _faults(self, row: Row) -> Iterator[str]:
        wanted = self._wanted.get(row["code"])
        if wanted is None:
            yield "code is of no certificate in the packs"
        elif wanted.lost:
            yield "code is of a certificate whose record was lost"
        elif row["state"] not in STATES:
            yield f"state {_shown(row['state'])} is none"
        else:
            yield from wanted.faults(row)


@dataclass(frozen=True, slots=True)
class _Told:
    """What is known of one certificate, or of the schemes, as :func:`due` asks for it."""

    acts: Sequence[tuple[int, Act]]
    known: dict[int, Term] = field(default_factory=dict)

    def acts_of(self, _code: str) -> Sequence[tuple[int, Act]]:
        return self.acts

    def acts_of_kind(self, *kinds: LogAct) -> Sequence[tuple[int, Act]]:
        return [(index, act) for index, act in self.acts if act.act in kinds]

    def terms(self, _code: str) -> dict[int, Term]:
        return self.known


def register_of(
    folder: Folder, head: Mapping[str, Any], checkpoint: Checkpoint, made: datetime, others: Sequence[Leaf], found: Audit
) -> Register:
    """The register as the manifest tells of it: of the checkpoint's log, and good from its moment until the folder was made."""
    told = _Told([(leaf.index, parse_leaf(leaf.entry)) for leaf in others])
    manifest = head.get("manifest")
    manifest = manifest if isinstance(manifest, Mapping) else {}
    as_of = made
    try:
        said: Any = manifest.get("register")
        as_of = read_instant(said["as_of"])
        if as_of > made or said["size"] != checkpoint.size:
            found.fault(HEAD, "register_of_another_moment")
    except FORMLESS:
        found.fault(HEAD, "register_of_another_moment")
    moments = Moments(min(as_of, made), made)
    return Register(folder, checkpoint, moments, str(manifest.get("registry")), Schemes(folder, told))


def _documents(told: Sequence[tuple[int, Act]], versions: Mapping[str, Any]) -> dict[int, Document]:
    """The credentials that the log names, by version; those of before the log stand on their signature."""
    found = {}
    for _, act in told:
        number = act.certificate.version if act.act in ISSUING and act.certificate else 0
        document = versions.get(str(number), {}).get("application/vc")
        if document is None:
            continue
        try:
            if act.credential is not None or not act.before_log:
                require_logged(document, act)
        except DomainError:
            continue
        found[number] = document
    return found


def _place(document: Document) -> dict[str, str]:
    subject = document["credentialSubject"]
    place = subject["assessment"][0]["assessedFacility"][0]["facility"]["certifiedPlace"]
    code = place["municipalityCode"]
    return {
        "holder": subject["issuedToParty"]["name"],
        "municipality": place["municipalityName"],
        "municipality_code": f"{place['stateCode']}{code}" if code else "",
    }


def _last(told: Sequence[tuple[int, Act]], document: Document) -> dict[str, str]:
    """The grant, and the last act of those that have a row."""
    kinds = {kind.value for kind in CertificateAct}
    acts = [(index, act) for index, act in told if act.act.value in kinds]
    index, last = acts[-1]
    return {
        "granted_on": signed_day(document, acts[0][1].at),
        "last_act": last.act.value,
        "last_act_on": signed_day(document, last.at),
        "log_index": str(index),
    }


def _differs(name: str, said: str, must: Sequence[str]) -> str:
    true = " or ".join(_shown(one) for one in dict.fromkeys(must) if one) or "something else"
    return f"{name} is {_shown(said)}, by log and packs it is {true}"


def _shown(said: str) -> str:
    """A text out of a stranger's file, for a terminal."""
    short = said if len(said) <= LONGEST_SHOWN else f"{said[:LONGEST_SHOWN]}…"
    return "".join(one if one.isprintable() else "?" for one in short) or "nothing"


def _csv(file: IO[bytes]) -> Iterator[Row]:
    lines = csv.reader(io.TextIOWrapper(file, "utf-8", newline=""), strict=True)
    head = next(lines, [])
    if len(set(head)) != len(head):
        raise InvalidInput("bad_csv")
    for line in lines:
        if len(line) != len(head):
            raise InvalidInput("bad_csv")
        yield {name: plain(_unquoted(cell)) for name, cell in zip(head, line, strict=True)}


def _unquoted(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA) else cell


def _json_lines(file: IO[bytes]) -> Iterator[Row]:
    while line := file.readline(MOST_BYTES):
        if line.strip():
            yield _cells(read_object(line, longest=MOST_BYTES))


def _json(file: IO[bytes]) -> Iterator[Row]:
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise CannotCheck("too_large")
    listed = read_object(content, longest=MOST_BYTES).get("certificates")
    for one in listed if isinstance(listed, list) else [listed]:
        if not isinstance(one, dict):
            raise InvalidInput("bad_json")
        yield _cells(one)


def _cells(said: Mapping[str, object]) -> Row:
    return {name: "" if cell is None else plain(str(cell)) for name, cell in said.items()}


_READ: Mapping[str, Callable[[IO[bytes]], Iterator[Row]]] = dict(zip(FILES, (_csv, _json_lines, _json), strict=True))

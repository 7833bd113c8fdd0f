"""One look at a registry from outside: its log against the memory, and its register, credentials and lists against the log."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from certification.outside.findings import Finding, Findings, Kind, TooMuchUnreachableError
from certification.outside.memory import Memory
from certification.outside.sources import Source
from certification.outside.watching_credentials import Closely, Held
from certification.outside.watching_keys import read_keys
from certification.outside.watching_log import Head, count_witnesses, note_log_faults, read_head
from certification.outside.watching_parts import check_parts
from certification.outside.watching_register import Row, compare, hold_dead, hold_words, read_register
from certification.outside.watching_states import SKEW, Moments, Schemes
from certification.rules.errors import CannotCheck, DomainError
from certification.rules.note_keys import VerifierKey
from certification.rules.text import counted

ALL_UP_TO = 2000
ROUNDS = 3
QUORUM_TRIES, QUORUM_PAUSE_S = 3, 5.0
Clock = Callable[[], datetime]
Wait = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a monitor is told to do: `sample` codes and parts of the log a look, besides all that changed."""

    witnesses: tuple[VerifierKey, ...] = ()
    quorum: int = 0
    sample: int = ALL_UP_TO


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a look. `size` and `root` are of the last head that was accepted."""

    size: int
    root: str
    certificates: int
    looked_closely: int
    faults: tuple[Finding, ...]
    warnings: tuple[str, ...]
    unreachable: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 all well, 1 a fault, 2 it could not look."""
        return 1 if self.faults else 2 if self.unreachable else 0


@dataclass
class Monitor:
    """Looks at one registry, as often as it is asked to."""

    source: Source
    memory: Memory
    asked: Asked
    now: Clock
    wait: Wait
    _closely: int = field(default=0)
    _certificates: int = field(default=0)

    def look(self) -> Report:
        """Everything once; what moved meanwhile is looked at again."""
        findings = Findings()
        since = self.memory.size
        try:
            head = self._head(findings)
            if head is not None:
                check_parts(self.source, self.memory, findings, since=since, sample=self.asked.sample)
                self._compared(head, findings)
        except TooMuchUnreachableError:
            findings.warn("", "too much could not be read; the look was broken off")
        except (CannotCheck, DomainError) as error:
            findings.unreachable.setdefault("/", error.code)
        note_log_faults(self.memory, findings)
        return self._report(findings)

    def _head(self, findings: Findings) -> Head | None:
        """The head, with enough witnesses where some are asked for; those may need a moment after an act."""
        head = read_head(self.source, self.memory, findings, now=self.now())
        for _ in range(QUORUM_TRIES):
            if head is None or count_witnesses(head, self.asked.witnesses, findings) >= self.asked.quorum:
                return head
            self.wait(QUORUM_PAUSE_S)
            head = read_head(self.source, self.memory, findings, now=self.now())
        if head is not None and (count := count_witnesses(head, self.asked.witnesses, findings)) < self.asked.quorum:
            entries = counted(head.checkpoint.size, "entry", "entries")
            words = f"witnesses that cosigned the head of {entries}: {count}; wanted: {self.asked.quorum}"
            findings.fault(Kind.WITNESS, "quorum", words)
        return head

    def _compared(self, head: Head, findings: Findings) -> None:
        """Until the log stood still while everything was read, or nothing was wrong; else what was wrong each time."""
        suspected: dict[tuple[Kind, str], Finding] | None = None
        looked: set[str] | None = None
        for _ in range(ROUNDS):
            found = Findings(unreachable=findings.unreachable)
            try:
                looked = self._pass(found, looked)
            except (CannotCheck, TooMuchUnreachableError):
                if self._stands(head, findings):  # then what was wrong until then is wrong
                    findings.add(found.faults.values())
                raise
            findings.warnings.update(found.warnings)
            after = read_head(self.source, self.memory, findings, now=self.now())
            if after is None:
                return
            still = after.checkpoint == head.checkpoint
            if suspected is None or still:
                suspected = found.faults
            suspected = {at: one for at, one in found.faults.items() if at in suspected}
            if still or not found.faults:
                break
            head = after
        findings.add((suspected or {}).values())

    def _stands(self, head: Head, findings: Findings) -> bool:
        try:
            after = read_head(self.source, self.memory, findings, now=self.now())
        except CannotCheck:
            return False
        return after is not None and after.checkpoint == head.checkpoint

    def _pass(self, findings: Findings, again: Iterable[str] | None) -> set[str]:
        """The whole register once, and some certificates closely; returns which."""
        begun = self.now()
        keys = read_keys(self.source, self.memory, findings)
        rows, away = self._rows(findings)
        closely = Closely(self.source, self.memory, keys, findings, rows.keys())
        codes = self._chosen(again)
        held = {code: found for code in codes if (found := self._held(closely, code, begun)) is not None}
        if away is not None:
            raise away
        moments = Moments(begun - SKEW, self.now() + SKEW)
        schemes = Schemes(self.source, self.memory)
        must = compare(self.memory, schemes, rows, moments, findings, lost=closely.lost, waits=closely.waits)
        hold_dead(rows, closely.dead, findings)
        for code in held.keys() & must.keys():
            newest = max(held[code], key=lambda one: one.version, default=None)
            try:
                if newest is not None and newest.version == must[code].newest and code in rows:
                    hold_words(rows[code], newest.document, findings, closely.waits, days=newest.version == 1)
                closely.bits(code, held[code], must[code], Moments(begun, moments.last))
            except CannotCheck as error:
                findings.away(f"/c/{code}", error)
        with self.memory.step():  # where something was wrong or away, the next look comes back to it
            self.memory.looked_at(code for code in held if code not in closely.wrong and not findings.unreachable)
        self._certificates, self._closely = len(must), len(codes)
        return set(codes)

    def _rows(self, findings: Findings) -> tuple[dict[str, Row], CannotCheck | None]:
        """The register; and why it could not be read, to be raised once everything else was looked at."""
        try:
            return read_register(self.source, findings), None
        except CannotCheck as error:
            return {}, error

    def _held(self, closely: Closely, code: str, begun: datetime) -> list[Held] | None:
        try:
            closely.proof(code)
            found = closely.terms(code, Moments(begun, self.now() + SKEW))
        except CannotCheck as error:
            closely.findings.away(f"/c/{code}", error)
            return None
        return found

    def _chosen(self, again: Iterable[str] | None) -> list[str]:
        """All that changed, and of the rest all where they are few, else some by chance; a second time the same ones."""
        changed = set(self.memory.waiting()) | set(again or ())
        rest = [code for code in self.memory.codes() if code not in changed] if again is None else []
        return sorted(changed) + random.sample(rest, min(len(rest), self.asked.sample))

    def _report(self, findings: Findings) -> Report:
        known = self.memory.checkpoint
        return Report(
            known.size if known else 0,
            known.root.hex() if known else "",
            self._certificates,
            self._closely,
            tuple(findings.faults.values()),
            tuple(findings.warnings.values()),
            tuple(f"{path}: {why}" for path, why in findings.unreachable.items()),
        )

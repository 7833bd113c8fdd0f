"""What an address asks of the register: conditions and a moment, each fault beside its field, and nothing that was typed lost."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from flask import request

from certification.core.i18n import zone
from certification.registry.moments import Moment, read_day, read_moment
from certification.registry.register import LONGEST_SEARCH, STATES
from certification.registry.searching import Filter
from certification.rules.errors import InvalidInput
from certification.rules.text import N_
from certification.rules.verdict import PublicState

CHOICES = ("state", "scheme", "version", "place", "municipality", "from", "to", "on")
NAMES = ("q", *CHOICES)
LONGEST = 60
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """``typed`` is what the address says, by its own names; ``faults`` by the same names."""

    wanted: Filter
    when: Moment
    typed: dict[str, str]
    faults: dict[str, InvalidInput] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many conditions apply, besides words."""
        return sum(bool(self.typed[name]) for name in CHOICES)

    def insist(self) -> None:
        """Raise the first fault, for whoever reads no page."""
        for fault in self.faults.values():
            raise fault


def asked_of_register(now: datetime) -> Asked:
    """Read the present address. Of a fault nothing is applied."""
    typed = {name: request.args.get(name, "").strip()[: LONGEST_SEARCH if name == "q" else LONGEST] for name in NAMES}
    faults: dict[str, InvalidInput] = {}

    def read(name: str, reader: Callable[[], T], otherwise: T) -> T:
        try:
            return reader()
        except InvalidInput as fault:
            faults[name] = fault
            return otherwise

    first = read("from", lambda: read_day(typed["from"], "from"), None)
    last = read("to", lambda: read_day(typed["to"], "to"), None)
    if first and last and last < first:
        faults["to"] = InvalidInput("days_crossed", N_("Esta fecha es anterior a la primera."), field="to")
    wanted = Filter(
        state=read("state", lambda: _state(typed["state"]), None),
        scheme=typed["scheme"],
        version=typed["version"] if typed["scheme"] else "",
        place=typed["place"][:2],
        municipality=typed["municipality"][:5] if typed["municipality"].startswith(typed["place"][:2]) else "",
        text=typed["q"],
        granted_from=first,
        granted_to=last,
    )
    when = read("on", lambda: read_moment(typed["on"], now, zone()), Moment(now))
    kept = {"version": wanted.version, "municipality": wanted.municipality}  # of another scheme or state they ask for nothing
    return Asked(wanted, when, typed | kept, faults)


def _state(word: str) -> PublicState | None:
    if not word:
        return None
    if word not in STATES:
        raise InvalidInput("bad_state", N_("Elija un estado de la lista."), field="state")
    return PublicState(word)

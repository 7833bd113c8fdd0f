"""What an address asks of the register: conditions and a moment, each fault beside its field, and nothing that was typed lost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from flask import request

from certification.core.i18n import zone
from certification.parties.places.places import state as is_state
from certification.registry import register
from certification.registry.moments import Moment, read_day, read_moment
from certification.registry.register import LONGEST_SEARCH, STATES
from certification.registry.searching import Filter
from certification.rules.errors import InvalidInput
from certification.rules.text import N_
from certification.rules.verdict import PublicState

CHOICES = ("state", "scheme", "version", "place", "municipality", "from", "to", "on")
NAMES = ("q", *CHOICES)
LONGEST = 60
OF_THE_MOMENT = N_("Ese estado es del momento y no se puede buscar: vea el registro sin él y fíjese en los sellos que lo dicen.")
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
    """Read the present address. Of a fault nothing is applied, but what names no scheme or place that there is stays wanted:
    whoever reads no faults (a feed) then gets nothing, never all.
    """
    typed = {name: request.args.get(name, "").strip()[: LONGEST_SEARCH if name == "q" else LONGEST] for name in NAMES}
    typed["place"] = typed["place"] or typed["municipality"][:2]  # a municipality lies in a state, and the form shows both
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
        place=typed["place"],
        municipality=typed["municipality"] if typed["municipality"].startswith(typed["place"]) else "",
        text=typed["q"],
        granted_from=first,
        granted_to=last,
    )
    faults.update(_unknown(wanted))
    when = read("on", lambda: read_moment(typed["on"], now, zone()), Moment(now))
    kept = {"version": wanted.version, "municipality": wanted.municipality}  # of another scheme or state they ask for nothing
    return Asked(wanted, when, typed | kept, faults)


def _unknown(wanted: Filter) -> Iterator[tuple[str, InvalidInput]]:
    """Conditions that name nothing there is, by their fields; one that hangs on another is asked only where that one holds."""
    if wanted.scheme and not register.is_scheme(wanted.scheme):
        yield "scheme", InvalidInput("bad_scheme", N_("Elija un sello de la lista."), field="scheme")
    elif wanted.version and wanted.version not in register.versions(wanted.scheme):
        yield "version", InvalidInput("bad_version", N_("Elija una versión de la lista."), field="version")
    if wanted.place and not is_state(wanted.place):
        yield "place", InvalidInput("bad_place", N_("Elija una entidad de la lista."), field="place")
    elif wanted.municipality and not register.is_municipality(wanted.municipality):
        yield "municipality", InvalidInput("bad_municipality", N_("Elija un municipio de la lista."), field="municipality")


def _state(word: str) -> PublicState | None:
    if not word:
        return None
    if word == PublicState.CANNOT_CHECK:
        raise InvalidInput("bad_state", OF_THE_MOMENT, field="state")
    if word not in STATES:
        raise InvalidInput("bad_state", N_("Elija un estado de la lista."), field="state")
    return PublicState(word)

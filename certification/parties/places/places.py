"""States and municipalities that every installation carries, and how a place is written. Pure: no database, no Flask.

Codes are INEGI's: a state has two digits, a municipality five (CVEGEO). A municipality is known by its code, never by
its name alone: 90 names occur in several states, and Oaxaca has two San Juan Mixtepec and two San Pedro Mixtepec.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from certification.rules.errors import InvalidInput
from certification.rules.fold import fold
from certification.rules.text import N_

HERE = Path(__file__).parent
LONGEST_NAME = 120
LONGEST_REFERENCE = 300
COUNTRY = "mexico"
_PUNCTUATION = frozenset(" .,;:-–()/'’‘\"“”&#°ºª")
_IN_OWN_WORDS = {"es": {"15": "Estado de México"}, "en": {"15": "State of Mexico", "09": "Mexico City"}}


class State(NamedTuple):
    """One of the 32 federal entities; ``code`` is INEGI's, ``iso`` that of ISO 3166-2."""

    code: str
    name: str
    official_name: str
    abbreviation: str
    iso: str


class Municipality(NamedTuple):
    """``code`` is the five-digit CVEGEO; ``apart`` tells it from its namesake in the same state, else it is empty.

    ``known_for`` suggests crafts and foods, as words whose meaning belongs to the shop; it claims nothing.
    """

    code: str
    name: str
    state_code: str
    apart: str = ""
    known_for: tuple[str, ...] = ()


class Place(NamedTuple):
    """Where somebody works. ``reference`` ("junto a la escuela") is private: no label shows it."""

    state_code: str
    municipality_code: str | None
    municipality_name: str
    locality: str | None = None
    reference: str | None = None


def _rows(name: str) -> Iterable[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def states() -> tuple[State, ...]:
    """The 32 states in the order of their codes."""
    return tuple(State(r["code"], r["name"], r["official_name"], r["abbreviation"], r["iso_3166_2"]) for r in _rows("states.csv"))


@cache
def _states_by_code() -> dict[str, State]:
    return {state.code: state for state in states()}


def state(code: str) -> State | None:
    """The state of a two-digit code, or None."""
    return _states_by_code().get(code)


@cache
def gazetteer() -> dict[str, Municipality]:
    """Our own list, by CVEGEO."""
    return {
        r["cvegeo"]: Municipality(
            r["cvegeo"], r["name"], r["state"], r["apart"], tuple(w for w in r["known_for"].split(";") if w)
        )
        for r in _rows("gazetteer.csv")
    }


def municipality(code: str) -> Municipality | None:
    """A municipality of our own list, or None."""
    return gazetteer().get(code)


@cache
def municipalities(state_code: str) -> tuple[Municipality, ...]:
    """Those of our own list in one state, in the order of their names without accents."""
    own = (m for m in gazetteer().values() if m.state_code == state_code)
    return tuple(sorted(own, key=lambda m: (fold(m.name), m.code)))


@cache
def _state_words() -> dict[str, str]:
    """Everything a person may call a state, folded, to its code."""
    words = {}
    for entity in states():
        own = [entity.name, entity.official_name, entity.abbreviation, entity.abbreviation.replace(".", ""), entity.iso]
        own += [names[entity.code] for names in _IN_OWN_WORDS.values() if entity.code in names]
        words.update(dict.fromkeys(map(fold, own), entity.code))
    return words | {"edomex": "15", "df": "09"}


def split_hint(text: str) -> tuple[str, str | None]:
    """``"teotitlan, oax."`` → ``("teotitlan", "20")``; a comma that belongs to the name stays.

    "México" after another state is the country: ``"coatepec, veracruz, méxico"`` → ``("coatepec", "30")``.
    """
    before, comma, after = text.rpartition(",")
    word = fold(" ".join(after.split()))
    code = _state_words().get(word) if comma else None
    if word == COUNTRY and (inner := split_hint(before))[1]:
        return inner
    return (before.strip(), code) if code else (text.strip(), None)


def hint_at_end(wanted: str) -> tuple[str, str | None]:
    """A state that ends a folded text without a comma: ``"teotitlan oaxaca"`` → ``("teotitlan", "20")``."""
    for words, code in _state_words().items():
        if wanted.endswith(f" {words}"):
            return wanted.removesuffix(words).strip(), code
    return wanted, None


def closeness(wanted: str, name: str) -> int | None:
    """How well two folded texts agree: 0 the same, 1 begins so, 2 a word begins so, 3 contains it, None not at all."""
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    at = name.find(wanted)
    if at < 0:
        return None
    return 2 if re.search(rf"\b{re.escape(wanted)}", name) else 3


def find(text: str, state_code: str | None = None, limit: int = 10) -> tuple[Municipality, ...]:
    """Municipalities of our own list whose name agrees with ``text``, best first, accents and case aside.

    ``state_code``, or a state written at the end ("tequila, ver."), narrows the search. Empty text finds nothing.
    """
    name, hinted = split_hint(text)
    wanted = " ".join(fold(name).split())
    code = state_code or hinted
    found = _ranked(wanted, code)
    if not found and not code:
        found = _ranked(*hint_at_end(wanted))
    return tuple(found[:limit])


def _ranked(wanted: str, code: str | None) -> list[Municipality]:
    if not wanted:
        return []
    among = municipalities(code) if code else gazetteer().values()
    rows = [(rank, fold(m.name), m.code, m) for m in among if (rank := closeness(wanted, fold(m.name))) is not None]
    return [m for *_, m in sorted(rows, key=lambda row: row[:3])]


def typed(text: str, field: str, longest: int = LONGEST_NAME) -> str:
    """A name that a person typed, trimmed, in NFC; letters of every language stay as they are (ꞌ ʉ ɨ ā ñ).

    Raises:
        InvalidInput: it is empty, longer than ``longest`` letters, has no letter, or holds signs that no name has.

    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise InvalidInput("place_missing", N_("Escriba el nombre del lugar."), field=field)
    if len(name) > longest:
        raise InvalidInput("place_too_long", N_("Use %(longest)d letras como máximo."), field=field, longest=longest)
    if not any(c.isalpha() for c in name) or not all(_belongs(c) for c in name):
        raise InvalidInput("place_signs", N_("Escriba el nombre solo con letras, números y signos comunes."), field=field)
    return name


def _belongs(sign: str) -> bool:
    return sign in _PUNCTUATION or unicodedata.category(sign)[0] in "LMN"


def placed(
    state_code: str,
    municipality_name: str = "",
    *,
    municipality_code: str | None = None,
    locality: str | None = None,
    reference: str | None = None,
) -> Place:
    """A checked place. A known code brings its own name; a municipality or locality not in any list may be typed.

    Raises:
        InvalidInput: no such state, a code that is not of that state, or a name that :func:`typed` refuses.

    """
    if state(state_code) is None:
        raise InvalidInput("unknown_state", N_("Elija un estado de la lista."), field="state_code")
    code = municipality_code or None
    if code and not (re.fullmatch(r"[0-9]{5}", code) and code.startswith(state_code)):
        raise InvalidInput("municipality_elsewhere", N_("Ese municipio no es de ese estado."), field="municipality")
    known = municipality(code) if code else None
    return Place(
        state_code,
        code,
        known.name if known and fold(municipality_name) in ("", fold(known.name)) else typed(municipality_name, "municipality"),
        typed(locality, "locality") if locality and locality.strip() else None,
        typed(reference, "reference", LONGEST_REFERENCE) if reference and reference.strip() else None,
    )


def state_name(code: str, lang: str = "es") -> str:
    """The state as people say it, the State of Mexico told from the country; an unknown code is returned as it is."""
    entity = state(code)
    return _IN_OWN_WORDS.get(lang, {}).get(code) or (entity.name if entity else code)


def states_named(word: str) -> list[str]:
    """Codes of the states that have this folded word in their name, in any language of ours."""
    return [
        one.code for one in states() if word in fold(f"{one.name} {state_name(one.code, 'en')} {state_name(one.code)}").split()
    ]


def apart(municipality_code: str | None, lang: str = "es") -> str:
    """What tells a municipality from its namesake in the state ("Distrito 26, Miahuatlán"), else the empty text."""
    known = municipality(municipality_code) if municipality_code else None
    told = known.apart if known else ""
    return told.replace("Distrito", "District") if lang == "en" else told


def label(place: Place, lang: str = "es", *, told_apart: str | None = None) -> str:
    """The public line for a place: locality, municipality, state; with its district where the name alone is ambiguous.

    ``told_apart`` comes from the full catalogue when our own list does not know the municipality.
    """
    told = apart(place.municipality_code, lang) or told_apart
    name = f"{place.municipality_name} ({told})" if told else place.municipality_name
    parts = [name, state_name(place.state_code, lang)]
    if place.locality and fold(place.locality) != fold(place.municipality_name):
        parts.insert(0, place.locality)
    return ", ".join(parts)

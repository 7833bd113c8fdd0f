"""The shared lists of ``standards.json`` that acts refer to: reason codes, and the table of ties."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from certification.rules.errors import InvalidInput
from certification.rules.guards import TieRule, parse_ties
from certification.rules.reading import Both
from certification.rules.scheme_text import SchemeText
from certification.rules.text import N_
from certification.schemes.builtin import standards

NEEDS_CRITERION = N_("Este motivo pide decir qué criterio del esquema no se cumple.")


class ReasonCode(NamedTuple):
    """Why something was returned, refused, suspended, withdrawn or surrendered. ``acts`` are those it may stand for."""

    code: str
    acts: frozenset[str]
    needs_criterion: bool
    text: Both


@cache
def reason_codes() -> Mapping[str, ReasonCode]:
    """All of them by code, in the order of the file."""
    return {
        one["code"]: ReasonCode(one["code"], frozenset(one["acts"]), one["needs_criterion"], Both(**one["text"]))
        for one in standards()["reason_codes"]
    }


def reasons_for(act: str) -> tuple[ReasonCode, ...]:
    """Those that may stand for one act: return, refuse, suspend, withdraw or surrender."""
    return tuple(one for one in reason_codes().values() if act in one.acts)


@cache
def tie_rules() -> Mapping[str, TieRule]:
    """The table of ties by id."""
    return parse_ties(standards()["ties"])


def check_reason(act: str, code: str, criterion: str | None, text: SchemeText) -> ReasonCode:
    """A reason that may stand for this act, with the criterion that it needs (guard 3 of the registry).

    Raises:
        InvalidInput: another code (``reason_unknown``), or no such criterion in the scheme (``criterion_missing``).

    """
    found = reason_codes().get(code)
    if found is None or act not in found.acts:
        raise InvalidInput("reason_unknown", N_("Elija uno de los motivos de la lista."), field="reason_code")
    known = {one.code for one in text.criteria}
    if (found.needs_criterion and not criterion) or (criterion and criterion not in known):
        raise InvalidInput("criterion_missing", NEEDS_CRITERION, field="criterion")
    return found

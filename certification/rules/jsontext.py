"""Reading JSON that strangers send: one meaning for every text, and a limit on its size."""

import json
import math
from typing import NoReturn, TypeAlias

from certification.rules.errors import InvalidInput
from certification.rules.text import N_

LONGEST = 4 * 2**20  # bytes: a status list of the largest size that is read, with room

JsonObject: TypeAlias = dict[str, object]


def read_object(raw: bytes, *, longest: int = LONGEST, fractions: bool = False) -> JsonObject:
    """The JSON object (RFC 8259) in UTF-8 bytes.

    `fractions`: numbers with a fraction or an exponent are read too, as doubles; nothing of ours has any.
    Raises InvalidInput: `too_long` for more than `longest` bytes; `bad_json` for anything else than one object, for a repeated
    key, such a number where none is wanted or beyond all doubles, `NaN`, `Infinity` and what is nested too deeply.
    """
    if len(raw) > longest:
        raise InvalidInput("too_long", N_("El documento es demasiado grande."))
    try:
        found = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_once, parse_float=_double if fractions else _refuse, parse_constant=_refuse
        )
    except (ValueError, RecursionError) as error:
        raise _refused() from error
    if not isinstance(found, dict):
        raise _refused()
    return found


def _once(pairs: list[tuple[str, object]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _refused()
    return found


def _double(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise _refused()
    return found


def _refuse(_text: str) -> NoReturn:
    raise _refused()


def _refused() -> InvalidInput:
    return InvalidInput("bad_json", N_("El documento no se puede leer."))

"""The API's answers: one code or a hundred from two queries; as of the past from recorded acts."""

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from flask import Flask
from flask_babel import gettext as _
from sqlalchemy import Engine

from certification.core.edge import Answer
from certification.core.i18n import day, sentence
from certification.core.problems import OPEN
from certification.log.lagging import lags
from certification.registry.api.answers import Said, Standing, certificate, iso, not_found, standing_now, standing_then
from certification.registry.api.asking import AsOf
from certification.registry.api.past import Past, with_histories
from certification.registry.frames import Frame, frame_of, kept_frame
from certification.registry.histories import scheme_at
from certification.registry.lookup import Lookup
from certification.registry.lost import SENTENCE, grants_lost
from certification.registry.recorded import Recorded, Records
from certification.registry.weighing import UnsureError, weigh
from certification.registry.words import Words
from certification.rules.code import code_in, near_misses, parse
from certification.rules.errors import BadCode
from certification.rules.verdict import PublicState, Reason
from certification.schemes.texts import zone_of

JSON = "application/json"
HEADERS = tuple(OPEN.items())


class Missing(NamedTuple):
    """Why there is no certificate: a code of the API, a sentence, and where to look again."""

    reason: str
    sentence: str
    looks: list[Said]
    state: PublicState = PublicState.NOT_FOUND


class Checks:
    """Makes answers for one application; safe to share between threads."""

    def __init__(self, app: Flask, engine: Engine) -> None:
        self._app = app
        self._origin = str(app.config["SETTINGS"]["ORIGIN"])
        self._lookup = Lookup(engine)
        self._records = Records(app, engine)
        self._words = Words(app)

    def one(self, code: str, lang: str, now: datetime) -> Answer | None:
        """The answer for a canonical code at ``now``, or ``None`` when there is no such certificate.

        Raises:
            UnreachableError: when the database fails.
            UnsureError: when what it says may not be told.

        """
        row = self._lookup.find(code)
        if row is None:
            return None
        frame = kept_frame(row.scheme_version_id, row.digest) or self._frame(row)
        return sent(self._now(row, frame, self._records.one(row), lang, now), now)

    def one_then(self, code: str, lang: str, as_of: AsOf) -> Said | Missing:
        """The same as of a past instant. Needs an application context. Raises as :meth:`one`, or SQLAlchemyError."""
        row = self._lookup.find(code)
        if row is None:
            return absent(code)
        return self._then(row, with_histories([code])[row.code], self._records.one(row), lang, as_of)

    def many(self, asked: Sequence[str], lang: str, now: datetime, as_of: AsOf | None) -> list[Said]:
        """One result for each code in the order asked. Needs a request. Raises as :meth:`one_then`, but for one code alone."""
        read = [_read(text) for text in asked]
        codes = {one for one in read if isinstance(one, str)}
        rows = self._lookup.find_several(codes) if codes else {}
        recorded = self._records.several(rows.values())
        known = with_histories(rows) if as_of and rows else {}
        made = {code: self._result(row, recorded[row.id], lang, now, as_of, known.get(code)) for code, row in rows.items()}
        made |= all_absent(codes - rows.keys())
        return [_named(text, made[one] if isinstance(one, str) else one, lang) for text, one in zip(asked, read, strict=True)]

    def _result(  # noqa: PLR0913 - a question, and what was read for it
        self, row: Any, recorded: Recorded, lang: str, now: datetime, as_of: AsOf | None, past: Past | None
    ) -> Said | Missing:
        try:
            if as_of is not None and past is not None:
                return self._then(row, past, recorded, lang, as_of)
            return self._now(row, frame_of(row.scheme_version_id, row.digest), recorded, lang, now)
        except UnsureError as error:
            if error.reason is Reason.REGISTRY_BEHIND:  # of one, and of all
                raise
            return Missing(error.reason.value, _(error.sentence), [], PublicState.CANNOT_CHECK)

    def _now(self, row: Any, frame: Frame, recorded: Recorded, lang: str, now: datetime) -> Said:
        found = weigh(row, recorded, frame.lapse(row.lapsed_at, row.mark_ends_on), now, behind=lags(self._app))
        return self._told(row, frame, standing_now(row, frame, found), lang)

    def _then(self, row: Any, past: Past, recorded: Recorded, lang: str, as_of: AsOf) -> Said | Missing:
        """Under the version of the scheme that it stood under; its zone says when a day ended."""
        instant = as_of.instant(zone_of(past.certificate.scheme_version))
        scheme = scheme_at(past.certificate, instant)
        frame = frame_of(scheme.id, scheme.digest)
        standing = standing_then(row, frame, past, recorded, instant, as_of.now)
        return not_granted() if standing is None else self._told(row, frame, standing, lang)

    def _told(self, row: Any, frame: Frame, standing: Standing, lang: str) -> Said:
        if standing.verdict.state is PublicState.CANNOT_CHECK:
            raise UnsureError(standing.verdict.reason)
        return certificate(row, frame, standing, lang, self._words, self._origin)

    def _frame(self, row: Any) -> Frame:
        with self._app.app_context():
            return frame_of(row.scheme_version_id, row.digest)


def sent(said: Said, now: datetime) -> Answer:
    """As it goes out. The mark is of what was found: to have looked again and found the same is no change."""
    found = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    mark = blake2b(found.encode(), digest_size=12).hexdigest()
    return Answer(f'{found[:-1]},"checked_at":"{iso(now)}"}}'.encode(), f'W/"{mark}"', JSON, HEADERS)


def absent(code: str) -> Missing:
    """Why a canonical code has no record."""
    return all_absent({code})[code]


def all_absent(codes: AbstractSet[str]) -> dict[str, Missing]:
    """Why each has none: there never was one, or it was lost with a database (then nobody can say what it is worth)."""
    lost = grants_lost(codes) if codes else {}
    return {
        code: Missing("record_lost", _(SENTENCE, day=day(lost[code])), [], PublicState.CANNOT_CHECK)
        if code in lost
        else Missing("unknown_code", _("Ningún sello de este registro tiene ese código."), [])
        for code in codes
    }


def not_granted() -> Missing:
    return Missing("not_granted_then", _("En esa fecha este sello todavía no se otorgaba."), [])


def misread(text: str, error: BadCode) -> Missing:
    """No code at all, or one whose check character says no."""
    looks = [{"slip": one.slip.value, "positions": list(one.positions)} for one in near_misses(text)]
    return Missing(error.code, sentence(error), looks)


def _read(text: str) -> str | Missing:
    plain = code_in(text)
    try:
        return parse(plain)
    except BadCode as error:
        return misread(plain, error)


def _named(asked: str, found: Said | Missing, lang: str) -> Said:
    if isinstance(found, Missing):
        return not_found(asked, found.reason, found.sentence, found.looks, lang) | {"state": found.state.value}
    return {"asked": asked, **found}

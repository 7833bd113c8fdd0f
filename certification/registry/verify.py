"""The verify page: what stands is rendered once for each kind of page, then filled from one row and its record.

See ``core.slots`` for the filling and ``weighing`` for what a row is held against.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import Flask, g
from flask_babel import force_locale
from sqlalchemy import Engine

from certification.core.edge import Answer
from certification.core.quick import at_one_moment
from certification.core.slots import Cuts, slot
from certification.log.lagging import lags
from certification.registry.dates import day, moment
from certification.registry.frames import Frame, frame_of, kept_frame
from certification.registry.lookup import Lookup
from certification.registry.recorded import Records
from certification.registry.telling import last_day
from certification.registry.verify_steps import Step, Visit, last_visit, steps_of
from certification.registry.weighing import UnsureError, weigh
from certification.rules.days import day_of
from certification.rules.verdict import PublicState, Verdict
from certification.schemes.builtin import public_notice

PHOTO = ("src", "srcset", "webp", "width", "height", "alt")


class Shape(NamedTuple):
    """What makes one page's template differ from another's; everything else is a slot."""

    lang: str
    state: str
    reason: str
    scheme_version_id: int
    digest: str
    subject_kind: str
    label_class: str
    present: tuple[str, ...]
    kinds: tuple[str, ...]
    visits: tuple[tuple[int, int] | None, ...]
    peers: int
    outsiders: int
    conditions: bool
    illustration: bool
    appeal_open: bool


class VerifyPages:
    """Makes verify pages for one application; safe to share between threads."""

    def __init__(self, app: Flask, engine: Engine) -> None:
        settings = app.config["SETTINGS"]
        self._app, self._engine = app, engine
        self._zone: ZoneInfo = settings["TIMEZONE"]
        self._lookup = Lookup(engine)
        self._records = Records(app, engine)
        self._cuts = Cuts()

    def answer(self, code: str, lang: str, now: datetime) -> Answer | None:
        """The page of a canonical code as it stands at ``now``, or ``None`` when there is no such certificate.

        Raises:
            UnreachableError: when the database fails.
            UnsureError: when what it says may not be told.

        """
        with at_one_moment(self._engine) as connection:
            row = self._lookup.find(code, connection)
            recorded = None if row is None else self._records.one(row, connection)
        if recorded is None:
            return None
        frame = kept_frame(row.scheme_version_id, row.digest) or self._frame(row)
        lapse = frame.lapse(row.lapsed_at, row.mark_ends_on)
        found = weigh(row, recorded, lapse, now, behind=lags(self._app))
        if found.state is PublicState.CANNOT_CHECK:
            raise UnsureError(found.reason)
        steps, visit = steps_of(row, recorded, found, lapse, now), last_visit(row, recorded)
        values = _values(row, found, visit, frame.zone, lang) | _history(steps, frame.zone, lang)
        values["when"] = moment(now, lang, self._zone)
        shape = _shape(row, found, steps, values, lang, now)
        cut = self._cuts.get(shape, lambda: self._render(shape, frame))
        minute = int(now.timestamp()) // 60
        return Answer(cut.fill_encoded(values), f'"{row.version_id:x}-{minute:x}-{cut.mark}"')

    def _frame(self, row: Any) -> Frame:
        with self._app.app_context():
            return frame_of(row.scheme_version_id, row.digest)

    def _render(self, shape: Shape, frame: Frame) -> str:
        slots = {name: slot(name) for name in shape.present}
        photo = {name: slots[f"photo_{name}"] for name in PHOTO} if "photo_src" in slots else None
        with self._app.app_context(), force_locale(shape.lang):
            g.language = shape.lang
            template = self._app.jinja_env.get_template("verify/show.html")
            return template.render(
                lang=shape.lang,
                shape=shape,
                s=slots,
                photo=photo,
                when_of=[slot(f"when_{number}") for number in range(len(shape.kinds))],
                other_lang_url=slot("other_lang_url"),
                scheme={
                    "key": frame.key,
                    "version": frame.version,
                    "name": frame.text.name.in_(shape.lang),
                    "wording": frame.wording(shape.subject_kind, shape.label_class).in_(shape.lang),
                    "promises": [one.in_(shape.lang) for one in frame.text.promises],
                    "does_not_promise": [one.in_(shape.lang) for one in frame.text.does_not_promise],
                    "notice": "" if frame.official else public_notice().in_(shape.lang),
                },
            )


def _values(row: Any, found: Verdict, visit: Visit | None, zone: ZoneInfo, lang: str) -> dict[str, Any]:
    """Everything that a page shows of this one certificate, as text; absent things have no value.

    ``visit`` is the last one that passed. Once it took the place of that before the decision, where nobody shall read it.
    """
    page, code = row.page, row.code
    decided, proof, why = page["decided"], page["proof"], page["why"]
    seen = date.fromisoformat(decided["visited_on"]) if decided["visited_on"] else None
    values: dict[str, Any] = {
        "plain": code,
        "code": f"{code[:4]}-{code[4:8]}-{code[8:10]}-{code[10:]}",
        "other_lang_url": f"/v/{code}?lang={'en' if lang == 'es' else 'es'}",
        "goods": row.goods,
        "holder": row.holder_name,
        "makers": ", ".join(one["name"] for one in page["makers"] if one["name"] != row.holder_name),
        "place": page["place"],
        "techniques": page["techniques"],
        "marks": page["marks"],
        "decided_by": decided["by"][lang],
        "decided_on": _day(decided["on"], zone, lang),
        "named": ", ".join(decided["named"]),
        "visited_on": seen and (visit is None or visit.on != seen) and day(seen, lang),
        "last_visit": visit and day(visit.on, lang),
        "begins": day(day_of(row.valid_from, zone), lang),
        "last_day": day(last_day(row.valid_until, zone), lang),
        "next_visit": row.surveillance_due and day(last_day(row.surveillance_due, zone), lang),
        "pause_ends": row.suspension_until and day(last_day(row.suspension_until, zone), lang),
        "since": found.since and day(day_of(found.since, zone), lang),
        "overdue": row.grace_ends and day(day_of(row.grace_ends, zone), lang),
        "successor": found.successor,
        "kid": proof["kid"],
        "signature": proof["signature"],
        "signed_on": _day(proof["at"], zone, lang),
        "version": proof["number"] if proof.get("credential") else None,
        "leaf": str(page["leaf"] + 1) if "leaf" in page else None,
    }
    if page["photo"]:
        values.update((f"photo_{name}", page["photo"][name]) for name in PHOTO)
    if why:
        values.update(_why(why, zone, lang))
    return {name: value for name, value in values.items() if value}


def _history(steps: Sequence[Step], zone: ZoneInfo, lang: str) -> dict[str, Any]:
    """The days of each step, and what visits saw."""
    values: dict[str, Any] = {}
    for number, step in enumerate(steps):
        values[f"when_{number}"] = day(day_of(step.at, zone), lang)
        if step.ends is not None:
            values[f"until_{number}"] = day(day_of(step.ends, zone), lang)
        if step.visit is not None:
            values[f"seen_{number}"], values[f"note_{number}"] = day(step.visit.on, lang), step.visit.summary
    return values


def _why(why: Mapping[str, Any], zone: ZoneInfo, lang: str) -> dict[str, Any]:
    title = why["criterion_title"]
    until = why["appeal_until"]
    return {
        "why_reason": why["reason"][lang],
        "why_summary": why["summary"],
        "why_on": _day(why["at"], zone, lang),
        "why_criterion": f"{why['criterion']}, {title[lang]}" if title else "",
        "why_appeal": day(last_day(datetime.fromisoformat(until), zone), lang) if until else "",
    }


def _shape(  # noqa: PLR0913 - all that a template differs by
    row: Any, found: Verdict, steps: Sequence[Step], values: Mapping[str, Any], lang: str, now: datetime
) -> Shape:
    page = row.page
    why, photo, decided = page["why"], page["photo"], page["decided"]
    return Shape(
        lang=lang,
        state=found.state.value,
        reason=found.reason.value,
        scheme_version_id=row.scheme_version_id,
        digest=row.digest,
        subject_kind=row.subject_kind,
        label_class=row.label_class,
        present=tuple(values),
        kinds=tuple(step.kind for step in steps),
        visits=tuple((step.visit.peers, step.visit.outsiders) if step.visit else None for step in steps),
        peers=decided["peers"],
        outsiders=decided["outsiders"],
        conditions=decided["conditions"],
        illustration=bool(photo and photo["illustration"]),
        appeal_open=bool(why and why["appeal_until"] and now < datetime.fromisoformat(why["appeal_until"])),
    )


def _day(instant: str, zone: ZoneInfo, lang: str) -> str:
    return day(day_of(datetime.fromisoformat(instant), zone), lang)

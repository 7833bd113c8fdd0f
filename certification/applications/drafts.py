"""An application while its applicant fills it in."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.applications.acting import on_behalf_of, open_for_change
from certification.applications.models import Answer, Application, Evidence
from certification.applications.permissions import Permission
from certification.applications.subjects import subjects_of
from certification.audit.record import record
from certification.core.db import hold, writing
from certification.core.media.models import StoredFile
from certification.parties.models import Party
from certification.rules.criteria import Criterion, EvidenceKind, Stage, SubjectKind
from certification.rules.days import day_of
from certification.rules.errors import ChangedMeanwhile, Conflict, IllegalMove, InvalidInput, NotFound
from certification.rules.text import N_
from certification.rules.workflow import ApplicationState, RenewalCause
from certification.schemes.models import SchemeVersion
from certification.schemes.texts import takes_applications, text_of, zone_of

MOST_MAKERS = 40
WORDS = (EvidenceKind.STATEMENT, EvidenceKind.PLACE, EvidenceKind.NUMBER)


@dataclass(frozen=True, slots=True)
class Description:
    """What the label is for. ``makers`` are public names as each person chose; ``photo`` None keeps the present one."""

    goods: str = ""
    techniques: str = ""
    marks: str = ""
    makers: tuple[str, ...] = ()
    subject_refs: tuple[str, ...] = ()
    photo: StoredFile | None = None


class Renews(NamedTuple):
    """Which label an application would renew: its code, why, and by which threshold of the scheme it is weighed."""

    code: str
    cause: RenewalCause
    stage: Stage


@dataclass(frozen=True, slots=True)
class Given:
    """What one screen says on a criterion; None leaves what is saved. ``words`` and ``visits`` are by the number of the
    evidence ask: empty words take back, an ask that is not named stays as it is.
    """

    text: str | None = None
    applies: bool | None = None
    words: Mapping[int, str] = field(default_factory=dict)
    visits: Mapping[int, bool] = field(default_factory=dict)


def start(  # noqa: PLR0913 - the parts of one draft
    party: Party,
    version: SchemeVersion,
    *,
    subject_kind: SubjectKind,
    by: User,
    at: datetime,
    request_key: str | None = None,
    renews: Renews | None = None,
) -> Application:
    """Open a draft in the party's name. The same ``request_key`` again returns the draft that it opened.

    Whether a label may be renewed is asked by who knows labels (``registry.renewals``).

    Raises:
        IllegalMove: the scheme takes no applications (code ``scheme_closed``).
        InvalidInput: the scheme labels no such subject.

    """
    check(by, Permission.START, party)
    session = writing()
    hold(party)
    before = session.scalar(select(Application).where(Application.request_key == request_key)) if request_key else None
    if before is not None:
        return _same(before, party, version, by)
    if not takes_applications(version, at):
        raise IllegalMove("scheme_closed", N_("Este sello no recibe solicitudes ahora."))
    if subject_kind not in text_of(version).subject_kinds:
        raise InvalidInput("wrong_subject", N_("Este sello no es para eso. Elija otra opción."), field="subject_kind")
    made = Application(
        scheme_version=version, party=party, applicant_id=by.id, subject_kind=subject_kind, created_at=at, request_key=request_key
    )
    if renews is not None:
        made.renews, made.cause, made.stage = renews.code, renews.cause, renews.stage
    session.add(made)
    session.flush()
    scheme = f"{version.scheme.key}/{version.version}"
    record("application.start", "application", made.public_id, by=by, at=at, on_behalf_of=on_behalf_of(by, party), scheme=scheme)
    return made


def _same(before: Application, party: Party, version: SchemeVersion, by: User) -> Application:
    if (before.party_id, before.scheme_version_id, before.applicant_id) != (party.id, version.id, by.id):
        raise Conflict
    return before


def mark_of_goods(application: Application) -> str:
    """Stands for what :func:`describe` last saved, photograph apart: a form carries it, so that a stale one is seen."""
    one = application
    return _mark([one.goods, one.techniques, one.marks, list(one.makers), sorted(one.subject_refs)])


def mark_of_answer(application: Application, code: str) -> str:
    """The same for what :func:`answer` last saved on a criterion."""
    found = next((one for one in application.answers if one.criterion == code), None)
    return _mark([_words_of(application, code), [found.text, found.applies] if found else None])


def _insist_fresh(seen: str | None, before: str, after: str) -> None:
    """What is saved already may be sent again under any mark, for an answer gets lost where the signal is weak."""
    if after != before and seen not in (None, before):
        raise ChangedMeanwhile


def _mark(saved: list[object]) -> str:
    return hashlib.sha256(json.dumps(saved).encode()).hexdigest()[:16]


def describe(application: Application, description: Description, *, by: User, at: datetime, seen: str | None = None) -> None:
    """Say what the label is for. ``seen`` is the mark that the form was opened with, if it was one.

    Raises:
        ChangedMeanwhile: somebody saved something else since.
        IllegalMove: it may not be changed now.
        InvalidInput: a reference to goods that are not the party's, or too many names.

    """
    check(by, Permission.EDIT, application)
    open_for_change(application)
    if len(description.makers) > MOST_MAKERS:
        raise InvalidInput("too_many_makers", N_("Escriba %(most)d nombres como máximo."), field="makers", most=MOST_MAKERS)
    offered = {choice.ref for choice in subjects_of([application.party_id])} | set(application.subject_refs)
    if not offered.issuperset(description.subject_refs):
        raise InvalidInput("not_yours", N_("Elija solo productos de quien solicita."), field="subject_refs")
    before = mark_of_goods(application)
    application.goods, application.techniques = description.goods, description.techniques
    application.marks = description.marks
    application.makers, application.subject_refs = list(description.makers), list(description.subject_refs)
    _insist_fresh(seen, before, mark_of_goods(application))
    if description.photo is not None:
        application.photo_id = description.photo.id
    _note("application.describe", application, by=by, at=at)


def answer(application: Application, code: str, said: Given, *, by: User, at: datetime, seen: str | None = None) -> None:
    """Save what one screen says on a criterion. Words already sent stay on file beside the new ones. ``seen`` as for
    :func:`describe`.

    Raises:
        ChangedMeanwhile: somebody saved something else since.
        NotFound: the scheme has no such criterion.
        IllegalMove: it may not be changed now.

    """
    check(by, Permission.EDIT, application)
    criterion = criterion_of(application, code)
    open_for_change(application)
    before = mark_of_answer(application, code)
    found = next((one for one in application.answers if one.criterion == code), None)
    if found is None:
        found = Answer(application=application, criterion=code, text="", applies=True, saved_at=at)
        writing().add(found)
    found.text = found.text if said.text is None else said.text
    if criterion.applies_if is not None and said.applies is not None:
        found.applies = said.applies
    today = day_of(at, zone_of(application.scheme_version))
    for number, ask in enumerate(criterion.evidence):
        if ask.kind in WORDS and number in said.words:
            _write(application, code, number, ask.kind, said.words[number], by=by, at=at, day=today)
        elif ask.kind is EvidenceKind.VISIT and number in said.visits:
            _write(application, code, number, ask.kind, "visit" if said.visits[number] else "", by=by, at=at, day=today)
    after = mark_of_answer(application, code)
    _insist_fresh(seen, before, after)
    if after != before:
        found.saved_at = at
        _note("application.answer", application, by=by, at=at, criterion=code)


def criterion_of(application: Application, code: str) -> Criterion:
    """Raises NotFound where the application's scheme has no such criterion."""
    try:
        return text_of(application.scheme_version).criterion(code)
    except KeyError:
        raise NotFound from None


def was_sent(application: Application, added_at: datetime) -> bool:
    """Whether something added at this instant has been before the reviewers."""
    return (
        application.state is not ApplicationState.DRAFT and bool(application.returns) and added_at <= application.returns[-1].at
    )


def written(application: Application, code: str, number: int) -> Evidence | None:
    """The words that answer one ask now."""
    return next(
        (
            one
            for one in application.evidence
            if (one.criterion, one.ask) == (code, number) and one.file_id is None and one.removed_at is None
        ),
        None,
    )


def _write(  # noqa: PLR0913 - the columns of one row
    application: Application, code: str, number: int, kind: EvidenceKind, words: str, *, by: User, at: datetime, day: date
) -> None:
    found = written(application, code, number)
    if (found.text if found else "") == words:
        return
    if found is not None and (not words or was_sent(application, found.added_at)):
        found.removed_at = at
        found = None
    if not words:
        return
    if found is None:
        found = Evidence(
            application=application, criterion=code, ask=number, kind=kind, dated_on=day, added_by_id=by.id, added_at=at
        )
        writing().add(found)
    found.text, found.dated_on = words, day


def _words_of(application: Application, code: str) -> list[tuple[int, str]]:
    kept = (one for one in application.evidence if one.criterion == code and one.file_id is None and one.removed_at is None)
    return sorted((one.ask, one.text) for one in kept)


def _note(act: str, application: Application, *, by: User, at: datetime, **details: str) -> None:
    """On the record, unless one's own draft was still being typed: that concerns nobody else."""
    behalf = on_behalf_of(by, application.party)
    if behalf is None and application.state is ApplicationState.DRAFT:
        return
    record(act, "application", application.public_id, by=by, at=at, on_behalf_of=behalf, **details)

"""One evaluator's pages: ties first, then criterion by criterion beside the evidence, then the recommendation."""

from typing import Any, NamedTuple

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from certification.accounts.guard import me, person, requires
from certification.applications import evaluating
from certification.applications.case import CaseView, CriterionView, EvidenceView
from certification.applications.cases import evaluation_of
from certification.applications.caseview import case_view
from certification.applications.desk import Item, Work, item_of, queues
from certification.applications.models import Evaluation, FindingRow
from certification.applications.queries import find_application
from certification.applications.review_blueprint import bp
from certification.applications.review_forms import VALUES, AdviceForm, FindingForm, NoTieForm, RecuseForm, TieForm, finding_form
from certification.applications.review_permissions import Permission
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.failures import status_of
from certification.core.i18n import language
from certification.core.web import see_other
from certification.parties.declaring import DECLARABLE
from certification.rules.criteria import Criterion, CriterionType
from certification.rules.errors import DomainError
from certification.schemes.reasons import tie_rules
from certification.schemes.texts import text_of


class Shown(NamedTuple):
    """The evidence of one criterion: all of it, the one that is looked at, and which that is, from 1."""

    items: tuple[tuple[EvidenceView, str], ...]
    selected: EvidenceView | None
    ask: str
    number: int


class Step(NamedTuple):
    """One criterion in the list of them; ``value`` is empty while nothing was found."""

    code: str
    title: str
    value: str


class DeskPage(NamedTuple):
    """The desk at one criterion; ``before`` and ``after`` are codes, empty at the ends."""

    case: CaseView
    criterion: CriterionView
    number: int
    steps: tuple[Step, ...]
    done: int
    before: str
    after: str
    shown: Shown
    queue: tuple[Item, ...]
    here: Item


def _mine(public_id: str, code: str | None = None) -> Evaluation | None:
    """The evaluation of whoever is signed in; with a code, of a case whose scheme has that criterion."""
    application = find_application(public_id)
    if application is None or person() is None:
        return None
    if code is not None and code not in {one.code for one in text_of(application.scheme_version).criteria}:
        return None
    return evaluation_of(application, me())


@bp.route("/review/<public_id>/ties", methods=["GET", "POST"])
@requires(Permission.EVALUATE, load=_mine)
def ties(evaluation: Evaluation) -> Any:
    """Four ways on: no tie, a tie that bars, one that does not, or stepping aside. ``act`` says which was sent."""
    act = request.form.get("act", "") if request.method == "POST" else ""
    if act in ("", "no_tie") and evaluating.not_needed(evaluation):
        return redirect(url_for("review.case", public_id=evaluation.application.public_id))
    forms: dict[str, Any] = {"no_tie": NoTieForm(), "tie": TieForm(), "note": TieForm(prefix="note-"), "recuse": RecuseForm()}
    harmless, words = evaluating.harmless(evaluation.application), tie_rules()
    forms["tie"].kind.choices = [(kind, words[kind].text.in_(language())) for kind in DECLARABLE if kind not in harmless]
    forms["note"].kind.choices = [(kind, words[kind].text.in_(language())) for kind in harmless]
    sent, status = forms.get(act), 200
    if sent is not None:
        try:
            if sent.validate():
                return _say(evaluation, act, sent)
            status = 422
        except DomainError as error:
            sent.refuse(error)
            status = status_of(error)
    case = case_view(evaluation.application, language(), at=clock.now(), sent_only=True)
    here = item_of(evaluation.application, me(), Work.EVALUATE, language(), clock.now())
    page = render_template("review/ties.html", case=case, here=here, declared=evaluation.no_tie_declared_at, sent=sent, **forms)
    return page, status


def _say(evaluation: Evaluation, act: str, form: Any) -> Any:
    by, now = me(), clock.now()
    application = evaluation.application
    with unit_of_work():
        if act == "no_tie":
            evaluating.declare_no_tie(evaluation, by=by, at=now)
        elif act == "tie":
            evaluating.declare_tie(evaluation, form.kind.data, since=form.since.data, until=form.until.data, by=by, at=now)
        elif act == "note":
            evaluating.note_tie(evaluation, form.kind.data, since=form.since.data, until=form.until.data, by=by, at=now)
        else:
            evaluating.recuse(evaluation, reason=form.reason.data or "", by=by, at=now)
    if act == "no_tie":
        first = text_of(application.scheme_version).criteria[0].code
        return see_other(url_for("review.criterion", public_id=application.public_id, code=first))
    if act == "note":
        flash(_("Gracias por decirlo. Quedó anotado y no le impide evaluar: siga con el caso."), "success")
        return see_other(
            url_for("review.case" if evaluation.no_tie_declared_at else "review.ties", public_id=application.public_id)
        )
    flash(_("Gracias por decirlo. Se buscará a otra persona."), "success")
    return see_other(url_for("review.index"))


@bp.route("/review/<public_id>/criteria/<code>", methods=["GET", "POST"])
@requires(Permission.EVALUATE, load=_mine)
def criterion(evaluation: Evaluation) -> Any:
    code = (request.view_args or {})["code"]
    public_id = evaluation.application.public_id
    if (elsewhere := _elsewhere(evaluation)) is not None and _leads_on(evaluation):
        return elsewhere
    text = text_of(evaluation.application.scheme_version)
    asked = text.criterion(code)
    form, status = _finding_form(evaluation, asked), 200
    if form.is_submitted():
        try:
            if form.validate():
                with unit_of_work():
                    evaluating.save_finding(evaluation, code, form.found(), by=me(), at=clock.now())
                return see_other(_onward(public_id, [one.code for one in text.criteria], code))
            status = 422
        except DomainError as error:
            form.refuse(error)
            status = status_of(error)
    return render_template("review/criterion.html", page=_desk_page(evaluation, code), form=form), status


def _elsewhere(evaluation: Evaluation) -> Any:
    """Ties are asked first; what is handed in, or no longer to be evaluated, is only read."""
    application = evaluation.application
    if evaluation.submitted_at is not None or application.state not in evaluating.AT_WORK:
        return redirect(url_for("review.case", public_id=application.public_id))
    barred = item_of(application, me(), Work.EVALUATE, language(), clock.now()).bar
    if evaluation.no_tie_declared_at is None or barred is not None:
        return redirect(url_for("review.ties", public_id=application.public_id))
    return None


def _leads_on(evaluation: Evaluation) -> bool:
    """What was written on a page that is closed by now stays before one's eyes, unless nobody needs it any more."""
    return request.method == "GET" or evaluating.not_needed(evaluation)


def _onward(public_id: str, codes: list[str], code: str) -> str:
    number = codes.index(code) + 1
    if number < len(codes):
        return url_for("review.criterion", public_id=public_id, code=codes[number])
    return url_for("review.recommendation", public_id=public_id)


def _finding_form(evaluation: Evaluation, criterion: Criterion) -> FindingForm:
    row = next((one for one in evaluation.findings if one.criterion == criterion.code), None)
    own = {one.id: one.text.in_(language()) for one in criterion.findings}
    values = {value: own.get(value) or str(VALUES[value]) for value in evaluating.allowed_values(criterion)}
    return finding_form(values, scored=criterion.type is CriterionType.SCORED, **(_saved(row) if row else {}))


def _saved(row: FindingRow) -> dict[str, Any]:
    score = None if row.score is None else str(row.score)
    return {"value": row.value, "score": score, "note": row.note, "plan": row.plan, "plan_due": row.plan_due}


def _desk_page(evaluation: Evaluation, code: str) -> DeskPage:
    application, lang, now = evaluation.application, language(), clock.now()
    case = case_view(application, lang, at=now, sent_only=True)
    values = {row.criterion: row.value for row in evaluation.findings}
    steps = tuple(Step(one.code, one.title, values.get(one.code, "")) for one in case.criteria)
    codes = [one.code for one in steps]
    at = codes.index(code)
    waiting = queues(me(), lang, now, only=Work.EVALUATE)
    return DeskPage(
        case=case,
        criterion=case.criterion(code),
        number=at + 1,
        steps=steps,
        done=len(values),
        before=codes[at - 1] if at else "",
        after=codes[at + 1] if at + 1 < len(codes) else "",
        shown=_shown(case.criterion(code)),
        queue=waiting[0].items if waiting else (),
        here=item_of(application, me(), Work.EVALUATE, lang, now),
    )


def _shown(criterion: CriterionView) -> Shown:
    asks = (*criterion.asks, criterion.spoken)
    items = tuple((item, ask.what) for ask in asks for item in ask.items)
    wanted = request.args.get("item")
    at = next((number for number, (item, _ask) in enumerate(items) if item.public_id == wanted), 0)
    return Shown(items, items[at][0] if items else None, items[at][1] if items else "", at + 1)


@bp.route("/review/<public_id>/recommendation", methods=["GET", "POST"])
@requires(Permission.EVALUATE, load=_mine)
def recommendation(evaluation: Evaluation) -> Any:
    application = evaluation.application
    if (elsewhere := _elsewhere(evaluation)) is not None and _leads_on(evaluation):
        return elsewhere
    form, status = AdviceForm(summary=evaluation.summary, visited_on=evaluation.visited_on, named=evaluation.named), 200
    if form.is_submitted():
        try:
            if form.validate():
                with unit_of_work():
                    evaluating.send(evaluation, form.advice(), by=me(), at=clock.now())
                flash(_("Su evaluación quedó enviada. Gracias."), "success")
                return see_other(url_for("review.case", public_id=application.public_id))
            status = 422
        except DomainError as error:
            form.refuse(error)
            status = status_of(error)
    case = case_view(application, language(), at=clock.now(), sent_only=True)
    found = {row.criterion: row for row in evaluation.findings}
    requires_named = evaluating.NAMED in text_of(application.scheme_version).decision.requires
    page = render_template("review/recommendation.html", case=case, found=found, form=form, requires_named=requires_named)
    return page, status

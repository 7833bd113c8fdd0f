"""The screens of the wizard: the goods, then one criterion at a time. Each submit saves all that the screen holds."""

from datetime import date
from typing import Any, NamedTuple

from flask import Response, flash, jsonify, render_template, request, url_for
from flask_babel import gettext as _

from certification.accounts.guard import me, requires
from certification.applications import drafts, evidence, queries
from certification.applications.acting import EDITABLE
from certification.applications.blueprint import bp
from certification.applications.case import AskView, CaseView, CriterionView
from certification.applications.caseview import case_view
from certification.applications.claims import claims_in
from certification.applications.completeness import GOODS
from certification.applications.forms import CriterionForm, GoodsForm, criterion_form, suffix, uploads
from certification.applications.models import Application
from certification.applications.permissions import Permission
from certification.applications.subjects import SubjectChoice, subjects_of
from certification.core import clock
from certification.core.db import unit_of_work
from certification.core.failures import status_of, wants_json
from certification.core.i18n import clock_time, language, sentence
from certification.core.media.files import Prepared, keep, prepare_document, prepare_photo
from certification.core.web import request_key, see_other
from certification.rules.claims import Claim
from certification.rules.criteria import Criterion
from certification.rules.days import day_of
from certification.rules.errors import ChangedMeanwhile, DomainError, NotFound
from certification.schemes.texts import text_of, zone_of


class Screen(NamedTuple):
    """One criterion of one application."""

    application: Application
    criterion: Criterion


class Upload(NamedTuple):
    """One file on its way to a row; ``key`` keeps a retried request to one effect."""

    ask: int
    prepared: Prepared
    name: str
    key: str | None
    dated_on: date
    caption: str


def _screen(public_id: str, code: str) -> Screen | None:
    application = queries.find_application(public_id)
    try:
        return Screen(application, text_of(application.scheme_version).criterion(code)) if application else None
    except KeyError:
        return None


@bp.route("/apply/<public_id>/goods", methods=["GET", "POST"])
@requires(Permission.EDIT, load=queries.find_application)
def goods(application: Application) -> Any:
    if _closed_to_writing(application):
        return see_other(url_for("applications.show", public_id=application.public_id))
    choices = subjects_of([application.party_id])
    form = _goods_form(application, choices)
    if request.method == "GET":
        return _goods_page(application, form, choices)
    try:
        if not form.validate():
            return _refused(form) or (_goods_page(application, form, choices), 422)
        _save_goods(application, form)
    except DomainError as error:
        form.refuse(error)
        return _refused(form, error) or (_goods_page(application, form, choices, error), status_of(error))
    return _saved(drafts.mark_of_goods(application)) or see_other(_following(application, GOODS))


def _goods_form(application: Application, choices: list[SubjectChoice]) -> GoodsForm:
    saved = {
        "goods": application.goods,
        "techniques": application.techniques,
        "marks": application.marks,
        "makers": "\n".join(application.makers),
        "subject_refs": application.subject_refs,
    }
    form = GoodsForm(data=None if request.method == "POST" else saved)
    form.offer(choices)
    return form


def _save_goods(application: Application, form: GoodsForm) -> None:
    upload = None if _autosaving() else request.files.get("photo")
    prepared = _photo(upload) if upload and upload.filename else None
    with unit_of_work():
        now = clock.now()
        file = keep(prepared, name=upload.filename or "", by=me(), at=now) if prepared and upload else None
        drafts.describe(application, form.description_given(file), by=me(), at=now, seen=form.version.data or None)


def _photo(upload: Any) -> Prepared:
    try:
        return prepare_photo(upload.stream)
    except DomainError as error:
        error.field = "photo"
        raise


def _goods_page(application: Application, form: GoodsForm, choices: list[SubjectChoice], error: DomainError | None = None) -> str:
    case = case_view(application, language(), at=clock.now())
    stale = _opened_at(form, drafts.mark_of_goods(application), error)
    claims = [_told(one) for one in claims_in(application, form.goods.data or "")]
    return render_template("apply/goods.html", case=case, form=form, choices=choices, stale=stale, claims=claims)


def _told(claim: Claim) -> str:
    """What the rule tells the person typing, with the words it is about."""
    said = f"“{claim.words}”" if language() == "en" else f"«{claim.words}»"
    return f"{said}: {claim.rule.message.in_(language())}"


def _opened_at(form: GoodsForm | CriterionForm, present: str, error: DomainError | None) -> bool:
    """Let the page say what it was opened with; whether what was sent was stale, and is now compared with what is saved."""
    stale = isinstance(error, ChangedMeanwhile)
    if stale or not form.version.data:
        form.version.data = present
    return stale


@bp.route("/apply/<public_id>/criteria/<code>", methods=["GET", "POST"])
@requires(Permission.EDIT, load=_screen)
def criterion(screen: Screen) -> Any:
    application, code = screen.application, screen.criterion.code
    if _closed_to_writing(application):
        return see_other(url_for("applications.show", public_id=application.public_id))
    case, form = _case_and_form(screen)
    if request.method == "GET":
        return _criterion_page(screen, case, form)
    if not form.validate():
        return _refused(form) or (_criterion_page(screen, case, form), 422)
    view = case.criterion(code)
    given, ready = form.given(view), [] if _autosaving() else _prepare(view, screen.criterion, form)
    try:
        _save(screen, given, ready, form.version.data or None)
    except DomainError as error:
        form.refuse(error)
        return _refused(form, error) or (_criterion_page(screen, _case_and_form(screen)[0], form, error), status_of(error))
    if form.errors:  # some files could not be taken; the rest is saved
        form.version.data = None
        return _refused(form) or (_criterion_page(screen, _case_and_form(screen)[0], form), 422)
    return _saved(drafts.mark_of_answer(application, code)) or see_other(_onward(application, code))


def _closed_to_writing(application: Application) -> bool:
    """Whether somebody opens a screen of what was sent: they read it whole. What a form sends still meets its refusal."""
    return request.method == "GET" and application.state not in EDITABLE


def _case_and_form(screen: Screen) -> tuple[CaseView, CriterionForm]:
    now = clock.now()
    case = case_view(screen.application, language(), at=now)
    today = day_of(now, zone_of(screen.application.scheme_version))
    return case, criterion_form(case.criterion(screen.criterion.code), today, case.place)


def _prepare(view: CriterionView, criterion: Criterion, form: CriterionForm) -> list[Upload]:
    """Make the uploads ready, outside of any unit of work. What cannot be taken is said beside its field."""
    found = []
    for ask in uploads(view):
        field = form[f"file_{suffix(ask.number)}"]
        for number, upload in enumerate(request.files.getlist(field.name)):
            if not upload.filename:
                continue
            try:
                prepared = prepare_photo(upload.stream, private=True) if ask.kind == "photo" else prepare_document(upload.stream)
                evidence.check_fits(evidence.ask_kind(criterion, ask.number), prepared.kind)
            except DomainError as error:
                field.errors = [*field.errors, f"{upload.filename}: {sentence(error)}"]
                continue
            found.append(_upload(form, ask, prepared, upload.filename, number))
    return found


def _upload(form: CriterionForm, ask: AskView, prepared: Prepared, name: str, number: int) -> Upload:
    mark = suffix(ask.number)
    key = f"{form.request_key.data}:{mark}:{number}" if form.request_key.data else None
    today = form[f"dated_{mark}"].data or form[f"dated_{mark}"].default
    return Upload(ask.number, prepared, name, key, today, form[f"caption_{mark}"].data or "")


def _save(screen: Screen, given: drafts.Given, ready: list[Upload], seen: str | None) -> None:
    application, code = screen.application, screen.criterion.code
    with unit_of_work():
        by, now = me(), clock.now()
        drafts.answer(application, code, given, by=by, at=now, seen=seen)
        for one in ready:
            if evidence.find_by_key(application, one.key) is None:
                file = keep(one.prepared, name=one.name, by=by, at=now)
                evidence.add_evidence(
                    application,
                    code,
                    one.ask,
                    file,
                    dated_on=one.dated_on,
                    by=by,
                    at=now,
                    caption=one.caption,
                    request_key=one.key,
                )
        if not _autosaving():
            _move_items(application)


def _move_items(application: Application) -> None:
    for name, act in (("remove", evidence.remove_evidence), ("restore", evidence.restore_evidence)):
        wanted = request.form.get(name)
        if wanted:
            item = next((one for one in application.evidence if one.public_id == wanted), None)
            if item is None:
                raise NotFound
            act(item, by=me(), at=clock.now())


def _criterion_page(screen: Screen, case: CaseView, form: CriterionForm, error: DomainError | None = None) -> str:
    code = screen.criterion.code
    form.request_key.data = request_key()
    stale = _opened_at(form, drafts.mark_of_answer(screen.application, code), error)
    number = [one.code for one in case.criteria].index(code) + 1
    return render_template(
        "apply/criterion.html", case=case, criterion=case.criterion(code), form=form, number=number, stale=stale
    )


def _onward(application: Application, code: str) -> str:
    """To the next screen; back to this one after an upload, a removal or an undo."""
    here = url_for("applications.criterion", public_id=application.public_id, code=code)
    if request.form.get("remove"):
        flash(_("Quitado. Puede deshacerlo aquí mismo durante un día."))
        return f"{here}#evidence"
    if request.form.get("restore"):
        flash(_("Está otra vez en su lugar."), "success")
        return f"{here}#evidence"
    if request.form.get("act") == "upload":
        flash(_("Guardado."), "success")
        return f"{here}#evidence"
    return _following(application, code)


def _following(application: Application, screen: str) -> str:
    codes = [one.code for one in text_of(application.scheme_version).criteria]
    number = codes.index(screen) + 1 if screen in codes else 0
    if request.form.get("act") == "summary" or number >= len(codes):
        return url_for("applications.show", public_id=application.public_id)
    return url_for("applications.criterion", public_id=application.public_id, code=codes[number])


def _autosaving() -> bool:
    return "X-Autosave" in request.headers


def _saved(mark: str) -> Response | None:
    """The answer to a script (autosave, upload with progress); None for a person's own submit."""
    return jsonify(time=clock_time(clock.now()), fields={"version": mark}) if wants_json() else None


def _refused(form: Any, error: DomainError | None = None) -> tuple[Response, int] | None:
    """The same when something could not be taken: the first field and why, or after an upload every sentence in one."""
    if not wants_json():
        return None
    said = " ".join(str(one) for errors in form.errors.values() for one in errors)
    told = {"code": error.code if error else "422", "sentence": form.first_refusal() if _autosaving() else said}
    return jsonify(error=told), status_of(error) if error else 422

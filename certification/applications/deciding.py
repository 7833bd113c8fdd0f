"""The decision: one, with reasons, by a member of the committee who neither evaluated nor is tied; no grant against a block."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.applications import review_notices
from certification.applications.acting import lock
from certification.applications.cases import check_decider, counted, falls_short, handed_in, today_of
from certification.applications.claims import require_backed
from certification.applications.conditions import agreed_on
from certification.applications.models import Application, Decision
from certification.applications.review_permissions import Permission
from certification.applications.weighing import WORDS, Agreed, Counted, Weighed, rows_of, scores, weigh
from certification.audit.record import record
from certification.core.db import writing
from certification.rules.errors import AlreadyDecided, Conflict, Disagreement, GrantBlocked, IllegalMove, InvalidInput
from certification.rules.scoring import Assessment
from certification.rules.text import N_
from certification.rules.workflow import APPLICATION, ApplicationState, Outcome
from certification.schemes.reasons import check_reason
from certification.schemes.texts import lapsed_at, text_of

COMPUTED = ("CRITICAL_NOT_MET", "POINTS_NOT_REACHED", "SCORED_ZERO")


@dataclass(frozen=True, slots=True)
class DecisionChoice:
    """What a decider chose. A refusal has a reason code, its criterion and a public summary.

    ``agreed`` settles scores on which evaluators differ, by criterion. ``seen_version`` is the application's
    ``version_id`` on the page that the decider read; None asks for no such care.
    """

    outcome: Outcome
    reasons: str
    reason_code: str | None = None
    criterion: str | None = None
    public_summary: str = ""
    agreed: Mapping[str, Agreed] = field(default_factory=dict)
    seen_version: int | None = None


def decide(application: Application, *, choice: DecisionChoice, by: User, at: datetime) -> Decision:
    """Decide a case, once. A grant becomes a certificate in the same unit of work (``registry.granting``).

    Raises:
        AlreadyDecided: somebody was first.
        Conflict: the case changed since the decider read it.
        IllegalMove: it is not before the committee, its scheme has ended, or the evaluations that count are too few.
        Forbidden, EvaluatorDecides, TieBars: guard 1.
        GrantBlocked: a grant against a block (guard 2).
        Disagreement: scores more than a point apart without an agreement.
        InvalidInput: reasons, code, criterion or summary missing, an outcome that the findings do not lead to, or a
            grant of goods that claim what waits for a document.

    """
    check(by, Permission.DECIDE, application)
    lock(application)
    if application.state is ApplicationState.DECIDED:
        raise AlreadyDecided
    state = APPLICATION.next_state(application.state, "decide")
    if choice.seen_version is not None and choice.seen_version != application.version_id:
        raise Conflict(
            "case_changed", N_("El caso cambió desde que abrió esta página. Revíselo otra vez; lo escrito sigue aquí.")
        )
    check_decider(by, application, at)
    evaluations = counted(application, at)
    aside = [one for one in handed_in(application) if one not in evaluations]
    _check_panel(application, evaluations, aside, at)
    weighed = _weigh(application, evaluations, choice, at)
    _check_choice(application, choice, weighed, at)
    decision = _decision(application, evaluations, choice, weighed.assessment, by=by, at=at)
    _set_aside(aside, by=by, at=at)
    application.state, application.outcome = state, choice.outcome
    application.decided_at, application.decided_by_id = at, by.id
    writing().add(decision)
    writing().flush()
    facts = {"outcome": choice.outcome.value, "reason_code": decision.reason_code, "criterion": decision.criterion}
    record("application.decide", "application", application.public_id, by=by, at=at, decision=decision.public_id, **facts)
    codes = weighed.assessment.conditions if choice.outcome.grants else ()
    review_notices.decided(application, decision, agreed_on(application, codes, application.applicant.language, at))
    return decision


def _check_panel(application: Application, evaluations: Counted, aside: Counted, at: datetime) -> None:
    """Ties are asked again: who is tied by now counts no more, and a panel that falls short by it decides nothing."""
    if not falls_short(application, list(evaluations), at):
        return
    if aside:
        sentence = N_("Una recomendación ya no cuenta: quien la hizo tiene ahora relación con quien solicita. Sin ella faltan.")
        raise IllegalMove("panel_short", sentence)
    raise IllegalMove("panel_short", N_("Faltan recomendaciones de las que el esquema pide."))


def _set_aside(evaluations: Counted, *, by: User, at: datetime) -> None:
    for one in evaluations:
        one.set_aside_at = at
        record("evaluation.set_aside", "evaluation", one.public_id, by=by, at=at, application=one.application.public_id)


def _weigh(application: Application, evaluations: Counted, choice: DecisionChoice, at: datetime) -> Weighed:
    end = lapsed_at(application.scheme_version)
    if choice.outcome.grants and end is not None and end <= at:
        raise IllegalMove("scheme_lapsed", N_("El esquema de este sello terminó y ya no se puede otorgar."))
    try:
        return weigh(application, evaluations, _needed(application, evaluations, choice.agreed))
    except (Disagreement, InvalidInput) as error:
        error.field = f"agreed_{error.params.get('criterion', '')}"
        raise


def _needed(application: Application, evaluations: Counted, agreed: Mapping[str, Agreed]) -> dict[str, Agreed]:
    """Only where evaluators differ is there anything to agree on."""
    rows = rows_of(application, evaluations)
    return {code: one for code, one in agreed.items() if one.reason.strip() and len(set(scores(rows.get(code, ())))) > 1}


def _check_choice(application: Application, choice: DecisionChoice, weighed: Weighed, at: datetime) -> None:
    if not choice.reasons:
        raise InvalidInput("reasons_missing", N_("Escriba las razones de la decisión."), field="reasons")
    if choice.outcome is Outcome.REFUSED:
        _check_refusal(application, choice, weighed.assessment)
        return
    if weighed.blocks:
        block = weighed.blocks[0]
        raise GrantBlocked("grant_blocked", WORDS[block.code], field="outcome", block=block.code, criterion=block.criterion)
    require_backed(application, at, field="outcome")
    if weighed.grants is not choice.outcome:
        with_conditions = weighed.grants is Outcome.GRANTED_WITH_CONDITIONS
        sentence = (
            N_("Con estos hallazgos solo se puede otorgar con condiciones.")
            if with_conditions
            else N_("No quedó nada pendiente: se otorga sin condiciones.")
        )
        raise InvalidInput("outcome_not_possible", sentence, field="outcome")


def _check_refusal(application: Application, choice: DecisionChoice, assessment: Assessment) -> None:
    """Guard 3: a reason of the list, the criterion, and words for the public; computed reasons must be what was computed."""
    check_reason("refuse", choice.reason_code or "", choice.criterion, text_of(application.scheme_version))
    if not choice.public_summary:
        raise InvalidInput(
            "summary_missing", N_("Escriba en pocas palabras qué pasó: lo leerá todo el público."), field="public_summary"
        )
    if choice.reason_code in COMPUTED and (choice.reason_code, choice.criterion) not in grounds(assessment):
        raise InvalidInput("reason_unfounded", N_("Los hallazgos no dicen eso de este criterio."), field="criterion")


def grounds(assessment: Assessment) -> frozenset[tuple[str, str]]:
    """Reason codes with the criteria that the findings bear out. An open major one fails like a critical one."""
    failed = (*assessment.critical_failed, *assessment.open_major)
    return frozenset((*assessment.reasons, *(("CRITICAL_NOT_MET", code) for code in failed)))


def _decision(  # noqa: PLR0913 - the columns of one row
    application: Application, evaluations: Counted, choice: DecisionChoice, assessment: Assessment, *, by: User, at: datetime
) -> Decision:
    refused = choice.outcome is Outcome.REFUSED
    days = text_of(application.scheme_version).timing.appeal_deadline_days
    settled = _needed(application, evaluations, choice.agreed)
    return Decision(
        application=application,
        outcome=choice.outcome,
        label_class=None if refused else assessment.label_class,
        reasons=choice.reasons,
        reason_code=choice.reason_code if refused else None,
        criterion=choice.criterion if refused else None,
        public_summary=choice.public_summary,
        appeal_until=today_of(application, at) + timedelta(days=days) if refused else None,
        agreed={code: {"score": one.score, "reason": one.reason} for code, one in settled.items()},
        decided_by_id=by.id,
        decided_at=at,
    )

"""Forms of the review desk. Those for a finding and for a decision are made of what the scheme asks."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, HiddenField, IntegerField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from certification.applications.deciding import DecisionChoice
from certification.applications.evaluating import Advice, Found
from certification.applications.returning import Request
from certification.applications.reviewing import ComparedView
from certification.applications.weighing import Agreed
from certification.core.forms import DAY_REQUIRED, REQUIRED, Form, at_most, options
from certification.rules.workflow import Outcome
from certification.schemes.reasons import reason_codes

LONG = 5000
CHOSEN = InputRequired(_l("Elija una opción."))
VALUES = {
    "conform": _l("Cumple"),
    "minor": _l("No conformidad menor"),
    "major": _l("No conformidad mayor"),
    "not_applicable": _l("No aplica"),
}
OUTCOMES = {
    Outcome.GRANTED: _l("Otorgar"),
    Outcome.GRANTED_WITH_CONDITIONS: _l("Otorgar con condiciones"),
    Outcome.REFUSED: _l("No otorgar"),
}


class AcceptForm(Form):
    """Nothing but the token."""


class AssignForm(Form):
    """``seat`` is ``outsider`` or ``peer:<public id of the workshop>``."""

    person = HiddenField(validators=[REQUIRED])
    seat = SelectField(_l("Va como"), [CHOSEN], validate_choice=False)


class ReleaseForm(Form):
    reason = TextAreaField(_l("¿Por qué se cambia?"), [REQUIRED, at_most(500)])


class ReturnForm(Form):
    reason_code = SelectField(_l("Motivo"), [CHOSEN])
    criterion = SelectField(_l("Criterio"), [Optional()])
    request = TextAreaField(
        _l("¿Qué le pide?"), [REQUIRED, at_most(LONG)], description=_l("Con palabras sencillas: qué falta y cómo puede mandarlo.")
    )
    answer_until = DateField(_l("Puede responder hasta el"), [DAY_REQUIRED])

    def asked(self) -> Request:
        return Request(self.reason_code.data, self.request.data or "", self.answer_until.data, self.criterion.data or None)


class NoTieForm(Form):
    no_tie = BooleanField(_l("No tengo relación de familia, de trabajo ni de negocio con quien solicita."), [CHOSEN])


class TieForm(Form):
    kind = RadioField(_l("¿Qué relación tiene?"), [CHOSEN])
    since = DateField(_l("¿Desde cuándo?"), [Optional()])
    until = DateField(_l("¿Hasta cuándo?"), [Optional()], description=_l("Déjelo vacío si sigue."))


class RecuseForm(Form):
    reason = TextAreaField(_l("¿Por qué no puede?"), [REQUIRED, at_most(500)])


class FindingForm(Form):
    value = RadioField(_l("Hallazgo"), [CHOSEN])
    score = RadioField(_l("Puntos"), [Optional()], choices=options((str(n), str(n)) for n in range(4)))
    note = TextAreaField(_l("Qué vio"), [Optional(), at_most(LONG)])
    plan = TextAreaField(
        _l("Qué se acordó para corregirlo"),
        [Optional(), at_most(LONG)],
        description=_l("Hace falta para que quede como condición."),
    )
    plan_due = DateField(_l("Para cuándo"), [Optional()])

    def found(self) -> Found:
        score = int(self.score.data) if "score" in self and self.score.data else None
        skipped = self.value.data == "not_applicable"
        return Found(self.value.data, None if skipped else score, self.note.data or "", self.plan.data or "", self.plan_due.data)


class AdviceForm(Form):
    recommendation = RadioField(
        _l("¿Qué recomienda?"),
        [CHOSEN],
        choices=options(
            (
                (Outcome.GRANTED.value, _l("Que se otorgue")),
                (Outcome.GRANTED_WITH_CONDITIONS.value, _l("Que se otorgue con condiciones")),
                (Outcome.REFUSED.value, _l("Que no se otorgue")),
            )
        ),
    )
    summary = TextAreaField(_l("Resumen"), [Optional(), at_most(LONG)], description=_l("Lo primero que leerá quien decide."))
    visited_on = DateField(_l("¿Qué día hizo la visita?"), [Optional()], description=_l("Déjelo vacío si solo vio documentos."))
    named = BooleanField(_l("Acepto que mi nombre aparezca en la página pública del sello."))

    def advice(self) -> Advice:
        return Advice(Outcome(self.recommendation.data), self.summary.data or "", self.visited_on.data, bool(self.named.data))


class DecisionForm(Form):
    """:func:`decision_form` adds a score and a reason for each criterion on which evaluators are apart."""

    outcome = RadioField(_l("Decisión"), [CHOSEN])
    reasons = TextAreaField(
        _l("Razones"), [Optional(), at_most(LONG)], description=_l("Las lee quien solicita y quedan en el expediente.")
    )
    reason_code = SelectField(_l("Motivo de la negativa"), [Optional()])
    criterion = SelectField(_l("Criterio que no se cumple"), [Optional()])
    public_summary = TextAreaField(
        _l("Resumen público"),
        [Optional(), at_most(LONG)],
        description=_l("Dos o tres frases que cualquiera puede leer, sin datos personales."),
    )
    seen_version = IntegerField(widget=HiddenInput(), validators=[Optional()])

    def complete(self, disputes: Sequence[ComparedView]) -> bool:
        """Whether nothing is missing; all that is, each beside its field, so that nobody is sent back more than once."""
        missing = [("reasons", _("Escriba las razones de la decisión."))]
        for one in disputes:
            missing += [
                (f"agreed_{one.code}", _("Falta acordarla: «%(title)s».", title=one.title)),
                (f"why_{one.code}", _("Falta este dato.")),
            ]
        if self.outcome.data == Outcome.REFUSED.value:
            missing += [
                ("reason_code", _("Elija uno de los motivos de la lista.")),
                ("public_summary", _("Escriba en pocas palabras qué pasó: lo leerá todo el público.")),
            ]
            reason = reason_codes().get(self.reason_code.data or "")
            if reason is not None and reason.needs_criterion:
                missing.append(("criterion", _("Este motivo pide decir qué criterio del esquema no se cumple.")))
        missing = [(name, words) for name, words in missing if not self[name].data]
        for name, words in missing:
            self[name].errors = [*self[name].errors, words]
        return not missing

    def choice(self, disputes: Sequence[ComparedView]) -> DecisionChoice:
        agreed = {}
        for one in disputes:
            score, reason = self[f"agreed_{one.code}"].data, self[f"why_{one.code}"].data or ""
            if score and reason:
                agreed[one.code] = Agreed(int(score), reason)
        return DecisionChoice(
            Outcome(self.outcome.data),
            self.reasons.data or "",
            self.reason_code.data or None,
            self.criterion.data or None,
            self.public_summary.data or "",
            agreed,
            self.seen_version.data,
        )


def finding_form(values: Mapping[str, str], *, scored: bool, **saved: Any) -> FindingForm:
    """The form for one criterion, filled with what is saved. ``values`` are ids with their words."""
    form = FindingForm(**saved)
    form.value.choices = options(values.items())
    if not scored:
        del form.score
    return form


def decision_form(
    outcomes: frozenset[Outcome],
    disputes: Sequence[ComparedView],
    reasons: Sequence[tuple[str, str]],
    criteria: Sequence[tuple[str, str]],
    version: int,
) -> DecisionForm:
    """The form of one case, with the outcomes that its findings may lead to."""
    fields: dict[str, Any] = {}
    for one in disputes:
        choices = options((("", _("Elija")), *((str(n), str(n)) for n in range(one.low, one.high + 1))))
        fields[f"agreed_{one.code}"] = SelectField(
            _l("Calificación acordada de %(code)s", code=one.code), [Optional()], choices=choices
        )
        fields[f"why_{one.code}"] = TextAreaField(
            _l("Por qué esa calificación de %(code)s", code=one.code), [Optional(), at_most(1000)]
        )
    made = type("DecisionForm", (DecisionForm,), fields)
    form: DecisionForm = made(seen_version=version)
    form.outcome.choices = options((one.value, words) for one, words in OUTCOMES.items() if one in outcomes)
    form.reason_code.choices = options((("", _("Elija")), *reasons))
    form.criterion.choices = options((("", _("Elija")), *criteria))
    return form

"""Forms for the acts on a certificate."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, IntegerField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional
from wtforms.widgets import HiddenInput

from certification.core.forms import DAY_REQUIRED, REQUIRED, Form, at_most, options, wrong
from certification.core.i18n import language
from certification.registry.acts import Why
from certification.registry.surveillance import MOST_VISITORS, Visit
from certification.rules.scheme_text import SchemeText
from certification.schemes.reasons import NEEDS_CRITERION, reason_codes, reasons_for

LONGEST_SUMMARY = 1200


class ActForm(Form):
    """An act with its public reason. ``version`` is how many acts were on the label that the page showed; ``confirmed`` is set by
    the page that asks once more.
    """

    reason_code = SelectField(_l("Motivo"), validators=[REQUIRED])
    criterion = SelectField(
        _l("Criterio que no se cumple"), default="", description=_l("Hace falta con los motivos que lo piden.")
    )
    public_summary = TextAreaField(
        _l("Qué pasó, en pocas palabras"),
        validators=[REQUIRED, at_most(LONGEST_SUMMARY)],
        description=_l("Lo leerá todo el público junto al sello. No escriba nombres de quien se quejó ni datos privados."),
    )
    until = DateField(
        _l("La pausa dura a más tardar hasta"),
        validators=[DAY_REQUIRED],
        description=_l("Seis meses como máximo. Antes de ese día se restablece o se retira."),
    )
    version = IntegerField(widget=HiddenInput(), validators=[Optional()])
    confirmed = HiddenField()

    def __init__(self, act: str, text: SchemeText, **given: Any) -> None:
        super().__init__(**given)
        lang = language()
        self.reason_code.choices = [*options([("", "")]), *_reasons(act, lang)]
        self.criterion.choices = options(
            (("", ""), *((one.code, f"{one.code} · {one.title.in_(lang)}") for one in text.criteria))
        )
        if act != "suspend":
            del self.until
        if act == "surrender":
            del self.criterion
            self.public_summary.validators = [Optional(), at_most(LONGEST_SUMMARY)]
            self.public_summary.flags.required = False
            self.public_summary.description = _l("Si quiere, diga por qué. Lo leerá todo el público.")
        if act == "restore":
            del self.reason_code
            del self.criterion
            self.public_summary.validators = [Optional(), at_most(LONGEST_SUMMARY)]
            self.public_summary.flags.required = False
            self.public_summary.label.text = _l("Qué se arregló")

    def validate_criterion(self, field: Any) -> None:
        reason = reason_codes().get(self.reason_code.data or "")
        if reason is not None and reason.needs_criterion and not field.data:
            raise wrong(NEEDS_CRITERION)

    def why(self) -> Why:
        """The reason as the services take it."""
        criterion = self.criterion.data if "criterion" in self._fields else None
        return Why(self.reason_code.data, self.public_summary.data or "", criterion or None)

    def last_day(self) -> date:
        """The last day of a pause."""
        found: date = self.until.data
        return found

    def show(self, version: int) -> None:
        """The page goes out with so many acts on the label."""
        self.version.data, self.version.raw_data = version, None

    def foreseen(self) -> tuple[Why | None, date | None]:
        """What can be checked before it is asked whether to do it: the reason and the last day, where the act has them."""
        why = self.why() if "reason_code" in self._fields else None
        return why, self.last_day() if "until" in self._fields else None


def _reasons(act: str, lang: str) -> Iterator[SelectChoice]:
    """The reasons of an act, those first that ask for a criterion; named as such where there are both kinds."""
    found = sorted(reasons_for(act), key=lambda one: not one.needs_criterion)
    both = len({one.needs_criterion for one in found}) > 1
    for one in found:
        group = (_("Piden decir el criterio") if one.needs_criterion else _("No piden un criterio")) if both else None
        yield SelectChoice(one.code, one.text.in_(lang), optgroup=group)


COUNT = (InputRequired(_l("Falta este dato.")), NumberRange(0, MOST_VISITORS, _l("Escriba un número de 0 a %(max)d.")))


class VisitForm(Form):
    """A surveillance that was passed. ``seen`` is the number of the version that the page showed."""

    visited_on = DateField(_l("Día de la visita"), validators=[DAY_REQUIRED])
    peers = IntegerField(_l("Personas del mismo oficio que fueron"), validators=COUNT)
    outsiders = IntegerField(_l("Personas de fuera que fueron"), validators=COUNT)
    public_summary = TextAreaField(
        _l("Qué se vio, en pocas palabras"),
        validators=[REQUIRED, at_most(LONGEST_SUMMARY)],
        description=_l("Lo leerá todo el público junto al sello. No escriba nombres ni datos privados."),
    )
    seen = IntegerField(widget=HiddenInput(), validators=[InputRequired(_l("Falta este dato."))])
    confirmed = HiddenField()

    def visit(self) -> Visit:
        """The visit as the service takes it."""
        return Visit(self.visited_on.data, self.peers.data, self.outsiders.data, self.public_summary.data or "", self.seen.data)

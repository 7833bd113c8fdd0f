"""Forms of the application wizard. The one for a criterion is made of what that criterion asks."""

from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    FileField,
    HiddenField,
    MultipleFileField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from certification.applications.case import AskView, CriterionView
from certification.applications.drafts import Description, Given
from certification.applications.models import SPOKEN
from certification.applications.subjects import SubjectChoice
from certification.core.forms import REQUIRED, Form, at_most, options, wrong
from certification.core.media.models import StoredFile

LONGEST_WORDS = 5000
KEY = [Optional(), at_most(40)]
CONTROLS = {"place": StringField, "number": StringField}
ACCEPT = {"photo": "image/*", "video": "video/*", "audio": "audio/*", "document": "image/*,application/pdf,audio/*"}
LABELS = {
    "photo": _l("Agregar fotos"),
    "video": _l("Agregar un video"),
    "audio": _l("Agregar una nota de voz"),
    "document": _l("Agregar el documento, o una foto de él"),
}
ANY_ACCEPT = "audio/*,image/*,application/pdf,video/*,text/plain"


class StartForm(Form):
    party = RadioField(_l("¿Para quién es el sello?"), [REQUIRED])
    scheme = RadioField(_l("¿Qué sello?"), [REQUIRED])
    subject_kind = RadioField(_l("¿Qué llevaría el sello?"), [REQUIRED])
    request_key = HiddenField(validators=KEY)


class GoodsForm(Form):
    goods = TextAreaField(
        _l("¿Qué productos llevarían el sello?"),
        [Optional(), at_most(500)],
        description=_l("Por ejemplo: rebozos y fajas de algodón."),
    )
    techniques = TextAreaField(
        _l("¿Con qué técnicas se hacen?"), [Optional(), at_most(500)], description=_l("Con el nombre que se usa en su pueblo.")
    )
    makers = TextAreaField(
        _l("¿Quiénes los hacen?"),
        [Optional(), at_most(4000)],
        description=_l("Un nombre por renglón, como cada persona quiere aparecer. Pida permiso antes de escribirlo."),
    )
    marks = TextAreaField(
        _l("¿Cómo se reconoce una pieza?"),
        [Optional(), at_most(500)],
        description=_l("Iniciales, medidas, un remate, una costura: lo que ayude a comparar."),
    )
    subject_refs = SelectMultipleField(
        _l("¿Cuáles de sus productos publicados entran?"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    photo = FileField(_l("Foto para el certificado"))
    version = HiddenField(validators=KEY)

    def offer(self, choices: list[SubjectChoice]) -> None:
        """Show these goods to choose from; none, and the question is not asked."""
        self.subject_refs.choices = options((one.ref, one.name) for one in choices)

    def description_given(self, photo: StoredFile | None) -> Description:
        names = (line.strip() for line in (self.makers.data or "").splitlines())
        return Description(
            goods=self.goods.data or "",
            techniques=self.techniques.data or "",
            marks=self.marks.data or "",
            makers=tuple(dict.fromkeys(name for name in names if name)),
            subject_refs=tuple(self.subject_refs.data or ()),
            photo=photo,
        )

    def validate_makers(self, field: Any) -> None:
        if any(len(line) > 120 for line in (field.data or "").splitlines()):  # noqa: PLR2004 - as the sentence says
            raise wrong("Cada nombre lleva 120 letras como máximo.")


class SubmitForm(Form):
    pledge = BooleanField(
        _l(
            "Lo que escribimos y mostramos es verdad, quienes aparecen dieron su permiso, y aceptamos que quienes evalúan "
            "y deciden vean nuestras pruebas."
        )
    )


class WithdrawForm(Form):
    reason = TextAreaField(_l("¿Por qué la retira?"), [Optional(), at_most(2000)])


class CriterionForm(Form):
    """What every criterion's screen has; :func:`criterion_form` adds a group of fields for each ask."""

    applies = RadioField(
        _l("¿Aplica en su caso?"), choices=options((("yes", _l("Sí aplica")), ("no", _l("No aplica")))), validate_choice=False
    )
    text = TextAreaField(_l("Cuéntelo con sus palabras"), [Optional(), at_most(LONGEST_WORDS)])
    request_key = HiddenField(validators=KEY)
    version = HiddenField(validators=KEY)

    def given(self, criterion: CriterionView) -> Given:
        """What was written and ticked; what the browser did not send is left as it is, and files go their own way."""
        words = {ask.number: self[f"words_{ask.number}"] for ask in criterion.asks if ask.words}
        said = self.applies.data if "applies" in self else None
        return Given(
            text=(self.text.data or "") if self.text.raw_data else None,
            applies=said != "no" if said in ("yes", "no") else None,
            words={number: field.data or "" for number, field in words.items() if field.raw_data},
            visits={
                ask.number: bool(self[f"visit_{ask.number}"].data) for ask in criterion.asks if f"visit_{ask.number}" in self
            },
        )


def suffix(number: int) -> str:
    """How the fields of an ask are told apart."""
    return "s" if number == SPOKEN else str(number)


def uploads(criterion: CriterionView) -> tuple[AskView, ...]:
    """The asks that take files, the spoken answer last."""
    return (*(ask for ask in criterion.asks if ask.files), criterion.spoken)


def criterion_form(criterion: CriterionView, today: date, place: str) -> CriterionForm:
    """The screen's form, filled with what is saved; an unanswered place begins as that of the party."""
    fields: dict[str, Any] = {}
    for ask in criterion.asks:
        number = suffix(ask.number)
        if ask.words:
            fields[f"words_{number}"] = _words(
                ask, ask.written or (place if ask.kind == "place" and not criterion.touched else "")
            )
        if ask.kind == "visit" and ask.group:
            fields[f"visit_{number}"] = BooleanField(_l("Preferimos que vengan a ver"), default=ask.visit_wished)
    for ask in uploads(criterion):
        fields.update(_upload(ask, today))
    made = type("CriterionForm", (CriterionForm,), fields)
    said = None if criterion.applies is None else ("yes" if criterion.applies else "no")
    form: CriterionForm = made(text=criterion.answer, applies=said)
    if not criterion.condition:
        del form.applies
    return form


def _words(ask: AskView, default: str) -> Any:
    limit = [Optional(), at_most(LONGEST_WORDS if ask.kind == "statement" else 500)]
    if ask.kind == "number":
        limit.append(Regexp(r".*\d", message=_l("Escriba al menos un número.")))
    return CONTROLS.get(ask.kind, TextAreaField)(ask.what, limit, default=default)


def _upload(ask: AskView, today: date) -> dict[str, Any]:
    number = suffix(ask.number)
    return {
        f"file_{number}": MultipleFileField(
            LABELS.get(ask.kind, _l("Una nota de voz, o una foto del papel")),
            render_kw={"accept": ACCEPT.get(ask.kind, ANY_ACCEPT)},
        ),
        f"dated_{number}": DateField(_l("Fecha de la prueba"), [Optional()], default=today, render_kw={"max": today.isoformat()}),
        f"caption_{number}": StringField(_l("Nota corta"), [Optional(), at_most(200)]),
    }

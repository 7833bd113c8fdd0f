"""Forms about parties and their people."""

from typing import Any, NamedTuple

from flask import current_app
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, EmailField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from certification.core.forms import REQUIRED, Form, at_most, checked_mail, options
from certification.core.i18n import language
from certification.parties.branches import branches
from certification.parties.founding import PartyValues
from certification.parties.models import MemberRole, PartyKind, Power
from certification.parties.places.places import (
    Municipality,
    apart,
    gazetteer,
    municipalities,
    placed,
    state_name,
    states,
)
from certification.rules.errors import InvalidInput
from certification.rules.fold import fold
from certification.rules.text import N_

OTHER_TRADES = "other_trades"  # what the shop knows beyond crafts: (id, name) in a language
KIND_WORDS = {
    PartyKind.ARTISAN: _l("Una persona"),
    PartyKind.WORKSHOP: _l("Un taller familiar"),
    PartyKind.COOPERATIVE: _l("Una cooperativa"),
    PartyKind.COLLECTIVE: _l("Un colectivo o grupo"),
    PartyKind.FEDERATION: _l("Una federación o red"),
    PartyKind.COMMUNITY: _l("Una comunidad"),
    PartyKind.BODY: _l("Una institución u organización aliada"),
}
ROLE_WORDS = {
    MemberRole.ADMIN: _l("Administra: todo, también las personas"),
    MemberRole.CATALOGUE: _l("Catálogo: productos, preguntas y solicitudes"),
    MemberRole.PAYMENTS: _l("Pagos: pedidos y cobros"),
    MemberRole.READ: _l("Solo mira"),
}
POWER_WORDS = {Power.CATALOGUE: _l("Publicar productos y contestar preguntas"), Power.APPLY: _l("Solicitar sellos")}


class Suggestion(NamedTuple):
    """A municipality offered while typing."""

    name: str
    state: str


def _no_others(_lang: str) -> list[tuple[str, str]]:
    return []


class PartyForm(Form):
    """Who they are and where they work."""

    kind = RadioField(_l("¿Quién es?"), choices=options((kind.value, words) for kind, words in KIND_WORDS.items()))
    name = StringField(_l("Nombre"), [REQUIRED, at_most(200)])
    branch = SelectField(_l("Oficio principal"), [Optional()])
    state_code = SelectField(_l("Estado"), [REQUIRED])
    municipality = StringField(_l("Municipio"), [REQUIRED, at_most(120)])
    municipality_code = SelectField(_l("¿Cuál de estos municipios?"), [Optional()], validate_choice=False)
    locality = StringField(_l("Localidad, barrio o paraje"), [Optional(), at_most(120)])
    reference = StringField(_l("Cómo llegar"), [Optional(), at_most(300)])

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        lang = language()
        others = current_app.extensions.get(OTHER_TRADES, _no_others)(lang)
        self.branch.choices = [
            SelectChoice("", _l("Otro")),
            *(SelectChoice(one.id, one.label(lang), optgroup=_l("Artesanía")) for one in branches()),
            *(SelectChoice(key, name, optgroup=_l("Alimentos y más")) for key, name in others),
        ]
        self.state_code.choices = [
            SelectChoice("", _l("Elija su estado")),
            *(SelectChoice(one.code, state_name(one.code, lang)) for one in states()),
        ]
        self.namesakes = self._of_that_name()
        self.municipality_code.choices = [
            SelectChoice("", _l("Elija el suyo")),
            *(SelectChoice(one.code, apart(one.code, lang) or one.name) for one in self.namesakes),
        ]

    def values(self) -> PartyValues:
        """What was said, with the place checked.

        Raises:
            InvalidInput: for a place that will not do, or a name that several municipalities of the state bear.

        """
        place = placed(
            self.state_code.data,
            self.municipality.data,
            municipality_code=self._code(),
            locality=self.locality.data,
            reference=self.reference.data,
        )
        return PartyValues(PartyKind(self.kind.data), self.name.data, self.branch.data or None, place)

    @property
    def ambiguous(self) -> bool:
        """Whether the page must ask which of several namesakes is meant."""
        return len(self.namesakes) > 1

    def suggestions(self) -> list[Suggestion]:
        """Municipalities to offer while typing: those of the chosen state, else of all, each name once."""
        found = municipalities(self.state_code.data) if self.state_code.data else gazetteer().values()
        named = {(one.name, one.state_code): Suggestion(one.name, state_name(one.state_code, language())) for one in found}
        return sorted(named.values(), key=lambda one: (fold(one.name), one.state))

    def _of_that_name(self) -> list[Municipality]:
        wanted, state_code = fold(self.municipality.data or ""), self.state_code.data
        found = municipalities(state_code) if state_code and wanted else ()
        return [one for one in found if fold(one.name) == wanted]

    def _code(self) -> str | None:
        """The municipality's code, where the list knows the name; a name that it does not know stays as it was typed."""
        if not self.ambiguous:
            return self.namesakes[0].code if self.namesakes else None
        chosen = [one.code for one in self.namesakes if one.code == self.municipality_code.data]
        if not chosen:
            raise InvalidInput(sentence=N_("Hay varios municipios con ese nombre. Elija el suyo."), field="municipality_code")
        return chosen[0]


class MemberPartyForm(PartyForm):
    """A member of an organization who never signs in."""

    how = StringField(_l("¿Cómo dio su acuerdo?"), [REQUIRED, at_most(300)])


class InviteForm(Form):
    """Somebody with or without mail."""

    name = StringField(_l("Nombre de la persona"), [REQUIRED, at_most(200)])
    without_mail = BooleanField(_l("No usa correo: imprimir un código"))
    request_key = HiddenField(validators=[at_most(40)])
    email = EmailField(_l("Correo electrónico"), [at_most(254)])
    role = RadioField(
        _l("¿Qué hará?"), choices=options((role.value, words) for role, words in ROLE_WORDS.items()), default="catalogue"
    )

    def validate_email(self, field: EmailField) -> None:
        if not self.without_mail.data:
            field.data = checked_mail(field.data or "")


class RoleForm(Form):
    role = SelectField(_l("Papel"), choices=options((role.value, words) for role, words in ROLE_WORDS.items()))


class ProofForm(Form):
    """A document, with a word on what it is."""

    text = TextAreaField(_l("¿Qué documento es y quién lo firma?"), [REQUIRED, at_most(1000)])
    file = FileField(_l("Foto o PDF del documento"))


class VouchForm(Form):
    """Somebody's word for another party."""

    text = TextAreaField(_l("¿Desde cuándo los conoce y qué les ha visto hacer?"), [REQUIRED, at_most(1000)])


class VetForm(Form):
    accepted = RadioField(
        _l("¿Basta esta prueba?"), choices=options((("yes", _l("Sí, pueden hablar por ellos")), ("no", _l("No basta"))))
    )
    reason = TextAreaField(_l("Razón"), [Optional(), at_most(1000)])


class MandateForm(Form):
    """Let a promoter act in one's name."""

    promoter = StringField(_l("Correo o nombre de usuario de la promotora o el promotor"), [REQUIRED, at_most(254)])
    power = RadioField(
        _l("¿Para qué?"), choices=options((power.value, words) for power, words in POWER_WORDS.items()), default="catalogue"
    )
    how = StringField(_l("¿Cómo lo acordaron?"), [REQUIRED, at_most(300)])

"""What a stall says of itself, and whom it credits."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, SelectField, StringField, TelField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from certification.core.forms import REQUIRED, Form, at_most, checked_phone
from certification.parties.models import Party
from marketplace.producers.models import Producer
from marketplace.producers.stalls import LONGEST_LINE, LONGEST_STORY, LONGEST_VISITS, StallValues


class StallForm(Form):
    """The whole of a stall but its photographs."""

    line = StringField(_l("En una frase, ¿quiénes son?"), [Optional(), at_most(LONGEST_LINE)])
    story = TextAreaField(_l("Su historia"), [Optional(), at_most(LONGEST_STORY)])
    story_en = TextAreaField(_l("Su historia en inglés"), [Optional(), at_most(LONGEST_STORY)])
    languages = StringField(_l("Lenguas que hablan"), [Optional(), at_most(300)])
    whatsapp = TelField(_l("WhatsApp"), [Optional(), at_most(30)])
    whatsapp_shown = BooleanField(_l("Mostrar mi WhatsApp en el puesto"))
    visits = StringField(_l("Dónde y cuándo los encuentran"), [Optional(), at_most(LONGEST_VISITS)])

    def validate_whatsapp(self, field: TelField) -> None:
        field.data = checked_phone(field.data)

    def values(self) -> StallValues:
        spoken = [" ".join(one.split()) for one in (self.languages.data or "").split(",")]
        return StallValues(
            line=self.line.data or "",
            story=self.story.data or "",
            story_en=self.story_en.data or "",
            languages=tuple(dict.fromkeys(one for one in spoken if one)),
            whatsapp=self.whatsapp.data or None,
            whatsapp_shown=bool(self.whatsapp_shown.data),
            visits=self.visits.data or "",
        )


def filled(producer: Producer) -> dict[str, Any]:
    """What the form shows of a stall as it stands."""
    names = ("line", "story", "story_en", "whatsapp", "whatsapp_shown", "visits")
    return {name: getattr(producer, name) for name in names} | {"languages": ", ".join(producer.languages)}


class PhotoForm(Form):
    photo = FileField(_l("Foto"))


class AwayForm(Form):
    until = DateField(_l("¿Qué día regresan?"), [Optional()])


class MakerForm(Form):
    """Somebody to name on products."""

    name = StringField(_l("Nombre como la persona quiere aparecer"), [REQUIRED, at_most(200)])
    how = StringField(_l("¿Cómo dio su acuerdo?"), [REQUIRED, at_most(300)])
    party = SelectField(_l("Es del taller"), [Optional()])

    def offer(self, parties: list[Party]) -> None:
        """The parties that one may come from: the stall's own, or a member's."""
        self.party.choices = [
            SelectChoice("", _l("De este puesto")),
            *(SelectChoice(one.public_id, one.name) for one in parties),
        ]

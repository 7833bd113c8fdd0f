"""Asking and answering."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import Length

from certification.core.forms import REQUIRED, Form, at_most, checked_mail, checked_phone, options
from marketplace.enquiries.asking import LONGEST_MESSAGE, Question
from marketplace.enquiries.models import Channel


class AskForm(Form):
    """Name, how to answer, the question."""

    name = StringField(_l("Su nombre"), [REQUIRED, at_most(100)])
    channel = RadioField(
        _l("¿Por dónde le respondemos?"),
        choices=options(((Channel.MAIL.value, _l("Correo electrónico")), (Channel.WHATSAPP.value, _l("WhatsApp")))),
        default=Channel.MAIL.value,
    )
    email = StringField(_l("Su correo"), [at_most(254)])
    phone = StringField(_l("Su número de WhatsApp"), [at_most(30)])
    text = TextAreaField(_l("Su mensaje"), [REQUIRED, at_most(LONGEST_MESSAGE)])
    request_key = HiddenField(validators=[Length(min=16, max=40)])

    def validate_email(self, field: StringField) -> None:
        if self.channel.data == Channel.MAIL.value:
            field.data = checked_mail(field.data or "")

    def validate_phone(self, field: StringField) -> None:
        if self.channel.data == Channel.WHATSAPP.value:
            field.data = checked_phone(field.data or "")

    def question(self, language: str) -> Question:
        channel = Channel(self.channel.data)
        contact = self.email.data if channel is Channel.MAIL else self.phone.data
        return Question(self.name.data, channel, contact, self.text.data, self.request_key.data, language)


class AnswerForm(Form):
    """One more message in the thread."""

    text = TextAreaField(_l("Su respuesta"), [REQUIRED, at_most(LONGEST_MESSAGE)])

"""Asking for mail about a label."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.validators import Length

from certification.core.forms import REQUIRED, Form, at_most, checked_mail


class WatchForm(Form):
    """An address, and nothing else about whose it is."""

    email = StringField(_l("Su correo"), [REQUIRED, at_most(254)])

    def validate_email(self, field: StringField) -> None:
        field.data = checked_mail(field.data or "")


class RegretForm(Form):
    """To undo leaving: what the page of leaving sealed."""

    sealed = HiddenField(validators=[Length(min=1, max=2000)])

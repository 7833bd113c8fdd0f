"""Forms by which people enter: sign-in, registration, recovery, printed code."""

from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, Optional, ValidationError

from certification.accounts.passwords import LONGEST, require_good
from certification.core.forms import REQUIRED, Form, at_most
from certification.core.i18n import sentence
from certification.rules.errors import DomainError

MAIL = (Email(message=_l("Escriba una dirección de correo completa: nombre@ejemplo.mx.")), at_most(254))
LANGUAGES = (SelectChoice("es", "Español"), SelectChoice("en", "English"))


class GoodPassword:
    """A validator: long enough, not a common one, not made of what the form or account says of the person."""

    def __init__(self, *about: str) -> None:
        self.about = about

    def __call__(self, form: Any, field: Any) -> None:
        said = [str(form[name].data or "") for name in self.about if name in form]
        words = (*said, *(part for text in said for part in text.split("@")), current_app.config["SETTINGS"]["NAME"])
        try:
            require_good(field.data or "", about=tuple(word for word in words if word))
        except DomainError as error:
            raise ValidationError(sentence(error)) from error


class SignInForm(Form):
    login = StringField(_l("Correo o nombre para entrar"), [REQUIRED, at_most(254)])
    password = PasswordField(_l("Contraseña"), [REQUIRED, at_most(LONGEST)])


class RegisterForm(Form):
    name = StringField(_l("Su nombre"), [REQUIRED, at_most(200)])
    email = EmailField(_l("Correo electrónico"), [REQUIRED, *MAIL])
    password = PasswordField(_l("Contraseña nueva"), [REQUIRED, GoodPassword("name", "email")])


class ConfirmForm(Form):
    password = PasswordField(_l("La contraseña que eligió al registrarse"), [REQUIRED, at_most(LONGEST)])


class ForgotForm(Form):
    email = EmailField(_l("Correo electrónico"), [REQUIRED, *MAIL])


class NewPasswordForm(Form):
    password = PasswordField(_l("Contraseña nueva"), [REQUIRED, GoodPassword()])


class CodeForm(Form):
    code = StringField(
        _l("Código impreso"),
        [REQUIRED, at_most(40)],
        description=_l("Diez letras y números, como ABCD-EFGH-JK. Da igual si escribe con mayúsculas."),
    )


class BeginForm(Form):
    handle = StringField(
        _l("Nombre para entrar"),
        [REQUIRED, at_most(40)],
        description=_l("Con este nombre entra usted. Nadie más lo ve."),
    )
    password = PasswordField(_l("Contraseña nueva"), [REQUIRED, GoodPassword("handle")])


class AgainForm(Form):
    """The person's password once more."""

    current = PasswordField(_l("Su contraseña de ahora"), [REQUIRED, at_most(LONGEST)])


class ChangePasswordForm(AgainForm):
    password = PasswordField(_l("Contraseña nueva"), [REQUIRED, GoodPassword()])


class MailForm(AgainForm):
    email = EmailField(_l("Correo nuevo"), [REQUIRED, *MAIL])


class DetailsForm(Form):
    name = StringField(_l("Su nombre"), [REQUIRED, at_most(200)])
    handle = StringField(_l("Nombre para entrar"), [Optional(), at_most(40)])
    phone = StringField(_l("Teléfono"), [Optional(), at_most(20)])
    language = SelectField(_l("Idioma de las páginas y los correos"), choices=LANGUAGES)


class EraseForm(AgainForm):
    sure = BooleanField(_l("Entiendo que mis datos se borran y no se pueden recuperar."), [REQUIRED])


class PasskeyNameForm(Form):
    name = StringField(_l("Nombre de la llave"), [REQUIRED, at_most(60)])


class AppointForm(Form):
    role = SelectField(_l("Cargo"))
    scope = SelectField(_l("Esquema"), validate_choice=False)

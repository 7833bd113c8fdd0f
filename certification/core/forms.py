"""Forms as the house writes them: trimmed, bounded, with the failure beside its field."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from flask import request
from flask_babel import gettext, lazy_gettext
from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, StopValidation, ValidationError

from certification.core.i18n import sentence
from certification.rules.errors import DomainError, NotConfirmed
from certification.rules.text import N_

TEN_DIGITS = N_("Escriba el número con sus diez dígitos, por ejemplo 951 516 1234. Si es de otro país, empiece con + y su clave.")
MEXICO = 52


class DayRequired(DataRequired):  # type: ignore[misc]  # wtforms ships no types
    """A day that must be given. One that was typed and can't be read (the browser has no calendar) is not missing."""

    def __call__(self, form: Any, field: Any) -> None:
        if field.data is None and any(one.strip() for one in field.raw_data or ()):
            field.errors[:] = []
            raise StopValidation(gettext("Escriba la fecha como año-mes-día, por ejemplo 2026-05-01."))
        super().__call__(form, field)


REQUIRED = DataRequired(lazy_gettext("Falta este dato."))
DAY_REQUIRED = DayRequired(lazy_gettext("Falta este dato."))


def tidy(text: str | None) -> str | None:
    """Trim, normalise to NFC and drop control characters but line ends and tabs."""
    if text is None:
        return None
    kept = "".join(
        c for c in unicodedata.normalize("NFC", text) if c in "\n\t" or unicodedata.category(c)[0] != "C" or c in "\u200d\u200c"
    )
    return kept.replace("\r", "").strip()


def at_most(letters: int) -> Length:
    """A text of no more than so many letters."""
    return Length(max=letters, message=lazy_gettext("Use %(max)d letras como máximo."))


def options(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """What a field offers, from values and their words."""
    return [SelectChoice(value, words) for value, words in pairs]


def wrong(text: str, **params: object) -> ValidationError:
    """A validator's refusal, in the reader's language."""
    return ValidationError(gettext(text, **params))


class Form(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """Every form of the house."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # flask-wtf ships no types
        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
            if "filters" not in unbound_field.kwargs and unbound_field.field_class.__name__ in TEXTS:
                unbound_field.kwargs["filters"] = [tidy]
            return super().bind_field(form, unbound_field, options)

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """A form is sent as a form: flask-wtf would take JSON for one too, whatever is in it."""
            return None if request.is_json else super().wrap_formdata(form, formdata)

    refusal: str | None = None

    def words_of(self, name: str) -> str | None:
        """The words of what was chosen; None when the form asks no such thing."""
        field: Any = self._fields.get(name)
        return None if field is None else next((str(one.label) for one in field.choices if one.value == field.data), None)

    def written(self) -> dict[str, str]:
        """What was typed and chosen, by the names of the fields, without hidden ones that only carry the page along."""
        kept = (one for one in self if one.type not in ("HiddenField", "CSRFTokenField"))
        return {one.name: str(one.data) for one in kept if one.data is not None}

    def refuse(self, error: DomainError) -> None:
        """Put a failure of the trade beside its field, or on top of the form; ``refusal`` is its code.

        What was kept without being confirmed is raised again: a form would invite to send it twice.
        """
        if isinstance(error, NotConfirmed):
            raise error
        self.refusal = error.code
        field: Field | None = self._fields.get(error.field or "")
        if field is None:
            self.form_errors.append(sentence(error))
        else:
            field.errors = [*field.errors, sentence(error)]

    def first_refusal(self) -> str:
        """Which field was refused first, and why: for a place where one sentence fits."""
        for field in self:
            if field.errors:
                return f"{field.label.text}: {field.errors[0]}"
        return str(self.form_errors[0]) if self.form_errors else ""


TEXTS = {"StringField", "TextAreaField", "EmailField", "TelField", "SearchField", "URLField"}


def checked_mail(text: str) -> str:
    """The address in lower case.

    Raises:
        ValidationError: when it is no address.

    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - slow to load, and few requests need it

    try:
        return str(validate_email(text, check_deliverability=False, test_environment=True).normalized).lower()
    except EmailNotValidError:
        raise wrong(N_("Ese correo no se ve completo. Ejemplo: nombre@correo.mx")) from None


def checked_phone(text: str) -> str:
    """The number as E.164; ten digits are taken as Mexican.

    Raises:
        ValidationError: when no such number can exist.

    """
    import phonenumbers  # noqa: PLC0415 - the same

    try:
        number = phonenumbers.parse(text, "MX")
    except phonenumbers.NumberParseException:
        raise wrong(TEN_DIGITS) from None
    ours = number.country_code == MEXICO  # whoever left their country out must not become somebody here
    if not (phonenumbers.is_valid_number(number) if ours else phonenumbers.is_possible_number(number)):
        raise wrong(TEN_DIGITS)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

"""Language and the formats of es-MX and English."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from flask import Flask, Response, current_app, g, has_app_context, has_request_context, request
from flask_babel import Babel, get_locale, gettext
from jinja2 import pass_context
from jinja2.runtime import Context

from certification.rules.errors import DomainError

LANGUAGES = ("es", "en")
COOKIE = "lang"
COOKIE_DAYS = 365
MOMENT_PATTERN = {"es": "d MMM y, HH:mm", "en": "MMM d, y, HH:mm"}
DAY_PATTERN = {"es": "d MMM y", "en": "MMM d, y"}


def chosen_language() -> str:
    """``?lang=``, else the cookie, else the instance's language."""
    default = str(current_app.config["SETTINGS"]["LANGUAGE"])
    if not has_request_context():
        return str(g.get("language") or default) if has_app_context() else default
    for wish in (g.get("language"), request.args.get("lang"), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return str(wish)
    return default


def language() -> str:
    """``es`` or ``en``, for this request or mail."""
    locale = get_locale()
    return locale.language if locale and locale.language in LANGUAGES else "es"


def zone() -> ZoneInfo:
    """The instance's time zone."""
    found: ZoneInfo = current_app.config["SETTINGS"]["TIMEZONE"]
    return found


def day(value: date | datetime) -> str:
    """21 nov 2026."""
    if isinstance(value, datetime):
        value = value.astimezone(zone()).date()
    return _plain(format_date(value, DAY_PATTERN[language()], locale=_locale()))


def moment(value: datetime) -> str:
    """21 nov 2026, 10:32, in the instance's zone."""
    return _plain(format_datetime(value, MOMENT_PATTERN[language()], tzinfo=zone(), locale=_locale()))


def clock_time(value: datetime) -> str:
    """10:32, in the instance's zone."""
    return str(format_time(value, "HH:mm", tzinfo=zone(), locale=_locale()))


def money(centavos: int) -> str:
    """$1,234.50: what :data:`MXN` follows."""
    return f"${centavos // 100:,}.{centavos % 100:02d}"


@pass_context  # or Jinja would work it out once for all, when it compiles a template
def speaking(_context: Context, address: str) -> str:
    """An address with the reader's language in it, where that is not the instance's: the verify pages read no cookie."""
    lang = language()
    if lang == str(current_app.config["SETTINGS"]["LANGUAGE"]):
        return address
    return f"{address}{'&' if '?' in address else '?'}lang={lang}"


def sentence(error: DomainError) -> str:
    """A failure's sentence in the reader's language."""
    return error.said(gettext)


def _locale() -> str:
    return "es_MX" if language() == "es" else "en"


def _plain(text: str) -> str:
    return text.replace(".", "")  # CLDR writes "nov." in some languages


def _remember(response: Response) -> Response:
    wish = request.args.get("lang")
    if wish in LANGUAGES and not g.get("cookieless") and request.cookies.get(COOKIE) != wish:
        response.set_cookie(
            COOKIE,
            wish,
            max_age=COOKIE_DAYS * 86400,
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    return response


def init_app(app: Flask) -> None:
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "es")
    app.config.setdefault("BABEL_DOMAIN", "messages")
    Babel(app, locale_selector=chosen_language)
    app.after_request(_remember)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True  # sentences are gathered so, and found by the same words
    app.jinja_env.filters.update(day=day, moment=moment, clock_time=clock_time, money=money, sentence=sentence, speaking=speaking)
    app.jinja_env.globals.update(language=language)

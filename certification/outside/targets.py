"""What a person may hand over to be checked: a document in a file, an address, or a code; and who is then asked about it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from certification.outside.gathering import Asked
from certification.outside.sources import Folder, Site, Source
from certification.rules.code import code_in, parse
from certification.rules.days import DEFAULT_ZONE, end_of_day
from certification.rules.did import WELL_KNOWN, address_of, did_of
from certification.rules.errors import CannotCheck, DomainError, InvalidInput
from certification.rules.instants import read_instant
from certification.rules.jose import issuer_of, peek_token
from certification.rules.jsontext import LONGEST, JsonObject, read_object
from certification.rules.secured import Secured
from certification.rules.text import N_

VERSION = re.compile(r"/c/([^/]+)/versions/([1-9][0-9]{0,8})/?", re.IGNORECASE)
PAGE = re.compile(r"/[vc]/([^/]+)(/proof(?:\.json)?|/qr\.svg|/qr\.png)?/?", re.IGNORECASE)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
LOOPBACK = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?", re.ASCII)
WHOLE_ON_A_SITE, WHOLE_IN_A_FOLDER = 4_096, 262_144  # entries: sixteen requests; a few seconds


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked, whom, under which DID it must answer (None: named by hand), and how much of its log is read whole."""

    asked: Asked
    source: Source
    did: str | None
    whole_up_to: int
    remote: bool


def target_of(given: str, *, registry: str | None, export: Path | None, own: Callable[[], Source] | None) -> Target:
    """Read what was given. `own` makes the source of this instance's own database, for a code and nothing else.

    Raises InvalidInput for what is none of the three, BadCode for a mistyped code, CannotCheck (`unreachable`).
    """
    by_hand = _by_hand(registry, export)
    file = _file(given)
    if file is not None:
        secured = _read_document(file)
        document = _said(secured)
        asked = Asked(_code_of(document), _version_of(document), secured)
        return by_hand(asked) if by_hand else _site(asked, *_issuer(document))
    if given.lower().startswith(("https://", "http://")):
        asked, address = _of_address(given)
        return by_hand(asked) if by_hand else _site(asked, address, did_of(address.lower()))
    if "://" in given:
        raise _no_address()
    asked = Asked(parse(code_in(given)))
    if by_hand:
        return by_hand(asked)
    if own is None:
        raise InvalidInput("no_registry", N_("Diga con --registry o --export en qué registro se busca ese código."))
    return Target(asked, own(), None, WHOLE_IN_A_FOLDER, remote=True)


def instant_of(text: str | None, *, now: datetime, zone: str | None) -> datetime:
    """The instant of `--as-of`: of a day, its last in the zone of the certificate, yet none that is still to come today.

    Raises InvalidInput (`bad_instant`).
    """
    if text is None:
        return now
    if not DAY.fullmatch(text):
        try:
            return read_instant(text)
        except InvalidInput as error:
            raise _no_date() from error
    try:
        there = ZoneInfo(zone or DEFAULT_ZONE)
    except (ValueError, OSError, KeyError):
        there = ZoneInfo(DEFAULT_ZONE)
    try:
        day = date.fromisoformat(text)
        end = end_of_day(day, there).timestamp()
    except (ValueError, OverflowError) as error:
        raise _no_date() from error
    last = datetime.fromtimestamp(end - 0.001, now.tzinfo)
    return now if last > now and day == now.astimezone(there).date() else last


def _no_date() -> InvalidInput:
    sentence = N_("Escriba la fecha como 2026-11-21, o con su hora y zona, como 2026-11-21T16:32:00Z.")
    return InvalidInput("bad_instant", sentence)


def _by_hand(registry: str | None, export: Path | None) -> Callable[[Asked], Target] | None:
    if registry is not None and export is not None:
        raise InvalidInput("two_sources", N_("Diga --registry o --export, no los dos."))
    if export is not None:
        if not export.is_dir():
            raise InvalidInput("no_folder", N_("Esa carpeta no existe."))
        return lambda asked: Target(asked, Folder(export), None, WHOLE_IN_A_FOLDER, remote=False)
    if registry is not None:
        site = Site(registry, stays=True)
        return lambda asked: Target(asked, site, None, WHOLE_ON_A_SITE, remote=True)
    return None


def _site(asked: Asked, address: str, did: str) -> Target:
    return Target(asked, Site(address, stays=True), did, WHOLE_ON_A_SITE, remote=True)


def _file(given: str) -> Path | None:
    """A file that is there; what is longer than any name is none."""
    try:
        file = Path(given)
        return file if file.is_file() else None
    except (OSError, ValueError):
        return None


def _read_document(file: Path) -> Secured:
    """A credential as JSON, or as a token in a line of its own. Raises InvalidInput, CannotCheck."""
    try:
        with file.open("rb") as opened:
            content = opened.read(LONGEST + 1)
    except OSError as error:
        raise CannotCheck("unreachable") from error
    if content.lstrip()[:1] == b"{":
        return read_object(content, fractions=True)
    try:
        token = content.strip().decode("ascii")
        peek_token(token)
    except (UnicodeDecodeError, DomainError) as error:
        raise InvalidInput("no_credential", N_("El archivo no es una credencial: ni JSON ni un texto firmado.")) from error
    return token


def _said(secured: Secured) -> JsonObject:
    return dict(peek_token(secured).document if isinstance(secured, str) else secured)


def _code_of(document: JsonObject) -> str:
    subject = document.get("credentialSubject")
    code = subject.get("certificateCode") if isinstance(subject, dict) else None
    if not isinstance(code, str):
        raise InvalidInput("no_credential", N_("El archivo no es la credencial de un sello."))
    return parse(code)


def _version_of(document: JsonObject) -> int | None:
    subject = document.get("credentialSubject")
    version = subject.get("certificateVersion") if isinstance(subject, dict) else None
    return version if type(version) is int and version > 0 else None


def _issuer(document: JsonObject) -> tuple[str, str]:
    """Address and DID of the host that a document says it is of: https, or http for one on this machine."""
    did = str(issuer_of(document))
    host = address_of(did).removeprefix("https://").removesuffix(WELL_KNOWN)
    local = LOOPBACK.fullmatch(host) is not None and str(document.get("id", "")).startswith("http://")
    return f"{'http' if local else 'https'}://{host}", did


def _of_address(given: str) -> tuple[Asked, str]:
    """The code in an address, and scheme and host. http is for this machine only: elsewhere anybody could answer."""
    try:
        parts = urlsplit(given)
        host = parts.netloc.lower()
    except ValueError as error:
        raise _no_address() from error
    if "@" in host or (parts.scheme == "http" and not LOOPBACK.fullmatch(host)):
        raise InvalidInput("not_secure", N_("Esa dirección no es segura: debe empezar con https://"))
    versioned, page = VERSION.fullmatch(parts.path), PAGE.fullmatch(parts.path)
    if versioned:
        return Asked(parse(versioned[1]), int(versioned[2])), f"{parts.scheme}://{host}"
    if page:
        return Asked(parse(page[1])), f"{parts.scheme}://{host}"
    raise _no_address()


def _no_address() -> InvalidInput:
    return InvalidInput("bad_address", N_("Esa dirección no es la de un sello, como https://ejemplo.mx/v/7QK4-M2XD-9F-C"))

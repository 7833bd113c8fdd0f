"""Settings: one table, a sentence each; from the environment, else from a file, else the default.

A bad or missing one stops the start with a sentence (:class:`SettingError`).
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from certification.rules.errors import BadNote
from certification.rules.witnessing import Trusted, parse_trusted

PREFIX = "TIANGUIS_"
BESIDE = {"TIANGUIS_CONFIG", "TIANGUIS_TEST_DATABASE"}  # where the file is, and what tests run on


class SettingError(ValueError):
    """A setting is missing, unknown or makes no sense; the text says which and what to do."""


def _text(raw: str) -> str:
    return raw.strip()


def _flag(raw: str) -> bool:
    words = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False, "off": False}
    if raw.strip().lower() not in words:
        msg = "say yes or no"
        raise ValueError(msg)
    return words[raw.strip().lower()]


def _count(raw: str) -> int:
    if not raw.strip().isdigit():
        msg = "give a whole number, 0 or more"
        raise ValueError(msg)
    return int(raw)


def _folder(raw: str) -> Path:
    if not raw.strip():
        msg = "name a folder"
        raise ValueError(msg)
    return Path(raw).expanduser().absolute()


def _zone(raw: str) -> ZoneInfo:
    try:
        return ZoneInfo(raw.strip())
    except (ZoneInfoNotFoundError, ValueError) as error:
        msg = "no such time zone"
        raise ValueError(msg) from error


def _language(raw: str) -> str:
    if raw.strip() not in ("es", "en"):
        msg = "choose es or en"
        raise ValueError(msg)
    return raw.strip()


def _hosts(raw: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def _origin(raw: str) -> str:
    text = raw.strip().rstrip("/")
    scheme, mark, host = text.partition("://")
    if scheme not in ("http", "https") or not mark or not host or "/" in host:
        msg = "give scheme and host, as in https://tianguis.example"
        raise ValueError(msg)
    return text


def _witnesses(raw: str) -> tuple[Trusted, ...]:
    try:
        found = tuple(parse_trusted(one) for one in raw.replace(",", "\n").splitlines() if one.strip())
    except BadNote as error:
        msg = "give each witness as its key, a space and its address: name+hash+key https://host/path"
        raise ValueError(msg) from error
    if len({one.key.text for one in found}) != len(found):
        msg = "a witness is named twice"
        raise ValueError(msg)
    return found


@dataclass(frozen=True)
class Setting:
    """One row of the table; ``default`` is written as the environment would write it."""

    name: str
    read: Callable[[str], Any]
    default: str
    sentence: str


TABLE = (
    Setting("DATA", _folder, "data", "Folder that holds the embedded database, photographs, keys and outgoing mail."),
    Setting(
        "DATABASE_URL",
        _text,
        "",
        "Database address; empty means SQLite inside the data folder. PostgreSQL: postgresql+psycopg://user:password@host/name.",
    ),
    Setting(
        "ORIGIN",
        _origin,
        "http://127.0.0.1:5000",
        "Public address of the site, as people type it; links in mail and QR codes are made from it.",
    ),
    Setting(
        "SHORT_ORIGIN", _text, "", "Shorter address for printed QR codes, when there is one; empty means the same as ORIGIN."
    ),
    Setting("TRUSTED_HOSTS", _hosts, "", "Host names this server answers for, comma between; empty means that of ORIGIN."),
    Setting(
        "SECRET_KEY",
        _text,
        "",
        "Secret of 32 letters or more that signs sessions; serve refuses to start without one, a demonstration makes its own.",
    ),
    Setting(
        "SIGNER",
        _text,
        "",
        "Path of the socket where `tianguis signer` signs; empty means that each process reads the key file and signs by itself.",
    ),
    Setting(
        "KEYS",
        _text,
        "",
        "Folder of the signing keys; empty means keys/ in the data folder. With SIGNER it belongs outside, to the signer's user.",
    ),
    Setting("NAME", _text, "Tianguis", "Name of this market as its pages show it."),
    Setting(
        "OPERATOR", _text, "", "Name of who answers for this site, shown in the notices; empty says only that someone runs it."
    ),
    Setting(
        "OPERATOR_CONTACT", _text, "", "How to reach the operator about privacy: a postal address, a telephone or a mail address."
    ),
    Setting("LANGUAGE", _language, "es", "Language of a first visit: es or en."),
    Setting(
        "TIMEZONE", _zone, "America/Mexico_City", "Zone in which days of validity begin and end, unless a scheme says otherwise."
    ),
    Setting(
        "DEMONSTRATION",
        _flag,
        "no",
        "Whether this is a demonstration: every page says so, its keys are marked, and serve refuses its data.",
    ),
    Setting(
        "MAIL_SERVER",
        _text,
        "",
        "SMTP server as host:port; empty keeps mail in the outbox, readable on a local page in a demonstration.",
    ),
    Setting("MAIL_USER", _text, "", "User name at the SMTP server, if it asks for one."),
    Setting("MAIL_PASSWORD", _text, "", "Password at the SMTP server, if it asks for one."),
    Setting("MAIL_FROM", _text, "tianguis@localhost", "Address that mail comes from."),
    Setting("PASSKEYS_REQUIRED", _flag, "yes", "Whether reviewers, deciders and operators must sign in with a passkey."),
    Setting("PROXIES", _count, "0", "How many trusted proxies stand in front; 0 takes the connection's own address."),
    Setting(
        "TEXTS",
        _text,
        "",
        "Folder with the operator's own privacy notice and terms (privacy.es.md …); empty uses the built-in texts.",
    ),
    Setting(
        "DATA_LICENCE",
        _text,
        "https://creativecommons.org/licenses/by/4.0/",
        "Address of the terms under which anyone may use the register's files, snapshots and feeds.",
    ),
    Setting("UPLOAD_MB", _count, "25", "Largest photograph that is accepted, in megabytes."),
    Setting("DOCUMENT_MB", _count, "25", "Largest document or sound note that is accepted as evidence, in megabytes."),
    Setting(
        "WITNESSES",
        _witnesses,
        "",
        "Witnesses that cosign the public log: key and address with a space between, comma or new line between witnesses.",
    ),
    Setting("LOG_LEVEL", _text, "INFO", "How much is written to the log: DEBUG, INFO, WARNING or ERROR."),
)


@dataclass(frozen=True)
class Settings:
    """What the table says, read; every value has the type of its row."""

    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def data(self) -> Path:
        return Path(self.values["DATA"])

    @property
    def keys(self) -> Path:
        """Folder of the keys that sign and of the list of those that verify."""
        return Path(self.values["KEYS"]).expanduser().absolute() if self.values["KEYS"] else self.data / "keys"

    @property
    def database_url(self) -> str:
        return str(self.values["DATABASE_URL"]) or f"sqlite:///{self.data / 'tianguis.db'}"

    @property
    def host(self) -> str:
        """Host of the public address, with its port when it has one."""
        return str(self.values["ORIGIN"]).partition("://")[2]

    @property
    def short_origin(self) -> str:
        return str(self.values["SHORT_ORIGIN"] or self.values["ORIGIN"])

    @property
    def trusted_hosts(self) -> list[str]:
        return list(self.values["TRUSTED_HOSTS"]) or [self.host.partition(":")[0]]


def read_settings(environ: Mapping[str, str] | None = None, file: Path | None = None, /, **given: str) -> Settings:
    """Read the table: ``given`` first, then the environment, then the file (TOML), then the defaults.

    Raises:
        SettingError: naming the setting, what is wrong and what it is for.

    """
    environ = os.environ if environ is None else environ
    from_file = _read_file(file or (Path(environ["TIANGUIS_CONFIG"]) if environ.get("TIANGUIS_CONFIG") else None))
    known = {row.name for row in TABLE}
    from_environ = [name.removeprefix(PREFIX) for name in environ if name.startswith(PREFIX) and name not in BESIDE]
    for name in (*from_file, *given, *from_environ):
        if name not in known:
            msg = f"{name} is not a setting; `tianguis settings` lists them."
            raise SettingError(msg)
    values = {}
    for row in TABLE:
        raw = given.get(row.name) or environ.get(PREFIX + row.name) or from_file.get(row.name) or row.default
        try:
            values[row.name] = row.read(raw)
        except ValueError as error:
            msg = f"{PREFIX}{row.name}={raw!r}: {error}. {row.sentence}"
            raise SettingError(msg) from error
    return Settings(values)


def _read_file(file: Path | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        msg = f"The settings file {file} can't be read: {error}"
        raise SettingError(msg) from error
    return {name: str(value) if not isinstance(value, bool) else ("yes" if value else "no") for name, value in document.items()}

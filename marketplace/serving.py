"""What a real registry insists on before it answers anybody; the same for every server that loads it."""

import secrets

from flask import Flask

from certification.core import instance, log
from certification.core.db import db, unit_of_work
from certification.core.settings import SettingError, Settings, read_settings
from certification.log.signing import require_key
from marketplace.app import create_app
from marketplace.migrations.schema import require_current

MIN_SECRET = 32


def real_app() -> Flask:
    """The application of a real registry, from the environment's settings.

    Raises:
        SettingError: for unsafe settings.
        SchemaError: for a database at another version's schema.
        WrongInstanceError: for a demonstration's data.
        KeyProblemError: when the signing key can't be used.

    """
    settings = read_settings()
    log.configure(settings["LOG_LEVEL"])
    refuse_unsafe(settings)
    app = create_app(settings)
    with app.app_context():
        require_current(db.engine)
        with unit_of_work():
            instance.settle(demonstration=False)
        require_key()
        db.session.remove()
        db.engine.dispose()  # a server forks after this
    return app


def refuse_unsafe(settings: Settings) -> None:
    """Insist on what a real registry needs.

    Raises:
        SettingError: naming the first setting that will not do.

    """
    if settings["DEMONSTRATION"]:
        msg = "serve is for real registries; TIANGUIS_DEMONSTRATION must be no. For a demonstration: tianguis run."
        raise SettingError(msg)
    if len(settings["SECRET_KEY"]) < MIN_SECRET or len(set(settings["SECRET_KEY"])) < MIN_SECRET // 4:
        msg = f"TIANGUIS_SECRET_KEY needs {MIN_SECRET} random letters or more, for instance: {secrets.token_urlsafe(36)}"
        raise SettingError(msg)
    if not settings["ORIGIN"].startswith("https://"):
        msg = "TIANGUIS_ORIGIN must be the https:// address that people type."
        raise SettingError(msg)
    if not settings["OPERATOR_CONTACT"]:
        msg = "TIANGUIS_OPERATOR_CONTACT must say how to reach you about privacy; the privacy notice needs it."
        raise SettingError(msg)

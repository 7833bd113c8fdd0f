"""The composition root: the one place that knows everything."""

from pathlib import Path

import structlog
from flask import Flask
from flask_wtf.csrf import CSRFProtect

from certification.accounts import guard
from certification.accounts.views import bp as accounts_bp
from certification.applications import personal as of_applications
from certification.applications import review
from certification.applications import views as applications
from certification.core import assets, compress, db, failures, i18n, web
from certification.core.media import files
from certification.core.media.limits import MIB
from certification.core.settings import Settings, read_settings
from certification.log import moving
from certification.log import views as log_views
from certification.parties import personal as of_parties
from certification.parties import views as parties
from certification.parties.forms import OTHER_TRADES
from certification.registry import personal as of_register
from certification.registry import signing as of_versions
from certification.registry import status as of_lists
from certification.registry import views as registry
from certification.registry.watches import personal as of_watches
from certification.schemes import views as schemes
from certification.schemes import views_ties as ties
from marketplace import health
from marketplace.catalogue import views as catalogue
from marketplace.catalogue.taxonomy import Shelf, sellable
from marketplace.desk import views as desk
from marketplace.enquiries import personal as of_enquiries
from marketplace.enquiries import views as enquiries
from marketplace.home import views as home
from marketplace.pages.views import bp as pages_bp
from marketplace.producers import personal as of_stalls
from marketplace.producers import views as stalls
from marketplace.visiting import views as visiting

PACKAGE = Path(__file__).parent
# each declares what it holds of a person
PERSONAL = (of_applications, of_enquiries, of_parties, of_register, of_stalls, of_watches)
SIGNED = (of_versions, of_lists)  # each declares what of its rows is signed
LONGEST_FORM_BYTES = 2_000_000
log = structlog.get_logger()


def folder(kind: str) -> Path:
    """``templates`` or ``static``: inside the wheel when installed, else beside the checkout."""
    inside = PACKAGE / f"_{kind}"
    return inside if inside.is_dir() else PACKAGE.parent / kind


def create_app(settings: Settings | None = None, **config: object) -> Flask:
    """The whole application. Reads nothing but its settings; opens the database at the first request."""
    settings = settings or read_settings()
    app = Flask("tianguis", template_folder=str(folder("templates")), static_folder=None)
    app.static_folder = str(folder("static"))
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings["SECRET_KEY"] or None,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SESSION_COOKIE_NAME="tianguis",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings["ORIGIN"].startswith("https://"),
        TRUSTED_HOSTS=settings.trusted_hosts,
        MAX_CONTENT_LENGTH=(max(settings["UPLOAD_MB"], settings["DOCUMENT_MB"]) + 1) * MIB,
        MAX_FORM_MEMORY_SIZE=LONGEST_FORM_BYTES,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_TRANSLATION_DIRECTORIES=str(PACKAGE / "translations"),
    )
    app.config.update(config)
    for part in (db, i18n, web, assets, files, failures, moving, guard):
        part.init_app(app)
    CSRFProtect(app)
    _register(app)
    compress.init_app(app)
    return app


def _register(app: Flask) -> None:
    """Hang every concept's pages under its address."""
    app.register_blueprint(accounts_bp)
    app.register_blueprint(pages_bp)
    app.register_blueprint(health.bp)
    app.register_blueprint(log_views.bp)
    app.register_blueprint(schemes.bp)
    app.register_blueprint(parties.bp)
    app.register_blueprint(ties.bp)
    app.register_blueprint(applications.bp)
    app.register_blueprint(review.bp)
    app.extensions[OTHER_TRADES] = _other_trades
    registry.init_app(app)
    app.register_blueprint(home.bp)
    catalogue.init_app(app)
    app.register_blueprint(enquiries.bp)
    app.register_blueprint(stalls.bp)
    app.register_blueprint(visiting.bp)
    desk.init_app(app)


def _other_trades(lang: str) -> list[tuple[str, str]]:
    return [(one.id, one.label(lang)) for one in sellable() if one.shelf is Shelf.FOOD_AND_MORE]

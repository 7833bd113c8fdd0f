"""The first page."""

from typing import Any

from flask import Blueprint, current_app, render_template, url_for
from flask_babel import gettext as _

from certification.accounts.guard import requires
from certification.accounts.permissions import Permission
from certification.core import clock
from certification.core.db import db
from certification.core.i18n import language
from certification.core.media.files import photo
from certification.core.web import outside
from certification.schemes.queries import scheme_cards
from marketplace.catalogue.cards import cards
from marketplace.catalogue.taxonomy import category
from marketplace.home import queries

bp = Blueprint("home", __name__)


@bp.get("/")
@requires(Permission.BROWSE)
def index() -> Any:
    at, session = clock.now(), db.session()
    labelled = cards(queries.newest_labelled(session, at), at)
    shelf = [one for one in labelled if one.image][: queries.SHELF]
    return render_template(
        "home/index.html",
        counts=queries.counts(session, at),
        shelf=shelf,
        sample=next((one.badge for one in labelled if one.badge), None),
        labelled=labelled,
        label_keys=[card.key for card in scheme_cards(language(), at)],
        faces=[_face(producer) for producer in queries.faces(session)],
        branches=[_branch(branch) for branch in queries.branches(session)],
        share={
            "title": ": ".join(
                (current_app.config["SETTINGS"]["NAME"], _("productos locales con sellos que se pueden comprobar"))
            ),
            "description": _("Compre directo a quien lo hizo y compruebe de dónde viene. Sin comisión."),
            "url": outside(url_for("home.index")),
            "image": outside(shelf[0].image.full) if shelf and shelf[0].image else None,
        },
        nav="home",
    )


def _face(producer: Any) -> dict[str, Any]:
    return {
        "url": url_for("producers.show", slug=producer.slug),
        "name": producer.party.name,
        "place": producer.party.municipality,
        "story": producer.line,
        "image": photo(producer.cover) if producer.cover else None,
    }


def _branch(branch: queries.Branch) -> dict[str, Any]:
    found = category(branch.key)
    first = branch.product.photos[0] if branch.product.photos else None
    return {
        "url": url_for("catalogue.browse", category=branch.key),
        "name": found.label(language()) if found else branch.key,
        "count": branch.count,
        "image": photo(first.file) if first else None,
    }

"""The catalogue as buyers see it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from certification.accounts.guard import requires
from certification.accounts.permissions import Permission
from certification.core import clock
from certification.core.db import db
from certification.core.i18n import language, money
from certification.core.web import cursor, outside, position, with_args
from certification.parties.places.places import state_name
from certification.schemes.queries import scheme_cards
from marketplace.catalogue.browsing import PRICES, Facets, Filter, Sort, facets, page, read_filter
from marketplace.catalogue.cards import cards
from marketplace.catalogue.taxonomy import category

bp = Blueprint("catalogue", __name__)


@bp.get("/products")
@requires(Permission.BROWSE)
def browse() -> Any:
    at = clock.now()
    wanted = read_filter(request.args)
    found = page(db.session(), wanted, at=at, after=position(request.args.get("after")))
    counted = facets(db.session(), wanted, at=at)
    names = _scheme_names(at)
    return render_template(
        "catalogue/browse.html",
        wanted=wanted,
        title=_title(wanted, names),
        cards=cards(found.products, at),
        total=counted.total,
        options=_options(wanted, counted, names),
        chips=_chips(wanted, names),
        clear_url=url_for("catalogue.browse", q=wanted.words or None),
        sorts=[(Sort.NEWEST, _("Lo más nuevo")), (Sort.CHEAPEST, _("Menor precio")), (Sort.DEAREST, _("Mayor precio"))],
        hidden=_hidden(wanted),
        first_url=with_args(after=None) if request.args.get("after") else None,
        next_url=with_args(after=cursor(*found.next)) if found.next else None,
        canonical=outside(url_for("catalogue.browse", **_hidden(wanted))),
        nav="products",
    )


def _scheme_names(at: datetime) -> dict[str, str]:
    return {card.key: card.name for card in scheme_cards(language(), at)}


def _band(number: int) -> str:
    low, high = PRICES[number]
    if not low and high is not None:
        words = _("Menos de %(high)s", high=money(high))
    elif high is None:
        words = _("%(low)s o más", low=money(low))
    else:
        words = _("De %(low)s a %(high)s", low=money(low), high=money(high))
    return str(words)


def _category_name(key: str) -> str:
    found = category(key)
    return found.label(language()) if found else key


def _options(wanted: Filter, counted: Facets, names: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The choices of each facet that would show something, and those already made."""
    return {
        "label": _rows({key: counted.labels.get(key, 0) for key in names}, wanted.labels, lambda key: names.get(key, key)),
        "category": _rows(counted.categories, wanted.categories, _category_name),
        "state": _rows(counted.states, wanted.states, lambda code: state_name(code, language())),
        "price": [
            {"value": n, "label": _band(n), "count": counted.prices.get(n, 0), "checked": n in wanted.prices}
            for n in range(len(PRICES))
            if counted.prices.get(n) or n in wanted.prices
        ],
    }


def _rows(counts: dict[str, int], chosen: tuple[str, ...], name: Any) -> list[dict[str, Any]]:
    keys = [key for key in dict.fromkeys([*counts, *chosen]) if counts.get(key) or key in chosen]
    rows = [{"value": key, "label": name(key), "count": counts.get(key, 0), "checked": key in chosen} for key in keys]
    return sorted(rows, key=lambda row: (-row["count"], row["label"]))


def _chips(wanted: Filter, names: dict[str, str]) -> list[tuple[str, str]]:
    made = [(_("«%(words)s»", words=wanted.words), with_args(q=None, after=None))] if wanted.words else []
    facets_put: tuple[tuple[str, tuple[Any, ...], Callable[[Any], str | None]], ...] = (
        ("label", wanted.labels, lambda key: names.get(key, key)),
        ("category", wanted.categories, _category_name),
        ("state", wanted.states, lambda code: state_name(code, language())),
        ("price", wanted.prices, _band),
    )
    for name, values, say in facets_put:
        made += [
            (say(value) or "", with_args(**{name: [one for one in values if one != value], "after": None})) for value in values
        ]
    return made


def _hidden(wanted: Filter) -> dict[str, Any]:
    """The filter as address arguments, without what is not set."""
    given = {
        "q": wanted.words,
        "label": list(wanted.labels),
        "category": list(wanted.categories),
        "state": list(wanted.states),
        "price": list(wanted.prices),
        "sort": "" if wanted.sort is Sort.NEWEST else wanted.sort.value,
    }
    return {name: value for name, value in given.items() if value}


def _title(wanted: Filter, names: dict[str, str]) -> str:
    """A title that reads well when the address is shared."""
    parts = [_category_name(key) for key in wanted.categories] + [names.get(key, key) for key in wanted.labels]
    what = ", ".join(parts) or _("Productos")
    if wanted.words:
        what = f"{what}: {wanted.words}" if parts else _("«%(words)s»", words=wanted.words)
    if wanted.states:
        places = ", ".join(state_name(code, language()) for code in wanted.states)
        what = _("%(what)s de %(places)s", what=what, places=places)
    return str(what)

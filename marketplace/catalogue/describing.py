"""The words of a product page: whether it can be had, the facts, and what machines read."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from certification.core.i18n import day
from marketplace.catalogue.forms import UNIT_NAMES
from marketplace.catalogue.showing import Row, Shown
from marketplace.catalogue.taxonomy import category
from marketplace.producers.stalls import away_on

GRAMS_IN_KILO = 1000
SCHEMA = "https://schema.org"


def is_away(row: Row, today: date) -> bool:
    """Whether the stall is closed for a while."""
    return away_on(row.away_until, today)


def can_be_had(row: Row) -> bool:
    """In stock, or made to order."""
    return row.made_to_order or row.on_hand is None or row.on_hand > 0


def availability(row: Row, today: date) -> str:
    """In one line of plain words: how many there are, or how long one takes."""
    words = [_("Pieza única")] if row.one_of_a_kind and can_be_had(row) else []
    if row.on_hand:
        if not row.one_of_a_kind:
            words.append(str(ngettext("queda %(num)d", "quedan %(num)d", row.on_hand)))
    elif can_be_had(row):
        words.append(
            ngettext("se hace sobre pedido en %(num)d día", "se hace sobre pedido en %(num)d días", row.lead_days)
            if row.lead_days
            else _("se hace sobre pedido")
        )
    else:
        words.append(_("agotada por ahora"))
    if is_away(row, today) and row.away_until:
        words.append(_("en descanso hasta el %(day)s", day=day(row.away_until)))
    line = ", ".join(words)
    return line[:1].upper() + line[1:]


def description_of(row: Row, lang: str) -> tuple[str, str | None]:
    """The text in the reader's language, else the one there is with the language it is in."""
    if lang == "en":
        return (row.description_en, None) if row.description_en else (row.description, "es-MX")
    return (row.description, None) if row.description else (row.description_en, "en")


def told(row: Row, lang: str) -> list[tuple[str, str]]:
    """Term and fact, those that were given."""
    kind = category(row.category) if row.category else None
    measures = [row.size, _weight(row.weight_g) if row.weight_g else ""]
    pairs = [
        (_("Categoría"), kind.label(lang) if kind else ""),
        (_("Materiales"), row.materials),
        (_("Técnica"), row.technique),
        (_("Comunidad de origen"), row.community),
        (_("Medidas"), ", ".join(one for one in measures if one)),
        (_("Tiempo de trabajo"), ngettext("%(num)d hora", "%(num)d horas", row.hours) if row.hours else ""),
        (_("Se vende por"), str(UNIT_NAMES[row.unit]) if row.unit in UNIT_NAMES and row.unit != "pieza" else ""),
        (_("Cuidados"), row.care),
    ]
    return [(term, fact) for term, fact in pairs if fact]


def _weight(grams: int) -> str:
    if grams < GRAMS_IN_KILO:
        return f"{grams} g"
    return f"{grams / GRAMS_IN_KILO:.2f}".rstrip("0").rstrip(".") + " kg"


def json_ld(shown: Shown, url: str, images: list[str], outside: Callable[[str], str]) -> dict[str, Any]:
    """schema.org's Product; ``hasCertification`` only for labels that are live at this instant."""
    row = shown.row
    data: dict[str, Any] = {
        "@context": SCHEMA,
        "@type": "Product",
        "name": row.name,
        "url": url,
        "sku": row.public_id,
        "brand": {"@type": "Brand", "name": row.party_name},
        "countryOfOrigin": "MX",
    }
    if row.description:
        data["description"] = row.description
    if images:
        data["image"] = images
    if row.materials:
        data["material"] = row.materials
    if row.price_centavos:
        data["offers"] = {
            "@type": "Offer",
            "url": url,
            "price": f"{row.price_centavos // 100}.{row.price_centavos % 100:02d}",
            "priceCurrency": "MXN",
            "availability": f"{SCHEMA}/{_stock_word(row)}",
            "seller": {"@type": "Organization", "name": row.party_name},
        }
    if shown.labels:
        data["hasCertification"] = [
            {
                "@type": "Certification",
                "name": one.names.es,
                "certificationIdentification": one.shown_code,
                "url": outside(one.verify_path),
                "expires": one.last_day.isoformat(),
            }
            for one in shown.labels
        ]
    return data


def _stock_word(row: Row) -> str:
    if row.on_hand:
        return "InStock"
    return "MadeToOrder" if can_be_had(row) else "OutOfStock"

"""The words of a product page that come from the product: its text, its facts, and what machines read."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from certification.rules.text import N_
from marketplace.catalogue.showing import Row, Shown
from marketplace.catalogue.taxonomy import category
from marketplace.producers.stalls import away_on

GRAMS_IN_KILO = 1000
SCHEMA = "https://schema.org"
TERMS = {
    "category": N_("Categoría"),
    "materials": N_("Materiales"),
    "technique": N_("Técnica"),
    "community": N_("Comunidad de origen"),
    "size": N_("Medidas"),
    "hours": N_("Horas de trabajo"),
    "unit": N_("Se vende por"),
    "care": N_("Cuidados"),
}


def is_away(row: Row, today: date) -> bool:
    """Whether the stall is closed for a while."""
    return away_on(row.away_until, today)


def description_of(row: Row, lang: str) -> tuple[str, str | None]:
    """The text in the reader's language, else the one there is with the language it is in."""
    if lang == "en":
        return (row.description_en, None) if row.description_en else (row.description, "es-MX")
    return (row.description, None) if row.description else (row.description_en, "en")


def facts_of(row: Row, lang: str) -> Iterator[tuple[str, str]]:
    """Key of :data:`TERMS` and fact, those that were given. A unit is its id: the page knows its words."""
    kind = category(row.category) if row.category else None
    if kind:
        yield "category", kind.label(lang)
    for key in ("materials", "technique", "community"):
        if text := getattr(row, key):
            yield key, text
    if row.size or row.weight_g:
        yield "size", ", ".join(one for one in (row.size, _weight(row.weight_g)) if one)
    if row.hours:
        yield "hours", str(row.hours)
    if row.unit != "pieza":
        yield "unit", row.unit
    if row.care:
        yield "care", row.care


def _weight(grams: int | None) -> str:
    if not grams:
        return ""
    return f"{grams} g" if grams < GRAMS_IN_KILO else f"{grams / GRAMS_IN_KILO:.2f}".rstrip("0").rstrip(".") + " kg"


def json_ld(shown: Shown, url: str, outside: Callable[[str], str]) -> dict[str, Any]:
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
    if row.pictures:
        data["image"] = [outside(one["full"]) for one in row.pictures]
    if row.materials:
        data["material"] = row.materials
    if row.price_centavos:
        data["offers"] = {
            "@type": "Offer",
            "url": url,
            "price": f"{row.price_centavos // 100}.{row.price_centavos % 100:02d}",
            "priceCurrency": "MXN",
            "availability": f"{SCHEMA}/{_stock_word(shown)}",
            "seller": {"@type": "Organization", "name": row.party_name},
        }
    if labels := shown.labels.get(row.public_id):
        data["hasCertification"] = [
            {
                "@type": "Certification",
                "name": one.names.es,
                "certificationIdentification": one.shown_code,
                "certificationStatus": f"{SCHEMA}/CertificationActive",
                "url": outside(one.verify_path),
                "expires": one.last_day.isoformat(),
            }
            for one in labels
        ]
    return data


def _stock_word(shown: Shown) -> str:
    if shown.row.on_hand:
        return "InStock"
    return "MadeToOrder" if shown.row.can_be_had else "OutOfStock"

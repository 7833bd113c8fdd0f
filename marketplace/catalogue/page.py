"""The product page, cut at its slots: one filled frame with filled parts inside (see ``core.slots``). Needs no request."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote
from zlib import crc32
from zoneinfo import ZoneInfo

from flask import Flask, g
from flask_babel import force_locale
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import Engine

from certification.core.edge import Answer
from certification.core.i18n import money
from certification.core.slots import Cut, Cuts, slot
from certification.registry.dates import day
from certification.rules.days import day_of
from certification.schemes.builtin import public_notice
from marketplace.catalogue.addresses import product_path
from marketplace.catalogue.cards import name_in, place_of
from marketplace.catalogue.describing import TERMS, description_of, facts_of, is_away, json_ld
from marketplace.catalogue.forms import UNIT_NAMES
from marketplace.catalogue.showing import Choice, Other, Reader, Row, Shown
from marketplace.labels import Badge

NOWHERE = "/this-page"  # stands for the page's own address while a frame is rendered
MOST_PARTS = 2000
Fill = Callable[..., Markup]
PHOTO = ("alt", "src", "srcset", "webp", "full", "width", "height")
CARD = ("src", "srcset", "webp", "width", "height", "url", "name", "maker", "place", "price", "badge", "worn")
LABEL = ("code", "name", "wording", "weave", "url", "day")
NO_PICTURE = dict.fromkeys(PHOTO, "")
WRITE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
HARMLESS = (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))


class Viewer(NamedTuple):
    """Who looks: a name when signed in, this page's address in the other language, what is flashed."""

    name: str | None
    other_language: str
    flashes: str = ""  # Markup


class Shape(NamedTuple):
    """What makes one frame differ from another; everything else is a slot. ``present`` names the slots that hold something."""

    lang: str
    signed_in: bool
    state: str
    name_lang: str | None
    text_lang: str | None
    can_be_had: bool
    illustration: bool
    present: tuple[str, ...]


class Slots(dict[str, Markup]):
    """A slot for every name that a template asks for; never empty."""

    def __bool__(self) -> bool:
        return True

    def __missing__(self, name: str) -> Markup:
        return slot(name)


class ProductPages:
    """Makes product pages for one application; safe to share between threads."""

    def __init__(self, app: Flask, engine: Engine) -> None:
        settings = app.config["SETTINGS"]
        self._app = app
        self._origin: str = settings["ORIGIN"]
        self._quoted_origin = quote(self._origin, safe="")
        self._zone: ZoneInfo = settings["TIMEZONE"]
        self._host = (app.config["TRUSTED_HOSTS"] or ["localhost"])[0].lstrip(".")
        self._frames = Cuts()
        self._parts: dict[tuple[Any, ...], Fill] = {}
        self.reader = Reader(app, engine)

    def answer(self, rest: str, lang: str, now: datetime) -> Answer | None:
        """What a visitor without a cookie gets at ``/products/rest``; None where Flask must decide.

        Raises:
            UnreachableError: when the database fails.

        """
        public_id, _slash, slug = rest.partition("/")
        shown = self.reader.read(public_id, slug, now)
        if shown is None:
            return None
        other = f"{product_path(public_id, slug)}?lang={'en' if lang == 'es' else 'es'}"
        body = self.html(shown, lang, now, Viewer(None, other))
        return Answer(body, f'"{crc32(body):08x}{len(body):x}"')

    def html(self, shown: Shown, lang: str, now: datetime, viewer: Viewer) -> bytes:
        """The page, in UTF-8."""
        row = shown.row
        text, text_lang = description_of(row, lang)
        values = self._values(shown, text, lang, now) | {
            "who": viewer.name or "",
            "other_language": viewer.other_language,
            "flashes": viewer.flashes,
        }
        shape = Shape(
            lang=lang,
            signed_in=viewer.name is not None,
            state=row.state.value,
            name_lang="es-MX" if lang == "en" and not row.name_en else None,
            text_lang=text_lang if text else None,
            can_be_had=shown.row.can_be_had,
            illustration=bool(row.pictures and row.pictures[0]["illustration"]),
            present=tuple([name for name, value in values.items() if value]),
        )
        return self._frames.get(shape, lambda: self._frame(shape)).fill_encoded(values)

    def _values(self, shown: Shown, text: str, lang: str, now: datetime) -> dict[str, Any]:
        row = shown.row
        name, place = name_in(row.name, row.name_en, lang), place_of(row.municipality, row.state_code)
        url = self._outside(product_path(row.public_id, row.slug))
        facts = dict(facts_of(row, lang))
        data = json_ld(shown, url, self._outside) if row.on_sale else None
        return {
            "name": name,
            "by": row.maker or row.party_name,
            "maker": row.maker or "",
            "party": row.party_name,
            "stall": f"/producers/{row.producer_slug}",
            "locality": row.locality or "",
            "place": place,
            "url": url,
            "quoted_name": quote(name),
            "quoted_url": f"{self._quoted_origin}%2Fproducts%2F{row.public_id}%2F{row.slug}",
            "ask": f"/products/{row.public_id}/ask",
            "image": self._outside(row.pictures[0]["full"]) if row.pictures else "",
            "category": row.category or "",
            "category_name": facts.get("category", ""),
            "price": money(row.price_centavos) if row.price_centavos else "",
            "available": self._available(shown, lang, now),
            "data": _script(data) if data else "",
            "photos": self._photos(row, name, lang),
            "choices": self._choices(shown.choices, lang) if len(shown.choices) > 1 else "",
            "plates": self._labels("plate", shown.labels.get(row.public_id), lang),
            "statements": self._labels("statement", shown.labels.get(row.party_ref), lang),
            "facts": self._facts(facts, lang),
            "paragraphs": self._paragraphs(text, lang),
            "more": self._cards(shown, place, lang),
        }

    def _paragraphs(self, text: str, lang: str) -> str:
        said = [one for one in text.split("\n") if one.strip()]
        return self._part("paragraphs", lang, ("text",), len(said))(*said)

    def _photos(self, row: Row, name: str, lang: str) -> str:
        texts: list[str] = []
        for number, one in enumerate(row.pictures):
            alt = one["alt"] or (name if number == 0 else f"{name}, {number + 1}")
            texts += (alt, one["src"], one["srcset"], one["webp"], one["full"], str(one["width"]), str(one["height"]))
        return self._part("photos", lang, PHOTO, len(row.pictures))(*texts)

    def _choices(self, choices: list[Choice], lang: str) -> str:
        texts = [text for one in choices for text in (one.name, money(one.price_centavos or 0))]
        return self._part("choices", lang, ("name", "price"), tuple([one.on_hand == 0 for one in choices]))(*texts)

    def _facts(self, facts: dict[str, str], lang: str) -> str:
        return self._part("facts", lang, ("fact",), tuple(facts), facts.get("unit", ""))(*facts.values())

    def _cards(self, shown: Shown, place: str, lang: str) -> str:
        texts: list[str] = []
        shapes = []
        for other in shown.more:
            worn = shown.labels.get(other.public_id)
            shapes.append((other.image is not None, worn is not None, lang == "en" and not other.name_en))
            texts += self._card_texts(shown.row, other, worn, place, lang)
        return self._part("cards", lang, CARD, tuple(shapes))(*texts)

    def _card_texts(self, row: Row, other: Other, worn: list[Badge] | None, place: str, lang: str) -> tuple[str, ...]:
        image = other.image or NO_PICTURE
        return (
            image["src"],
            image["srcset"],
            image["webp"],
            str(image["width"]),
            str(image["height"]),
            product_path(other.public_id, other.slug),
            name_in(other.name, other.name_en, lang),
            other.maker or row.party_name,
            place,
            money(other.price_centavos or 0),
            worn[0].names.in_(lang) if worn else "",
            worn[0].weave if worn else "",
        )

    def _labels(self, kind: str, badges: list[Badge] | None, lang: str) -> str:
        return Markup("".join([self._label(kind, one, lang) for one in badges])) if badges else ""  # noqa: S704 - filled parts

    def _label(self, kind: str, badge: Badge, lang: str) -> str:
        draw = self._part(kind, lang, LABEL, 1, badge.official)
        until = day(badge.last_day, lang)
        name, wording = badge.names.in_(lang), badge.wordings.in_(lang)
        return draw(badge.shown_code, name, wording, badge.weave, badge.verify_path, until)

    def _available(self, shown: Shown, lang: str, now: datetime) -> str:
        """In one line of plain words: how many there are, or how long one takes."""
        row, count = shown.row, shown.row.on_hand
        away = row.away_until is not None and is_away(row, day_of(now, self._zone))
        if count:
            kind, number = ("left_one" if count == 1 else "left"), count
        elif shown.row.can_be_had:
            kind, number = ("order_in" if row.lead_days else "order"), row.lead_days or 0
        else:
            kind, number = "gone", 0
        tell = self._part("available", lang, ("number", "day"), 1, kind, row.one_of_a_kind and row.can_be_had, away)
        return tell(str(number), day(row.away_until, lang) if away and row.away_until else "")

    def _part(self, name: str, lang: str, slots: tuple[str, ...], many: int | tuple[Any, ...], *given: Any) -> Fill:
        """The function that fills this part. ``many``: how many times the slots come in a row, or the shape of each.

        The texts come in the order of ``slots``, one thing after the other; in the template they are ``src0, alt0, src1 …``.
        """
        key = (name, lang, many, given)
        found = self._parts.get(key)
        if found is None:
            count = many if isinstance(many, int) else len(many)
            names = [f"{slot}{number}" for number in range(count) for slot in slots]
            found = Cut(self._rendered_part(name, lang, (many, *given))).ordered(*names)
            if len(self._parts) < MOST_PARTS:
                self._parts[key] = found
        return found

    def _rendered_part(self, name: str, lang: str, given: tuple[Any, ...]) -> str:
        words: Mapping[str, Any] = {"notice": public_notice().in_(lang), "terms": TERMS, "units": UNIT_NAMES}
        return self._speaking(lang, lambda: str(getattr(self._template("product_parts").module, name)(Slots(), words, *given)))

    def _frame(self, shape: Shape) -> str:
        s = Slots()
        about = {"name": s["name"], "maker": s["by"], "place": s["place"]}
        share = {"title": s["name"], "url": s["url"], "image": s["image"] if "image" in shape.present else ""}

        def render() -> Any:
            described = Markup(_("%(name)s, de %(maker)s, %(place)s.")) % about  # noqa: S704 - our own words
            return self._template("product").render(
                lang=shape.lang,
                shape=shape,
                present=shape.present,
                s=s,
                share=share | {"description": described},
                current_user={"is_authenticated": shape.signed_in, "name": s["who"]},
                get_flashed_messages=lambda **_given: [],
                request=None,
                nav="products",
            )

        other = f"{NOWHERE}?lang={'en' if shape.lang == 'es' else 'es'}"
        return self._speaking(shape.lang, render).replace(other, s["other_language"])

    def _template(self, name: str) -> Any:
        return self._app.jinja_env.get_template(f"catalogue/{name}.html")

    def _speaking(self, lang: str, render: Callable[[], Any]) -> str:
        """Render in a language, with a request that is nobody's."""
        with self._app.test_request_context(NOWHERE, base_url=f"http://{self._host}"), force_locale(lang):
            g.language = lang
            return str(render())

    def _outside(self, path: str) -> str:
        return f"{self._origin}{path}"


def _script(data: dict[str, Any]) -> Markup:
    """JSON as it may stand in a script element: no tag can end it."""
    text = WRITE(data)
    for letter, written in HARMLESS:
        if letter in text:
            text = text.replace(letter, written)
    return Markup(text)  # noqa: S704 - made harmless just above

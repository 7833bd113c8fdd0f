"""Stalls as visitors see them: the list, one stall, the map of the states."""

from typing import Any

from flask import Blueprint, render_template, request, url_for

from certification.accounts.guard import person, requires
from certification.accounts.permissions import Permission as Open
from certification.accounts.permissions import may
from certification.core import clock
from certification.core.i18n import language
from certification.core.media.files import photo
from certification.core.web import cursor, outside, position, with_args
from certification.parties.places.map_paths import CREDIT, map_paths, view_box
from certification.parties.places.places import state_name
from certification.parties.queries import place_of
from certification.rules.fold import fold
from certification.schemes.builtin import public_notice
from marketplace.catalogue.cards import cards
from marketplace.labels import held_by
from marketplace.producers.models import Producer
from marketplace.producers.permissions import Permission
from marketplace.producers.queries import by_slug, makers_of
from marketplace.producers.stalls import is_away
from marketplace.visiting import queries

bp = Blueprint("producers", __name__)


@bp.get("/producers")
@requires(Open.BROWSE)
def index() -> str:
    wanted = queries.read_filter(request.args)
    page = queries.page(wanted, after=position(request.args.get("after")))
    counted = queries.states_of(wanted)
    options = sorted(((code, state_name(code, language()), number) for code, number in counted.items()), key=_by_name)
    return render_template(
        "producers/index.html",
        wanted=wanted,
        where=state_name(wanted.state, language()) if wanted.state else None,
        people=[_card(stall) for stall in page.stalls],
        total=counted.get(wanted.state, 0) if wanted.state else sum(counted.values()),
        options=options,
        first_url=with_args(after=None) if request.args.get("after") else None,
        next_url=with_args(after=cursor(page.next)) if page.next else None,
        canonical=outside(url_for("producers.index", q=wanted.words or None, state=wanted.state or None)),
        nav="producers",
    )


@bp.get("/producers/<slug>")
@requires(Permission.SEE, load=by_slug)
def show(producer: Producer) -> str:
    at, party = clock.now(), producer.party
    found = queries.goods(producer, after=position(request.args.get("after")))
    labels = held_by([party.public_id], at)
    cover = photo(producer.cover, party.name) if producer.cover else None
    address = url_for("producers.show", slug=producer.slug)
    return render_template(
        "producers/show.html",
        producer=producer,
        party=party,
        place=place_of(party),
        story=_story(producer),
        cover=cover,
        portrait=photo(producer.portrait, party.name) if producer.portrait else None,
        labels=[one for one in labels if not one.is_over],
        ended=[one for one in labels if one.is_over],
        cards=cards(found.products, at),
        makers=makers_of(producer),
        members=[(member.name, place_of(member), slug) for member, slug in queries.members(producer)],
        away=producer.away_until if is_away(producer, at) else None,
        whatsapp=_whatsapp(producer),
        keeps=may(person(), Permission.EDIT, producer),
        first_url=address if request.args.get("after") else None,
        next_url=with_args(after=cursor(*found.next)) if found.next else None,
        share=_share(producer, cover, address),
        organization=_organization(producer, cover, address),
        notice_words=public_notice().in_(language()),
        nav="producers",
    )


@bp.get("/map")
@requires(Open.BROWSE)
def map() -> str:  # noqa: A001 - the endpoint's name
    found = {one.code: one for one in queries.on_the_map()}
    names = {code: state_name(code, language()) for code in map_paths()}
    return render_template(
        "producers/map.html",
        shapes=[(code, names[code], path, found.get(code)) for code, (_name, path) in map_paths().items()],
        rows=sorted(((code, names[code], one) for code, one in found.items()), key=_by_name),
        view_box=view_box(),
        credit=CREDIT,
        nav="producers",
    )


def _by_name(row: Any) -> str:
    return fold(row[1])


def _card(producer: Producer) -> dict[str, Any]:
    image = producer.cover or producer.portrait
    return {
        "url": url_for("producers.show", slug=producer.slug),
        "name": producer.party.name,
        "place": place_of(producer.party),
        "story": producer.line,
        "image": photo(image) if image else None,
    }


def _story(producer: Producer) -> tuple[list[str], str | None]:
    """The paragraphs to show, and their language when it is not the page's."""
    lang = language()
    text = producer.story_en if lang == "en" and producer.story_en else producer.story
    foreign = "es-MX" if lang == "en" and text and not producer.story_en else None
    return [line.strip() for line in text.split("\n") if line.strip()], foreign


def _whatsapp(producer: Producer) -> str | None:
    """The number for wa.me, only where the producer shows it."""
    return producer.whatsapp.lstrip("+") if producer.whatsapp and producer.whatsapp_shown else None


def _share(producer: Producer, cover: Any, address: str) -> dict[str, Any]:
    return {
        "title": producer.party.name,
        "description": producer.line or place_of(producer.party),
        "url": outside(address),
        "image": outside(cover.src) if cover else None,
    }


def _organization(producer: Producer, cover: Any, address: str) -> dict[str, Any]:
    """The stall for machines (schema.org Organization); nothing that the page does not show."""
    party = producer.party
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": party.name,
        "url": outside(address),
        "address": {
            "@type": "PostalAddress",
            "addressLocality": party.municipality,
            "addressRegion": state_name(party.state_code),
            "addressCountry": "MX",
        },
    }
    if producer.line:
        found["description"] = producer.line
    if cover:
        found["image"] = outside(cover.src)
    return found

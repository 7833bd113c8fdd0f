"""A change of substance takes a label off until the committee looks at the goods again (guard 9 of the registry)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.audit.models import AuditEntry
from certification.core.db import db, unit_of_work
from certification.core.media.models import FileKind
from certification.core.outbox import OutboxMessage
from certification.core.quick import connected
from certification.parties import founding
from certification.parties.founding import PartyValues
from certification.parties.models import MemberRole, PartyKind
from certification.parties.places.places import Place
from certification.registry import scope
from certification.registry.models import Certificate
from certification.rules.errors import Conflict, Forbidden
from certification.rules.workflow import ListingState
from marketplace.catalogue import listing, photos
from marketplace.catalogue.browsing import Filter, page
from marketplace.catalogue.models import Product
from marketplace.catalogue.substance import LosesLabel
from marketplace.catalogue.values import ListingValues
from marketplace.labels import badges_for, labelled
from marketplace.live_labels import LiveLabels
from marketplace.producers import stalls
from marketplace.producers.models import Producer
from tests import makers
from tests.marketplace.catalogue.test_views_desk import fields, here

ClientOf = Callable[[User], FlaskClient]
WOOL = ListingValues(name="Rebozo de algodón", price_centavos=68_000, stock=3, category="textiles", materials="Lana")


@pytest.fixture
def product(stall: Producer, session: Session) -> Product:
    return makers.product(stall, state="draft", published_at=None, materials="Algodón")


@pytest.fixture
def decider(session: Session) -> User:
    return makers.user("Celia Decide")


@pytest.fixture
def certificate(product: Product, stall: Producer, decider: User) -> Certificate:
    made = makers.certificate(stall.party, subject_refs=(product.subject_ref, "another"))
    makers.role(decider, Role.DECIDER, "origen-local")
    return made


def shown(app: Flask, ref: str, at: datetime) -> list[bool]:
    """What each of the three queries for labels says."""
    facets = {row.subject_ref for row in db.session.execute(select(labelled(at)))}
    badges = badges_for([ref], [], at)
    db.session.rollback()  # in memory there is one connection
    with connected(db.engine) as connection:
        live = LiveLabels(app, db.engine).find(connection, [ref], None, at)
    return [ref in badges, ref in live, ref in facets]


def save(product: Product, values: ListingValues, by: User, at: datetime, *, warned: bool = True) -> None:
    with unit_of_work():
        listing.save(product, values, version=product.version_id, by=by, at=at, warned=warned)


def acts(session: Session) -> list[str]:
    wanted = select(AuditEntry.act).where(AuditEntry.subject_kind.in_(("product", "certificate")))
    return list(session.scalars(wanted.order_by(AuditEntry.id)))


def test_another_material_takes_the_label_off_these_goods_until_the_committee_has_looked(
    app: Flask, session: Session, product: Product, keeper: User, certificate: Certificate, decider: User, at: datetime
) -> None:
    ref = product.subject_ref
    assert shown(app, ref, at) == [True, True, True]
    save(product, WOOL, keeper, at)
    assert shown(app, ref, at) == [False, False, False]
    assert shown(app, "another", at) == [True, True, True]
    (found,) = scope.unhooked(certificate)
    assert (found.ref, found.name, found.why, found.at) == (ref, "Rebozo de algodón", ["Algodón → Lana"], at)
    assert acts(session) == ["listing.save", "certificate.unhook", "listing.substance_changed"]
    with unit_of_work():
        scope.rehook(certificate, ref, seen=found.seen, by=decider, at=at)
        scope.rehook(certificate, ref, seen=found.seen, by=decider, at=at)
    assert shown(app, ref, at) == [True, True, True]
    assert scope.unhooked(certificate) == []
    assert acts(session)[3:] == ["certificate.rehook"]


def test_the_holder_gets_one_mail_for_a_certificate_however_many_goods_wait(
    session: Session, product: Product, stall: Producer, keeper: User, certificate: Certificate, decider: User, at: datetime
) -> None:
    with unit_of_work():
        scope.unhook([product.subject_ref, "another"], by=keeper, at=at, why="Oaxaca → Puebla")
    applicant = certificate.application.applicant.email
    label = "Sello de Origen Local — Hecho a Mano"
    waits = (f"El sello de una pieza espera: {label}", ["- Rebozo de algodón", "- another"])
    assert letters(session) == [(keeper.email, *waits), (applicant, *waits)]
    with unit_of_work():
        scope.rehook(certificate, "another", seen=at.isoformat(), by=decider, at=at)
        scope.rehook(certificate, "another", seen=at.isoformat(), by=decider, at=at)
    back = (f"Su pieza lleva otra vez el sello: {label}", ["- another"])
    assert letters(session)[2:] == [(keeper.email, *back), (applicant, *back)]


@pytest.mark.parametrize(
    "change",
    [{"name": "Tetera industrial"}, {"category": "madera"}, {"materials": "Lana"}, {"technique": "Molde"}, {"community": "Otra"}],
)
def test_whatever_makes_it_another_thing_takes_the_label_off(
    app: Flask, product: Product, keeper: User, certificate: Certificate, at: datetime, change: dict[str, Any]
) -> None:
    values = replace(WOOL, name=product.name, category=product.category or "", materials=product.materials)
    save(product, replace(values, name=product.name.upper()), keeper, at, warned=False)  # capitals are no other name
    assert shown(app, product.subject_ref, at) == [True, True, True]
    with pytest.raises(LosesLabel):
        save(product, replace(values, **change), keeper, at, warned=False)
    save(product, replace(values, **change), keeper, at)
    assert shown(app, product.subject_ref, at) == [False, False, False]


def test_another_maker_takes_the_label_off(
    app: Flask, product: Product, stall: Producer, keeper: User, certificate: Certificate, at: datetime
) -> None:
    with unit_of_work():
        maker = stalls.credit(stall, "Otra Persona", "de palabra", by=keeper, at=at)
    save(product, replace(WOOL, name=product.name, materials=product.materials, maker=maker.public_id), keeper, at)
    assert shown(app, product.subject_ref, at) == [False, False, False]


def test_the_last_photograph_of_what_was_certified_stays_while_the_label_does(
    session: Session, product: Product, keeper: User, certificate: Certificate, at: datetime
) -> None:
    seen, later = (makers.stored_file(FileKind.PHOTO, private=False, made_at=when) for when in (certificate.granted_at, at))
    with unit_of_work():
        first = photos.add_photo(product, seen, by=keeper, at=at)
        second = photos.add_photo(product, later, by=keeper, at=at)
        photos.remove_photo(second, by=keeper, at=at)
        photos.put_back(second, by=keeper, at=at)
    with pytest.raises(Conflict) as refused, unit_of_work():
        photos.remove_photo(first, by=keeper, at=at)
    assert (refused.value.code, first.removed_at) == ("certified_photo", None)
    save(product, WOOL, keeper, at)
    with unit_of_work():
        photos.remove_photo(first, by=keeper, at=at)
    assert first.removed_at == at


def letters(session: Session) -> list[tuple[str | None, str, list[str]]]:
    """To whom, about what, and the goods that are listed."""
    found = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
    return [(one.to, one.subject, sorted(line for line in one.text.splitlines() if line.startswith("- "))) for one in found]


def test_what_is_not_substance_leaves_the_label(
    app: Flask, product: Product, keeper: User, certificate: Certificate, at: datetime
) -> None:
    same = ListingValues(
        name="REBOZO  de algodon",
        price_centavos=1_000,
        stock=1,
        description="Otro texto.",
        category="textiles",
        materials="Algodón",
    )
    save(product, same, keeper, at, warned=False)
    assert shown(app, product.subject_ref, at) == [True, True, True]


def test_who_was_not_told_is_told_first_and_nothing_changes(
    app: Flask, session: Session, product: Product, keeper: User, certificate: Certificate, at: datetime
) -> None:
    with pytest.raises(LosesLabel):
        save(product, WOOL, keeper, at, warned=False)
    assert (product.materials, acts(session)) == ("Algodón", [])
    assert shown(app, product.subject_ref, at) == [True, True, True]


def test_a_paused_label_is_unhooked_too_and_one_that_was_given_up_is_not(
    session: Session, product: Product, stall: Producer, keeper: User, at: datetime
) -> None:
    ref = product.subject_ref
    paused = makers.certificate(stall.party, subject_refs=(ref,), suspended_at=at, suspension_until=at + timedelta(days=9))
    gone = makers.certificate(stall.party, paused.scheme_version, subject_refs=(ref,), withdrawn_at=at)
    save(product, WOOL, keeper, at)
    assert [bool(scope.unhooked(one)) for one in (paused, gone)] == [True, False]
    assert (scope.waiting(ref, at), scope.hooked(ref, at)) == ([paused.code], [])


def test_what_changed_again_meanwhile_is_looked_at_again(
    app: Flask, product: Product, keeper: User, certificate: Certificate, decider: User, at: datetime
) -> None:
    save(product, WOOL, keeper, at)
    seen = scope.unhooked(certificate)[0].seen
    silk = ListingValues(name="Rebozo de algodón", price_centavos=68_000, stock=3, category="textiles", materials="Acrílico")
    save(product, silk, keeper, at + timedelta(minutes=1))
    with pytest.raises(Conflict), unit_of_work():
        scope.rehook(certificate, product.subject_ref, seen=seen, by=decider, at=at)
    assert scope.unhooked(certificate)[0].why == ["Algodón → Lana", "Lana → Acrílico"]
    assert shown(app, product.subject_ref, at) == [False, False, False]


def test_only_the_schemes_committee_hooks_goods_again(
    product: Product, keeper: User, certificate: Certificate, at: datetime
) -> None:
    save(product, WOOL, keeper, at)
    elsewhere = makers.user("De otro comité")
    makers.role(elsewhere, Role.DECIDER, "comercio-justo-local")
    for person in (keeper, elsewhere):
        with pytest.raises(Forbidden), unit_of_work():
            scope.rehook(certificate, product.subject_ref, seen=at.isoformat(), by=person, at=at)
    assert len(scope.unhooked(certificate)) == 1


def test_the_form_warns_and_takes_the_same_words_again(
    client_of: ClientOf, product: Product, keeper: User, certificate: Certificate
) -> None:
    browser = client_of(keeper)
    sent = fields(product, name="Rebozo", materials="Lana")
    auto = browser.post(here(product), data=sent, headers={"X-Autosave": "1"})
    assert auto.status_code == 409
    first = browser.post(here(product), data=sent)
    assert first.status_code == 409
    assert "Este cambio quita el sello de esta pieza hasta que el comité la revise." in first.text
    assert 'name="warned" value="yes"' in first.text
    assert 'value="Lana"' in first.text
    assert browser.post(here(product), data=sent | {"warned": "yes"}).status_code == 303
    assert "no lleva el sello" in browser.get(here(product)).text


def test_moving_to_another_municipality_unhooks_the_goods_and_moves_them_in_the_lists(
    app: Flask, session: Session, product: Product, stall: Producer, keeper: User, certificate: Certificate, at: datetime
) -> None:
    boss, version = makers.user("Jefa"), product.version_id
    makers.member(boss, stall.party, MemberRole.ADMIN)
    here_too = PartyValues(
        PartyKind.WORKSHOP, "Otro nombre", "textiles", _place(stall.party.municipality, stall.party.state_code)
    )
    with unit_of_work():
        founding.change(stall.party, here_too, by=boss, at=at, warned=True)
    assert shown(app, product.subject_ref, at) == [True, True, True]
    assert "otro nombre" in product.search_text
    moved = PartyValues(PartyKind.WORKSHOP, "Otro nombre", "textiles", _place("San Cristóbal de las Casas", "07"))
    with unit_of_work():
        founding.change(stall.party, moved, by=boss, at=at, warned=True)
    assert shown(app, product.subject_ref, at) == [False, False, False]
    assert (product.state_code, product.version_id) == ("07", version)
    assert "san cristobal" in product.search_text
    assert "chiapa" in product.search_text


def _place(municipality: str, state_code: str) -> Place:
    return Place(state_code, None, municipality, None, None)


def test_a_name_whose_consent_was_taken_back_is_not_found_any_more(
    session: Session, stall: Producer, keeper: User, at: datetime
) -> None:
    sold = makers.product(stall)
    with unit_of_work():
        maker = stalls.credit(stall, "Eufrosina Xicoténcatl", "de palabra", by=keeper, at=at)
    values = ListingValues(name="Olla", price_centavos=68_000, stock=3, category="textiles", maker=maker.public_id)
    with unit_of_work():
        sold.state = ListingState.PAUSED
    save(sold, values, keeper, at)
    assert "eufrosina" in sold.search_text
    with unit_of_work():
        sold.state = ListingState.PUBLISHED
    assert [one.id for one in page(session, Filter(words="eufrosina"), at=at).products] == [sold.id]
    with unit_of_work():
        stalls.uncredit(maker, by=keeper, at=at)
    assert "eufrosina" not in sold.search_text
    assert page(session, Filter(words="eufrosina"), at=at).products == []

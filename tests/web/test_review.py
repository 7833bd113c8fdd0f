"""A case goes over the desk: accepted, assigned, evaluated by two people with the keyboard, and decided once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from certification.applications.models import Application, Decision
from certification.core.db import db
from certification.registry.models import Certificate
from certification.rules.workflow import ApplicationState
from tests.web.market import Site
from tests.web.pages import application, named
from tests.web.test_buyer import says_valid
from tests.web.walker import Walker

pytestmark = pytest.mark.web

NewWalker = Callable[..., Walker]
CRITERIA = 11
SILVER = "Platería del Callejón del Nogal"
REASONS = "La plata se jala y se suelda en el taller; los dos hallazgos coinciden y nada queda pendiente."


def accept_and_assign(owner: Walker, case: str) -> None:
    """The owner of the scheme finds the case complete and asks a peer of the trade and somebody from outside."""
    owner.open("/review")
    owner.page.locator(f'a[href="{case}"]').first.click()
    owner.press("Está completa, aceptar")
    owner.open(f"{case}/panel")
    owner.reads("Falta 1 par de la misma rama.")
    for name in ("Macrina Buril Sereno", "Amalia Vitrina Cortés"):
        owner.press(f"Asignar a {name}")
        expect(owner.page.locator("aside").filter(has_text="En el caso")).to_contain_text(name)
    owner.reads("Están quienes el sello pide.")


def declare_no_tie(evaluator: Walker, case: str) -> None:
    evaluator.open("/review")
    evaluator.page.locator(f'a[href="{case}"]').first.click()
    evaluator.follow("Empezar")
    evaluator.page.locator("input[name=no_tie]").check()
    evaluator.press("Confirmar y ver el caso")


def zoom(evaluator: Walker) -> None:
    """A photograph opens at its full size over the page, and closes with the keyboard."""
    evaluator.page.locator("a[data-zoom]").first.click()
    picture = evaluator.page.locator("dialog.zoom img")
    expect(picture).to_be_visible()
    assert picture.evaluate("(one) => one.complete || one.decode().then(() => true)")
    assert picture.evaluate("(one) => one.naturalWidth") >= 300
    evaluator.page.keyboard.press("Escape")
    expect(picture).to_have_count(0)


def evaluate(evaluator: Walker, case: str, *, score: int) -> None:
    """All criteria, without touching the mouse but to save and to zoom."""
    page, keys = evaluator.page, evaluator.page.keyboard
    evaluator.open(f"{case}/criteria/OL-1")
    keys.press("j")
    evaluator.arrives(f"{case}/criteria/OL-2$")
    keys.press("k")
    evaluator.arrives(f"{case}/criteria/OL-1$")
    keys.press("2")
    expect(page.locator('input[data-key="2"]')).to_be_checked()
    zoomed = False
    for number in range(1, CRITERIA + 1):
        evaluator.arrives(f"{case}/criteria/OL-{number}$")
        if not zoomed and page.locator("a[data-zoom]").count():
            zoom(evaluator)
            zoomed = True
        keys.press("1")
        expect(page.locator('input[data-key="1"]')).to_be_checked()
        if page.locator("input[name=score]").count():
            page.locator(f'input[name=score][value="{score}"]').check()
            page.locator("#crit").click()
        keys.press("c")
        expect(page.locator("textarea[name=note]")).to_be_focused()
        keys.type("Se ve. 1 2 3 j k")
        assert page.locator("textarea[name=note]").input_value().endswith("1 2 3 j k")
        expect(page.locator('input[data-key="1"]')).to_be_checked()
        keys.press("Tab")
        evaluator.press("Guardar y recomendar" if number == CRITERIA else f"Guardar y pasar a OL-{number + 1}")
    assert zoomed
    evaluator.arrives(f"{case}/recommendation$")
    evaluator.choose("Que se otorgue")
    evaluator.page.get_by_label("Resumen").fill("Todo se hace en el taller, como dicen.")
    evaluator.press("Enviar mi evaluación")
    evaluator.page.wait_for_url(lambda url: "recommendation" not in url)


def fill_decision(decider: Walker, case: str) -> None:
    decider.open(f"{case}/decision")
    decider.reads("Nada impide otorgar.")
    decider.choose("Otorgar")
    decider.page.get_by_label("Razones").fill(REASONS)


@pytest.mark.parametrize("device", ["desktop"])
def test_a_case_is_evaluated_by_two_and_decided_once(site: Site, new_walker: NewWalker, device: str) -> None:
    case = named("review.case", application(ApplicationState.SUBMITTED, SILVER))(site)
    owner, peer, outsider, first, second = (new_walker(site, device) for _ in range(5))
    for person, login in (
        (owner, "leobardo"),
        (peer, "macrina"),
        (outsider, "amalia"),
        (first, "teodora"),
        (second, "anselmo"),
    ):
        person.sign_in(login)
    outsider.allowed = {404}
    assert outsider.open(f"{case}/criteria/OL-1").status == 404  # before being asked, the case is none of their business
    accept_and_assign(owner, case)
    for person, score in ((peer, 3), (outsider, 2)):
        declare_no_tie(person, case)
        evaluate(person, case, score=score)

    fill_decision(first, case)
    fill_decision(second, case)
    first.press("Registrar la decisión")
    first.page.wait_for_url(lambda url: "/decision" not in url)
    second.allowed = {409}
    with second.page.expect_response(re.compile("/decision")) as answered:
        second.press("Registrar la decisión")
    assert answered.value.status == 409
    second.reads("Otra persona del comité decidió este caso primero.")
    assert second.page.get_by_label("Razones").input_value() == REASONS

    public_id = case.rpartition("/")[2]
    decided = select(Application.id).where(Application.public_id == public_id).scalar_subquery()
    decisions = select(func.count()).select_from(Decision).where(Decision.application_id == decided)
    codes = select(Certificate.code).where(Certificate.application_id == decided)
    assert site.ask(lambda: db.session.scalar(decisions)) == 1
    (code,) = site.ask(lambda: db.session.scalars(codes).all())
    visitor = new_walker(site, "phone")
    visitor.open(f"/v/{code}")
    says_valid(visitor)
    visitor.reads(SILVER)
    visitor.reads("1 persona del mismo oficio, 1 persona de fuera")


def test_whoever_is_tied_to_the_applicant_gets_no_evidence(site: Site, new_walker: NewWalker) -> None:
    """Gaudencia is a cousin of Martina, of the workshop whose case waits for evaluators."""
    case = named("review.case", application(ApplicationState.ACCEPTED, "Taller Tres Horcones"))(site)
    owner, cousin = new_walker(site), new_walker(site)
    owner.sign_in("leobardo")
    owner.open(f"{case}/panel")
    row = owner.page.locator("li").filter(has_text="Gaudencia Urdimbre Solís")
    expect(row).to_contain_text("No puede:")
    expect(row.get_by_role("button")).to_have_count(0)
    cousin.sign_in("gaudencia")
    cousin.allowed = {403, 404}
    assert cousin.open(f"{case}/criteria/OL-1").status in (403, 404)

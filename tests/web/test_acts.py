"""Going back from the question before an act, and a session that ends in the middle, cost nobody what they wrote."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from certification.core import clock
from marketplace.demonstration.people import PASSWORD
from tests.web.market import Site
from tests.web.pages import HORCONES, certificate
from tests.web.walker import EMAIL, Walker

pytestmark = pytest.mark.web

NewWalker = Callable[..., Walker]
SEEN = "El proceso sigue igual y la cuenta de etiquetas cuadra."


def enter_again(member: Walker) -> None:
    """From the page that asks to sign in, back to where one was."""
    member.reads("Su sesión terminó. Entre otra vez para seguir donde iba.")
    member.fill("Correo o nombre para entrar", EMAIL.format(name="teodora"))
    member.page.get_by_label("Contraseña", exact=True).fill(PASSWORD)
    member.page.locator("main").get_by_role("button", name="Entrar", exact=True).click()
    member.page.wait_for_url(lambda url: "/account/sign-in" not in url)


def write_down(member: Walker, code: str) -> None:
    member.open(f"/c/{code}/act/visit")
    member.page.get_by_label("Día de la visita").fill((clock.now() - timedelta(days=1)).date().isoformat())
    member.fill("Personas del mismo oficio que fueron", "2")
    member.fill("Personas de fuera que fueron", "1")
    member.page.locator("textarea").first.fill(SEEN)


def test_back_from_the_question_and_a_session_that_ended_lose_nothing(site: Site, new_walker: NewWalker) -> None:
    code = certificate(holder=HORCONES)(site).rpartition("/")[2]
    member = new_walker(site, "phone")
    member.sign_in("teodora")
    write_down(member, code)
    member.context.clear_cookies()
    member.press("Revisar antes de hacerlo")
    enter_again(member)
    expect(member.page.locator("textarea").first).to_have_value(SEEN)
    member.reads("Recuperamos lo que escribió sin señal")

    member.press("Revisar antes de hacerlo")
    member.reads("¿Anotar que la visita pasó?")
    member.page.go_back()
    expect(member.page.locator("textarea").first).to_have_value(SEEN)
    member.press("Revisar antes de hacerlo")
    member.context.clear_cookies()
    member.press("Sí, anotarla")
    enter_again(member)
    member.reads(SEEN)  # the question again
    member.press("Sí, anotarla")
    member.arrives(f"/c/{code}$")
    member.reads("Quedó hecho y ya se ve en la página pública.")
    member.allowed = {422}  # that visit counts already
    member.page.go_back()
    member.reads(SEEN)  # a page of its own: the browser asks for nothing to be sent again
    member.open(f"/c/{code}/act/visit")
    expect(member.page.locator("textarea").first).to_have_value("")

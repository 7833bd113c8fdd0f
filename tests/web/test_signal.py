"""What a person writes with a phone outlives a lost signal, a lost answer and a lost session."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import select

from certification.core.db import db
from certification.rules.workflow import ListingState
from marketplace.catalogue.models import Product
from marketplace.demonstration.people import PASSWORD
from tests.photographs import encoded, scene
from tests.web.market import Site
from tests.web.walker import EMAIL, Walker

pytestmark = pytest.mark.web

NewWalker = Callable[..., Walker]
STORY = "Se teje en telar de cintura, con hilo que tiñe Petra."
SAVED = re.compile(r"Guardado \d+:\d\d")
OFFLINE = re.compile("Sin señal, se guarda en este teléfono")


def told(who: Walker) -> Locator:
    return who.page.locator("[data-autosave-status]")


def how_made(who: Walker) -> Locator:
    return who.page.get_by_label("Cómo se hizo", exact=True)


@pytest.fixture
def maker(site: Site, new_walker: NewWalker) -> Walker:
    made = new_walker(site, "phone")
    made.sign_in("saul-tejocote")
    return made


def drafting(maker: Walker) -> str:
    maker.open("/desk/listings")
    maker.press("Nueva pieza")
    maker.arrives("/desk/listings/")
    maker.reads("1. Fotos")
    return maker.path


def stored(site: Site, path: str) -> str:
    public_id = path.rpartition("/")[2]
    found = site.ask(lambda: db.session.scalar(select(Product.description).where(Product.public_id == public_id)))
    return str(found or "")


def test_pressed_without_signal_it_stays_and_is_saved_once_the_signal_is_back(site: Site, maker: Walker) -> None:
    here = drafting(maker)
    maker.lose_signal()
    how_made(maker).fill(STORY)
    maker.press("Guardar")
    expect(told(maker)).to_have_text(OFFLINE)
    expect(told(maker)).to_be_in_viewport()
    assert maker.path == here
    maker.leave()
    maker.find_signal()
    maker.open(here)
    expect(how_made(maker)).to_have_value(STORY)
    expect(told(maker)).to_have_text(SAVED)
    assert stored(site, here) == STORY


def test_what_was_sent_and_never_arrived_is_put_back_and_what_arrived_is_not(site: Site, maker: Walker) -> None:
    here = drafting(maker)
    maker.without_signal = True
    maker.page.route("**/desk/listings/*", lambda route: route.abort("internetdisconnected"))
    how_made(maker).fill(STORY)
    maker.press("Guardar")
    maker.page.wait_for_url("chrome-error://**")
    maker.page.unroute_all()
    maker.open(here)
    expect(how_made(maker)).to_have_value(STORY)
    expect(told(maker)).to_have_text(SAVED)
    how_made(maker).fill("Otra cosa")
    maker.press("Guardar")
    maker.reads("Guardado.")
    expect(how_made(maker)).to_have_value("Otra cosa")
    assert maker.page.evaluate("localStorage.length") == 0


def test_what_is_on_sale_is_kept_on_the_phone_and_changes_only_when_asked(site: Site, maker: Walker) -> None:
    maker.open("/desk/listings?state=published")
    maker.page.locator("ul.lines a.target").first.click()
    maker.arrives("/desk/listings/")
    here, before = maker.path, how_made(maker).input_value()
    maker.lose_signal()
    how_made(maker).fill(STORY)
    maker.press("Guardar")
    expect(told(maker)).to_have_text(OFFLINE)
    maker.leave()
    maker.find_signal()
    maker.open(here)
    expect(told(maker)).to_have_text("Recuperamos lo que escribió sin señal")
    how_made(maker).fill(STORY + " Con añil.")
    expect(told(maker)).to_have_text("Queda en este teléfono hasta que lo guarde")
    assert stored(site, here) == before
    maker.press("Guardar")
    maker.reads("Guardado.")
    assert stored(site, here) == STORY + " Con añil."
    assert maker.page.evaluate("localStorage.length") == 0


def test_a_session_that_ends_while_writing_leads_back_to_what_was_written(site: Site, maker: Walker) -> None:
    here = drafting(maker)
    maker.allowed |= {400, 401}
    maker.context.clear_cookies()
    how_made(maker).fill(STORY)
    expect(told(maker)).to_have_text("Su sesión terminó; lo que escribió queda en este teléfono. Entre otra vez.")
    maker.press("Guardar")
    maker.arrives("/account/sign-in")
    maker.reads("Su sesión terminó. Entre otra vez para seguir donde iba.")
    maker.fill("Correo o nombre para entrar", EMAIL.format(name="saul-tejocote"))
    maker.page.get_by_label("Contraseña", exact=True).fill(PASSWORD)
    maker.page.locator("main").get_by_role("button", name="Entrar", exact=True).click()
    maker.arrives(here)
    expect(how_made(maker)).to_have_value(STORY)
    expect(told(maker)).to_have_text(SAVED)
    assert stored(site, here) == STORY


def test_a_field_that_is_refused_is_named_with_the_reason(maker: Walker) -> None:
    drafting(maker)
    maker.allowed |= {422}
    maker.page.get_by_label("Precio").fill("68o")
    expect(told(maker)).to_contain_text("Precio: Escriba solo números, por ejemplo 680 o 1,234.50.")


def test_a_long_word_makes_no_page_wider(maker: Walker) -> None:
    drafting(maker)
    maker.page.get_by_label("Nombre", exact=True).fill("Rebozo" + "o" * 110)
    expect(told(maker)).to_have_text(SAVED)
    maker.open(f"/desk/listings?state={ListingState.DRAFT.value}")
    assert maker.page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.fixture
def two_photos(tmp_path: Path) -> list[Path]:
    made = [tmp_path / "una.jpg", tmp_path / "otra.jpg"]
    for number, path in enumerate(made):
        path.write_bytes(encoded(scene(400, 300, number), "JPEG"))
    return made


def test_a_photograph_chosen_twice_is_there_once_and_a_double_tap_removes_one(maker: Walker, two_photos: list[Path]) -> None:
    drafting(maker)
    chosen, shown = maker.page.locator("[data-upload] input[type=file]"), maker.page.locator("[data-photos] [data-photo]")
    chosen.set_input_files([str(one) for one in two_photos])
    expect(shown).to_have_count(2)
    chosen.set_input_files(str(two_photos[0]))
    maker.reads("una.jpg ya está entre las fotos de esta pieza")
    expect(shown).to_have_count(2)
    with maker.page.expect_response(re.compile("/photos/arrange")):
        maker.page.get_by_role("button", name="Quitar", exact=True).first.dblclick()
    expect(maker.page.locator("[data-said]")).to_have_text("Foto quitada")
    expect(shown).to_have_count(1)
    maker.page.reload()
    expect(shown).to_have_count(1)


def test_a_photograph_that_cannot_be_taken_is_named(maker: Walker, tmp_path: Path) -> None:
    drafting(maker)
    maker.allowed |= {422}
    (tmp_path / "nota.jpg").write_bytes(b"no es una foto")
    maker.page.locator("[data-upload] input[type=file]").set_input_files(str(tmp_path / "nota.jpg"))
    maker.reads("nota.jpg: Este archivo no es una foto. Elija una imagen JPEG, PNG o WebP.")


def test_what_a_stall_says_goes_along_with_its_photograph(maker: Walker, two_photos: list[Path]) -> None:
    maker.open("/desk")
    maker.open(str(maker.page.locator("a[href^='/desk/stalls/']").first.get_attribute("href")))
    maker.page.get_by_label("Dónde y cuándo los encuentran").fill("Sábados, en el tianguis")
    maker.page.locator("#cover-photo").set_input_files(str(two_photos[0]))
    maker.page.locator("button[formaction$='/cover']").first.click()
    maker.reads("Foto guardada.")
    expect(maker.page.get_by_label("Dónde y cuándo los encuentran")).to_have_value("Sábados, en el tianguis")
    maker.allowed |= {422}
    maker.page.locator("#until").fill("2020-01-01")
    maker.press("Avisar que no estamos")
    expect(maker.page.locator("#errors")).to_be_in_viewport()
    expect(maker.page.locator("#errors")).to_be_focused()

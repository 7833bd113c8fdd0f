"""People get in: by mail, by a code on paper, by a passkey."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.photographs import encoded, scene
from tests.web.market import Site, copy_of, serving
from tests.web.walker import Walker

pytestmark = pytest.mark.web

NewWalker = Callable[..., Walker]
PHRASE = "cuatro tejas bajo la lluvia"
WEAVER = "Hermelinda Otate Brisa"
NEWCOMER = "aurelia.tepalcate@correo.example"


def authenticator(walker: Walker) -> None:
    """Give the browser a key of its own that answers at once, as a finger on a telephone would (WebAuthn level 3 §11)."""
    console = walker.context.new_cdp_session(walker.page)
    console.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    console.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_out(walker: Walker) -> None:
    walker.open("/desk")
    walker.press("Salir")
    walker.page.wait_for_load_state()


def test_a_newcomer_registers_by_mail_and_founds_a_workshop(site: Site, new_walker: NewWalker) -> None:
    newcomer = new_walker(site, "phone")
    newcomer.open("/account/register")
    newcomer.fill("Su nombre", "Aurelia Tepalcate")
    newcomer.fill("Correo electrónico", NEWCOMER)
    newcomer.page.get_by_label("Contraseña nueva").fill(PHRASE)
    newcomer.press("Abrir mi cuenta")
    newcomer.reads("Revise su correo")
    newcomer.open(newcomer.mail(NEWCOMER, "Confirme"))
    newcomer.page.get_by_label("La contraseña que eligió al registrarse").fill(PHRASE)
    newcomer.press("Abrir mi cuenta")
    newcomer.open("/desk")
    newcomer.follow("Dar de alta")
    newcomer.choose("Un taller familiar")
    newcomer.page.get_by_label("Nombre", exact=True).fill("Barro de la Ladera Tibia")
    newcomer.page.get_by_label("Oficio principal").select_option(value="alfareria-ceramica")
    newcomer.page.get_by_label("Estado", exact=True).select_option(label="Oaxaca")
    newcomer.page.get_by_label("Municipio", exact=True).fill("San Bartolo Coyotepec")
    newcomer.page.locator("main form").get_by_role("button").last.click()
    expect(newcomer.page.locator("h1")).to_contain_text("Barro de la Ladera Tibia")


def printed_code(administrator: Walker) -> tuple[str, str]:
    """The administrator of a cooperative opens an account for a member without mail; gives what the sheet says: code, address."""
    administrator.sign_in("juliana-tule")
    administrator.open("/desk")
    administrator.page.locator("a[href^='/desk/parties/']").first.click()
    administrator.follow("Agregar a alguien")
    administrator.fill("Nombre de la persona", WEAVER)
    administrator.page.get_by_label("No usa correo: imprimir un código").check()
    administrator.choose("Catálogo: productos, preguntas y solicitudes")
    administrator.press("Agregar")
    administrator.reads("Imprima esta hoja o copie el código ahora: no se puede volver a mostrar.")
    sheet = administrator.page.locator("article")
    return sheet.locator(".letters").inner_text(), sheet.locator("ol strong").first.inner_text()


def enter_with(code: str, weaver: Walker) -> None:
    weaver.page.get_by_label("Código impreso").fill(code.lower().replace("-", " "))
    weaver.press("Seguir")
    weaver.reads(f"Buen día, {WEAVER}")
    weaver.page.get_by_label("Nombre para entrar").fill("hermelinda.otate")
    weaver.page.get_by_label("Contraseña nueva").fill(PHRASE)
    weaver.press("Guardar y entrar")
    weaver.reads("Ya está dentro.")


def test_from_a_printed_code_to_a_published_product(site: Site, new_walker: NewWalker, tmp_path: Path) -> None:
    administrator, weaver = new_walker(site), new_walker(site, "phone")
    code, address = printed_code(administrator)
    administrator.page.emulate_media(media="print")
    expect(administrator.page.locator("header")).to_be_hidden()
    expect(administrator.page.locator(".letters")).to_be_visible()

    weaver.open(address)
    enter_with(code, weaver)
    sign_out(weaver)
    weaver.sign_in("hermelinda.otate", PHRASE)

    picture = tmp_path / "faja.jpg"
    picture.write_bytes(encoded(scene(1200, 900, 4), "JPEG"))
    weaver.open("/desk/listings")
    weaver.press("Nueva pieza")
    weaver.page.get_by_label("Nombre", exact=True).fill("Faja de algodón de la brisa")
    weaver.page.get_by_label("Precio").fill("620")
    weaver.page.get_by_label("Rama o categoría").select_option(value="textiles")
    weaver.page.locator("[data-upload] input[type=file]").set_input_files(picture)
    expect(weaver.page.locator("[data-photos] [data-photo]")).to_have_count(1)
    weaver.press("Publicar")
    weaver.reads("Ya está a la venta.")
    visitor = new_walker(site, "phone")
    visitor.open("/products?q=algodon+brisa")
    visitor.reads("Faja de algodón de la brisa")


def test_a_printed_code_serves_once(site: Site, new_walker: NewWalker) -> None:
    """The control: whoever finds the sheet later finds it spent."""
    administrator, weaver, finder = new_walker(site), new_walker(site, "phone"), new_walker(site, "phone")
    code, address = printed_code(administrator)
    weaver.open(address)
    enter_with(code, weaver)
    finder.allowed = {404, 409, 422}
    finder.open(address)
    finder.page.get_by_label("Código impreso").fill(code)
    finder.press("Seguir")
    finder.never_reads("Buen día")
    finder.reads(re.compile("código|hoja"))


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_a_passkey_is_made_and_lets_in(market: Path, tmp_path: Path, new_walker: NewWalker, device: str) -> None:
    with serving(copy_of(market, tmp_path / "data")) as site:
        person = new_walker(site, device)
        authenticator(person)
        person.sign_in("teodora")
        person.open("/account/passkeys")
        button = person.page.locator('[data-passkey="register"]')
        if person.page.locator("main input[type=password]").count():
            person.page.locator("main input[type=password]").first.fill("tianguis de muestra")
        button.click()
        expect(person.page.locator("main .lines li")).to_have_count(1)
        sign_out(person)
        person.open("/account/sign-in")
        person.press("Entrar con llave de acceso")
        person.page.wait_for_url(lambda url: "/account/sign-in" not in url)
        person.open("/account/")
        person.reads("Teodora Umbral Castañeda")
        person.reads("Llaves de acceso: 1")
        person.context.close()

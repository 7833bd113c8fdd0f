"""Somebody who makes things puts one up for sale from a telephone, and asks for a label."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from certification.rules.workflow import ApplicationState
from marketplace.demonstration.sound import note
from tests.photographs import PLACE, encoded, located, scene
from tests.web.market import Site
from tests.web.pages import application
from tests.web.walker import Walker

pytestmark = pytest.mark.web

NewWalker = Callable[..., Walker]
NAME = "Jarro negro de asa torcida"
STORY = "Se bruñe con cuarzo antes de entrar al horno, y el humo le da el color."
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\nxref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
WATCH_PROGRESS = """() => {
  const rows = document.querySelector("[data-uploads]");
  window.told = [];
  new MutationObserver(() => window.told.push(rows.innerText)).observe(rows, { subtree: true, childList: true, characterData: true });
}"""


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A telephone's pictures, with the place where they were taken, and other proof."""
    folder = tmp_path_factory.mktemp("camera")
    for number, (width, height) in enumerate([(1600, 1200), (1200, 1600), (1400, 1000)], 1):
        (folder / f"foto-{number}.jpg").write_bytes(encoded(scene(width, height, number), "JPEG", quality=88, exif=located()))
    (folder / "proof.jpg").write_bytes(encoded(scene(800, 600, 9), "JPEG", quality=85, exif=located()))
    (folder / "paper.pdf").write_bytes(PDF)
    (folder / "voice.wav").write_bytes(note())
    return folder


def photographs(page: Page) -> list[str]:
    """The photographs of the form, by their ids, in their order."""
    return [str(one.get_attribute("data-photo")) for one in page.locator("[data-photos] [data-photo]").all()]


def start_listing(maker: Walker) -> None:
    maker.open("/desk/listings")
    maker.press("Nueva pieza")
    maker.arrives("/desk/listings/")
    maker.reads("1. Fotos")


def bring_photographs(maker: Walker, camera: Path) -> None:
    """Three photographs go up one after another with their progress; the second becomes the cover, and stays it."""
    maker.page.evaluate(WATCH_PROGRESS)
    maker.page.locator("[data-upload] input[type=file]").set_input_files([camera / f"foto-{number}.jpg" for number in (1, 2, 3)])
    expect(maker.page.locator("[data-photos] [data-photo]")).to_have_count(3)
    told = maker.page.evaluate("window.told.join(' | ')")
    for number in (1, 2, 3):
        assert re.search(rf"Subiendo foto-{number}\.jpg, \d+ por ciento", told)
    first, second, third = photographs(maker.page)
    with maker.page.expect_response(re.compile("/photos/arrange")):
        maker.page.locator(f'[data-photo="{second}"]').get_by_role("button", name="Mover antes").click()
    assert photographs(maker.page) == [second, first, third]
    with maker.page.expect_response(lambda answer: "x-autosave" in answer.request.headers):
        maker.page.locator(f'[data-photo="{second}"]').get_by_label("Qué se ve").fill(
            "Jarro negro visto de lado, con el asa torcida."
        )
    saved(maker)
    maker.page.reload()
    assert photographs(maker.page) == [second, first, third]
    expect(maker.page.locator(f'[data-photo="{second}"] [data-cover]')).to_be_visible()
    expect(maker.page.locator(f'[data-photo="{second}"] input')).to_have_value("Jarro negro visto de lado, con el asa torcida.")


def told(maker: Walker) -> Locator:
    return maker.page.locator("[data-autosave-status]")


def saved(maker: Walker) -> None:
    expect(told(maker)).to_have_text(re.compile(r"Guardado \d+:\d\d"))


def lose_and_find_signal(maker: Walker) -> None:
    """What is written without signal stays on the telephone, also when the page is left, and is saved once it is back: by itself
    (see test_signal.py), or as soon as the person goes on writing."""
    here = maker.page.url
    maker.lose_signal()
    maker.page.get_by_label("Cómo se hizo", exact=True).fill(STORY)
    expect(told(maker)).to_have_text(re.compile("Sin señal, se guarda en este teléfono"))
    maker.leave()
    maker.find_signal()
    maker.open(here)
    expect(maker.page.get_by_label("Cómo se hizo", exact=True)).to_have_value(STORY)
    expect(told(maker)).to_have_text(re.compile(r"Recuperamos lo que escribió sin señal|Guardado \d+:\d\d"))
    maker.page.get_by_label("Cómo se hizo", exact=True).fill(STORY)
    saved(maker)


def publish(maker: Walker) -> None:
    maker.page.get_by_label("Rama o categoría").select_option(value="alfareria-ceramica")
    maker.press("Publicar")
    maker.reads("Ya está a la venta.")


@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_a_producer_lists_a_piece(site: Site, new_walker: NewWalker, camera: Path, device: str) -> None:
    maker = new_walker(site, device)
    maker.sign_in("saul-tejocote")
    start_listing(maker)
    maker.page.get_by_label("Nombre", exact=True).fill(NAME)
    maker.page.get_by_label("Precio").fill("380")
    maker.page.get_by_label("¿Cuántas tiene?").fill("4")
    saved(maker)
    bring_photographs(maker, camera)
    lose_and_find_signal(maker)
    publish(maker)

    visitor = new_walker(site, "phone")
    visitor.open("/products?q=asa+torcida")
    visitor.follow(NAME)
    visitor.reads("$380.00")
    visitor.reads(STORY)
    cover = visitor.page.locator(".gallery a").first
    expect(cover.locator("img")).to_have_attribute("alt", "Jarro negro visto de lado, con el asa torcida.")
    whole = visitor.context.request.get(site.address + str(cover.get_attribute("href"))).body()
    assert whole.startswith(b"\xff\xd8")
    assert PLACE not in whole
    assert b"Exif" not in whole


def begin_application(maker: Walker) -> str:
    """As far as the first screen; gives the address of the case."""
    maker.open("/apply/new")
    if maker.page.get_by_role("heading", name="¿Para quién es el sello?").count():
        maker.press("Seguir")
    maker.page.get_by_role("link", name=re.compile("Pedir este: Sello de Origen Local")).click()
    if maker.page.locator("#subject_kind").count():
        maker.choose("Una línea de productos")
    maker.press("Empezar")
    maker.arrives(r"/apply/\w+/goods")
    return maker.path.removesuffix("/goods")


def describe_goods(maker: Walker, camera: Path) -> None:
    maker.page.get_by_label("¿Qué productos llevarían el sello?").fill("Jarros negros de asa torcida")
    maker.page.get_by_label("¿Con qué técnicas se hacen?").fill("Modelado a mano y quema en horno tapado")
    maker.page.get_by_label("¿Quiénes los hacen?").fill("Saúl Tejocote\nJonás Tejocote")
    maker.page.get_by_label("¿Cómo se reconoce una pieza?").fill("Asa torcida y bruñido de cuarzo")
    maker.page.locator("input[name=subject_refs]").first.check()
    maker.page.locator("input[name=photo]").set_input_files(camera / "foto-1.jpg")
    maker.press("Guardar y seguir")
    maker.arrives(r"/apply/\w+/criteria/OL-1$")


def show_proof(maker: Walker, camera: Path) -> None:
    """One criterion: every question in words, then one file for each kind of proof that has room for one."""
    page = maker.page
    for words in page.locator(".proof textarea:visible, .proof input[type=text]:visible").all():
        if (words.get_attribute("name") or "").startswith("words_"):
            words.fill("Somos 3 personas; lo hacemos todo en el taller, a mano, y así nos enseñaron.")
    for number in page.locator(".proof input[type=number]:visible").all():
        number.fill("40")
    for ask in [str(one.get_attribute("id")) for one in page.locator("fieldset.proof").all()]:
        field = page.locator(f"#{ask} input[type=file]")
        accepts = field.get_attribute("accept") or ""
        file = "paper.pdf" if "pdf" in accepts else "proof.jpg"
        if "image" in accepts or "pdf" in accepts:
            field.set_input_files(camera / file)
            expect(page.locator(f"#{ask} .shown li")).to_have_count(1)


def test_a_producer_applies_one_criterion_at_a_time(site: Site, new_walker: NewWalker, camera: Path) -> None:
    maker = new_walker(site, "phone")
    maker.sign_in("saul-tejocote")
    case = begin_application(maker)
    describe_goods(maker, camera)
    for number in range(1, 12):
        maker.reads(f"Criterio {number} de 11")
        show_proof(maker, camera)
        if number == 8:
            maker.page.get_by_text("O grábelo").click()
            maker.page.locator("input[name=file_s]").set_input_files(camera / "voice.wav")
            expect(maker.page.locator("#evidence .shown li")).to_have_count(1)
        maker.press("Guardar y revisar" if number == 11 else "Guardar y seguir")
        if number == 5:  # left, and come back to another day
            maker.open(case)
            maker.reads(re.compile(r"Faltan \d+ cosas antes de enviar."))
            maker.open(f"{case}/criteria/OL-6")
    maker.arrives(f"{case}$")
    maker.reads("Está completa.")
    maker.page.locator("input[name=pledge]").check()
    maker.press("Enviar la solicitud")
    expect(maker.page.locator("main .pill").first).to_contain_text("Enviada")
    sent = site.ask(application(ApplicationState.SUBMITTED, "Barro Quieto"))
    assert case == f"/apply/{sent['public_id']}"


def test_evidence_is_private(site: Site, new_walker: NewWalker) -> None:
    """What an applicant shows opens for the applicant, and for nobody who happens to know its address."""
    maker, other, visitor = new_walker(site), new_walker(site), new_walker(site)
    maker.sign_in("adela")
    other.sign_in("martina")
    maker.open("/apply/" + site.ask(application(ApplicationState.SUBMITTED, "Platería"))["public_id"])
    found = maker.page.locator("a[href^='/evidence/']").first.get_attribute("href")
    assert maker.context.request.get(site.address + str(found)).status == 200
    assert other.context.request.get(site.address + str(found)).status == 404
    away = visitor.context.request.get(site.address + str(found), max_redirects=0)
    assert (away.status, away.headers["location"].partition("?")[0]) == (303, "/account/sign-in")

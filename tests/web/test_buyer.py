"""Somebody finds a thing, checks its label in the hand and on the screen, and reaches the person who made it."""

import io
from collections.abc import Callable

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from tests.web.market import Site
from tests.web.pages import HORCONES, certificate, code_in, labelled_product, named
from tests.web.walker import Walker

pytestmark = pytest.mark.web

NewWalker = Callable[..., Walker]
LABEL = "Sello de Origen Local"
BUYER = "lluvia.temprana@correo.example"
QUESTION = "Buenas tardes. ¿Alcanza para una persona alta? Lo quiero para el quince de diciembre."
ANSWER = "Sí alcanza: mide dos metros treinta. Se lo aparto hasta el viernes."


def printed_tag(maker: Walker, code: str) -> Image.Image:
    """The tag that the holder prints, as its PNG."""
    answer = maker.context.request.get(f"{maker.site.address}/c/{code}/tag.png")
    assert answer.status == 200
    assert answer.headers["content-type"] == "image/png"
    return Image.open(io.BytesIO(answer.body())).convert("RGB")


def misread(code: str) -> str:
    """As a person types it: small letters, O for zero, l for one, and a space between the groups."""
    typed = code.lower().replace("0", "O").replace("1", "l")
    return f"{typed[:4]} {typed[4:8]} {typed[8:10]} {typed[10:]}"


def find_the_thing(buyer: Walker, *, script: bool) -> None:
    """From the home page by search and facets to a product that wears a label."""
    buyer.open("/")
    buyer.page.locator("#q").fill("rebozo")
    buyer.press("Buscar")
    buyer.arrives(r"/products\?q=rebozo")
    filters = buyer.page.locator("details.filters")
    if filters.get_attribute("open") is None and filters.locator("summary").is_visible():
        filters.locator("summary").click()
    facet = buyer.page.locator("#facet-label")
    facet.locator("label", has_text=LABEL).locator("input").check()
    if not script:
        buyer.press("Aplicar filtros")
    buyer.arrives(r"/products\?.*label=origen-local")
    chips = buyer.page.get_by_role("group", name="Filtros puestos")
    expect(chips.get_by_role("link", name=LABEL)).to_be_visible()
    cards = buyer.page.locator("#results .card")
    expect(cards.first.locator(".badge")).to_contain_text("vigente")
    assert cards.count() == cards.locator(".badge").count()


def check_the_label(buyer: Walker, code: str) -> None:
    """From the product's plate to the verify page of the same code and the same weave."""
    plate = buyer.page.locator(".plate").filter(has_text="Vigente").first
    shown = plate.locator(".codigo").inner_text()
    assert shown.replace("-", "") == code
    woven = plate.locator("img").get_attribute("src")
    plate.get_by_role("link", name="Verificar este sello").click()
    buyer.arrives(f"/v/{code}$")
    says_valid(buyer)
    assert buyer.page.locator(".weave img").get_attribute("src") == woven


def says_valid(buyer: Walker) -> None:
    expect(buyer.page.locator("h1.word")).to_have_text("Vigente")
    buyer.reads("Este sello existe y vale hoy. Falta que usted compare la pieza.")


def ask_and_be_answered(buyer: Walker, maker: Walker) -> None:
    """A question goes to the producer once its sender has confirmed the address, and the answer comes back."""
    buyer.follow("Lo quiero")
    buyer.fill("Su nombre", "Lluvia Temprana")
    buyer.page.get_by_label("Su correo").fill(BUYER)
    buyer.page.get_by_label("Su mensaje").fill(QUESTION)
    buyer.press("Enviar mensaje")
    buyer.reads("Le enviamos un correo para confirmar que la dirección es suya.")
    maker.open("/desk/enquiries")
    maker.never_reads("Lluvia Temprana")
    buyer.open(buyer.mail(BUYER, "Confirme su mensaje"))
    buyer.press("Enviar mi mensaje")
    buyer.reads("Guarde esta dirección: es la llave de su conversación.")
    conversation = buyer.page.url
    maker.open("/desk/enquiries")
    maker.follow("Lluvia Temprana", exact=False)
    maker.reads(QUESTION)
    assert BUYER not in maker.page.content()
    maker.fill("Su respuesta", ANSWER)
    maker.press("Enviar")
    maker.reads(ANSWER)
    buyer.open(buyer.mail(BUYER, f"{HORCONES} le respondió"))
    assert buyer.page.url == conversation
    buyer.reads(ANSWER)


@pytest.mark.parametrize(("device", "script"), [("desktop", True), ("phone", True), ("phone", False)])
def test_a_buyer_finds_checks_and_asks(site: Site, new_walker: NewWalker, device: str, script: bool) -> None:  # noqa: FBT001 - a row of the table
    maker = new_walker(site, "desktop")
    maker.sign_in("martina")
    buyer = new_walker(site, device, script=script)
    find_the_thing(buyer, script=script)
    product = named("catalogue.product", labelled_product)(site)
    code = certificate(holder=HORCONES)(site).rpartition("/")[2]
    buyer.page.locator(f'#results a[href="{product}"]').click()
    buyer.arrives(product)
    check_the_label(buyer, code)
    buyer.page.go_back()
    ask_and_be_answered(buyer, maker)


@pytest.mark.parametrize("size", [1.0, 0.5], ids=["full size", "half size"])
def test_the_printed_tag_leads_to_the_verify_page(
    quiet_site: Site, new_walker: NewWalker, sessions: Callable[[str], object], size: float
) -> None:
    code = certificate(holder=HORCONES)(quiet_site).rpartition("/")[2]
    tag = printed_tag(new_walker(quiet_site, state=sessions("martina")), code)
    seen = tag.resize((round(tag.width * size), round(tag.height * size)), Image.Resampling.LANCZOS)
    found = zxingcpp.read_barcodes(seen)
    assert [one.text for one in found] == [f"{quiet_site.address}/v/{code}".upper()]
    buyer = new_walker(quiet_site, "phone")
    assert buyer.open(found[0].text).status == 200
    says_valid(buyer)


def test_a_tag_without_its_code_says_nothing(quiet_site: Site, new_walker: NewWalker, sessions: Callable[[str], object]) -> None:
    """The control: what the decoder reads comes from the code in the picture and from nowhere else."""
    code = certificate(holder=HORCONES)(quiet_site).rpartition("/")[2]
    tag = printed_tag(new_walker(quiet_site, state=sessions("martina")), code)
    tag.paste((255, 255, 255), (0, 0, tag.width // 3, tag.height // 3))
    assert zxingcpp.read_barcodes(tag) == []


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_a_code_typed_by_hand_is_found(quiet_site: Site, new_walker: NewWalker, script: bool) -> None:  # noqa: FBT001 - a row of the table
    codes = [code_in(quiet_site, state) for state in ("VALID", "SUSPENDED", "EXPIRED", "WITHDRAWN", "SUPERSEDED")]
    code = next((one for one in codes if set(one) & {"0", "1"}), codes[0])
    buyer = new_walker(quiet_site, "phone", script=script)
    buyer.open("/v")
    buyer.fill("Código de la etiqueta", misread(code))
    buyer.press("Verificar")
    buyer.arrives(f"/v/{code}$")
    expect(buyer.page.locator(".codigo").filter(has_text=code[:4]).first).to_be_visible()

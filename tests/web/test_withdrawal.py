"""A label that is taken away is gone from everywhere at that moment."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.web.market import Site
from tests.web.pages import HORCONES, certificate, labelled_product, named
from tests.web.test_buyer import LABEL, says_valid
from tests.web.walker import Walker

pytestmark = pytest.mark.web

NewWalker = Callable[..., Walker]
WHY = "Dos visitas encontraron rebozos de telar eléctrico con esta etiqueta."
PRODUCER = "/producers/taller-tres-horcones"
LISTING = "/products?q=rebozo&label=origen-local"


def withdraw(member: Walker, code: str) -> None:
    """As a member of the committee does it: from the record, with a reason, and once more when asked."""
    member.open(f"/c/{code}")
    member.follow("Retirar para siempre")
    member.page.get_by_label("Motivo").select_option(index=1)
    criterion = member.page.get_by_label("Criterio")
    if criterion.count():
        criterion.first.select_option(index=1)
    member.page.locator("textarea").first.fill(WHY)
    member.press("Revisar antes de hacerlo")
    member.reads("¿Retirar este sello para siempre?")
    member.press("Sí, retirarlo")
    member.arrives(f"/c/{code}$")


def badges_of(product: str, reader: Walker) -> int:
    reader.open("/products?q=rebozo")
    return reader.page.locator(".card").filter(has=reader.page.locator(f'a[href="{product}"]')).locator(".badge").count()


def test_withdrawal_shows_everywhere_at_once(site: Site, new_walker: NewWalker) -> None:
    code = certificate(holder=HORCONES)(site).rpartition("/")[2]
    product = named("catalogue.product", labelled_product)(site)
    reader, maker, member = new_walker(site, "phone"), new_walker(site), new_walker(site)
    maker.sign_in("martina")
    member.sign_in("teodora")

    reader.open(f"/v/{code}")
    says_valid(reader)
    assert badges_of(product, reader) == 1
    reader.open(product)
    expect(reader.page.locator(".plate")).to_have_count(1)
    assert maker.context.request.get(f"{site.address}/c/{code}/tag.png").status == 200

    withdraw(member, code)

    reader.open(f"/v/{code}")
    expect(reader.page.locator("h1.word")).to_have_text("Retirado")
    reader.reads(WHY)
    reader.never_reads("Vigente")
    assert badges_of(product, reader) == 0
    reader.open(LISTING)
    expect(reader.page.locator(f'#results a[href="{product}"]')).to_have_count(0)
    reader.open(product)
    expect(reader.page.locator(".plate")).to_have_count(0)
    assert LABEL not in reader.page.content()
    reader.open(PRODUCER)
    expect(reader.page.locator("#labels .plate")).to_have_count(0)
    expect(reader.page.locator("#labels .lines li").filter(has_text=code[:4])).to_contain_text("Retirado")
    reader.open(f"/register?q={code}")
    expect(reader.page.locator("main .lines li").filter(has_text=code[:4])).to_contain_text("Retirado")
    reader.open(f"/c/{code}")
    expect(reader.page.locator("main .pill").first).to_contain_text("Retirado")
    assert maker.context.request.get(f"{site.address}/c/{code}/tag.png").status == 409
    maker.allowed = {409}
    maker.open(f"/c/{code}/tag")
    maker.reads("Este sello ya no está vigente: no se imprimen etiquetas.")
    maker.open("/mail?to=martina@demo.tianguis.example")
    expect(maker.page.locator("main .lines li").first).to_contain_text("etir")

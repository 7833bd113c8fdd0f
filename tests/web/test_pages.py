"""Every kind of page, in both languages, by day and by night, on a phone and on a desk: read by axe and by its own rules."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.web.market import Site, copy_of, serving
from tests.web.pages import KINDS, Kind, code_in
from tests.web.walker import DESKTOP, PHONE, Walker, walker

pytestmark = pytest.mark.web

AXE = Axe()
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
FOUND = """async (options) => (await axe.run(options)).violations.flatMap((one) => one.nodes.map((node) =>
    `${one.id}: ${JSON.stringify(node.target)} ${node.html.slice(0, 160)}`))"""
BANNER = "aside.demonstration"
Sessions = Callable[[str], Any]


def violations(page: Page, options: dict[str, Any] = WCAG) -> list[str]:
    """What axe finds, one line for each place. It is brought to each page once, and tells no more than these lines."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.axe_script)
    found: list[str] = page.evaluate(FOUND, {"resultTypes": ["violations"], **options})
    return found


@pytest.fixture(scope="module")
def readers(chromium: Browser, quiet_site: Site, sessions: Sessions) -> Iterator[Callable[[str], Walker]]:
    """One browser for each person who looks at pages, kept from page to page."""
    known: dict[str, Walker] = {}

    def reader(who: str) -> Walker:
        if who not in known:
            known[who] = walker(chromium, quiet_site, state=sessions(who))
        known[who].faults.clear()
        return known[who]

    yield reader
    for one in known.values():
        one.context.close()


def sound(page: Page, lang: str) -> list[str]:
    """What is wrong with the page as it stands."""
    wrong = []
    headings, title, told = page.evaluate(
        "() => [document.querySelectorAll('h1').length, document.title, document.documentElement.lang]"
    )
    if headings != 1:
        wrong.append(f"{headings} h1")
    if not title.strip():
        wrong.append("no title")
    if told.partition("-")[0] != lang:
        wrong.append(f"lang is {told!r}")
    if not page.locator(BANNER).is_visible():
        wrong.append("no banner of the demonstration")
    return wrong


def overflow(page: Page) -> list[str]:
    """Whatever makes a phone's page scroll sideways."""
    wide = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1).slice(0, 3)
            .map((one) => `too wide: ${one.outerHTML.slice(0, 120)}`).concat(["scrolls sideways"])"""
    )
    return list(wide)


def low(page: Page) -> list[str]:
    """Whatever can be pressed and is lower than a finger needs (48 px)."""
    found = page.evaluate(
        """() => [...document.querySelectorAll("a, button, summary, input:not([type=hidden])")]
            .map((one) => [one.getBoundingClientRect().height, one]).filter(([height]) => height > 1 && height < 47.9)
            .map(([height, one]) => `${height} px: ${one.outerHTML.slice(0, 120)}`)"""
    )
    return list(found)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.name.startswith("verify")], ids=lambda kind: kind.name)
def test_on_a_verify_page_all_that_is_pressed_has_room_for_a_finger(
    kind: Kind, quiet_site: Site, readers: Callable[[str], Walker]
) -> None:
    reader = readers(kind.who)
    reader.allowed = {kind.status}
    reader.page.set_viewport_size(PHONE["viewport"])
    reader.open(kind.address(quiet_site))
    reader.page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)")
    assert reader.page.locator("main a").count() > 0
    assert low(reader.page) == []
    reader.page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<p><a href=/>x</a></p>')")
    assert [one.partition(" px: ")[2] for one in low(reader.page)] == ['<a href="/">x</a>']  # the control


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_page_is_sound_and_reachable_for_everybody(kind: Kind, quiet_site: Site, readers: Callable[[str], Walker]) -> None:
    reader = readers(kind.who)
    reader.allowed = {kind.status}
    path = kind.address(quiet_site)
    wrong: list[str] = []
    for lang, device in (("es", PHONE), ("en", DESKTOP)):
        reader.page.set_viewport_size(device["viewport"])
        reader.page.emulate_media(color_scheme="light")
        answer = reader.open(f"{path}{'&' if '?' in path else '?'}lang={lang}")
        assert answer.status == kind.status
        found = [*sound(reader.page, lang), *violations(reader.page)]
        reader.page.emulate_media(color_scheme="dark")
        found += [f"dark {one}" for one in violations(reader.page, COLOURS)]
        reader.page.set_viewport_size(PHONE["viewport"])
        found += overflow(reader.page)
        wrong += [f"{lang} {one}" for one in found]
    assert wrong + reader.faults == []


def test_what_nobody_could_read_or_see_is_found(quiet_site: Site, readers: Callable[[str], Walker]) -> None:
    """The control: a picture without words and pale letters, each told once with its place."""
    page = readers("").page
    readers("").open("/about")
    page.evaluate(
        """() => document.querySelector("main").insertAdjacentHTML("beforeend",
            '<img id="mute" src="data:,"><p id="pale">pale</p>')"""
    )
    page.evaluate("document.querySelector('#pale').style.cssText = 'color: #999; background: #aaa'")
    assert [one.partition("]")[0] for one in violations(page)] == ['color-contrast: ["#pale"', 'image-alt: ["#mute"']
    assert [one.partition("]")[0] for one in violations(page, COLOURS)] == ['color-contrast: ["#pale"']
    readers("").leave()


def test_a_registry_that_cannot_look_says_neither_yes_nor_no(
    market: Path, tmp_path: Path, new_walker: Callable[..., Walker]
) -> None:
    """No session is possible here, so this page is read apart from the others."""
    folder = copy_of(market, tmp_path / "data")
    with serving(folder) as site:
        code = code_in(site, "VALID")
    for left in folder.glob("tianguis.db*"):
        left.unlink()
    (folder / "tianguis.db").write_bytes(b"this is no database" * 1000)
    with serving(folder) as site:
        reader = new_walker(site, "phone")
        reader.allowed = {503}
        assert reader.open(f"/v/{code}").status == 503
        reader.reads("No pudimos revisar")
        reader.reads("No lo tome ni por bueno ni por malo.")
        for word in ("Vigente", "No lo encontramos", "Retirado"):
            reader.never_reads(word)
        assert [*sound(reader.page, "es"), *violations(reader.page), *overflow(reader.page)] == []

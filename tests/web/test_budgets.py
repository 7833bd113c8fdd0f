"""What a page weighs on the wire and when a telephone shows it: the budgets, measured in the browser.

Bytes and shifts are the same on every machine. Moments are not: the network is emulated, and of a few tries the best one
counts, because whatever else this machine does can only make a page later.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.web.market import Site
from tests.web.pages import Address, at, certificate, labelled_product, named, stall, verify
from tests.web.walker import Walker

pytestmark = pytest.mark.web

KB = 1024
NewWalker = Callable[..., Walker]
EACH = {"Document": 20 * KB, "Stylesheet": 15 * KB, "Script": 25 * KB, "Font": 25 * KB}
PAGES: dict[str, Address] = {
    "home": at("/"),
    "listing": at("/products"),
    "product": named("catalogue.product", labelled_product),
    "producer": named("producers.show", stall("taller-tres")),
    "scheme": at("/schemes/origen-local/1.0"),
    "register": at("/register"),
    "map": at("/map"),
    "verify": verify("VALID"),
    "certificate": certificate(),
    "sign in": at("/account/sign-in"),
}
SHOWN = """() => new Promise((done) => {
  new PerformanceObserver((list) => {
    const last = list.getEntries().at(-1);
    done({ ms: last.startTime, url: last.url, text: last.element?.textContent?.trim() ?? "" });
  }).observe({ type: "largest-contentful-paint", buffered: true });
})"""
SHIFTED = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 100);
})"""
TO_THE_END = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += 600) { scrollTo(0, y); await new Promise(requestAnimationFrame); }
}"""


@dataclass
class Weighed:
    """Bytes that came over the wire, headers included, by kind of thing and by address."""

    kinds: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    urls: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.urls.values())


def weigh(reader: Walker, path: str) -> Weighed:
    """Open a page with nothing remembered, and weigh what it brought until it was quiet."""
    console = reader.context.new_cdp_session(reader.page)
    console.send("Network.enable")
    known: dict[str, tuple[str, str]] = {}
    found = Weighed()

    def answered(event: dict[str, Any]) -> None:
        known[event["requestId"]] = (event["type"], event["response"]["url"])

    def finished(event: dict[str, Any]) -> None:
        kind, url = known.get(event["requestId"], ("Other", ""))
        if url.startswith("http"):
            found.kinds[kind] += event["encodedDataLength"]
            found.urls[url] = int(event["encodedDataLength"])

    console.on("Network.responseReceived", answered)
    console.on("Network.loadingFinished", finished)
    reader.open(path)
    reader.page.wait_for_load_state("networkidle")
    return found


@pytest.mark.parametrize("name", PAGES)
def test_a_page_stays_within_its_weight(name: str, quiet_site: Site, new_walker: NewWalker) -> None:
    reader = new_walker(quiet_site, "phone")
    found = weigh(reader, PAGES[name](quiet_site))
    over = {kind: found.kinds[kind] for kind, most in EACH.items() if found.kinds[kind] > most}
    assert over == {}
    assert found.kinds["Document"] > 0
    largest = reader.page.evaluate(SHOWN)["url"]
    if largest:
        assert found.urls[largest] <= 60 * KB, largest
    if name == "listing":
        assert found.total <= 350 * KB
    if name == "verify":
        assert found.total - found.kinds["Image"] + weave_in(found) <= 40 * KB
        assert found.kinds["Font"] == 0


def weave_in(found: Weighed) -> int:
    return sum(size for url, size in found.urls.items() if "/weave/" in url)


@pytest.mark.parametrize("name", ["home", "listing", "product", "producer", "verify"])
@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_nothing_jumps_while_a_page_comes_in(name: str, device: str, quiet_site: Site, new_walker: NewWalker) -> None:
    reader = new_walker(quiet_site, device)
    slow_down(reader, 1_600, 150)
    reader.open(PAGES[name](quiet_site))
    reader.page.evaluate(TO_THE_END)
    reader.page.wait_for_load_state("networkidle")
    assert reader.page.evaluate(SHIFTED) <= 0.1


def slow_down(reader: Walker, kbit: int, latency_ms: int) -> None:
    console = reader.context.new_cdp_session(reader.page)
    console.send("Network.enable")
    speed = kbit * 1000 / 8
    console.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": latency_ms, "downloadThroughput": speed, "uploadThroughput": speed},
    )


def shown_after(name: str, kbit: int, latency_ms: int, site: Site, new_walker: NewWalker) -> dict[str, Any]:
    """When a page showed its largest part, on a cold telephone; the best of three tries."""
    tries = []
    for _ in range(3):
        reader = new_walker(site, "phone")
        slow_down(reader, kbit, latency_ms)
        reader.open(PAGES[name](site))
        tries.append(reader.page.evaluate(SHOWN))
        reader.context.close()
        if tries[-1]["ms"] <= 2_500:
            break
    return min(tries, key=lambda one: float(one["ms"]))


@pytest.mark.parametrize("name", ["home", "listing", "product"])
def test_a_page_is_there_in_time_on_a_telephone(name: str, quiet_site: Site, new_walker: NewWalker) -> None:
    assert shown_after(name, 1_600, 150, quiet_site, new_walker)["ms"] <= 2_500


def test_the_state_of_a_label_is_there_in_time_where_the_signal_is_weak(quiet_site: Site, new_walker: NewWalker) -> None:
    assert shown_after("verify", 400, 400, quiet_site, new_walker)["ms"] <= 2_500


def test_a_slow_line_is_seen_as_slow(quiet_site: Site, new_walker: NewWalker) -> None:
    """The control: on a line of 20 kbit/s the same page misses its time."""
    reader = new_walker(quiet_site, "phone")
    slow_down(reader, 20, 1_000)
    reader.open(PAGES["verify"](quiet_site))
    assert reader.page.evaluate(SHOWN)["ms"] > 2_500

"""Somebody with a browser, and what must never happen while they use it."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, expect

from marketplace.demonstration.people import PASSWORD
from tests.web.market import Site

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 860}}
DEVICES: dict[str, dict[str, Any]] = {"phone": PHONE, "desktop": DESKTOP}
EMAIL = "{name}@demo.tianguis.example"
PATIENCE_MS = 20_000
LOAD_FAILED = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")


@dataclass
class Walker:
    """One person with one browser. ``faults`` is what the browser complained about."""

    site: Site
    context: BrowserContext
    page: Page = field(init=False)
    faults: list[str] = field(default_factory=list)
    allowed: set[int] = field(default_factory=set)
    without_signal: bool = False

    def __post_init__(self) -> None:
        self.page = self.new_tab()

    def open(self, path: str) -> Response:
        """Go to a path, or to a whole address of this site; a failure must be an allowed one."""
        answer = self.page.goto(path if path.lower().startswith("http") else self.site.address + path)
        assert answer is not None
        assert answer.status < 400 or answer.status in self.allowed, f"{answer.url}: {answer.status}"
        return answer

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    def press(self, name: str, role: str = "button", *, exact: bool = True) -> None:
        """Press what bears these words: the first that can be seen."""
        self.page.get_by_role(role, name=name, exact=exact).locator("visible=true").first.click()  # type: ignore[arg-type]  # a role is a literal there

    def follow(self, name: str, *, exact: bool = True) -> None:
        self.press(name, "link", exact=exact)

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=False).locator("visible=true").first.fill(text)

    def choose(self, label: str) -> None:
        """Tick a box or choose a radio button by its words."""
        self.page.get_by_label(label).first.check()

    def reads(self, text: str | re.Pattern[str]) -> None:
        """The page says this, where it can be seen."""
        expect(self.page.get_by_text(text).locator("visible=true").first).to_be_visible()

    def never_reads(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(text).locator("visible=true")).to_have_count(0)

    def arrives(self, path: str) -> None:
        """The address is, or becomes, one whose path matches."""
        self.page.wait_for_url(re.compile(re.escape(self.site.address) + path))

    def sign_in(self, login: str, password: str = PASSWORD) -> None:
        """Through the door that everybody uses."""
        self.open("/account/sign-in")
        self.fill("Correo o nombre para entrar", login if "." in login or "@" in login else EMAIL.format(name=login))
        self.page.get_by_label("Contraseña", exact=True).fill(password)
        self.page.locator("main").get_by_role("button", name="Entrar", exact=True).click()
        self.page.wait_for_url(lambda url: "/account/sign-in" not in url)

    def upload(self, selector: str, *files: Path) -> None:
        self.page.locator(selector).first.set_input_files([str(file) for file in files])

    def mail(self, to: str, subject: str) -> str:
        """The address in the newest letter to somebody, read on the demonstration's own page of mail."""
        self.open(f"/mail?to={to}")
        self.page.get_by_role("link", name=subject).first.click()
        found = re.search(re.escape(self.site.address) + r"\S+", self.page.locator("main").inner_text())
        assert found, f"no address in the letter {subject!r}"
        return found.group().rstrip(".")

    def lose_signal(self) -> None:
        self.without_signal = True
        self.context.set_offline(True)

    def find_signal(self) -> None:
        self.context.set_offline(False)

    def leave(self) -> None:
        """Close the tab and open another. A page that is only navigated away from may still send something on its way out."""
        self.page.close()
        self.page = self.new_tab()

    def new_tab(self) -> Page:
        page = self.context.new_page()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("request", self._asked)
        return page

    def must_be_clean(self) -> None:
        """Nothing was fetched from elsewhere, no policy was broken, nothing failed."""
        assert self.faults == []

    def _said(self, message: ConsoleMessage) -> None:
        if message.type != "error":
            return
        if self.without_signal and "net::ERR_INTERNET_DISCONNECTED" in message.text:
            return
        status = LOAD_FAILED.search(message.text)
        if not status or int(status.group(1)) not in self.allowed:
            self.faults.append(f"{self.page.url}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.site.address, "data:", "blob:")):
            self.faults.append(f"{self.page.url}: asked for {request.url}")


def walker(
    browser: Browser, site: Site, device: str = "desktop", *, script: bool = True, dark: bool = False, state: Any = None
) -> Walker:
    """A new person at the door."""
    context = browser.new_context(
        **DEVICES[device],
        java_script_enabled=script,
        locale="es-MX",
        timezone_id="America/Mexico_City",
        color_scheme="dark" if dark else "light",
        storage_state=state,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    return Walker(site, context)

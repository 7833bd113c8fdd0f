"""What an attacker sends: words, cursors, bodies; and how the forms of a page are read so that each field can be attacked."""

import base64
import json
import re
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORDS = {
    "nothing": "",
    "NUL": "a\x00b",
    "line feeds": "a\r\nSet-Cookie: owned=1\r\n\r\n<b>",
    "2^31": str(2**31),
    "2^63": str(2**63),
    "-1": "-1",
    "ten thousand letters": "a" * 10_000,
    "ten thousand digits": "9" * 10_000,
    "emoji": "🧵👩‍🌾\u200d",
    "right to left": "\u202emx.evil\u2066",
    "dots": "..%2f%2e%2e/..\\..",
    "SQL": "' OR 1=1; DROP TABLE users;--",
    "LIKE": "%_\\%",
    "HTML": "\"'><script>alert(1)</script>",
    "a template": "{{ 7907*7919 }}${7907*7919}%(x)s%n",
    "not a number": "NaN",
    "too much": "1e400",
    "other digits": "²٣五",
    "the last day": "9999-12-31",
    "the first day": "0001-01-01",
    "no day": "0000-00-00",
}
SHOULD_NOT_RUN = ("<script>alert(1)", "<img src=x", "62615533")
NUMBERS = ("2^31", "2^63", "-1", "not a number", "too much", "other digits", "ten thousand digits")
DAYS = ("the last day", "the first day", "no day", "2^63")
TEXTS = ("NUL", "ten thousand letters", "right to left", "HTML", "line feeds")
CHOICES = ("nothing", "NUL", "2^63", "HTML")
FORM = "application/x-www-form-urlencoded"
NOT_UTF8 = "%ff%fe%c0%80"


def cursor_of(given: object) -> str:
    """A position that nobody gave out, in the form of those that we give out."""
    return base64.urlsafe_b64encode(json.dumps(given).encode()).decode().rstrip("=")


CURSORS = [
    "a",
    "===",
    "____",
    "é",
    cursor_of(1),
    cursor_of({"a": 1}),
    cursor_of([]),
    cursor_of([None]),
    cursor_of([True]),
    cursor_of([-1]),
    cursor_of([2**31]),
    cursor_of([2**63]),
    cursor_of([1.5]),
    cursor_of(["a"]),
    cursor_of([[1]]),
    cursor_of(["a", "b"]),
    cursor_of(["a", 1]),
    cursor_of([1, "a"]),
    cursor_of(["2026-13-45T99", 1]),
    cursor_of(["2026-01-01", 1]),
    cursor_of(["2026-01-01T00:00:00+99:99", 1]),
    cursor_of(["9999-12-31T23:59:59-23:59", 1]),
    cursor_of(["0001-01-01T00:00:00+23:59", 1]),
    cursor_of(["2026-01-01T00:00:00+00:00", 1, 2]),
    cursor_of(["\x00", 1]),
    cursor_of(["\ud800", 1]),
    base64.urlsafe_b64encode(b"[1e999]").decode(),
    base64.urlsafe_b64encode(b"[NaN, 1]").decode(),
    base64.urlsafe_b64encode(b"[" * 50_000).decode(),
]
JSON = "application/json"
BODIES = [
    ("no form at all", "text/plain", b"hello"),
    ("bytes that are no UTF-8", FORM, b"name=%ff%fe&text=\xff\xfe&csrf_token=%c0&\xff=1"),
    ("JSON", JSON, b'{"text": "a", "act": ["a"], "csrf_token": null}'),
    ("a list in JSON", JSON, b'[1, [2], "a"]'),
    ("broken JSON", JSON, b'{"credential": {"id": "\\ud800", "rawId": 1'),
    (
        "a strange credential",
        JSON,
        b'{"credential": {"id": "\\ud800\\u0000", "rawId": [], "response": 7}, "name": "\\ud800", "next": {}}',
    ),
    ("parts without a boundary", "multipart/form-data", b"--x\r\n\r\n--x--"),
    (
        "files of no kind",
        "multipart/form-data; boundary=x",
        b"".join(
            b'--x\r\nContent-Disposition: form-data; name="%s"; filename="a.jpg"\r\n\r\n\x89PNG\r\n' % name
            for name in (b"photo", b"file", b"file_1", b"cover-photo", b"portrait-photo")
        )
        + b"--x--\r\n",
    ),
]
# what is dealt with before any view: it is enough to try it on some
UNREADABLE = [
    ("no type", "", b"a=b"),
    ("a thousand fields", FORM, b"&".join(b"f%d=1" % number for number in range(1000))),
    ("a megabyte in one field", FORM, b"text=" + b"a" * 1_000_000),
    ("more than we take", FORM, b"text=" + b"a" * 3_000_000),
    ("deep JSON", JSON, b"[" * 100_000),
    ("a word in JSON", JSON, b'"a"'),
    ("nothing in JSON", JSON, b"null"),
    ("no end to numbers", JSON, b'{"credential": {"id": NaN, "rawId": 1e999, "x": ' + b"9" * 5000 + b"}}"),
    ("parts that never end", "multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb'),
    (
        "a file where none is asked for",
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="text"; filename="../../a\x00.php"\r\nContent-Type: text/html\r\n\r\n<b>\r\n--x--\r\n',
    ),
    ("another charset", f"{FORM}; charset=utf-7", b"text=+ADw-script+AD4-"),
]
READ_DIFFERENTLY = {
    "/api/v1/verify",
    "/account/register",
    "/account/passkeys/sign-in",
    "/account/begin/passkey",
    "/apply/<public_id>/criteria/<code>",
    "/desk/listings/<public_id>/photos",
    "/desk/listings/<public_id>/variants",
    "/review/<public_id>/decision",
}
IN_ARGUMENTS = ("NUL", "line feeds", "2^63", "-1", "ten thousand letters", "right to left", "dots", "SQL", "HTML", "a template")
NEXTS = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    " //evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/%0d%0aSet-Cookie:%20owned=1",
    "/\r\nSet-Cookie: owned=1",
    "/%5cevil.example",
    "/%2fevil.example",
    "/@evil.example",
    ".evil.example",
    "@evil.example",
    "/..//evil.example",
    "//evil.example%2f@localhost",
    "data:text/html,<script>alert(1)</script>",
    "\u2028//evil.example",
]


@dataclass(frozen=True)
class Field:
    """One named control of a form with what a person would leave in it."""

    name: str
    kind: str
    value: str


class Forms(HTMLParser):
    """The forms of a page that are sent by POST: their address and their fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[Field]]] = []
        self._open = False
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = given.get("method", "get").lower() == "post"
            if self._open:
                self.found.append((given.get("action", ""), []))
        if not self._open:
            return
        if tag in ("input", "textarea", "button") and given.get("name"):
            self._take(given["name"], given, given.get("type", tag), given.get("value", ""))
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and self._select and given.get("value"):
            self._take(self._select, given, "select", given["value"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False
        elif tag == "select":
            self._select = ""

    def _take(self, name: str, given: dict[str, str], kind: str, value: str) -> None:
        fields = self.found[-1][1]
        said = {one.name for one in fields}
        chosen = "checked" in given or "selected" in given
        if kind == "file" or name == "csrf_token" or (name in said and not chosen):
            return
        if name in said:
            fields[:] = [one for one in fields if one.name != name]
        plain = name.rpartition("-")[2]
        fields.append(Field(name, kind, value or PLAUSIBLE.get(plain, PLAUSIBLE.get(kind, "Texto de prueba"))))


# everything that people write, wherever it is kept
WRITTEN = """
users: name
parties: name municipality locality reference
producers: line story story_en visits
products: name name_en description description_en materials technique community care size
variants: name
product_photos: alt
makers: public_name consent_how
mandates: how
invitations: name
representation_proofs: text reason
applications: goods techniques marks
answers: text
evidence: text caption
stored_files: name
evaluations: summary
findings: note plan
returns: request
decisions: reasons public_summary
enquiries: name
enquiry_messages: text
passkeys: name
certificates: goods holder_name
outbox: subject text
"""
MARKUP = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'"
PASSWORD = "nubes de barro sobre el telar 7"
PLAUSIBLE = {
    "date": "2026-12-10",
    "since": "2026-01-10",
    "visited_on": "2026-11-10",
    "number": "1",
    "email": "nueva@demo.tianguis.example",
    "tel": "9515161234",
    "checkbox": "y",
    "hidden": "",
    "confirmed": "yes",
    "price": "120.50",
    "stock": "2",
    "lead_days": "2",
    "weight_g": "200",
    "hours": "8",
    "handle": "rosa.nueva",
    "promoter": "promotora",
    "current": PASSWORD,
    "password": "otras nubes de barro sobre el telar 8",
}


def attacks_on(field: Field) -> tuple[str, ...]:
    """Which words are worth sending in a field of this kind."""
    if field.kind == "number" or re.search(r"price|stock|version|hours|days|weight|score", field.name):
        return NUMBERS
    if field.kind == "date":
        return DAYS
    if field.kind in ("hidden", "radio", "checkbox", "select", "button", "submit"):
        return CHOICES
    return TEXTS


@cache
def arguments_read() -> tuple[str, ...]:
    """The names of all query arguments that our code asks for."""
    code = "\n".join(
        path.read_text(encoding="utf-8") for part in ("certification", "marketplace") for path in (ROOT / part).rglob("*.py")
    )
    asked = r'(?:request\.(?:args|values)|\bargs)(?:\.get|\.getlist|\.to_dict)?[\(\[]\s*"([a-z_]+)"'
    return tuple(sorted(set(re.findall(asked, code))))

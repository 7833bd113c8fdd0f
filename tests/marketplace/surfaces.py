"""Every place that tells what a label is worth, each as a function that reads it as its readers do."""

import base64
import csv
import gzip
import html
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree as ET

from flask.testing import FlaskClient

from certification.core.db import db
from certification.outside.verify import verify
from certification.registry.atom import ATOM as ATOM_NAMESPACE
from certification.registry.exporting import export
from certification.registry.histories import verdict_at
from certification.registry.models import Certificate
from certification.rules.code import display
from certification.rules.instants import instant_text
from certification.rules.verdict import PublicState
from marketplace.catalogue.browsing import Filter, facets
from marketplace.labels import badges_for
from tests.certification.registry.outsider import VC, VC_JWT, Outsider
from tests.certification.registry.truth import Case

P = PublicState
WORDS = {
    "Vigente": P.VALID,
    "Aún no vigente": P.NOT_YET_VALID,
    "En pausa": P.SUSPENDED,
    "Vencido": P.EXPIRED,
    "Reemplazado": P.SUPERSEDED,
    "Renunciado": P.SURRENDERED,
    "Retirado": P.WITHDRAWN,
    "El esquema terminó": P.SCHEME_LAPSED,
    "No existe este código": P.NOT_FOUND,
    "No pudimos revisar": P.CANNOT_CHECK,
    "Valid": P.VALID,
    "Not yet valid": P.NOT_YET_VALID,
    "Suspended (paused)": P.SUSPENDED,
    "Expired": P.EXPIRED,
    "Superseded": P.SUPERSEDED,
    "Surrendered": P.SURRENDERED,
    "Withdrawn": P.WITHDRAWN,
    "Scheme lapsed": P.SCHEME_LAPSED,
}
PILL = re.compile(r'<span class="pill [^"]*">.*?</svg> ([^<]+)</span>', re.DOTALL)
ATOM = f"{{{ATOM_NAMESPACE}}}"
WORD = re.compile(r'<h1 class="word">([^<]+)</h1>')
STANDS, LATE = "stands", "visit overdue"
FEED: dict[str, object] = {
    "suspended": P.SUSPENDED,
    "surveillance_overdue": LATE,
    "term_over": P.EXPIRED,
    "scheme_lapsed": P.SCHEME_LAPSED,
    "withdrawn": P.WITHDRAWN,
    "surrendered": P.SURRENDERED,
    "superseded": P.SUPERSEDED,
}


@dataclass
class Seen:
    """A label in some state, the goods that it names, and the browsers of a visitor and of its holder."""

    case: Case
    code: str
    ref: str
    slug: str
    scheme: str
    holder: FlaskClient
    visitor: FlaskClient

    @property
    def outsider(self) -> Outsider:
        return Outsider(self.visitor)

    def text(self, address: str, *, follow: bool = False) -> str:
        return html.unescape(self.visitor.get(address, follow_redirects=follow).get_data(as_text=True))


Read = Callable[[Seen], object]
Told = Callable[[Case], object]


@dataclass(frozen=True)
class Surface:
    """``read`` gives what the surface says, ``told`` what it has to say in a case."""

    name: str
    read: Read
    told: Told


def state_of(case: Case) -> object:
    return case.state


def of_credential(case: Case) -> object:
    return case.told


def whether_valid(case: Case) -> object:
    return case.state is P.VALID


def in_words(pattern: re.Pattern[str], text: str) -> object:
    found = pattern.search(text)
    return WORDS.get(html.unescape(found[1]).strip(), found[1]) if found else "nothing"


def bits(seen: Seen) -> object:
    """Both lists, read by hand: base64url, gzip, the first bit on the left (W3C Bitstring Status List)."""
    document = seen.outsider.credential(seen.code)
    found = set()
    for entry in document["credentialStatus"]:
        encoded = json.loads(seen.outsider.get(entry["statusListCredential"]).text)["credentialSubject"]["encodedList"]
        raw = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))
        place = int(entry["statusListIndex"])
        if raw[place // 8] >> (7 - place % 8) & 1:
            found.add(entry["statusPurpose"])
    return P.WITHDRAWN if "revocation" in found else P.SUSPENDED if found else "no bit"


def bits_told(case: Case) -> object:
    return case.told if case.told in (P.WITHDRAWN, P.SUSPENDED) and not case.by_dates else "no bit"


def desk(seen: Seen) -> object:
    lines = html.unescape(seen.holder.get("/desk/labels").get_data(as_text=True)).split("<li")
    line = next((one for one in lines if display(seen.code) in one), "")
    return in_words(PILL, line)


def register_row(seen: Seen) -> object:
    lines = seen.text(f"/register?q={seen.code}").split("<li")
    return in_words(PILL, next((one for one in lines if display(seen.code) in one), ""))


def register_csv(seen: Seen) -> object:
    rows = list(csv.DictReader(io.StringIO(seen.text(f"/register.csv?q={seen.code}"))))
    return [row["state"] for row in rows if row["code"] == seen.code]


def register_json(seen: Seen) -> object:
    rows = json.loads(seen.visitor.get(f"/register.json?q={seen.code}").text)["certificates"]
    return [row["state"] for row in rows if row["code"] == seen.code]


def register_lines(seen: Seen) -> object:
    rows = map(json.loads, seen.visitor.get(f"/register.jsonl?q={seen.code}").text.splitlines())
    return [row["state"] for row in rows if row["code"] == seen.code]


def register_filtered(seen: Seen) -> object:
    return seen.code in seen.text(f"/register.csv?state=VALID&q={seen.code}")


def product(seen: Seen) -> object:
    page = seen.text(f"/products/{seen.ref}/{seen.slug}")
    return {"CertificationActive" in page, "hasCertification" in page, f"/v/{seen.code}" in page}


def listing(seen: Seen) -> object:
    return [one.code for one in badges_for([seen.ref], [], seen.case.at).get(seen.ref, [])] == [seen.code]


def facet(seen: Seen) -> object:
    return facets(db.session(), Filter(), at=seen.case.at).labels.get(seen.scheme, 0)


def search(seen: Seen) -> object:
    return f"/products/{seen.ref}/" in seen.text(f"/products?label={seen.scheme}")


def counts(seen: Seen) -> object:
    found = re.search(r"<b>(\d+)</b>sellos? vigentes?", seen.text(f"/schemes/{seen.scheme}", follow=True))
    return int(found[1]) if found else 0


def tags(seen: Seen) -> object:
    return seen.holder.get(f"/c/{seen.code}/tag").status_code


def record(seen: Seen) -> Any:
    return seen.outsider.get(f"/c/{seen.code}", "application/json").get_json()


def past(seen: Seen) -> object:
    made = db.session.query(Certificate).filter_by(code=seen.code).one()
    return [verdict_at(made, at).state for at, _state in seen.case.past]


def api(seen: Seen) -> object:
    return seen.visitor.get(f"/api/v1/certificates/{seen.code}").get_json()["state"]


def api_of_many(seen: Seen) -> object:
    said = seen.visitor.post("/api/v1/verify", json={"codes": [seen.code, seen.code.lower()]}).get_json()
    return [one["state"] for one in said["results"]]


def api_of_the_past(seen: Seen) -> object:
    asked = (f"/api/v1/certificates/{seen.code}?as_of={instant_text(at)}" for at, _state in seen.case.past)
    return [seen.visitor.get(address).get_json()["state"] for address in asked]


def exported(seen: Seen) -> object:
    """What lies in a folder, by what anyone runs on it."""
    with TemporaryDirectory() as folder:
        export(Path(folder), at=seen.case.at)
        return verify(seen.code, now=seen.case.at, export=Path(folder)).attested.state


def feed(seen: Seen) -> object:
    """What is left after all that the feed tells of the label, oldest first; a renewal ends no pause."""
    root = ET.fromstring(seen.visitor.get(f"/c/{seen.code}/feed.atom").data)  # noqa: S314 - our own text
    words = [one.attrib["term"] for one in root.iter(f"{ATOM}category")]
    left: object = "nothing"
    for word in reversed(words):
        renewed = word == "renewed" and left in (P.EXPIRED, LATE)
        left = STANDS if renewed or word in ("granted", "restored") else left if word == "renewed" else FEED[word]
    return P.SUSPENDED if left == LATE else left


def of_feed(case: Case) -> object:
    """It tells that a label stands, and leaves to the dates in it from when."""
    return STANDS if case.state in (P.VALID, P.NOT_YET_VALID) else case.state


SURFACES = [
    Surface("verify page", lambda seen: in_words(WORD, seen.text(f"/v/{seen.code}")), state_of),
    Surface("verify page in English", lambda seen: in_words(WORD, seen.text(f"/v/{seen.code}?lang=en")), state_of),
    Surface("record page", lambda seen: in_words(PILL, seen.text(f"/c/{seen.code}")), state_of),
    Surface("record as JSON", lambda seen: record(seen)["state"], state_of),
    Surface("credential", lambda seen: seen.outsider.check(seen.code, seen.case.at, accept=VC).state, of_credential),
    Surface(
        "credential as a token", lambda seen: seen.outsider.check(seen.code, seen.case.at, accept=VC_JWT).state, of_credential
    ),
    Surface(
        "credential by openvc-core",
        lambda seen: seen.outsider.openvc_accepts(seen.outsider.credential(seen.code), seen.case.at),
        lambda case: case.told is P.VALID,
    ),
    Surface("bits of the status lists", bits, bits_told),
    Surface("badge", listing, whether_valid),
    Surface("product page and its JSON-LD", product, lambda case: {case.state is P.VALID}),
    Surface("facet", facet, lambda case: int(case.state is P.VALID)),
    Surface("search by label", search, whether_valid),
    Surface("counts of the scheme", counts, lambda case: int(case.state is P.VALID) + (case.state is P.SUPERSEDED)),
    Surface("holder's desk", desk, lambda case: "nothing" if case.state is P.SUPERSEDED else case.state),
    Surface("row of the register", register_row, state_of),
    Surface("register as CSV", register_csv, lambda case: [case.state.value]),
    Surface("register as JSON", register_json, lambda case: [case.state.value]),
    Surface("register as JSON Lines", register_lines, lambda case: [case.state.value]),
    Surface("register of what is valid", register_filtered, whether_valid),
    Surface("tags to print", tags, lambda case: 200 if case.state in (P.VALID, P.NOT_YET_VALID) else 409),
    Surface("API", api, lambda case: case.state.value),
    Surface("API, of many", api_of_many, lambda case: [case.state.value] * 2),
    Surface("API, as of the past", api_of_the_past, lambda case: [state.value for _at, state in case.past]),
    Surface("export, by the checker of its folder", exported, state_of),
    Surface("feed of the certificate", feed, of_feed),
    Surface("what it was worth before", past, lambda case: [state for _at, state in case.past]),
]


def lies(seen: Seen, surfaces: list[Surface]) -> dict[str, object]:
    """What surfaces say that is not so, by their names."""
    told = {one.name: (one.read(seen), one.told(seen.case)) for one in surfaces}
    return {name: said for name, (said, right) in told.items() if said != right}

"""Every kind of page there is: its address in the demonstration market, and who looks at it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flask import url_for
from sqlalchemy import select

from certification.accounts.models import User
from certification.applications.models import Application
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage
from certification.log.appending import append
from certification.log.models import LogLeaf
from certification.parties.models import Party
from certification.registry.models import Certificate, CertificateSubject
from certification.rules.leaves import CertificateRef, parse_leaf, whole_milliseconds
from certification.rules.workflow import ApplicationState, ListingState
from marketplace.catalogue.models import Product
from marketplace.enquiries.models import Enquiry
from marketplace.producers.models import Producer
from tests.web.market import Site

UNKNOWN_CODE = "0000000001H"
LOST_CODE = "7QK4M2XD9FQ"
Address = Callable[[Site], str]


@dataclass(frozen=True)
class Kind:
    """One kind of page. ``who`` signs in first ("" for a visitor)."""

    name: str
    address: Address
    who: str = ""
    status: int = 200


def at(path: str) -> Address:
    return lambda _site: path


def code_in(site: Site, state: str) -> str:
    """A certificate in a public state, as the register has it."""
    rows = site.app.test_client().get(f"/register.json?state={state}", base_url=site.address).get_json()
    found = rows["certificates"] if isinstance(rows, dict) else rows
    return str(next(row["code"] for row in found if row["state"] == state))


def verify(state: str) -> Address:
    return lambda site: f"/v/{code_in(site, state)}"


def certificate(tail: str = "", state: str = "VALID", holder: str = "") -> Address:
    def find(site: Site) -> str:
        if not holder:
            return f"/c/{code_in(site, state)}{tail}"
        one = select(Certificate.code).where(Certificate.holder_name == holder).order_by(Certificate.id)
        return f"/c/{site.ask(lambda: db.session.scalars(one).first())}{tail}"

    return find


def lost(site: Site) -> str:
    """A code that stands in the log and has no record, as after a backup was restored."""

    def tell() -> None:
        if db.session.scalar(select(LogLeaf.index).where(LogLeaf.certificate_code == LOST_CODE)) is None:
            leaves = select(LogLeaf.entry).where(LogLeaf.certificate_code.is_not(None)).order_by(LogLeaf.index)
            granted = parse_leaf(db.session.scalars(leaves).first() or b"")
            with unit_of_work():
                append(replace(granted, certificate=CertificateRef(LOST_CODE, 1), at=whole_milliseconds(clock.now())))

    site.ask(tell)
    return f"/v/{LOST_CODE}"


def named(endpoint: str, find: Callable[[], dict[str, Any]]) -> Address:
    """The address of a view, from what the database holds."""

    def build(site: Site) -> str:
        def question() -> str:
            with site.app.test_request_context(base_url=site.address):
                return url_for(endpoint, **find())

        return str(site.ask(question))

    return build


def labelled_product() -> dict[str, Any]:
    """A product for sale that wears a label, with a price."""
    row = db.session.scalars(
        select(Product)
        .join(CertificateSubject, CertificateSubject.subject_ref == Product.public_id)
        .join(Certificate, Certificate.id == CertificateSubject.certificate_id)
        .where(Product.state == ListingState.PUBLISHED, Certificate.holder_name == "Taller Tres Horcones")
        .order_by(Product.id)
    ).first()
    assert row is not None
    return {"public_id": row.public_id, "slug": row.slug}


def product_of(party: str, state: ListingState) -> Callable[[], dict[str, Any]]:
    def find() -> dict[str, Any]:
        row = db.session.scalars(
            select(Product)
            .join(Producer, Product.producer_id == Producer.id)
            .join(Party, Producer.party_id == Party.id)
            .where(Product.state == state, Party.name.startswith(party))
            .order_by(Product.id)
        ).first()
        assert row is not None, f"{party} has nothing {state}"
        return {"public_id": row.public_id}

    return find


def application(state: ApplicationState, party: str = "", **more: str) -> Callable[[], dict[str, Any]]:
    def find() -> dict[str, Any]:
        wanted = select(Application).join(Party, Application.party_id == Party.id).order_by(Application.id)
        wanted = wanted.where(Application.state == state, Party.name.startswith(party))
        row = db.session.scalars(wanted).first()
        assert row is not None, f"nobody has an application {state}"
        return {"public_id": row.public_id, **more}

    return find


def party(name: str, **more: str) -> Callable[[], dict[str, Any]]:
    return lambda: {"public_id": db.session.scalars(select(Party.public_id).where(Party.name.startswith(name))).one(), **more}


def enquiry(name: str) -> Callable[[], dict[str, Any]]:
    wanted = select(Enquiry.public_id).where(Enquiry.name.startswith(name))
    return lambda: {"public_id": db.session.scalars(wanted).first()}


def person(name: str) -> Callable[[], dict[str, Any]]:
    return lambda: {"public_id": db.session.scalars(select(User.public_id).where(User.name.startswith(name))).one()}


def letter() -> dict[str, Any]:
    return {"public_id": db.session.scalars(select(OutboxMessage.public_id)).first()}


def stall(starts: str) -> Callable[[], dict[str, Any]]:
    return lambda: {"slug": db.session.scalars(select(Producer.slug).where(Producer.slug.startswith(starts))).first()}


STATES = (
    "VALID",
    "NOT_YET_VALID",
    "SUSPENDED",
    "EXPIRED",
    "SUPERSEDED",
    "SURRENDERED",
    "WITHDRAWN",
    "SCHEME_LAPSED",
)
S = ApplicationState
HORCONES = "Taller Tres Horcones"
KINDS = (
    Kind("home", at("/")),
    Kind("listing", at("/products")),
    Kind("listing filtered", at("/products?q=barro&label=origen-local")),
    Kind("listing empty", at("/products?q=paracaidas")),
    Kind("product labelled", named("catalogue.product", labelled_product)),
    Kind("product paused", named("catalogue.product", product_of("", ListingState.PAUSED))),
    Kind("ask", named("enquiries.ask", lambda: {"public_id": labelled_product()["public_id"]})),
    Kind("producers", at("/producers")),
    Kind("producer", named("producers.show", stall("taller-tres"))),
    Kind("producer with a long name", named("producers.show", stall("union-de"))),
    Kind("map", at("/map")),
    Kind("schemes", at("/schemes")),
    Kind("scheme", at("/schemes/origen-local/1.0")),
    Kind("register", at("/register")),
    Kind("register empty", at("/register?q=paracaidas")),
    Kind("register narrowed", at("/register?scheme=origen-local&place=20&q=a&on=2026-05-01&from=2025-01-01")),
    Kind("register refused", at("/register?on=ayer&from=2026-05-02&to=2026-05-01"), status=422),
    Kind("register snapshots", at("/register/snapshots")),
    *(Kind(f"verify {state}", verify(state)) for state in STATES),
    Kind("verify unknown", at(f"/v/{UNKNOWN_CODE}"), status=404),
    Kind("verify lost", lost, status=503),
    Kind("certificate lost", lambda site: lost(site).replace("/v/", "/c/"), status=503),
    Kind("verify misread", at("/v/0000000001X"), status=404),
    Kind("verify cut short", at("/v/7QK4-M2XD"), status=404),
    Kind("verify ask", at("/v")),
    Kind("certificate", certificate()),
    Kind("certificate withdrawn", certificate(state="WITHDRAWN")),
    Kind("certificate then", certificate("?on=2026-05-01")),
    Kind("proof", certificate("/proof")),
    Kind("certificate refused", certificate("?on=ayer"), status=422),
    Kind("watch a label", certificate("/watch")),
    Kind("watch a label that is over", certificate("/watch", state="WITHDRAWN")),
    Kind("watch asked for", certificate("/watch/sent")),
    Kind("watch by an old link", at("/watches/none/none/confirm"), status=404),
    Kind("watch left before", at("/watches/none/none/leave"), status=404),
    Kind("API for people", at("/api/v1/docs")),
    Kind("tags", certificate("/tag", holder=HORCONES), "martina"),
    Kind("suspend", certificate("/act/suspend", holder=HORCONES), "teodora"),
    Kind("passed visit", certificate("/act/visit", holder=HORCONES), "teodora"),
    Kind("my certificate", certificate(holder=HORCONES), "martina"),
    Kind("withdraw", certificate("/act/withdraw", holder=HORCONES), "teodora"),
    Kind("surrender", certificate("/act/surrender", holder=HORCONES), "martina"),
    Kind("sign in", at("/account/sign-in")),
    Kind("open an account", at("/account/register")),
    Kind("check mail", at("/account/check-mail")),
    Kind("forgot", at("/account/forgot")),
    Kind("printed code", at("/account/code")),
    Kind("my account", at("/account/"), "martina"),
    Kind("my details", at("/account/details"), "martina"),
    Kind("my password", at("/account/password"), "martina"),
    Kind("my mail address", at("/account/mail"), "martina"),
    Kind("my passkeys", at("/account/passkeys"), "martina"),
    Kind("my data", at("/account/export"), "martina"),
    Kind("erase me", at("/account/erase"), "martina"),
    Kind("people", at("/account/people"), "ofelia"),
    Kind("person", named("accounts.one_person", person("Graciela")), "ofelia"),
    Kind("desk", at("/desk"), "martina"),
    Kind("my labels", at("/desk/labels"), "martina"),
    Kind("my labels, none", at("/desk/labels"), "ines"),
    Kind("desk of a buyer", at("/desk"), "ines"),
    Kind("desk of a reviewer", at("/desk"), "bonifacio"),
    Kind("listings", at("/desk/listings"), "martina"),
    Kind("listing form, draft", named("listings.edit", product_of(HORCONES, ListingState.DRAFT)), "martina"),
    Kind("listing form, published", named("listings.edit", product_of(HORCONES, ListingState.PUBLISHED)), "martina"),
    Kind("variants", named("listings.variants", product_of(HORCONES, ListingState.PUBLISHED)), "martina"),
    Kind("enquiries", at("/desk/enquiries"), "martina"),
    Kind("enquiry", named("enquiries.show", enquiry("Inés")), "martina"),
    Kind("stall", named("stalls.edit", stall("taller-tres")), "martina"),
    Kind("makers", named("stalls.makers", stall("taller-tres")), "martina"),
    Kind("party", named("parties.show", party(HORCONES)), "martina"),
    Kind("party form", named("parties.edit", party(HORCONES)), "martina"),
    Kind("found a party", at("/desk/parties/new"), "ines"),
    Kind("add somebody", named("parties.add_member", party(HORCONES)), "martina"),
    Kind("prove", named("parties.prove", party("Telar del Mezquite")), "gaudencia"),
    Kind("ties", at("/desk/ties"), "gaudencia"),
    Kind("vetting", at("/vetting"), "ofelia"),
    Kind("applications", at("/apply"), "martina"),
    Kind("choose a label", at("/apply/new"), "martina"),
    Kind("application draft", named("applications.show", application(S.DRAFT, "Canteros")), "gregorio"),
    Kind("application goods", named("applications.goods", application(S.DRAFT, "Canteros")), "gregorio"),
    Kind("application criterion", named("applications.criterion", application(S.DRAFT, "Canteros", code="OL-3")), "gregorio"),
    Kind("application returned", named("applications.show", application(S.RETURNED, "Soplo")), "rutilio"),
    Kind("application decided", named("applications.show", application(S.DECIDED, HORCONES)), "martina"),
    Kind("review queue", at("/review"), "leobardo"),
    Kind("surveillance visits", at("/review/visits"), "anselmo"),
    Kind("nothing to sign again", at("/review/signatures"), "anselmo"),
    Kind("review case", named("review.case", application(S.SUBMITTED, "Platería")), "leobardo"),
    Kind("return a case", named("review.send_back", application(S.SUBMITTED, "Platería")), "leobardo"),
    Kind("panel", named("review.panel", application(S.ACCEPTED, HORCONES)), "leobardo"),
    Kind("review no tie", named("review.ties", application(S.EVALUATING, "Grupo de Palma")), "amalia"),
    Kind("review criterion", named("review.criterion", application(S.EVALUATING, "Grupo de Palma", code="OL-3")), "amalia"),
    Kind("recommendation", named("review.recommendation", application(S.EVALUATING, "Grupo de Palma")), "amalia"),
    Kind("decide", named("deciding.decide", application(S.IN_REVIEW, "Solar")), "anselmo"),
    Kind("mail", at("/mail")),
    Kind("letter", named("pages.message", letter)),
    Kind("about", at("/about")),
    Kind("privacy", at("/privacy")),
    Kind("terms", at("/terms")),
    Kind("error 404", at("/no-such-page"), status=404),
    Kind("error 403", at("/account/people"), "martina", status=403),
    Kind("error 405", at("/account/sign-out"), status=405),
)

"""Makers of things for tests: valid unless told otherwise. They write straight to the database, without services."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role, RoleHolding, User
from certification.applications.models import Answer, Application, Decision, Evidence
from certification.core.db import db, unit_of_work
from certification.core.media.models import FileKind, StoredFile
from certification.core.orm import Base
from certification.log.models import LogLeaf
from certification.parties.models import MemberRole, Membership, Party, PartyKind, Vetting
from certification.registry.issuing import certify
from certification.registry.logged import ActLeaf
from certification.registry.models import Certificate, CertificateSubject, RecordedAct
from certification.registry.renewals import renew
from certification.registry.surveillance import Visit, pass_surveillance
from certification.registry.versions import TERM
from certification.rules.code import new_code
from certification.rules.leaves import LogAct
from certification.rules.workflow import ApplicationState, CertificateAct, Outcome, RenewalCause
from certification.schemes.builtin import install_builtin, standards
from certification.schemes.models import Scheme, SchemeVersion
from certification.schemes.texts import text_of
from marketplace.catalogue.models import Product, Variant
from marketplace.producers.models import Producer
from tests.keeping import added_once, is_empty, made_once

BELOW = -1_000_000  # where leaves lie that stand in no tree
THEN = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
BUILT_IN = {document["id"] for document in standards()["schemes"]}
_numbers = itertools.count(1)


def save(*things: Base) -> None:
    """Write rows as they are."""
    with unit_of_work() as session:
        session.add_all(things)


def user(name: str = "Rosa Luna", **given: Any) -> User:
    number = next(_numbers)
    given.setdefault("email", f"persona{number}@demo.tianguis.example")
    if given["email"]:
        given.setdefault("email_confirmed_at", THEN)
    made = User(name=name, created_at=THEN, **given)
    save(made)
    return made


def role(holder: User, held: Role, scope: str = "") -> RoleHolding:
    made = RoleHolding(user_id=holder.id, role=held, scope=scope, given_at=THEN)
    save(made)
    db.session.refresh(holder)
    return made


def party(name: str = "Taller Hilo de Luna", **given: Any) -> Party:
    values: dict[str, Any] = {
        "kind": PartyKind.WORKSHOP,
        "branch": "textiles",
        "state_code": "20",
        "municipality_code": "20067",
        "municipality": "Oaxaca de Juárez",
        "vetting": Vetting.VETTED,
        "vetted_at": THEN,
        "created_at": THEN,
    }
    made = Party(name=name, **(values | given))
    save(made)
    return made


def member(holder: User, of: Party, held: MemberRole = MemberRole.ADMIN) -> Membership:
    made = Membership(user_id=holder.id, party_id=of.id, role=held, since=THEN)
    save(made)
    return made


def producer(of: Party | None = None, **given: Any) -> Producer:
    values: dict[str, Any] = {"slug": f"taller-{next(_numbers)}", "published_at": THEN, "created_at": THEN}
    made = Producer(party_id=(of or party()).id, **(values | given))
    save(made)
    return made


def product(by: Producer | None = None, *, price_centavos: int = 245_000, on_hand: int | None = 1, **given: Any) -> Product:
    seller = by or producer()
    values: dict[str, Any] = {
        "name": "Rebozo de algodón",
        "slug": "rebozo-de-algodon",
        "state": "published",
        "category": "textiles",
        "state_code": seller.party.state_code,
        "price_centavos": price_centavos,
        "search_text": "rebozo de algodon",
        "created_at": THEN,
        "changed_at": THEN,
        "published_at": THEN,
    }
    made = Product(producer_id=seller.id, **(values | given))
    made.variants.append(Variant(price_centavos=price_centavos, on_hand=on_hand))
    save(made)
    return made


def fresh(session: Session, thing: Any) -> Any:
    """The thing as the database has it now."""
    session.expire_all()
    return session.get_one(type(thing), thing.id)


def scheme_version(key: str = "origen-local") -> SchemeVersion:
    """A built-in scheme's newest version, the first one in force from the day the makers stand at."""
    if not set(db.session.scalars(select(Scheme.key))) >= BUILT_IN:  # reading and digesting them again is most of a certificate
        added_once(_built_in)
    with unit_of_work() as session:
        return session.scalars(select(SchemeVersion).join(Scheme).where(Scheme.key == key).order_by(SchemeVersion.id)).all()[-1]


def _built_in() -> None:
    with unit_of_work():
        install_builtin(by=None, at=THEN)


def blank_page() -> dict[str, Any]:
    """What a verify page shows of a certificate of which little is known."""
    decided = {"by": {"es": "Comité", "en": "Committee"}, "on": THEN.isoformat(), "peers": 0, "outsiders": 0, "named": []}
    return {
        "makers": [],
        "place": "Oaxaca de Juárez, Oaxaca",
        "techniques": "",
        "marks": "",
        "photo": None,
        "decided": decided | {"visited_on": None, "conditions": False},
        "proof": {"number": 1, "kid": "x", "signature": "x", "at": THEN.isoformat()},
        "history": [{"kind": "granted", "at": THEN.isoformat()}],
        "why": None,
    }


def certificate(
    of: Party | None = None,
    version: SchemeVersion | None = None,
    *,
    subject_refs: tuple[str, ...] = (),
    acts: tuple[RecordedAct, ...] | None = None,
    leaves: bool = True,
    **given: Any,
) -> Certificate:
    """A certificate in force for two years, without what was signed; for queries. Signed ones come from the service.

    Its acts are those that the columns tell of, unless others are given; ``leaves`` says whether the log tells of them.
    """
    holder, under = of or party(), version or scheme_version()
    values: dict[str, Any] = {
        "code": new_code(),
        "holder_ref": holder.public_id,
        "holder_name": holder.name,
        "subject_kind": "product_line",
        "label_class": "artesania",
        "goods": "Rebozos de algodón",
        "search_text": "rebozos de algodon",
        "state_code": holder.state_code,
        "municipality": holder.municipality,
        "granted_at": THEN,
        "valid_from": THEN,
        "valid_until": THEN + timedelta(days=730),
        "page": blank_page(),
    }
    case = Application(
        scheme_version_id=under.id, party_id=holder.id, applicant_id=user().id, subject_kind="product_line", created_at=THEN
    )
    save(case)
    made = Certificate(application_id=case.id, scheme_version_id=under.id, holder_id=holder.id, **(values | given))
    save(made)
    told = _acts_of(made, case.applicant_id) if acts is None else acts
    save(*(CertificateSubject(certificate_id=made.id, subject_ref=ref) for ref in subject_refs), *told)
    if leaves:
        save_leaves(made, *told)
    return made


def _acts_of(made: Certificate, by_id: int) -> list[RecordedAct]:
    """The acts that the columns tell of."""
    term = {name: value.isoformat() for name in TERM if (value := getattr(made, name)) is not None}
    until = made.suspension_until.isoformat() if made.suspension_until else None
    rows: list[tuple[CertificateAct, datetime | None, dict[str, Any]]] = [
        (CertificateAct.GRANTED, made.granted_at, {"term": term}),
        (CertificateAct.SUSPENDED, made.suspended_at, {"suspension_until": until}),
        (CertificateAct.SUPERSEDED, made.superseded_at, {"successor": made.successor}),
        (CertificateAct.SURRENDERED, made.surrendered_at, {}),
        (CertificateAct.WITHDRAWN, made.withdrawn_at, {}),
    ]
    return [
        RecordedAct(certificate_id=made.id, kind=kind, at=at, by_id=by_id, details=details) for kind, at, details in rows if at
    ]


def save_leaves(of: Certificate, *acts: RecordedAct, first: int = BELOW) -> None:
    """What the log says of these acts, as far as pages ask: rows that stand in no tree, below zero where ``first`` does not say."""
    save(
        *(
            LogLeaf(
                index=first + act.id,
                entry=b"",
                hash=b"",
                act=LogAct(act.kind),
                at=act.at,
                certificate_code=of.code,
                before_log=False,
            )
            for act in acts
        )
    )
    save(*(ActLeaf(act_id=act.id, leaf_index=first + act.id, salt="") for act in acts))


def stored_file(kind: FileKind = FileKind.DOCUMENT, *, private: bool = True, made_at: datetime = THEN) -> StoredFile:
    """A row without its bytes; a photograph has one size."""
    sizes = [{"width": 4, "height": 5, "jpeg": "0" * 64, "webp": "1" * 64}] if kind is FileKind.PHOTO else []
    made = StoredFile(
        kind=kind,
        private=private,
        digest=f"{next(_numbers):064x}",
        content_type="application/pdf",
        size=1234,
        name="papel.pdf",
        made_at=made_at,
        renditions=sizes,
    )
    save(made)
    return made


def application(applicant: User, of: Party, *, key: str = "origen-local", **given: Any) -> Application:
    """A draft; ``state`` and its dates as given."""
    version = scheme_version(key)
    kind = "product_line" if key == "origen-local" else "workshop" if key == "comercio-justo-local" else "farm"
    values: dict[str, Any] = {"subject_kind": kind, "created_at": THEN, "goods": "Rebozos de algodón", "makers": ["Rosa"]}
    made = Application(scheme_version_id=version.id, party_id=of.id, applicant_id=applicant.id, **(values | given))
    save(made)
    return made


def complete(of: Application) -> None:
    """Show something for everything that its scheme asks for before sending."""
    rows: list[Base] = []
    for criterion in text_of(of.scheme_version).criteria:
        rows.append(Answer(application_id=of.id, criterion=criterion.code, text="Así lo hacemos.", saved_at=THEN))
        for number, ask in enumerate(criterion.evidence):
            if ask.kind != "visit":
                file = None if ask.kind in ("statement", "place", "number") else stored_file()
                rows.append(
                    Evidence(
                        application_id=of.id,
                        criterion=criterion.code,
                        ask=number,
                        kind=ask.kind,
                        text="" if file else "Lo decimos así, 3 veces.",
                        file_id=file.id if file else None,
                        dated_on=THEN.date(),
                        added_by_id=of.applicant_id,
                        added_at=THEN,
                    )
                )
    save(*rows)
    db.session.expire_all()


def granted(decider: User | None = None, *, at: datetime = THEN, key: str = "origen-local", **given: Any) -> Decision:
    """The decision that grants an application, with the rows around it; what ``registry.issuing.certify`` takes next."""
    version, holder, by = scheme_version(key), given.pop("of", None) or party(), decider or user("Celia Decide")
    values: dict[str, Any] = {
        "subject_kind": "product_line",
        "goods": "Rebozos de algodón teñidos con añil",
        "techniques": "Telar de cintura",
        "marks": "Iniciales bordadas en una orilla",
        "makers": ["Martina Luna"],
        "subject_refs": ["prod1", "prod2"],
        "applicant_id": user("Rosa Solicita").id,
        "submitted_at": at,
    }
    case = Application(
        scheme_version_id=version.id,
        party_id=holder.id,
        state=ApplicationState.DECIDED,
        created_at=at,
        outcome=Outcome.GRANTED,
        decided_at=at,
        decided_by_id=by.id,
        **(values | given),
    )
    save(case)
    decision = Decision(
        application_id=case.id,
        outcome=Outcome.GRANTED,
        label_class="artesania",
        reasons="Cumple.",
        decided_by_id=by.id,
        decided_at=at,
    )
    save(decision)
    return decision


def certified(decider: User | None = None, *, at: datetime = THEN, **given: Any) -> Certificate:
    """A certificate as the service issues it, signed; ``decider`` sits on its scheme's committee."""
    if decider is None and not given and is_empty():
        made = db.session.get_one(Certificate, made_once(_certified, at))
        db.session.rollback()  # as after a commit
        return made
    by = decider or user("Celia Decide")
    decision = granted(by, at=at, **given)
    role(by, Role.DECIDER, decision.application.scheme_version.scheme.key)
    with unit_of_work():
        return certify(decision.application, decision, by=by, at=at)


def _certified(at: datetime) -> int:
    return certified(user("Celia Decide"), at=at).id


def renewed(label: Certificate, by: User, *, at: datetime, cause: str = "renewal", **given: Any) -> Certificate:
    """The next version of a certificate, as the service makes it from a decision; what is not ``given`` is as it was."""
    case = label.application
    values = {name: getattr(case, name) for name in ("goods", "techniques", "marks", "makers", "subject_refs", "subject_kind")}
    asked = {
        "renews": label.code,
        "cause": RenewalCause(cause),
        "stage": "renewal",
        "of": label.holder,
        "applicant_id": case.applicant_id,
    }
    decision = granted(by, at=at, key=label.scheme_version.scheme.key, **(values | asked | given))
    with unit_of_work():
        return renew(decision.application, decision, by=by, at=at)


def visited(of: Certificate, by: User, *, at: datetime, on: date | None = None) -> Certificate:
    """The next version of a certificate, as a passed surveillance makes it."""
    seen = Visit(on or at.date(), 2, 1, "El proceso sigue igual.", of.newest)
    with unit_of_work():
        pass_surveillance(of, seen, by=by, at=at)
    return of

"""Each state on each surface that credentials touch: no way of asking says VALID when it is not."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.core import clock
from certification.core.db import unit_of_work
from certification.log.keys import signing_key
from certification.registry import tending
from certification.registry.acts import Why, restore, supersede, surrender, suspend, withdraw
from certification.registry.credentials import issue_credential
from certification.registry.issuing import certify
from certification.registry.models import Certificate, CertificateSubject, CertificateVersion
from certification.rules.signing import sign
from certification.rules.verdict import PublicState
from certification.schemes import versions
from tests import makers
from tests.certification.registry.outsider import VC, VC_JWT, Outsider
from tests.conftest import NOW

WHY = Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas.")
DAY = timedelta(days=1)
EARLIER = NOW - 40 * DAY


@dataclass(frozen=True)
class Case:
    """How a state comes about; what the register says of it, and what a credential with its lists says."""

    state: PublicState
    told: PublicState
    make: Callable[[User], Certificate]
    at: datetime = NOW


def renewed(made: Certificate, at: datetime) -> CertificateVersion:
    """The next version, as a renewal makes it."""
    number = made.versions[-1].number + 1
    signed = sign(made.versions[-1].statement | {"certificate": {"code": made.code, "version": number}}, signing_key())
    with unit_of_work() as session:
        version = CertificateVersion(certificate=made, number=number, statement=dict(signed.statement), signed_at=at)
        version.kid, version.signature = signed.kid, signed.signature
        session.add(version)
        issue_credential(version, at=at)
    return version


def acted(*acts: Callable[[Certificate, User], object]) -> Callable[[User], Certificate]:
    def make(by: User) -> Certificate:
        made = makers.certified(by)
        for act in acts:
            with unit_of_work():
                act(made, by)
        return made

    return make


def paused(made: Certificate, by: User) -> None:
    suspend(made, WHY, until=date(2027, 1, 31), by=by, at=EARLIER)


def resumed(made: Certificate, by: User) -> None:
    restore(made, by=by, at=EARLIER + DAY)


def taken(made: Certificate, by: User) -> None:
    withdraw(made, WHY, by=by, at=EARLIER + DAY)


def replaced(by: User) -> Certificate:
    made = makers.certified(by)
    other = makers.certified(makers.user("Otra Decide"), of=made.holder)
    with unit_of_work():
        supersede(made, other, by=by, at=EARLIER)
    return made


def returned(by: User) -> Certificate:
    made, holder = makers.certified(by), makers.user("Rosa Teje")
    makers.member(holder, made.holder)
    with unit_of_work():
        surrender(made, Why("HOLDER_REQUEST", ""), by=holder, at=EARLIER)
    return made


def coming(by: User) -> Certificate:
    decision = makers.granted(by, at=EARLIER)
    with unit_of_work():
        return certify(decision.application, decision, by=by, at=EARLIER, begins=date(2026, 12, 1))


def lapsed(by: User) -> Certificate:
    made = makers.certified(by)
    with unit_of_work():
        made.scheme_version.lapsed_at = EARLIER
    return made


def mark_over(by: User) -> Certificate:
    made = makers.certified(by)
    with unit_of_work():
        made.scheme_version.mark, made.scheme_version.mark_ends_on = "Marca ficticia", date(2026, 11, 1)
    return made


def yearly(by: User) -> Certificate:
    return makers.certified(by, key="agroecologico-participativo", subject_kind="farm")


P = PublicState
CASES = {
    "in force": Case(P.VALID, P.VALID, acted()),
    "restored": Case(P.VALID, P.VALID, acted(paused, resumed)),
    "to come": Case(P.NOT_YET_VALID, P.NOT_YET_VALID, coming),
    "paused": Case(P.SUSPENDED, P.SUSPENDED, acted(paused)),
    "visit overdue": Case(P.SUSPENDED, P.SUSPENDED, acted(), datetime(2027, 6, 1, tzinfo=UTC)),
    "expired": Case(P.EXPIRED, P.EXPIRED, yearly, datetime(2027, 6, 1, tzinfo=UTC)),
    "scheme lapsed": Case(P.SCHEME_LAPSED, P.SUSPENDED, lapsed),
    "mark over": Case(P.SCHEME_LAPSED, P.SUSPENDED, mark_over),
    "withdrawn": Case(P.WITHDRAWN, P.WITHDRAWN, acted(taken)),
    "withdrawn while paused": Case(P.WITHDRAWN, P.WITHDRAWN, acted(paused, taken)),
    "surrendered": Case(P.SURRENDERED, P.WITHDRAWN, returned),
    "superseded": Case(P.SUPERSEDED, P.WITHDRAWN, replaced),
}
EACH = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
WORD = "Vigente"


@EACH
def test_every_surface_tells_the_state(session: Session, client: FlaskClient, case: Case) -> None:
    code = case.make(makers.user("Celia Decide")).code
    outsider = Outsider(client)
    with clock.standing_at(case.at):
        tending.renew_lists(case.at)
        record = outsider.get(f"/c/{code}", "application/json").get_json()
        assert record["state"] == case.state.value
        assert [outsider.check(code, case.at, accept=form).state for form in (VC, VC_JWT)] == [case.told, case.told]
        assert outsider.openvc_accepts(outsider.credential(code), case.at) is (case.told is P.VALID)
        pages = [outsider.get(f"/{kind}/{code}", "text/html") for kind in "cv"]
        assert [(one.status_code, WORD in one.text) for one in pages] == [(200, case.state is P.VALID)] * 2


@EACH
def test_a_product_is_certified_for_machines_only_while_its_label_is_valid(
    session: Session, client: FlaskClient, case: Case
) -> None:
    made = case.make(makers.user("Celia Decide"))
    product = makers.product(makers.producer(made.holder))
    makers.save(CertificateSubject(certificate_id=made.id, subject_ref=product.public_id))
    with clock.standing_at(case.at):
        page = client.get(f"/products/{product.public_id}/{product.slug}").text
    assert ("CertificationActive" in page, page.count("hasCertification")) == (
        (case.state is P.VALID),
        int(case.state is P.VALID),
    )


@EACH
def test_without_a_fresh_list_nobody_says_valid(session: Session, client: FlaskClient, case: Case) -> None:
    code = case.make(makers.user("Celia Decide")).code
    outsider, late = Outsider(client), case.at + 2 * DAY
    with clock.standing_at(case.at):
        tending.renew_lists(case.at)
    for form in (VC, VC_JWT):
        found = outsider.check(code, late, accept=form)
        assert (found.state, {one.code for one in found.reasons}) == (P.CANNOT_CHECK, {"stale"})


def test_a_list_ends_where_a_scheme_is_known_to_end(session: Session, client: FlaskClient) -> None:
    made, outsider = makers.certified(), Outsider(client)
    code, version = made.code, made.scheme_version
    with unit_of_work():
        version.mark, version.mark_ends_on = "Marca ficticia", date(2026, 11, 21)
    tending.renew_lists(NOW)
    end = datetime(2026, 11, 22, 6, tzinfo=UTC)
    assert outsider.check(code, end - timedelta(seconds=1)).state is P.VALID
    assert outsider.check(code, end).state is P.CANNOT_CHECK
    assert tending.renew_lists(end) == 2
    assert outsider.check(code, end).state is P.SUSPENDED


def test_an_act_is_in_the_lists_as_soon_as_it_is_recorded(session: Session, client: FlaskClient) -> None:
    by, outsider = makers.user("Celia Decide"), Outsider(client)
    made = makers.certified(by)
    code = made.code
    tending.renew_lists(NOW)
    acts: list[Callable[[], object]] = [
        lambda: suspend(made, WHY, until=date(2027, 1, 31), by=by, at=NOW),
        lambda: restore(made, by=by, at=NOW),
        lambda: withdraw(made, WHY, by=by, at=NOW),
    ]
    told = [outsider.check(code, NOW).state]
    for act in acts:
        with unit_of_work():
            act()
        told.append(outsider.check(code, NOW).state)
    assert told == [P.VALID, P.SUSPENDED, P.VALID, P.WITHDRAWN]


def test_a_scheme_that_ends_pauses_all_its_credentials_at_once(session: Session, client: FlaskClient) -> None:
    made, owner, outsider = makers.certified(), makers.user("Petra Nube"), Outsider(client)
    makers.role(owner, Role.SCHEME_OWNER, "origen-local")
    code = made.code
    tending.renew_lists(NOW)
    assert outsider.check(code, NOW).state is P.VALID
    with unit_of_work():
        versions.lapse(made.scheme_version, by=owner, at=NOW, reason="Venció la marca.")
    assert outsider.check(code, NOW).state is P.SUSPENDED


def test_an_act_that_is_not_kept_sets_no_bit(session: Session, client: FlaskClient) -> None:
    by = makers.user("Celia Decide")
    made = makers.certified(by)
    code = made.code
    tending.renew_lists(NOW)
    with pytest.raises(ZeroDivisionError), unit_of_work():
        raise ZeroDivisionError(withdraw(made, WHY, by=by, at=NOW))
    assert Outsider(client).check(code, NOW).state is P.VALID


def test_an_older_version_is_over_when_its_successor_is_issued(session: Session, client: FlaskClient) -> None:
    made, outsider = makers.certified(), Outsider(client)
    tending.renew_lists(NOW)
    first = outsider.credential(made.code)
    assert outsider.openvc_accepts(first, NOW)
    renewed(made, NOW)
    assert not outsider.openvc_accepts(first, NOW)
    newest = outsider.credential(made.code)
    assert newest["id"].endswith("/versions/2")
    assert outsider.openvc_accepts(newest, NOW)
    assert json.loads(outsider.get(first["id"]).text) == first
    assert {one["statusListIndex"] for one in newest["credentialStatus"]} != {
        one["statusListIndex"] for one in first["credentialStatus"]
    }

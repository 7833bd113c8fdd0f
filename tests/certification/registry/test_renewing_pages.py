from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.applications.deciding import DecisionChoice
from certification.applications.models import Application
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage
from certification.registry.acts import Why, withdraw
from certification.registry.granting import decide_and_certify
from certification.registry.models import Certificate, CertificateVersion
from certification.rules.code import display
from certification.rules.workflow import ApplicationState, Outcome, RenewalCause
from certification.schemes.reasons import reasons_for
from tests import makers, reviews

IN_TIME = datetime(2027, 11, 15, 18, tzinfo=UTC)
EARLY = datetime(2026, 11, 21, 18, tzinfo=UTC)
VISIT = {"visited_on": "2026-11-20", "peers": "2", "outsiders": "1", "public_summary": "El proceso sigue igual.", "seen": "1"}
Browser = Callable[[User], FlaskClient]


def versions() -> int:
    return db.session.scalar(select(func.count()).select_from(CertificateVersion)) or 0


def test_a_holder_is_led_from_the_label_to_a_filled_application(made: Certificate, holder: User, client_of: Browser) -> None:
    browser, code = client_of(holder), made.code
    with clock.standing_at(EARLY):
        for page in (browser.get(f"/c/{code}").text, browser.get("/desk/labels").text):
            assert "Se podrá renovar desde el 4 sep 2027." in page
            assert ("Cambiar lo que ampara" in page, ">Renovar<" in page) == (True, False)
    with clock.standing_at(IN_TIME):
        for page in (browser.get(f"/c/{code}").text, browser.get("/desk/labels").text):
            assert f'action="/c/{code}/renew"' in page
            assert "Para que se decida a tiempo, mándela a más tardar el 3 nov 2027." in page
        opened = browser.post(f"/c/{code}/renew", data={"cause": "renewal"})
        again = browser.post(f"/c/{code}/renew", data={"cause": "renewal"})
        assert (opened.status_code, again.location) == (303, opened.location)
        wizard = browser.get(opened.location).text
        summary = browser.get(opened.location.removesuffix("/goods")).text
        labels = browser.get("/desk/labels").text
    for page in (wizard, summary):
        assert f"Renueva el sello {display(code)}." in page
    assert made.goods in wizard
    assert "Seguir con la solicitud" in labels
    assert db.session.scalar(select(func.count()).select_from(Application)) == 2


def test_what_cannot_be_asked_is_said(made: Certificate, holder: User, decider: User, client_of: Browser) -> None:
    browser = client_of(holder)
    with clock.standing_at(EARLY):
        early = browser.post(f"/c/{made.code}/renew", data={"cause": "renewal"})
        assert (early.status_code, "el plazo abre 120 días antes de su fin" in early.text) == (409, True)
        with unit_of_work():
            withdraw(made, Why("USE_OUTSIDE_SCOPE", "Se usó en otras piezas."), by=decider, at=EARLY)
        lost = browser.post(f"/c/{made.code}/renew", data={"cause": "scope"})
        assert (lost.status_code, "Este sello se perdió y no vuelve." in lost.text) == (409, True)
        assert "/renew" not in browser.get(f"/c/{made.code}").text
    assert db.session.scalar(select(func.count()).select_from(Application)) == 1


def test_a_change_of_scope_cannot_bring_protected_words_under_the_label(
    made: Certificate, holder: User, client_of: Browser
) -> None:
    browser = client_of(holder)
    with clock.standing_at(EARLY):
        opened = browser.post(f"/c/{made.code}/renew", data={"cause": "scope"}).location
        draft = db.session.scalars(select(Application).where(Application.renews == made.code)).one()
        makers.complete(draft)
        form = {"goods": "Rebozos de algodón orgánico", "makers": "Martina Luna"}
        assert browser.post(opened, data=form).status_code == 303  # what is typed is kept
        assert "«orgánico»: " in browser.get(opened).text
        sent = browser.post(opened.removesuffix("/goods") + "/submit", data={"pledge": "y"})
        assert (sent.status_code, "palabras protegidas por la ley" in sent.text) == (422, True)
        browser.post(opened, data=form | {"goods": "Rebozos y chales"})
        assert browser.post(opened.removesuffix("/goods") + "/submit", data={"pledge": "y"}).status_code == 303


def test_others_are_offered_nothing(made: Certificate, decider: User, client: FlaskClient, client_of: Browser) -> None:
    for browser in (client, client_of(decider), client_of(makers.user())):
        assert "/renew" not in browser.get(f"/c/{made.code}").text
    assert client_of(decider).post(f"/c/{made.code}/renew").status_code == 403


def test_a_passed_visit_is_asked_twice_and_shown_to_all(
    made: Certificate, decider: User, client: FlaskClient, client_of: Browser
) -> None:
    browser, path = client_of(decider), f"/c/{made.code}/act/visit"
    with clock.standing_at(EARLY):
        assert path in browser.get(f"/c/{made.code}").text
        assert 'name="seen"' in browser.get(path).text
        led = browser.post(path, data=VISIT)
        asked = browser.get(led.location)
        assert ("¿Anotar que la visita pasó?" in asked.text, "a más tardar el 20 nov 2027" in asked.text) == (True, True)
        assert (led.status_code, asked.status_code, versions()) == (303, 200, 1)
        done = browser.post(path, data=VISIT | {"confirmed": "yes"})
        assert (done.status_code, done.location, versions()) == (303, f"/c/{made.code}", 2)
        assert browser.post(path, data=VISIT | {"confirmed": "yes"}).status_code == 303
        record = client.get(f"/c/{made.code}").text
        verify = client.get(f"/v/{made.code}").text
        english = client.get(f"/v/{made.code}?lang=en").text
        said = client.get(f"/c/{made.code}", headers={"Accept": "application/json"}).get_json()["acts"][-1]
    assert versions() == 2
    assert "Visita del 20 nov 2026: 2 personas del mismo oficio, 1 persona de fuera. El proceso sigue igual." in record
    assert ("Pasó su visita de seguimiento" in verify, "Passed its surveillance visit" in english) == (True, True)
    assert (said["kind"], said["cause"], said["visited_on"], said["peers"]) == ("renewed", "surveillance", "2026-11-20", 2)


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        ({"visited_on": "2027-01-01"}, 422, "Ese día todavía no llega."),
        ({"visited_on": "2026-09-20"}, 422, "se anota a más tardar 60 días después"),
        ({"visited_on": "x"}, 422, "Falta"),
        ({"peers": "0", "outsiders": "0"}, 422, "Diga cuántas personas fueron"),
        ({"peers": "9999999999999999999999"}, 422, "de 0 a 50"),
        ({"public_summary": ""}, 422, "Falta este dato."),
        ({"seen": "7", "confirmed": "yes"}, 409, "El sello cambió desde que abrió esta página."),
    ],
)
def test_a_visit_that_cannot_be_written_down(
    made: Certificate, decider: User, client_of: Browser, wrong: dict[str, str], status: int, said: str
) -> None:
    with clock.standing_at(EARLY):
        page = client_of(decider).post(f"/c/{made.code}/act/visit", data=VISIT | wrong)
    assert (page.status_code, said in page.text, versions()) == (status, True, 1)


def test_a_label_without_a_visit_to_come_says_so(made: Certificate, decider: User, client_of: Browser) -> None:
    with clock.standing_at(datetime(2028, 3, 1, tzinfo=UTC)):
        browser = client_of(decider)
        assert "/act/visit" not in browser.get(f"/c/{made.code}").text
        assert browser.get(f"/c/{made.code}/act/visit").status_code == 409


def test_history_tells_renewal_and_scope_in_words(made: Certificate, decider: User, client: FlaskClient) -> None:
    makers.renewed(made, decider, at=EARLY - timedelta(days=9), cause="scope")
    makers.renewed(made, decider, at=IN_TIME)
    with clock.standing_at(IN_TIME + timedelta(hours=1)):
        verify, record = client.get(f"/v/{made.code}").text, client.get(f"/c/{made.code}").text
    for page in (verify, record):
        assert page.index("Otorgado") < page.index("Cambió lo que ampara") < page.index("Renovado")


BEFORE_THE_END = datetime(2026, 11, 1, 18, tzinfo=UTC)


@pytest.fixture
def renewal(session: Session) -> tuple[Certificate, reviews.Case]:
    """A label near its end, and the case before the committee that would renew it."""
    case = reviews.in_review()
    made = makers.certified(of=case.party, at=datetime(2024, 11, 20, 18, tzinfo=UTC))
    with unit_of_work():
        case.application.renews, case.application.cause = made.code, RenewalCause.RENEWAL
        case.application.stage = "renewal"
    return made, case


def test_the_committee_is_told_what_a_grant_will_do_and_does_it(
    renewal: tuple[Certificate, reviews.Case], client_of: Browser
) -> None:
    made, case = renewal
    browser, address = client_of(case.deciders[0]), f"/review/{case.application.public_id}"
    with clock.standing_at(BEFORE_THE_END):
        page = browser.get(f"{address}/decision").text
        assert f"Renueva el sello {display(made.code)}." in page
        assert "Si se otorga, vale desde hoy y hasta el 20 nov 2028, con lo que pide esta solicitud." in page
        assert f"Renueva el sello {display(made.code)}." in browser.get(address).text
        seen = case.application.version_id
        sent = {"outcome": "granted", "reasons": "Sigue cumpliendo.", "seen_version": str(seen)}
        done = browser.post(f"{address}/decision", data=sent, follow_redirects=True).text
    assert f"El sello {display(made.code)} tiene una versión nueva, con el mismo código." in done
    db.session.expire_all()
    assert ([one.number for one in made.versions], made.case.id) == ([1, 2], case.application.id)
    assert db.session.scalar(select(func.count()).select_from(Certificate)) == 1


AFTER_THE_END = datetime(2026, 12, 1, 18, tzinfo=UTC)
STAYS, STAYS_OVER = "Si no se otorga, el sello sigue como está hasta su fecha.", "Si no se otorga, el sello se queda vencido."


@pytest.mark.parametrize(("at", "said", "unsaid"), [(BEFORE_THE_END, STAYS, STAYS_OVER), (AFTER_THE_END, STAYS_OVER, STAYS)])
def test_the_committee_is_told_what_becomes_of_the_label_without_a_grant(
    renewal: tuple[Certificate, reviews.Case], client_of: Browser, at: datetime, said: str, unsaid: str
) -> None:
    _made, case = renewal
    with clock.standing_at(at):
        page = client_of(case.deciders[0]).get(f"/review/{case.application.public_id}/decision").text
    assert (said in page, unsaid in page) == (True, False)


def test_after_the_end_one_sentence_says_what_can_still_become_of_the_label(
    renewal: tuple[Certificate, reviews.Case], client_of: Browser
) -> None:
    made, case = renewal
    holder, decider = client_of(case.applicant), client_of(case.deciders[0])
    with clock.standing_at(AFTER_THE_END):
        pages = [holder.get("/desk/labels").text, holder.get(f"/c/{made.code}").text]
        visit = decider.get(f"/c/{made.code}/act/visit")
        with unit_of_work():
            case.application.state = ApplicationState.LAPSED
        over = holder.get("/desk/labels").text
        visit_over = decider.get(f"/c/{made.code}/act/visit").text
    way = f'href="/apply/{case.application.public_id}"'
    for page in pages:
        assert ("Su renovación se pidió a tiempo y está en curso" in page, way in page) == (True, True)
        assert ("olicite uno nuevo" in page, ">Renovar<" in page) == (False, False)
    assert (visit.status_code, "Su renovación se pidió a tiempo y está en curso." in visit.text) == (409, True)
    assert ("olicit" in visit.text.partition("<main")[2], "no lleva más visitas" in visit_over) == (False, True)
    assert ("Venció el 20 nov 2026" in over, "Puede solicitar uno nuevo." in over, way in over) == (True, True, False)


def test_a_renewal_sends_one_mail_to_each_person(renewal: tuple[Certificate, reviews.Case]) -> None:
    made, case = renewal
    fellow = makers.user("Petra Teje")
    makers.member(fellow, case.party)
    with unit_of_work():
        decide_and_certify(
            case.application, choice=DecisionChoice(Outcome.GRANTED, "Sigue igual."), by=case.deciders[0], at=BEFORE_THE_END
        )
    told = {case.applicant.email: "application-decided", fellow.email: "certificate-renewed"}
    mails = [one for one in db.session.scalars(select(OutboxMessage)) if one.to in told and one.name != "certificate-granted"]
    assert sorted((one.to, one.name) for one in mails) == sorted(told.items())
    letter = next(one for one in mails if one.name == "application-decided")
    assert ("El comité renovó el sello" in letter.text, "Sigue igual." in letter.text) == (True, True)
    assert (display(made.code) in letter.text, f"/v/{made.code}" in letter.text) == (True, True)


def test_a_decision_sent_twice_by_the_same_person_is_said_to_be_recorded(
    renewal: tuple[Certificate, reviews.Case], client_of: Browser
) -> None:
    made, case = renewal
    first, second = (client_of(one) for one in case.deciders)
    address = f"/review/{case.application.public_id}/decision"
    sent = {"outcome": "granted", "reasons": "Sigue cumpliendo.", "seen_version": str(case.application.version_id)}
    with clock.standing_at(BEFORE_THE_END):
        assert first.post(address, data=sent).status_code == 303
        again, other = first.post(address, data=sent), second.post(address, data=sent)
    mine, theirs = "Su decisión ya quedó registrada.", "Otra persona del comité decidió este caso primero."
    assert (again.status_code, mine in again.text, theirs in again.text) == (409, True, False)
    assert (other.status_code, mine in other.text, theirs in other.text) == (409, False, True)
    assert len(made.versions) == 2


def test_the_decision_is_reached_from_the_top_of_its_page_and_back(
    renewal: tuple[Certificate, reviews.Case], client_of: Browser
) -> None:
    _made, case = renewal
    with clock.standing_at(BEFORE_THE_END):
        page = client_of(case.deciders[0]).get(f"/review/{case.application.public_id}/decision").text
    there, target, back = (page.index(one) for one in ('href="#decision"', 'id="decision" tabindex="-1"', 'href="#start"'))
    assert page.index('id="start" tabindex="-1"') < there < target < page.index('name="outcome"') < back


def test_a_refusal_leaves_the_label_as_it_is(renewal: tuple[Certificate, reviews.Case]) -> None:
    made, case = renewal
    before = made.valid_until, made.goods, made.page
    code = next(one.code for one in reasons_for("refuse") if not one.needs_criterion)
    refusal = DecisionChoice(Outcome.REFUSED, "Falta.", code, None, "Falta la cuenta de piezas.")
    with unit_of_work():
        _decision, none = decide_and_certify(case.application, choice=refusal, by=case.deciders[0], at=BEFORE_THE_END)
    db.session.expire_all()
    assert (none, (made.valid_until, made.goods, made.page), len(made.versions)) == (None, before, 1)

import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.core.outbox import OutboxMessage
from certification.parties.models import (
    Belonging,
    Invitation,
    Mandate,
    MemberRole,
    Membership,
    Party,
    PartyKind,
    Power,
    RepresentationProof,
    Tie,
    Vetting,
)
from tests import makers

ClientOf = Callable[[User], FlaskClient]
FORM = {
    "kind": "workshop",
    "name": "Taller Nube",
    "branch": "textiles",
    "state_code": "20",
    "municipality": "Teotitlán del Valle",
}

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\nxref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"


def admin_of(party: Party) -> User:
    made = makers.user()
    makers.member(made, party)
    return made


def test_visitors_are_asked_to_sign_in(client: FlaskClient) -> None:
    assert "/account/sign-in" in client.get("/desk/parties/new").headers["Location"]


def test_founding_leads_to_the_page_that_says_what_is_missing(session: Session, client_of: ClientOf) -> None:
    browser = client_of(makers.user())
    answer = browser.post("/desk/parties/new", data=FORM, follow_redirects=True)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Taller Nube" in text
    assert "Mostrar un documento" in text
    party = session.scalars(select(Party)).one()
    assert party.municipality_code == "20546"
    assert f"/vouch/{party.public_id}" in text


def test_a_refused_form_keeps_what_was_written(session: Session, client_of: ClientOf) -> None:
    answer = client_of(makers.user()).post("/desk/parties/new", data=FORM | {"state_code": "", "name": "Taller Ñuu"})
    assert answer.status_code == 422
    assert 'value="Taller Ñuu"' in answer.get_data(as_text=True)
    assert session.scalars(select(Party)).all() == []


def test_namesakes_in_one_state_are_told_apart_by_asking(session: Session, client_of: ClientOf) -> None:
    browser, wanted = client_of(makers.user()), FORM | {"municipality": "san juan mixtepec"}
    answer = browser.post("/desk/parties/new", data=wanted)
    codes = re.findall(r'<option value="(20\d{3})"', answer.get_data(as_text=True))
    assert (answer.status_code, len(codes)) == (422, 2)
    assert browser.post("/desk/parties/new", data=wanted | {"municipality_code": "99999"}).status_code == 422
    assert browser.post("/desk/parties/new", data=wanted | {"municipality_code": codes[1]}).status_code == 303
    assert session.scalars(select(Party.municipality_code)).one() == codes[1]


def test_a_municipality_that_no_list_knows_stays_as_typed(session: Session, client_of: ClientOf) -> None:
    client_of(makers.user()).post("/desk/parties/new", data=FORM | {"municipality": "Santa María Xochiapan"})
    assert session.execute(select(Party.municipality, Party.municipality_code)).one() == ("Santa María Xochiapan", None)


def test_a_party_is_private_to_those_concerned(session: Session, client_of: ClientOf) -> None:
    party = makers.party(reference="junto al pozo")
    path = f"/desk/parties/{party.public_id}"
    assert client_of(makers.user("Nadie")).get(path).status_code == 404
    assert client_of(admin_of(party)).get(path).status_code == 200
    assert "junto al pozo" in client_of(admin_of(party)).get(path).get_data(as_text=True)
    promoter = makers.user("Toño")
    makers.role(promoter, Role.PROMOTER)
    makers.save(
        Mandate(
            giver_id=party.id,
            holder_user_id=promoter.id,
            power=Power.APPLY,
            how="x",
            given_at=makers.THEN,
            recorded_by_id=promoter.id,
        )
    )
    seen = client_of(promoter).get(path)
    assert seen.status_code == 200
    assert "junto al pozo" not in seen.get_data(as_text=True)
    assert client_of(promoter).get(f"{path}/edit").status_code == 403


def test_an_edit_form_opens_with_the_chosen_namesake(session: Session, client_of: ClientOf) -> None:
    party = makers.party(municipality="San Juan Mixtepec", municipality_code="20208")
    text = client_of(admin_of(party)).get(f"/desk/parties/{party.public_id}/edit").get_data(as_text=True)
    assert re.search(r'<option selected value="20208"', text)


def test_whoever_would_be_vetted_again_is_told_first_and_nothing_changes(session: Session, client_of: ClientOf) -> None:
    party = makers.party()
    browser, path = client_of(admin_of(party)), f"/desk/parties/{party.public_id}/edit"
    first = browser.post(path, data=FORM)
    assert first.status_code == 422
    assert "alguien vuelve a comprobar quiénes son" in first.text
    assert 'name="warned" value="yes"' in first.text
    assert 'value="Taller Nube"' in first.text
    assert (makers.fresh(session, party).municipality, party.vetting) == ("Oaxaca de Juárez", Vetting.VETTED)
    assert browser.post(path, data=FORM | {"warned": "yes"}).status_code == 303
    assert (makers.fresh(session, party).municipality, party.vetting) == ("Teotitlán del Valle", Vetting.ASKED)


def test_a_member_without_mail_gets_a_sheet_of_paper(session: Session, client_of: ClientOf) -> None:
    party = makers.party()
    answer = client_of(admin_of(party)).post(
        f"/desk/parties/{party.public_id}/members/new", data={"name": "Petronila", "without_mail": "y", "role": "catalogue"}
    )
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert "Código para Petronila" in answer.get_data(as_text=True)


def test_the_sheet_loaded_again_is_another_code_for_the_same_person(session: Session, client_of: ClientOf) -> None:
    party = makers.party()
    browser, path = client_of(admin_of(party)), f"/desk/parties/{party.public_id}/members/new"
    sent = {"name": "Petronila", "without_mail": "y", "role": "catalogue", "request_key": "k1"}
    first, again = (browser.post(path, data=sent) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    codes = [re.findall(r"[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{2}", one.text)[0] for one in (first, again)]
    assert codes[0] != codes[1]
    assert session.scalars(select(User.name).where(User.name == "Petronila")).all() == ["Petronila"]
    assert browser.post(path, data=sent | {"request_key": "k2"}).status_code == 200
    assert len(session.scalars(select(User).where(User.name == "Petronila")).all()) == 2
    assert client_of(admin_of(party)).post(path, data=sent).status_code == 422


def test_an_invitation_needs_an_address_and_is_accepted_by_who_signs_in(
    session: Session, client: FlaskClient, client_of: ClientOf
) -> None:
    party = makers.party()
    path, boss = f"/desk/parties/{party.public_id}/members/new", client_of(admin_of(party))
    assert boss.post(path, data={"name": "Inés", "email": "ines", "role": "read"}).status_code == 422
    assert boss.post(path, data={"name": "Inés", "email": "ines@demo.tianguis.example", "role": "read"}).status_code == 303
    key = re.findall(r"/join/(\S+)", session.scalars(select(OutboxMessage.text)).one())[0]
    assert "le invita" in client.get(f"/join/{key}").get_data(as_text=True)
    assert "/account/sign-in" in client.post(f"/join/{key}").headers["Location"]
    assert client.get(f"/join/{key}x").status_code == 404
    assert client_of(makers.user("Inés")).post(f"/join/{key}").status_code == 303
    assert client.get(f"/join/{key}").status_code == 404
    assert len(session.scalars(select(Membership)).all()) == 2


def test_invitations_and_members_are_managed_by_administrators_only(session: Session, client_of: ClientOf) -> None:
    party = makers.party()
    boss, reader = admin_of(party), makers.user("Lee")
    makers.member(reader, party, MemberRole.READ)
    client_of(boss).post(
        f"/desk/parties/{party.public_id}/members/new", data={"name": "I", "email": "i@demo.tianguis.example", "role": "read"}
    )
    made = session.scalars(select(Invitation)).one()
    role = f"/desk/parties/{party.public_id}/members/{reader.public_id}"
    assert client_of(reader).post(f"/desk/invitations/{made.public_id}/withdraw").status_code == 403
    assert client_of(reader).post(role, data={"role": "admin"}).status_code == 403
    assert client_of(boss).post(f"/desk/invitations/{made.public_id}/withdraw").status_code == 303
    assert client_of(boss).post(role, data={"role": "catalogue"}).status_code == 303
    assert client_of(reader).post(f"{role}/end").status_code == 303
    assert client_of(boss).get(role).status_code == 404


def test_a_document_goes_to_the_vetter_and_to_nobody_else(session: Session, client_of: ClientOf) -> None:
    party = makers.party(vetting=Vetting.NONE, vetted_at=None)
    boss, vetter = admin_of(party), makers.user("Ofelia")
    makers.role(vetter, Role.VETTER)
    path = f"/desk/parties/{party.public_id}/proof"
    assert client_of(boss).post(path, data={"text": "Constancia"}).status_code == 422
    for content, name in ((b"MZ\x90nothing", "acta.pdf"), (b"Acta de asamblea.\n", "acta.jpg"), (b"\xe9\xa4 basura", "acta.pdf")):
        refused = client_of(boss).post(path, data={"text": "Constancia", "file": (io.BytesIO(content), name)})
        assert refused.status_code == 422
        assert "Este archivo no es una foto ni un PDF" in refused.text
    paper = {"text": "Constancia", "file": (io.BytesIO(PDF), "acta.pdf")}
    assert client_of(boss).post(path, data=paper).status_code == 303
    proof = session.scalars(select(RepresentationProof)).one()
    for who, status in ((vetter, 200), (boss, 403), (makers.user("Nadie"), 404)):
        assert client_of(who).get(f"/vetting/{proof.public_id}/document").status_code == status
        assert client_of(who).get(f"/vetting/{proof.public_id}").status_code == status
    assert party.name in client_of(vetter).get("/vetting").get_data(as_text=True)
    assert client_of(vetter).post(f"/vetting/{proof.public_id}", data={"accepted": "no"}).status_code == 422
    assert client_of(vetter).post(f"/vetting/{proof.public_id}", data={"accepted": "yes"}).status_code == 303
    assert makers.fresh(session, party).vetting is Vetting.VETTED


def test_somebody_vetted_gives_their_word(session: Session, client_of: ClientOf) -> None:
    party = makers.party(vetting=Vetting.NONE, vetted_at=None)
    ines = admin_of(makers.party("Conocidos"))
    browser = client_of(ines)
    assert party.name in browser.get(f"/vouch/{party.public_id}").get_data(as_text=True)
    assert client_of(makers.user("N")).post(f"/vouch/{party.public_id}", data={"text": "Los conozco"}).status_code == 422
    assert browser.post(f"/vouch/{party.public_id}", data={"text": "Los conozco"}).status_code == 303
    assert session.scalars(select(RepresentationProof.given_by_id)).one() == ines.id


@pytest.mark.parametrize("login", ["nadie@demo.tianguis.example", "sin.cargo@demo.tianguis.example"])
def test_a_permit_tells_nothing_of_who_has_an_account(session: Session, client_of: ClientOf, login: str) -> None:
    party = makers.party()
    makers.user("Sin cargo", email="sin.cargo@demo.tianguis.example")
    answer = client_of(admin_of(party)).post(
        f"/desk/parties/{party.public_id}/mandates/new", data={"promoter": login, "power": "apply", "how": "de palabra"}
    )
    assert answer.status_code == 422
    assert "No hay una persona promotora con ese correo o nombre." in answer.get_data(as_text=True)


def test_a_permit_is_given_and_taken_back(session: Session, client_of: ClientOf) -> None:
    party, promoter = makers.party(), makers.user("Toño", email="tono@demo.tianguis.example")
    makers.role(promoter, Role.PROMOTER)
    browser = client_of(admin_of(party))
    asked = {"promoter": "tono@demo.tianguis.example", "power": "catalogue", "how": "de palabra"}
    assert browser.post(f"/desk/parties/{party.public_id}/mandates/new", data=asked).status_code == 303
    mandate = session.scalars(select(Mandate)).one()
    assert "Toño" in browser.get(f"/desk/parties/{party.public_id}").get_data(as_text=True)
    assert client_of(makers.user("N")).post(f"/desk/mandates/{mandate.public_id}/end").status_code == 404
    assert client_of(promoter).post(f"/desk/mandates/{mandate.public_id}/end").status_code == 303
    assert makers.fresh(session, mandate).ended_at is not None


def test_a_cooperative_adds_and_parts_from_members(session: Session, client_of: ClientOf) -> None:
    coop = makers.party("C", kind=PartyKind.COOPERATIVE)
    browser, path = client_of(admin_of(coop)), f"/desk/parties/{coop.public_id}/member-parties"
    assert browser.post(f"{path}/new", data=FORM).status_code == 422
    assert browser.post(f"{path}/new", data=FORM | {"how": "acta"}).status_code == 303
    weaver = session.scalars(select(Party).where(Party.name == "Taller Nube")).one()
    assert browser.get(f"/desk/parties/{weaver.public_id}").status_code == 200
    assert client_of(makers.user("N")).post(f"{path}/{weaver.public_id}/part").status_code == 404
    assert browser.post(f"{path}/{weaver.public_id}/part").status_code == 303
    assert session.scalars(select(Belonging.ended_at)).one() is not None
    assert browser.get(f"/desk/parties/{weaver.public_id}").status_code == 404


def test_ties_are_searched_declared_and_ended(session: Session, client_of: ClientOf) -> None:
    party, browser = makers.party("Taller Ñuu"), client_of(makers.user())
    assert party.public_id in browser.get("/desk/ties?who=nuu").get_data(as_text=True)
    assert browser.post(f"/desk/ties/with/{party.public_id}", data={}).status_code == 422
    assert browser.post(f"/desk/ties/with/{party.public_id}", data={"kind": "self"}).status_code == 422
    assert browser.post(f"/desk/ties/with/{party.public_id}", data={"kind": "trade", "since": "2026-02-30"}).status_code == 422
    assert browser.post(f"/desk/ties/with/{party.public_id}", data={"kind": "trade", "since": "2026-02-01"}).status_code == 303
    tie = session.scalars(select(Tie)).one()
    assert client_of(makers.user("N")).post(f"/desk/ties/{tie.public_id}/end").status_code == 404
    assert browser.post(f"/desk/ties/{tie.public_id}/end").status_code == 303
    assert "Comercia con quien solicita" in browser.get("/desk/ties").get_data(as_text=True)


@pytest.mark.parametrize("query", ["who=%00", "who=%F0%9F%92%A5", "who=" + "x" * 5000, "who=%25%5F"])
def test_hostile_words_find_nobody(session: Session, client_of: ClientOf, query: str) -> None:
    assert client_of(makers.user()).get(f"/desk/ties?{query}").status_code in (200, 400)

"""What an operator types to end a scheme, and what every reader is told from then on."""

import csv
import io
import json
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User, UserState
from certification.audit.models import AuditEntry
from certification.core.db import unit_of_work
from certification.log import asking
from certification.log.checkpoints import keep_outside, place
from certification.log.fsck import check
from certification.log.keys import signing_key
from certification.log.reading import latest
from certification.registry import fsck, tending
from certification.registry.acts import withdraw
from certification.registry.models import Certificate
from certification.rules.checkpoint import Checkpoint
from certification.rules.signed_checkpoint import sign_checkpoint
from certification.rules.verdict import PublicState
from certification.rules.workflow import SchemeVersionState
from certification.schemes import versions
from certification.schemes.commands import schemes
from certification.schemes.models import SchemeVersion
from tests import makers
from tests.certification.log.signers import signing_apart
from tests.certification.registry.outsider import Outsider
from tests.certification.registry.truth import WHY
from tests.certification.schemes.test_versions import draft
from tests.conftest import NOW

P = PublicState
Run = Callable[..., Result]
PETRA = "petra@demo.tianguis.example"
BOTH = pytest.mark.parametrize("verb", ["lapse", "withdraw"])
ENDED = "origen-local 1.0 ended on 2026-11-21 16:32:00 UTC. No label of origen-local is valid any more.\n"
REACHES = "origen-local has {many}, in all its versions together. This ends each of them, for good.\n"


@pytest.fixture
def run(app: Flask, session: Session) -> Run:
    def one(*words: str, typed: str | None = None) -> Result:
        session.rollback()
        told = CliRunner().invoke(schemes, words, obj=lambda: app, input=typed)
        assert told.exception is None or isinstance(told.exception, SystemExit | click.exceptions.Exit), told.exception
        return told

    return one


def ending(verb: str = "lapse", key: str = "origen-local", version: str = "1.0", **given: str) -> list[str]:
    asked = {"by": PETRA, "reason": "La marca no se renovó."} | given
    return [verb, key, version, "--by", asked["by"], "--reason", asked["reason"]]


@pytest.fixture
def owner(session: Session) -> User:
    person = makers.user("Petra Nube", email=PETRA, handle="petra.nube")
    makers.role(person, Role.SCHEME_OWNER, "origen-local")
    return person


@pytest.fixture
def version(session: Session, owner: User) -> SchemeVersion:
    return makers.scheme_version()


def ends_in_log() -> list[tuple[str, str]]:
    own = [one.act for one in latest(None, 50) if one.act and one.act.scheme]
    words = ("scheme_lapsed", "scheme_withdrawn")
    return [(one.act.value, f"{one.scheme.id} {one.scheme.version}") for one in own if one.scheme and one.act.value in words]


def untouched(version: SchemeVersion, session: Session) -> bool:
    session.rollback()
    session.expire_all()
    return (version.state, version.lapsed_at, ends_in_log()) == (SchemeVersionState.ACTIVE, None, [])


# Ending one


@BOTH
def test_a_scheme_is_ended_by_its_key_typed_once_more(run: Run, session: Session, version: SchemeVersion, verb: str) -> None:
    person = session.scalars(select(User).where(User.email == PETRA)).one().id
    told = run(*ending(verb), typed="origen-local\n")
    asked = REACHES.format(many="0 valid labels") + "Type the key to go on: origen-local\n"
    assert (told.exit_code, told.output) == (0, asked + ENDED)
    session.expire_all()
    state = {"lapse": SchemeVersionState.LAPSED, "withdraw": SchemeVersionState.WITHDRAWN}[verb]
    assert (version.state, version.lapsed_at) == (state, NOW)
    assert ends_in_log() == [({"lapse": "scheme_lapsed", "withdraw": "scheme_withdrawn"}[verb], "origen-local 1.0")]
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.act, entry.by_id, entry.details["reason"]) == (f"scheme.{verb}", person, "La marca no se renovó.")
    assert check() == []


@pytest.mark.parametrize("login", [PETRA, " PETRA@demo.tianguis.example ", "petra.nube"], ids=["mail", "as typed", "handle"])
def test_who_ends_it_is_named_as_they_sign_in(run: Run, version: SchemeVersion, login: str) -> None:
    told = run(*ending(by=login), "--yes")
    assert (told.exit_code, told.output) == (0, REACHES.format(many="0 valid labels") + ENDED)


@pytest.mark.parametrize("typed", ["origen local\n", "ORIGEN-LOCAL\n", "y\n"])
def test_another_word_than_the_key_ends_nothing(run: Run, session: Session, version: SchemeVersion, typed: str) -> None:
    told = run(*ending(), typed=typed)
    assert (told.exit_code, told.output.splitlines()[-1]) == (1, "Error: That is not the key. Nothing was changed.")
    assert untouched(version, session)


def test_whoever_answers_nothing_ends_nothing(run: Run, session: Session, version: SchemeVersion) -> None:
    told = run(*ending(), typed="")
    assert (told.exit_code, told.stderr) == (1, "Aborted!\n")
    assert untouched(version, session)


# What is refused, before anything is asked


@BOTH
def test_a_second_time_is_refused_with_the_day_of_the_first(run: Run, version: SchemeVersion, verb: str) -> None:
    assert run(*ending(), "--yes").exit_code == 0
    told = run(*ending(verb), typed="origen-local\n")
    assert (told.exit_code, told.output) == (1, "Error: origen-local 1.0 ended already, on 2026-11-21 16:32:00 UTC.\n")
    assert ends_in_log() == [("scheme_lapsed", "origen-local 1.0")]


def test_a_superseded_version_names_the_one_in_force_and_ends_with_it(run: Run, owner: User, version: SchemeVersion) -> None:
    newer = draft(version)
    with unit_of_work():
        versions.open_consultation(newer, by=owner, at=NOW)
    told = run(*ending(version="1.1"), "--yes")
    assert (told.exit_code, told.output) == (1, "Error: origen-local 1.1 was never in force.\n")
    with unit_of_work():
        versions.activate(newer, by=owner, at=NOW)
    told = run(*ending(), "--yes")
    said = "Error: origen-local 1.0 is superseded. End 1.1, which is in force: all end with it.\n"
    assert (told.exit_code, told.output) == (1, said)
    assert run(*ending(version="1.1"), "--yes").exit_code == 0  # the control
    told = run(*ending(), "--yes")
    assert (told.exit_code, told.output) == (1, "Error: origen-local 1.0 ended already, on 2026-11-21 16:32:00 UTC.\n")


REASON = "Say why the scheme ends, in 1000 letters at most."


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"key": "nada"}, "There is no scheme nada 1.0."),
        ({"version": "9"}, "There is no scheme origen-local 9."),
        ({"version": "1.1"}, "There is no scheme origen-local 1.1."),  # a draft is nobody's to see
        ({"by": "nadie@demo.tianguis.example"}, "Nobody has an open account as nadie@demo.tianguis.example."),
        ({"reason": ""}, REASON),
        ({"reason": " \n "}, REASON),
        ({"reason": "a" * 1001}, REASON),
    ],
    ids=["no key", "no version", "draft", "nobody", "no reason", "blank reason", "long reason"],
)
def test_what_names_nothing_or_says_too_little_is_refused_in_a_sentence(
    run: Run, session: Session, version: SchemeVersion, given: dict[str, str], said: str
) -> None:
    draft(version)
    told = run(*ending(**given), typed="origen-local\n")
    assert (told.exit_code, told.output) == (1, f"Error: {said}\n")
    assert untouched(version, session)


def test_the_longest_reason_is_taken(run: Run, version: SchemeVersion) -> None:
    """The control."""
    assert run(*ending(reason=f" {'a' * 1000} "), "--yes").exit_code == 0


@pytest.mark.parametrize("left_out", ["--by", "--reason"])
def test_who_and_why_must_be_said(run: Run, session: Session, version: SchemeVersion, left_out: str) -> None:
    words = ending()
    place_of = words.index(left_out)
    told = run(*words[:place_of], *words[place_of + 2 :], "--yes")
    assert (told.exit_code, f"Missing option '{left_out}'" in told.output) == (2, True)
    assert untouched(version, session)


@BOTH
@pytest.mark.parametrize(
    ("role", "scope"),
    [(Role.DECIDER, "origen-local"), (Role.EVALUATOR, "origen-local"), (Role.SCHEME_OWNER, "comercio-justo-local"), (None, "")],
    ids=["decider", "evaluator", "owner of another", "nobody"],
)
def test_who_does_not_answer_for_the_scheme_is_refused(
    run: Run, session: Session, version: SchemeVersion, verb: str, role: Role | None, scope: str
) -> None:
    other = makers.user("Otra Persona", email="otra@demo.tianguis.example")
    if role:
        makers.role(other, role, scope)
    told = run(*ending(verb, by="otra@demo.tianguis.example"), "--yes")
    assert (told.exit_code, told.output) == (1, "Error: You have no permission to do this.\n")
    assert untouched(version, session)


def test_an_operator_may_only_while_no_party_owns_the_scheme(run: Run, session: Session, version: SchemeVersion) -> None:
    makers.role(makers.user("Ofelia Opera", email="ofelia@demo.tianguis.example"), Role.OPERATOR)
    community = makers.party("Asamblea de Tejedoras del Valle")
    with unit_of_work():
        version.scheme.owner_id = community.id
    refused = run(*ending(by="ofelia@demo.tianguis.example"), "--yes")
    assert (refused.exit_code, refused.output) == (1, "Error: You have no permission to do this.\n")
    assert untouched(version, session)
    with unit_of_work():
        version.scheme.owner_id = None
    assert run(*ending(by="ofelia@demo.tianguis.example"), "--yes").exit_code == 0


def test_a_closed_account_ends_nothing(run: Run, session: Session, owner: User, version: SchemeVersion) -> None:
    with unit_of_work():
        owner.state = UserState.CLOSED
    told = run(*ending(), "--yes")
    assert (told.exit_code, told.output) == (1, f"Error: Nobody has an open account as {PETRA}.\n")
    assert untouched(version, session)


def test_a_log_that_cannot_be_told_ends_nothing_and_says_what_to_do(run: Run, session: Session, version: SchemeVersion) -> None:
    place().unlink()
    told = run(*ending(), "--yes")
    assert told.exit_code == 1
    assert told.output.splitlines()[-1].startswith("Error: log_outside_missing: The copy of the last checkpoint outside")
    assert untouched(version, session)


def test_a_registry_that_lacks_acts_ends_nothing(run: Run, session: Session, version: SchemeVersion) -> None:
    keep_outside(sign_checkpoint(Checkpoint("localhost/log", 900, b"x" * 32), signing_key().private).encode())
    told = run(*ending(), "--yes")
    assert (told.exit_code, "tianguis log reconcile" in told.output) == (1, True)
    assert untouched(version, session)


# What readers are told


def told_of(client: FlaskClient, made: Certificate) -> dict[str, object]:
    """Page, record, API and register, and what its credential with its lists says, of one label."""
    code, outsider = made.code, Outsider(client)
    rows = list(csv.DictReader(io.StringIO(client.get(f"/register.csv?q={code}").text)))
    lines = [json.loads(line) for line in client.get("/register.jsonl?state=SCHEME_LAPSED").text.splitlines()]
    record, api = client.get(f"/c/{code}", headers={"Accept": "application/json"}), client.get(f"/api/v1/certificates/{code}")
    return {
        "page": '<h1 class="word">Scheme lapsed</h1>' in client.get(f"/v/{code}?lang=en").text,
        "record": record.get_json()["state"],
        "API": api.get_json()["state"],
        "register": [row["state"] for row in rows],
        "search": code in {line["code"] for line in lines},
        "lists": outsider.check(code, NOW).state,
    }


def said(state: PublicState, lists: PublicState) -> dict[str, object]:
    over = state is P.SCHEME_LAPSED
    return {"page": over, "record": state, "API": state, "register": [state], "search": over, "lists": lists}


@BOTH
def test_after_it_every_label_of_the_scheme_is_over_at_once_and_no_other(
    run: Run, session: Session, client: FlaskClient, owner: User, verb: str
) -> None:
    by = makers.user("Celia Decide")
    one, two, lost = (makers.certified(by) for _ in range(3))
    other = makers.certified(by, key="comercio-justo-local", subject_kind="organization")
    with unit_of_work():
        withdraw(lost, WHY, by=by, at=NOW)
    tending.renew_lists(NOW)
    assert [told_of(client, made) for made in (one, two, other)] == [said(P.VALID, P.VALID)] * 3
    told = run(*ending(verb), "--yes")
    assert (told.exit_code, told.output) == (0, REACHES.format(many="2 valid labels") + ENDED)
    assert [told_of(client, made) for made in (one, two)] == [said(P.SCHEME_LAPSED, P.SUSPENDED)] * 2
    assert told_of(client, other) == said(P.VALID, P.VALID)
    assert told_of(client, lost) == said(P.WITHDRAWN, P.WITHDRAWN)
    assert "Este esquema terminó el 21 nov 2026." in client.get("/schemes/origen-local/1.0").text
    assert "Este esquema terminó" not in client.get("/schemes/comercio-justo-local/1.0").text
    assert list(fsck.check(NOW)) == []


def test_where_the_signer_is_away_it_is_over_all_the_same_and_the_operator_is_told_that_it_waits(
    run: Run, app: Flask, client: FlaskClient, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_path: str, **_named: float) -> int:
        raise ConnectionRefusedError

    with signing_apart(app, monkeypatch):
        made = makers.certified(makers.user("Celia Decide"))
        assert told_of(client, made)["API"] == P.VALID
        with monkeypatch.context() as gone:
            gone.setattr(asking, "ask", nobody)
            told = run(*ending(), "--yes")
            assert (told.exit_code, told.stderr.startswith("Error: not_signed: It is recorded, and the signer")) == (1, True)
            again = run(*ending(), "--yes")
        said_again = "Error: origen-local 1.0 ended already, on 2026-11-21 16:32:00 UTC.\n"
        assert (again.exit_code, again.output) == (1, said_again)
        found = told_of(client, made)
        assert {name: found[name] for name in ("page", "record", "API", "register", "search")} == {
            name: one for name, one in said(P.SCHEME_LAPSED, P.SUSPENDED).items() if name != "lists"
        }


# Installing them again


def test_installing_again_brings_no_ended_scheme_back_and_says_so(run: Run, session: Session, version: SchemeVersion) -> None:
    every = ["origen-local 1.0", "comercio-justo-local 1.0", "agroecologico-participativo 1.0"]
    assert run().output.splitlines() == every
    assert run(*ending(), "--yes").exit_code == 0
    told = run()
    assert (told.exit_code, told.output.splitlines()) == (0, ["origen-local 1.0 (lapsed)", *every[1:]])
    session.expire_all()
    assert version.state is SchemeVersionState.LAPSED

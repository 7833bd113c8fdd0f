"""What outsiders learn from credentials and lists, in each state, at once and never too late. Every surface: tests/marketplace/test_truth.py."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.accounts.models import Role
from certification.core import clock
from certification.core.db import unit_of_work
from certification.registry import tending
from certification.registry.acts import restore, suspend, withdraw
from certification.rules.verdict import PublicState
from certification.schemes import versions
from tests import makers
from tests.certification.registry.outsider import VC, VC_JWT, Outsider
from tests.certification.registry.truth import CASES, DAY, WHY, Case
from tests.conftest import NOW

P = PublicState
EACH = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


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
    by, outsider = makers.user("Celia Decide"), Outsider(client)
    made = makers.certified(by)
    tending.renew_lists(NOW)
    first = outsider.credential(made.code)
    assert outsider.openvc_accepts(first, NOW)
    makers.renewed(made, by, at=NOW, cause="scope")
    assert not outsider.openvc_accepts(first, NOW)
    newest = outsider.credential(made.code)
    assert newest["id"].endswith("/versions/2")
    assert outsider.openvc_accepts(newest, NOW)
    assert json.loads(outsider.get(first["id"]).text) == first
    assert {one["statusListIndex"] for one in newest["credentialStatus"]} != {
        one["statusListIndex"] for one in first["credentialStatus"]
    }

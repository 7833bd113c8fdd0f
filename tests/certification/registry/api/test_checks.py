"""What many codes cost that have no record: unknown ones, and lost ones, of which only the log tells."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from certification.core.db import db, unit_of_work
from certification.log.appending import append
from certification.log.models import LogLeaf
from certification.registry.lost import find_lost, grants_lost
from certification.rules.code import new_code
from certification.rules.leaves import Act, CertificateRef, LogAct, parse_leaf
from tests import makers
from tests.certification.registry.api.described import fits
from tests.conftest import NOW


@pytest.fixture
def granted(session: Session) -> Act:
    """The leaf of a label whose record is there."""
    makers.certified()
    return parse_leaf(session.scalars(select(LogLeaf.entry).where(LogLeaf.act == LogAct.GRANTED)).one())


def lose(granted: Act, count: int) -> list[str]:
    """Codes with a leaf and no record."""
    codes = [new_code() for _ in range(count)]
    with unit_of_work():
        for code in codes:
            append(replace(granted, certificate=CertificateRef(code, 1)))
    return codes


@pytest.mark.parametrize("more", [{}, {"as_of": "2026-06-01"}])
def test_a_hundred_codes_without_a_record_cost_what_two_do(client: FlaskClient, granted: Act, more: dict[str, str]) -> None:
    lost, unknown = lose(granted, 50), [new_code() for _ in range(50)]
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda _c, _cur, sql, *_rest: asked.append(" ".join(sql.split())))
    costs = []
    for many in (1, 50):
        asked.clear()
        answer = client.post("/api/v1/verify", json={"codes": [*lost[:many], *unknown[:many]], **more})
        reasons = [one["reason"] for one in fits(answer)["results"]]
        assert reasons == ["record_lost"] * many + ["unknown_code"] * many
        costs.append([sum(f"FROM {table} " in sql for sql in asked) for table in ("log_leaves", "certificates")])
    assert costs[0] == costs[1] == [1, 1]


def test_those_without_a_record_are_told_as_each_alone(granted: Act) -> None:
    lost, unknown = lose(granted, 3), new_code()
    recorded = granted.certificate.code if granted.certificate else ""
    found = grants_lost({*lost, unknown, recorded})
    assert found == dict.fromkeys(lost, granted.at)
    for code in (*lost, unknown, recorded):
        alone = find_lost(code, NOW)
        assert (alone and alone.granted_at) == found.get(code)

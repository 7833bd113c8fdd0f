"""Register, API, record and page say the same thing by the same name, of now and of the past."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from certification.core import clock
from certification.core.db import db
from certification.registry.logged import ActLeaf
from certification.registry.models import RecordedAct
from tests import makers
from tests.certification.registry.api.described import fits
from tests.certification.registry.lives import AFTER, DAY, NEWER_AT, RENEWED_AT, SCOPE_AT, VISIT_AT, lived

MOMENTS = (
    makers.THEN + DAY,
    SCOPE_AT + DAY,
    VISIT_AT + timedelta(hours=1),
    VISIT_AT + 3 * DAY,
    NEWER_AT + DAY,
    RENEWED_AT + timedelta(hours=1),
    RENEWED_AT + 5 * DAY,
    None,
)


def rows(client: FlaskClient, at: datetime | None) -> dict[str, dict[str, Any]]:
    asked = {"on": at.isoformat()} if at else {}
    return {one["code"]: one for one in client.get("/register.json", query_string=asked).get_json()["certificates"]}


def told(client: FlaskClient, code: str, at: datetime | None) -> dict[str, Any]:
    asked = {"as_of": at.isoformat()} if at else {}
    found: dict[str, Any] = fits(client.get(f"/api/v1/certificates/{code}", query_string=asked))
    return found


def last_leaf(code: str, at: datetime) -> int | None:
    """Straight from the tables: the leaf of the last act until an instant."""
    found = (
        select(ActLeaf.leaf_index)
        .join(RecordedAct, RecordedAct.id == ActLeaf.act_id)
        .where(RecordedAct.certificate.has(code=code), RecordedAct.at <= at)
        .order_by(RecordedAct.id.desc())
    )
    return db.session.scalars(found).first()


def test_register_and_api_name_the_same_version_term_and_place_in_the_log(session: Session, client: FlaskClient) -> None:
    codes = [one.code for one in lived(makers.user("Celia Decide"))]
    seen = set()
    with clock.standing_at(AFTER):
        for at in MOMENTS:
            register = rows(client, at)
            for code in codes:
                said, row = told(client, code, at), register[code]
                assert said["log_index"] == row["log_index"] == last_leaf(code, at or AFTER), (at, code)
                assert (said["version"], said["state"]) == (row["version"], row["state"])
                assert (said["term"]["first_day"], said["term"]["last_day"]) == (row["valid_from"], row["last_day"])
                assert (said["label"]["scheme"], said["label"]["version"]) == (row["scheme"], row["scheme_version"])
                seen.add((row["version"], row["last_act"], row["log_index"]))
    assert len(seen) > 10  # they did change


def test_the_record_s_acts_lie_where_the_register_says(session: Session, client: FlaskClient) -> None:
    codes = [one.code for one in lived(makers.user("Celia Decide"))]
    with clock.standing_at(AFTER):
        register = rows(client, None)
        for code in codes:
            record = client.get(f"/c/{code}", headers={"Accept": "application/json"}).get_json()
            assert record["acts"][-1]["log_index"] == register[code]["log_index"]
            assert record["versions"][-1]["number"] == register[code]["version"]
            first = min(one["valid_from"] for one in record["versions"])
            assert register[code]["valid_from"] == first  # no gap between these


@pytest.mark.parametrize("name", ["log_index", "version"])
def test_openapi_says_what_a_name_means_and_the_same_of_both(client: FlaskClient, name: str) -> None:
    schemas = client.get("/api/v1/openapi.json").get_json()["components"]["schemas"]
    meant = [schemas[schema]["properties"][name] for schema in ("Certificate", "Found", "RegisterRow")]
    assert meant == [meant[0]] * 3
    assert "moment asked for" in meant[0]["description"]


def test_openapi_says_whose_first_day_it_is(client: FlaskClient) -> None:
    schemas = client.get("/api/v1/openapi.json").get_json()["components"]["schemas"]
    row, term = schemas["RegisterRow"]["properties"]["valid_from"], schemas["Term"]["properties"]["first_day"]
    assert row["description"] in term["description"]

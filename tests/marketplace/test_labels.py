from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from certification.core.db import db, unit_of_work
from certification.registry import recorded
from marketplace import labels
from marketplace.labels import Mode, badges_for, held_by, labelled
from tests import makers


def worn(ref: str, at: datetime) -> list[str]:
    return [badge.scheme for badge in badges_for([ref], [], at).get(ref, [])]


def test_goods_in_scope_wear_the_label_with_its_words(session: Session, at: datetime) -> None:
    made = makers.certificate(subject_refs=("prod1", "prod2"))
    badge = badges_for(["prod1", "other"], [], at)["prod1"][0]
    assert (badge.code, badge.scheme, badge.mode, badge.wordings.es) == (
        made.code,
        "origen-local",
        Mode.BADGE_IN_SCOPE,
        "Origen local, hecho a mano",
    )
    assert (badge.weave, badge.verify_path) == (f"/weave/{made.code}.svg", f"/v/{made.code}")
    assert "other" not in badges_for(["prod1", "other"], [], at)


def test_an_organizations_label_is_a_statement_about_its_holder_only(session: Session, at: datetime) -> None:
    holder = makers.party()
    makers.certificate(
        holder,
        makers.scheme_version("comercio-justo-local"),
        subject_kind="workshop",
        label_class="cumple",
        subject_refs=("prod1",),
    )
    found = badges_for(["prod1"], [holder.public_id], at)
    assert list(found) == [holder.public_id]
    assert found[holder.public_id][0].mode is Mode.HOLDER_STATEMENT
    assert db.session.execute(select(labelled(at))).all() == []


def test_a_goods_label_says_nothing_about_other_goods_of_its_holder(session: Session, at: datetime) -> None:
    holder = makers.party()
    makers.certificate(holder, subject_refs=("prod1",))
    assert badges_for([], [holder.public_id], at) == {}


def test_a_class_on_the_way_has_its_own_words(session: Session, at: datetime) -> None:
    makers.certificate(
        version=makers.scheme_version("agroecologico-participativo"), label_class="en_transicion", subject_refs=("cafe",)
    )
    assert badges_for(["cafe"], [], at)["cafe"][0].wordings.es == "Agroecológico en transición"


LATE = timedelta(days=30)


@pytest.mark.parametrize(
    "change",
    [
        {"suspended_at": makers.THEN + LATE, "suspension_until": makers.THEN + 3 * LATE},
        {"withdrawn_at": makers.THEN + LATE},
        {"surrendered_at": makers.THEN + LATE},
        {"superseded_at": makers.THEN + LATE, "successor": "7QK4M2XD9FC"},
        {"valid_until": makers.THEN + LATE},
        {"surveillance_due": makers.THEN, "grace_ends": makers.THEN + LATE},
    ],
)
def test_a_label_comes_off_at_the_very_instant(session: Session, change: dict[str, Any]) -> None:
    makers.certificate(subject_refs=("prod1",), **change)
    lost = makers.THEN + LATE
    assert worn("prod1", lost - timedelta(microseconds=1)) == ["origen-local"]
    assert worn("prod1", lost) == []
    assert len(db.session.execute(select(labelled(lost - timedelta(microseconds=1)))).all()) == 1
    assert db.session.execute(select(labelled(lost))).all() == []


def test_a_label_comes_off_when_its_legal_mark_ends(session: Session, at: datetime) -> None:
    version = makers.scheme_version()
    makers.certificate(version=version, subject_refs=("prod1",))
    with unit_of_work():
        version.mark, version.mark_ends_on = "Marca colectiva de muestra", date(2026, 11, 20)
    assert worn("prod1", datetime.fromisoformat("2026-11-21T05:59:59+00:00")) == ["origen-local"]
    assert worn("prod1", datetime.fromisoformat("2026-11-21T06:00:00+00:00")) == []
    assert db.session.execute(select(labelled(at))).all() == []


def test_a_page_of_cards_costs_two_queries(session: Session, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "lags", lambda: False)  # looked at once a second, and in tests each time
    monkeypatch.setattr(
        recorded, "signed_size", lambda _leaf, _read, _app: 1000
    )  # known until a leaf lies beyond, in tests never
    holder = makers.party()
    makers.certificate(holder, subject_refs=tuple(f"prod{number}" for number in range(24)))
    badges_for(["prod0"], [holder.public_id], at)
    asked: list[str] = []

    def count(*told: Any) -> None:
        asked.append(told[2])

    event.listen(db.engine, "before_cursor_execute", count)
    found = badges_for([f"prod{number}" for number in range(24)], [holder.public_id], at)
    event.remove(db.engine, "before_cursor_execute", count)
    assert (len(found), len(asked)) == (24, 2)  # labels, and what was recorded of them


def test_nothing_to_ask_asks_nothing(session: Session, at: datetime) -> None:
    assert badges_for([], [], at) == {}


def test_the_last_day_is_the_last_that_belongs_to_the_term_in_the_schemes_zone(session: Session) -> None:
    made = makers.certificate(subject_refs=("prod1",), valid_until=datetime(2027, 11, 21, 6, tzinfo=UTC))
    badge = badges_for(["prod1"], [], makers.THEN)["prod1"][0]
    assert (badge.last_day, held_by([made.holder_ref], makers.THEN)[0].last_day) == (date(2027, 11, 20), date(2027, 11, 20))

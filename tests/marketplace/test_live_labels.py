"""The prepared reading of live labels gives what the plain one gives, in every state and at every instant."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from certification.core.db import db
from certification.core.quick import connected
from marketplace.labels import Badge, badges_for
from marketplace.live_labels import LiveLabels
from tests import makers


@pytest.fixture
def ask(app: Flask, session: Session) -> Any:
    quick = LiveLabels(app, db.engine)

    def found(refs: list[str], holder: str | None, at: datetime) -> dict[str, list[Badge]]:
        db.session.rollback()
        with connected(db.engine) as connection:
            return quick.find(connection, refs, holder, at)

    return found


def test_both_ways_agree_on_goods_and_holders_at_every_instant(ask: Any, at: datetime) -> None:
    holder, fair = makers.party(), makers.scheme_version("comercio-justo-local")
    changes: list[dict[str, Any]] = [
        {},
        {"withdrawn_at": at},
        {"suspended_at": at, "suspension_until": at + timedelta(days=90)},
        {"surrendered_at": at},
        {"valid_from": at + timedelta(days=1)},
        {"valid_until": at},
        {"surveillance_due": at - timedelta(days=30), "grace_ends": at},
    ]
    for number, change in enumerate(changes):
        makers.certificate(holder, subject_refs=(f"prod{number}", "all"), **change)
        makers.certificate(holder, fair, subject_kind="workshop", label_class="cumple", **change)
    refs = [f"prod{number}" for number in range(5)] + ["all"]
    for instant in (at - timedelta(days=400), at - timedelta(seconds=1), at, at + timedelta(days=1), at + timedelta(days=1000)):
        for chosen in (refs, ["prod5", "prod6"], ["nobody"], []):
            for whose in (holder.public_id, "nobody", None):
                plain = badges_for(chosen, [whose] if whose else [], instant)
                assert ask(chosen, whose, instant) == plain
    assert len(ask(["all"], None, at)["all"]) == 1
    assert len(ask(["all"], None, at - timedelta(seconds=1))["all"]) == 6

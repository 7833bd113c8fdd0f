"""What the signer asks of status lists: no bit of a scheme that ended is cleared, whatever the rows say now, nor left out by a row
of the scheme itself."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from certification.accounts.models import Role
from certification.core.db import db, unit_of_work
from certification.log import asking
from certification.registry.models import Certificate, StatusList
from certification.rules.errors import NotConfirmed
from certification.rules.verdict import PublicState
from certification.rules.workflow import SchemeVersionState
from certification.schemes.models import SchemeVersion
from certification.schemes.versions import lapse, withdraw
from tests import makers
from tests.certification.log.acts import behind_our_back
from tests.certification.log.signers import Answers
from tests.certification.log.test_signer import LATER, answered, refused, signed_size
from tests.certification.log.test_signer import apart as apart  # noqa: PLC0414 - a fixture
from tests.certification.registry.outsider import Outsider
from tests.conftest import NOW

Harm = Callable[[Session], None]


def the_end_forgotten(session: Session) -> None:
    session.execute(update(SchemeVersion).values(lapsed_at=None, state=SchemeVersionState.ACTIVE))


def end_unsaid(session: Session) -> None:
    session.execute(update(SchemeVersion).values(lapsed_at=None))


def the_end_later(session: Session) -> None:
    session.execute(update(SchemeVersion).where(SchemeVersion.lapsed_at.is_not(None)).values(lapsed_at=LATER))


def under_another_scheme(session: Session) -> None:
    other = session.scalars(select(SchemeVersion.id).where(SchemeVersion.lapsed_at.is_(None))).first()
    session.execute(update(Certificate).values(scheme_version_id=other))


def another_text(session: Session) -> None:
    ended = update(SchemeVersion).where(SchemeVersion.lapsed_at.is_not(None))
    session.execute(ended.values(state=SchemeVersionState.DRAFT, activated_at=None, lapsed_at=None, digest="0" * 64))


def ended(end: Callable[..., None]) -> Certificate:
    made, owner = makers.certified(), makers.user("Petra Nube")
    makers.role(owner, Role.SCHEME_OWNER, made.scheme_version.scheme.key)
    with unit_of_work():
        end(made.scheme_version, by=owner, at=NOW, reason="Se acabó.")
    return made


@pytest.mark.parametrize("end", [lapse, withdraw])
@pytest.mark.parametrize("harm", [end_unsaid, the_end_forgotten, the_end_later, under_another_scheme, another_text])
def test_no_bit_of_a_scheme_that_ended_is_cleared(
    apart: Answers, app: Flask, session: Session, client: FlaskClient, end: Callable[..., None], harm: Harm
) -> None:
    """Whatever rows say now, the leaves tell of its end. The control: the rows as they were are signed again."""
    made, outsider = ended(end), Outsider(client)
    assert (apart[-1], outsider.check(made.code, NOW).state) == (b"signed 6", PublicState.SUSPENDED)
    with behind_our_back():
        session.execute(update(StatusList).values(waits_since=NOW))
    assert answered(app) == b"signed 6"
    with behind_our_back():
        harm(session)
        session.execute(update(StatusList).values(waits_since=NOW))
    refused(app, "document_changed")
    assert outsider.check(made.code, NOW).state is PublicState.SUSPENDED


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (end_unsaid, "document_changed"),
        (the_end_later, "document_changed"),
        (the_end_forgotten, "log_unrecorded"),
        (another_text, "log_unrecorded"),
    ],
)
def test_no_list_that_never_told_of_the_end_of_a_scheme_is_signed_without_it(
    apart: Answers, app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch, harm: Harm, code: str
) -> None:
    """The same before its bits were set at all: the act is recorded, and the row is changed before the signer looks."""
    made, owner = makers.certified(), makers.user("Petra Nube")
    makers.role(owner, Role.SCHEME_OWNER, made.scheme_version.scheme.key)

    def nobody(_path: str, **_named: float) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as away:
        away.setattr(asking, "ask", nobody)
        with pytest.raises(NotConfirmed), unit_of_work():
            lapse(made.scheme_version, by=owner, at=NOW, reason="Se acabó.")
    with behind_our_back():
        harm(session)
    refused(app, code)
    assert signed_size() == 5


def test_what_that_costs_does_not_grow_with_labels(apart: Answers, app: Flask, session: Session) -> None:
    counts = []
    for many in (1, 5):
        for _ in range(many):
            makers.certified()
        with behind_our_back():
            session.execute(update(StatusList).values(waits_since=NOW))
        asked: list[str] = []

        def count(*given: object, into: list[str] = asked) -> None:
            into.append(str(given[2]))

        event.listen(db.engine, "before_cursor_execute", count)
        assert answered(app).startswith(b"signed")
        event.remove(db.engine, "before_cursor_execute", count)
        counts.append(len(asked))
    assert counts[1] <= counts[0]

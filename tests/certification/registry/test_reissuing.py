"""A label whose key fell into other hands is signed anew by its committee: the same words and days, and everybody believes it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from certification.applications.models import Capacity, Evaluation
from certification.audit.models import AuditEntry
from certification.core import clock
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage
from certification.log import asking, rotating, signing
from certification.log.keys import signing_key
from certification.log.reading import head, of_certificate
from certification.outside.auditing import audit
from certification.outside.memory import Memory
from certification.outside.monitor import Asked, Monitor
from certification.outside.sources import Folder
from certification.outside.verify import verify
from certification.parties.models import Tie
from certification.registry import fsck
from certification.registry.commitments import Disclosure
from certification.registry.exporting import export
from certification.registry.models import Certificate, VersionCredential
from certification.registry.recorded import recorded_of
from certification.registry.records import is_sound
from certification.registry.reissuing import is_doubted, reissue, require_doubted
from certification.registry.renewals import ways
from certification.registry.weighing import standing
from certification.rules.canonical import digest
from certification.rules.errors import EvaluatorDecides, Forbidden, IllegalMove, NotConfirmed, TieBars
from certification.rules.leaves import LogAct
from certification.rules.signing import Keypair, sign
from certification.rules.verdict import PublicState, Reason
from certification.schemes.versions import lapse
from tests import makers
from tests.certification.log.signers import keys_put_back, signing_apart
from tests.certification.registry.truth import acted, paused, taken
from tests.conftest import NOW
from tests.mutations import with_no_guard
from tests.wsgi_source import WsgiSource

P = PublicState
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LATER = NOW + 2 * MINUTE
SAME = ("holder_name", "goods", "label_class", "valid_from", "valid_until", "surveillance_due", "grace_ends", "scheme_version_id")
Browser = Callable[[User], FlaskClient]


@pytest.fixture(autouse=True)
def own_keys(app: Flask) -> Iterator[None]:
    with keys_put_back(app):
        yield


def doubted(made: Certificate) -> Certificate:
    """Its key fell into other hands before it was granted."""
    place = recorded_of([made])[made.id].leaves[0].place
    rotating.compromise(str(made.versions[0].kid), place, now=lambda: NOW)
    db.session.expire_all()
    return made


def anew(made: Certificate, by: User) -> None:
    with unit_of_work():
        reissue(made, by=by, at=LATER)


def refused(made: Certificate, by: User, code: str) -> None:
    before = len(made.versions)
    with pytest.raises(IllegalMove) as why, unit_of_work():
        reissue(made, by=by, at=LATER)
    db.session.expire_all()
    assert (why.value.code, len(made.versions), is_doubted(made, LATER)) == (code, before, False)


def test_the_same_words_and_days_stand_under_the_key_that_signs_now(
    app: Flask, made: Certificate, decider: User, tmp_path: Path
) -> None:
    doubted(made)
    assert standing(made, LATER).reason is Reason.COMPROMISED_KEY
    before = {name: getattr(made, name) for name in SAME}
    anew(made, decider)
    assert standing(made, LATER + DAY).state is P.VALID
    assert {name: getattr(made, name) for name in SAME} == before
    first, second = (dict(one.statement) for one in made.versions)
    assert {name for name in second if second[name] != first[name]} == {"certificate"}
    assert made.versions[1].kid != made.versions[0].kid
    assert (is_sound(made, LATER + DAY), list(fsck.check(LATER + MINUTE))) == (True, [])
    with clock.standing_at(LATER + MINUTE):
        export(tmp_path / "export", at=LATER + MINUTE)
        assert audit(Folder(tmp_path / "export"), now=LATER + MINUTE).faults == []
        found = verify(made.code, now=LATER + MINUTE, export=tmp_path / "export", demonstration=True).attested
    assert (found.state, found.version) == (P.VALID, 2)


def test_a_signer_signs_it_and_a_monitor_finds_all_well(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    with signing_apart(app, monkeypatch) as answers:
        by = makers.user("Celia Decide")
        made = doubted(makers.certified(by))
        before = head().size
        with clock.standing_at(LATER):
            anew(made, by)
        assert answers[-1] == b"signed %d" % (before + 1)
        with clock.standing_at(LATER + MINUTE):
            db.session.rollback()
            report = Monitor(WsgiSource(app.test_client()), Memory(), Asked(), clock.now, lambda _seconds: None).look()
    assert (report.exit_code, report.faults) == (0, ())
    assert any(f"/c/{made.code}/versions/1 is by a key that was compromised" in one for one in report.warnings)


def test_it_is_an_act_with_its_leaf_its_entry_in_the_audit_and_a_mail(made: Certificate, holder: User, decider: User) -> None:
    anew(doubted(made), decider)
    act, told = made.acts[-1], of_certificate(made.code)[-1].act
    assert (act.kind.value, act.details["cause"], act.details["version"], act.by_id) == ("renewed", "key", 2, decider.id)
    assert (told.act, told.certificate and told.certificate.version) == (LogAct.RENEWED, 2)
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.act, entry.by_id, entry.details["cause"]) == ("certificate.renew", decider.id, "key")
    mails = db.session.scalars(select(OutboxMessage).where(OutboxMessage.name == "certificate-renewed")).all()
    assert ["firmó otra vez" in f"{one.subject}{one.text}" for one in mails] == [True, True]  # who asked for it, and the holder


def test_a_pause_stays_and_the_early_renewal_is_still_to_come(session: Session, decider: User) -> None:
    made = doubted(acted(paused)(decider))
    opens = ways(made, LATER)
    anew(made, decider)
    assert standing(made, LATER).reason is Reason.SUSPENDED_BY_ACT
    after = ways(made, LATER)
    assert opens is not None
    assert after is not None
    assert (after.opens_on, after.may_renew) == (opens.opens_on, False)


def test_what_is_in_no_doubt_is_not_signed_anew(made: Certificate, decider: User) -> None:
    """The control: another key fell into other hands, or from a later entry on, or it was done already."""
    refused(made, decider, "key_counts")
    rotating.compromise(str(made.versions[0].kid), recorded_of([made])[made.id].leaves[0].place + 1, now=lambda: NOW)
    db.session.expire_all()
    refused(made, decider, "key_counts")


def test_twice_is_once(made: Certificate, decider: User) -> None:
    anew(doubted(made), decider)
    refused(made, decider, "key_counts")


def test_a_label_that_is_lost_or_over_stays_so(session: Session, decider: User) -> None:
    lost, owner = doubted(acted(taken)(decider)), makers.user("Petra Nube")
    refused(lost, decider, "not_renewable")
    made = doubted(makers.certified(decider))
    assert is_doubted(made, made.valid_until - MINUTE)
    assert not is_doubted(made, made.valid_until)
    makers.role(owner, Role.SCHEME_OWNER, made.scheme_version.scheme.key)
    with unit_of_work():
        lapse(made.scheme_version, by=owner, at=NOW + MINUTE, reason="Venció la marca.")
    refused(made, decider, "scheme_lapsed")


def test_what_the_thief_put_in_its_place_is_not_signed_anew(made: Certificate, decider: User) -> None:
    """Other goods under a true signature of the stolen key: the leaf names another document."""
    old = signing_key()
    doubted(made)
    with with_no_guard():
        version = made.versions[0]
        version.statement = {**version.statement, "subject": {**version.statement["subject"], "goods": ["Otra cosa"]}}
        version.signature = sign(version.statement, old).signature
        db.session.flush()
        assert not is_doubted(made, LATER)
        with pytest.raises(IllegalMove) as why:
            require_doubted(made, LATER)
        assert why.value.code == "version_damaged"
        db.session.rollback()


def without_credential(made: Certificate, old: Keypair) -> None:
    """Other goods under the stolen key, and nothing left beside that a leaf could be held against."""
    version = made.versions[0]
    version.statement = {**version.statement, "subject": {**version.statement["subject"], "goods": ["Otra cosa"]}}
    version.signature = sign(version.statement, old).signature
    db.session.execute(update(VersionCredential).values(proof=None, token=None))


def under_another_scheme(made: Certificate, _old: Keypair) -> None:
    made.scheme_version_id = makers.scheme_version("comercio-justo-local").id


def with_another_maker(made: Certificate, _old: Keypair) -> None:
    """Names are committed to by the version whose number the page tells."""
    page = made.page
    maker = {"name": "Nadie Firmó", "salt": "x" * 22}
    made.page = page | {"proof": page["proof"] | {"number": 0}, "makers": [*page["makers"], maker]}


def with_another_maker_signed(made: Certificate, old: Keypair) -> None:
    """Committed to in a statement under the stolen key, and no credential that would miss it."""
    version, page = made.versions[0], made.page
    name = Disclosure("Nadie Firmó", "x" * 22)
    personal = version.statement["personal"]
    version.statement = {**version.statement, "personal": {**personal, "makers": [*personal["makers"], name.commitment]}}
    version.signature = sign(version.statement, old).signature
    made.page = page | {"makers": [*page["makers"], {"name": name.name, "salt": name.salt}]}
    db.session.execute(update(VersionCredential).values(proof=None, token=None))


def under_an_altered_text(made: Certificate, _old: Keypair) -> None:
    scheme = made.scheme_version
    scheme.document = scheme.document | {"purpose": {"es": "Otra cosa", "en": "Something else"}}
    scheme.digest = digest(scheme.document)


def under_a_text_that_cannot_be_read(made: Certificate, _old: Keypair) -> None:
    made.scheme_version.document = {}


@pytest.mark.parametrize(
    "harm",
    [
        without_credential,
        under_another_scheme,
        with_another_maker,
        with_another_maker_signed,
        under_an_altered_text,
        under_a_text_that_cannot_be_read,
    ],
)
def test_what_no_leaf_names_is_not_signed_anew(
    made: Certificate, decider: User, harm: Callable[[Certificate, Keypair], None]
) -> None:
    old = signing_key()
    doubted(made)
    assert is_doubted(made, LATER)
    with with_no_guard():
        harm(made, old)
        db.session.flush()
        db.session.expire_all()
        with pytest.raises(IllegalMove) as why:
            require_doubted(made, LATER)
        assert why.value.code == "version_damaged"
        db.session.rollback()


def test_until_the_signer_signed_it_nobody_calls_it_valid(
    app: Flask, session: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with signing_apart(app, monkeypatch):
        by = makers.user("Celia Decide")
        made = doubted(makers.certified(by))
        code = made.code
        with monkeypatch.context() as away, clock.standing_at(LATER):
            away.setattr(asking, "ask", nobody)
            with pytest.raises(NotConfirmed):
                anew(made, by)
            db.session.expire_all()
            assert standing(made, LATER).reason is Reason.NOT_SIGNED_YET
            db.session.rollback()
            assert client.get(f"/v/{code}").status_code == 503
            report = Monitor(WsgiSource(app.test_client()), Memory(), Asked(), clock.now, lambda _seconds: None).look()
            assert report.faults == ()
        with clock.standing_at(LATER):
            signing.mend()
            db.session.expire_all()
            assert standing(made, LATER).state is P.VALID


def nobody(_path: str, **_named: float) -> int:
    raise ConnectionRefusedError


def test_only_untied_members_of_the_committee_who_did_not_evaluate(session: Session, made: Certificate, decider: User) -> None:
    doubted(made)
    tied, evaluator, operator = (makers.user(name) for name in ("Tomás Atado", "Eva Evalúa", "Otilia Opera"))
    for one in (tied, evaluator, operator):
        makers.role(one, Role.DECIDER, "origen-local")
    makers.role(operator, Role.OPERATOR)
    told = {"kind": "trading_partner", "declared_by_id": tied.id, "declared_at": makers.THEN}
    seat = {"evaluator_id": evaluator.id, "capacity": Capacity.PEER, "assigned_at": makers.THEN}
    makers.save(Tie(user_id=tied.id, party_id=made.holder_id, **told), Evaluation(application_id=made.application_id, **seat))
    db.session.expire_all()
    for who, refusal in ((tied, TieBars), (evaluator, EvaluatorDecides), (operator, Forbidden), (makers.user(), Forbidden)):
        with pytest.raises(refusal), unit_of_work():
            reissue(made, by=who, at=LATER)
    assert is_doubted(made, LATER)
    anew(made, decider)  # the control


def test_the_page_asks_and_then_it_is_shown_to_all(
    made: Certificate, holder: User, decider: User, client: FlaskClient, client_of: Browser
) -> None:
    path, browser = f"/c/{made.code}/act/reissue", client_of(decider)
    with clock.standing_at(NOW):
        assert path not in browser.get(f"/c/{made.code}").text
        assert browser.get(path).status_code == browser.post(path).status_code == 409
        doubted(made)
    with clock.standing_at(LATER):
        assert path in browser.get(f"/c/{made.code}").text
        assert path not in client_of(holder).get(f"/c/{made.code}").text
        assert (client_of(holder).get(path).status_code, client.get(path).status_code) == (403, 303)
        asked = browser.get(path)
        assert (asked.status_code, "¿Firmar otra vez este sello?" in asked.text, made.goods in asked.text) == (200, True, True)
        done = browser.post(path)
        assert (done.status_code, done.location) == (303, f"/c/{made.code}")
        told = client.get(f"/c/{made.code}").text, client.get(f"/v/{made.code}").text
        feed = client.get(f"/c/{made.code}/feed.atom").text
        again = browser.post(path)
    assert ["Se firmó otra vez" in one for one in told] == [True, True]
    assert "Se firmó otra vez" in feed
    assert (again.status_code, "no está en duda" in again.text) == (409, True)

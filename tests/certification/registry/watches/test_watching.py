"""One mail for each change and watch; nothing is learned of an address; nothing stays of who leaves."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from certification.accounts.retention import sweep
from certification.accounts.throttle import TooManyAttempts
from certification.audit.models import AuditEntry
from certification.core import outbox
from certification.core.db import db, unit_of_work
from certification.core.outbox import OutboxMessage, deliver_due
from certification.registry.models import Certificate, RecordedAct
from certification.registry.watches import watching
from certification.registry.watches.links import Link, find, key_of, regret, regretted
from certification.registry.watches.models import Watch
from certification.rules.workflow import CertificateAct
from tests import makers
from tests.certification.registry.watches.watched import ANA, HERE, mails, watches
from tests.certification.registry.watches.watched import label as label  # noqa: PLC0414 - a fixture
from tests.certification.registry.watches.watched import watch as watch  # noqa: PLC0414 - a fixture

DAY = timedelta(days=1)


def change(certificate: Certificate, **columns: Any) -> None:
    with unit_of_work():
        for name, value in columns.items():
            setattr(certificate, name, value)


def ask(certificate: Certificate, at: datetime, email: str = ANA, lang: str = "es") -> None:
    with unit_of_work():
        watching.ask(certificate, email, lang, by=None, at=at, visit=HERE)


def names(to: str = ANA) -> list[str]:
    return [one.name for one in mails(to)]


def test_asking_writes_to_the_address_and_keeps_no_key(label: Certificate, at: datetime) -> None:
    ask(label, at)
    (mail,) = mails()
    (made,) = watches()
    assert (mail.name, made.confirmed_at, made.told_state) == ("watch-confirm", None, None)
    for link in Link:
        key = key_of(made, link)
        assert key in mail.text
        assert key in (mail.html or "")
        assert key not in {str(value) for value in vars(made).values()}
    assert find(Link.CONFIRM, made.public_id, key_of(made, Link.LEAVE)) is None
    assert find(Link.LEAVE, made.public_id, key_of(made, Link.LEAVE)) is made


def test_nobody_is_told_before_confirming(label: Certificate, at: datetime) -> None:
    ask(label, at)
    change(label, withdrawn_at=at)
    assert (watching.tell_changes(at), names()) == (0, ["watch-confirm"])


def test_a_link_works_for_two_days(label: Certificate, at: datetime) -> None:
    ask(label, at)
    (made,) = watches()
    with pytest.raises(watching.LinkTooOld), unit_of_work():
        watching.confirm(made, at=at + 2 * DAY)
    with unit_of_work():
        watching.confirm(made, at=at + 2 * DAY - timedelta(seconds=1))
    assert watches()[0].told_state == "VALID"


def test_asking_again_ends_the_earlier_link(label: Certificate, at: datetime) -> None:
    ask(label, at)
    (made,) = watches()
    before = key_of(made, Link.CONFIRM)
    ask(label, at + timedelta(minutes=1), lang="en")
    (made,) = watches()
    assert (find(Link.CONFIRM, made.public_id, before), made.language) == (None, "en")


def test_who_watches_already_is_told_so_by_mail_alone(watch: Watch, at: datetime) -> None:
    ask(watch.certificate, at)
    assert names() == ["watch-already"]
    assert len(watches()) == 1


def test_a_change_is_told_once(watch: Watch, at: datetime) -> None:
    change(watch.certificate, suspended_at=at, suspension_until=at + 30 * DAY)
    assert [watching.tell_changes(at) for _ in range(3)] == [1, 0, 0]
    (mail,) = mails()
    assert "En pausa" in mail.subject
    assert "Antes: Vigente. Ahora: En pausa, desde el 21 nov 2026." in mail.text
    assert "Hoy no vale. Puede volver a valer si se arregla a más tardar el 21 dic 2026." in mail.text
    change(watch.certificate, suspended_at=None, suspension_until=None)
    assert [watching.tell_changes(at + DAY), watching.tell_changes(at + DAY)] == [1, 0]
    assert "Ahora: Vigente, desde el " in mails()[1].text


@pytest.mark.parametrize(
    ("columns", "days", "state"),
    [
        ({"valid_until": 3}, 3, "EXPIRED"),
        ({"surveillance_due": 1, "grace_ends": 3}, 3, "SUSPENDED"),
    ],
)
def test_dates_alone_are_told(watch: Watch, at: datetime, columns: dict[str, int], days: int, state: str) -> None:
    change(watch.certificate, **{name: at + number * DAY for name, number in columns.items()})
    assert watching.tell_changes(at + days * DAY - timedelta(seconds=1)) == 0
    assert watching.tell_changes(at + days * DAY) == 1
    assert watches()[0].told_state == state


def test_the_end_of_a_scheme_reaches_every_watch(watch: Watch, at: datetime) -> None:
    ask(watch.certificate, at, "otra@example.org", "en")
    with unit_of_work():
        watching.confirm(watches()[1], at=at)
        watch.certificate.scheme_version.lapsed_at = at
    assert watching.tell_changes(at) == 2
    assert [mails(to)[-1].name for to in (ANA, "otra@example.org")] == ["watch-changed", "watch-changed"]
    assert "Now: Scheme lapsed, since Nov 21, 2026." in mails("otra@example.org")[-1].text


def test_what_fails_in_between_leaves_neither_mail_nor_mark(watch: Watch, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    change(watch.certificate, withdrawn_at=at)
    told = watching._tell

    def killed(*given: Any) -> bool:
        told(*given)
        raise RuntimeError("the process ends here")

    monkeypatch.setattr(watching, "_tell", killed)
    assert watching.tell_changes(at) == 0
    assert (names(), watches()[0].told_state) == ([], "VALID")
    monkeypatch.undo()
    assert watching.tell_changes(at) == 1
    assert names() == ["watch-changed"]


def test_one_that_fails_stops_no_other(watch: Watch, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(watch.certificate, at, "otra@example.org")
    with unit_of_work():
        watching.confirm(watches()[1], at=at)
    change(watch.certificate, withdrawn_at=at)
    sent = outbox.send

    def broken(to: str, name: str, **values: Any) -> None:
        if to == ANA:
            raise RuntimeError("no such words")
        sent(to, name, **values)

    monkeypatch.setattr(watching, "send", broken)
    assert watching.tell_changes(at) == 1
    assert (names(), names("otra@example.org")[-1]) == ([], "watch-changed")


def test_a_label_lost_for_good_is_not_watched(label: Certificate, at: datetime) -> None:
    change(label, withdrawn_at=at)
    with pytest.raises(watching.Over):
        ask(label, at)
    assert (watches(), mails()) == ([], [])


def test_nobody_bombards_a_stranger(label: Certificate, at: datetime) -> None:
    for minutes in range(watching.MOST_MAILS + 3):
        ask(label, at + timedelta(minutes=minutes))
    assert len(mails()) == watching.MOST_MAILS
    ask(label, at + 2 * DAY)
    assert len(mails()) == watching.MOST_MAILS + 1


def test_variants_of_one_mailbox_share_its_limit_and_get_their_mail_as_typed(label: Certificate, at: datetime) -> None:
    variants = [ANA, "ANA@Example.org", "ana+1@example.org", "Ana+2@example.org", "ana+3@example.org", "ana+4+x@EXAMPLE.org"]
    for one in variants:
        ask(label, at, one)
    assert [len(mails(one)) for one in variants] == [1] * watching.MOST_MAILS
    ask(label, at, "ana+5@example.org")
    assert mails("ana+5@example.org") == []
    for other in ("+ana@example.org", "anabel@example.org", "ana@example.com"):  # these are other people
        ask(label, at, other)
        assert len(mails(other)) == 1


def test_one_place_asks_only_so_often(label: Certificate, at: datetime) -> None:
    for number in range(watching.MOST_FROM_ONE_PLACE):
        ask(label, at, f"a{number}@example.org")
    with pytest.raises(TooManyAttempts):
        ask(label, at, "b@example.org")
    assert mails("b@example.org") == []


def test_leaving_deletes_the_address_and_its_mail(watch: Watch, at: datetime) -> None:
    change(watch.certificate, withdrawn_at=at)
    watching.tell_changes(at)
    with unit_of_work():
        watching.leave(watch, at=at)
    assert (watches(), mails()) == ([], [])


def test_leaving_one_label_leaves_the_mail_of_another(watch: Watch, at: datetime) -> None:
    other = makers.certified(makers.user("Otra Decide"))
    ask(other, at)
    with unit_of_work():
        watching.leave(watch, at=at)
    assert names() == ["watch-confirm"]


def test_the_record_tells_of_it_without_the_address(watch: Watch, at: datetime) -> None:
    with unit_of_work():
        watching.leave(watch, at=at)
    entries = list(db.session.scalars(select(AuditEntry).where(AuditEntry.act.startswith("watch.")).order_by(AuditEntry.id)))
    assert [one.act for one in entries] == ["watch.asked", "watch.confirmed", "watch.left"]
    assert not any("@" in f"{one.subject_id} {one.details}" for one in entries)


def test_leaving_can_be_undone_for_an_hour(watch: Watch, at: datetime) -> None:
    sealed, label = regret(watch, at), watch.certificate
    assert ANA not in sealed
    with unit_of_work():
        watching.leave(watch, at=at)
    assert regretted(sealed, at + timedelta(minutes=61)) is None
    assert regretted(sealed[:-4] + "AAAA", at) is None
    said = regretted(sealed, at + timedelta(minutes=59))
    assert said is not None
    change(label, withdrawn_at=at)
    with unit_of_work():
        watching.come_back(label, said["email"], said["language"], said["told"], at=at)
    assert watching.tell_changes(at) == 1  # what changed meanwhile is not lost


def test_a_mail_says_how_to_end_it_and_is_not_sent_once_that_happened(
    watch: Watch, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Box:
        def __init__(self) -> None:
            self.carried: list[Any] = []

        def carry(self, message: Any) -> None:
            self.carried.append(message)

    change(watch.certificate, suspended_at=at)
    watching.tell_changes(at)
    box = Box()
    deliver_due(box, at=at)
    (mail,) = [one for one in box.carried if one["To"] == ANA]
    assert mail["List-Unsubscribe"].startswith("<http://localhost/watches/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    change(watch.certificate, suspended_at=None)
    watching.tell_changes(at)
    leased = outbox._lease

    def left_meanwhile(*given: Any) -> list[int]:
        found = leased(*given)
        with unit_of_work():
            watching.leave(watches()[0], at=at)
        return found

    monkeypatch.setattr(outbox, "_lease", left_meanwhile)
    assert deliver_due(box, at=at) == 0
    assert len([one for one in box.carried if one["To"] == ANA]) == 1


@pytest.mark.parametrize(
    ("state", "after", "left"),
    [
        ({"withdrawn_at": 0}, 29, 1),
        ({"withdrawn_at": 0}, 30, 0),
        ({"valid_until": 0}, 364, 1),
        ({"valid_until": 0}, 365, 0),
        ({"suspended_at": 0}, 900, 1),
    ],
)
def test_addresses_go_some_time_after_the_end_was_told(
    watch: Watch, at: datetime, state: dict[str, int], after: int, left: int
) -> None:
    change(watch.certificate, **{name: at + number * DAY for name, number in state.items()})
    watching.tell_changes(at)
    with unit_of_work():
        sweep(at + after * DAY)
    assert len(watches()) == left


def test_what_nobody_confirms_is_deleted(label: Certificate, at: datetime) -> None:
    ask(label, at)
    for hours, left in ((47, 1), (48, 0)):
        with unit_of_work():
            sweep(at + timedelta(hours=hours))
        assert len(watches()) == left
    assert mails() == []


def test_two_workers_tell_once(watch: Watch, at: datetime) -> None:
    """Both saw that it is to be told; whoever comes second finds it done."""
    change(watch.certificate, withdrawn_at=at)
    id_ = watch.id
    assert [watching._told(id_, at), watching._told(id_, at)] == [True, False]
    assert db.session.scalars(select(OutboxMessage.name).where(OutboxMessage.to == ANA)).all() == ["watch-changed"]


def test_of_what_nobody_can_say_nobody_is_told(label: Certificate, watch: Watch, at: datetime) -> None:
    """Its columns were altered by hand after it was paused."""
    with unit_of_work() as session:
        session.add(RecordedAct(certificate=label, kind=CertificateAct.SUSPENDED, at=at, details={}))
        label.suspended_at = at
    assert (watching.tell_changes(at), names()[-1]) == (1, "watch-changed")
    told = names()
    change(label, suspended_at=None)
    assert (watching.tell_changes(at), names()) == (0, told)


def test_watches_of_a_label_of_which_nobody_can_tell_keep_no_other_waiting(
    label: Certificate, watch: Watch, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "AT_ONCE", 1)
    other = makers.certified(makers.user("Otra Decide"))
    ask(other, at, "otra@example.org")
    with unit_of_work() as session:
        watching.confirm(watches()[1], at=at)
        session.add(RecordedAct(certificate=label, kind=CertificateAct.SUSPENDED, at=at, details={}))
        label.suspended_at = at
    assert watching.tell_changes(at) == 1
    change(label, suspended_at=None)
    with unit_of_work():
        watches()[1].told_at = at + DAY  # the other one stands behind it
    change(other, withdrawn_at=at)
    before = names()
    assert [watching.tell_changes(at + DAY) for _ in range(2)] == [1, 0]
    assert (names("otra@example.org")[-1], names()) == ("watch-changed", before)

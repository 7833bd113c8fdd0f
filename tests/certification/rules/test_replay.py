from datetime import UTC, datetime, timedelta

import pytest

from certification.rules.canonical import digest
from certification.rules.errors import InvalidInput
from certification.rules.facts import Term
from certification.rules.leaves import Act, CertificateRef, KeyRef, LogAct, SchemeRef
from certification.rules.replay import compromised_from, facts_as_of, require_logged, scheme_end
from certification.rules.verdict import PublicState, verdict

BEGAN = datetime(2026, 1, 1, 6, tzinfo=UTC)
DAY = timedelta(days=1)
OLD, NEW = SchemeRef("origen", "1", "a" * 64), SchemeRef("origen", "2", "b" * 64)
CODE = "7QK4M2XD9FC"


def act(kind: LogAct, day: int, **facts: object) -> Act:
    facts = {"certificate": CertificateRef("00000000000", 1)} | facts
    return Act(kind, BEGAN + day * DAY, **facts)  # type: ignore[arg-type]  # facts by name


def granted(version: int = 1, day: int = 0, until: int = 365) -> Act:
    kind = LogAct.GRANTED if version == 1 else LogAct.RENEWED
    return act(
        kind,
        day,
        certificate=CertificateRef("00000000000", version),
        scheme=OLD,
        valid_from=BEGAN + day * DAY,
        valid_until=BEGAN + until * DAY,
    )


PAUSED = act(LogAct.SUSPENDED, 10, reason_code="X", until=BEGAN + 90 * DAY)
RESTORED = act(LogAct.RESTORED, 20)


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (-1, PublicState.NOT_FOUND),
        (5, PublicState.VALID),
        (15, PublicState.SUSPENDED),
        (25, PublicState.VALID),
        (400, PublicState.EXPIRED),
    ],
)
def test_a_certificate_has_the_state_that_its_leaves_gave_it_on_that_day(day: int, state: PublicState) -> None:
    as_of = BEGAN + day * DAY
    assert verdict(facts_as_of([granted(), PAUSED, RESTORED], as_of), as_of).state is state


def test_goods_that_wear_the_label_again_change_no_state() -> None:
    as_of = BEGAN + 30 * DAY
    assert verdict(facts_as_of([granted(), act(LogAct.REHOOKED, 12)], as_of), as_of).state is PublicState.VALID


def test_the_credential_tells_of_surveillance_and_the_leaf_alone_does_not() -> None:
    as_of = BEGAN + 200 * DAY
    term = Term(BEGAN, BEGAN + 365 * DAY, BEGAN + 100 * DAY, BEGAN + 130 * DAY)
    assert verdict(facts_as_of([granted()], as_of, terms={1: term}), as_of).state is PublicState.SUSPENDED
    assert verdict(facts_as_of([granted()], as_of), as_of).state is PublicState.VALID


def test_a_renewal_carries_the_label_on() -> None:
    as_of = BEGAN + 500 * DAY
    told = [granted(), granted(2, 300, 700)]
    assert verdict(facts_as_of(told, as_of), as_of).state is PublicState.VALID
    assert verdict(facts_as_of(told[:1], as_of), as_of).state is PublicState.EXPIRED


def test_a_scheme_ends_with_all_its_versions_that_were_in_force_before() -> None:
    told = [
        act(LogAct.SCHEME_ACTIVATED, 0, certificate=None, scheme=OLD),
        act(LogAct.SCHEME_SUPERSEDED, 5, certificate=None, scheme=OLD),
        act(LogAct.SCHEME_ACTIVATED, 5, certificate=None, scheme=NEW),
        act(LogAct.SCHEME_LAPSED, 9, certificate=None, scheme=NEW),
    ]
    assert scheme_end(told, OLD) == scheme_end(told, NEW) == BEGAN + 9 * DAY
    assert scheme_end(told[:3], OLD) is None


def test_a_version_activated_after_the_end_of_an_earlier_one_goes_on() -> None:
    told = [
        act(LogAct.SCHEME_ACTIVATED, 0, certificate=None, scheme=OLD),
        act(LogAct.SCHEME_WITHDRAWN, 9, certificate=None, scheme=OLD),
        act(LogAct.SCHEME_ACTIVATED, 12, certificate=None, scheme=NEW),
    ]
    assert scheme_end(told, NEW) is None


def test_a_credential_is_logged_where_its_leaf_has_its_digest() -> None:
    document = {"id": "x", "validFrom": "y"}
    logged = granted()
    logged = Act(
        logged.act,
        logged.at,
        certificate=logged.certificate,
        scheme=logged.scheme,
        valid_from=logged.valid_from,
        valid_until=logged.valid_until,
        credential=digest(document),
    )
    require_logged({**document, "proof": {"any": "proof"}}, logged)
    for other, leaf in (({**document, "id": "z"}, logged), (document, granted()), (document, RESTORED)):
        with pytest.raises(InvalidInput) as caught:
            require_logged(other, leaf)
        assert caught.value.code == "not_logged"


def test_of_a_key_that_was_called_compromised_several_times_the_earliest_index_holds() -> None:
    def mark(kid: str, index: int) -> Act:
        return Act(LogAct.KEY_COMPROMISED, BEGAN, key=KeyRef(kid, "a" * 64), from_index=index)

    told = [mark("a" * 16, 7), mark("a" * 16, 3), mark("b" * 16, 4), mark("b" * 16, 9)]
    assert compromised_from([granted(), *told]) == {"a" * 16: 3, "b" * 16: 4}
    assert compromised_from([granted()]) == {}

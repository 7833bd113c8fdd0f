import pickle

import pytest

from certification.rules import errors
from certification.rules.errors import AlreadyDecided, Conflict, DomainError, IllegalMove
from certification.rules.text import N_

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DomainError)]


def test_marking_returns_the_sentence_as_it_is() -> None:
    assert N_("Hola, %(nombre)s.") == "Hola, %(nombre)s."


def test_the_sentence_is_filled_with_its_params() -> None:
    error = DomainError("stock", N_("Quedan %(left)d de %(name)s."), left=2, name="jarro")
    assert (error.code, str(error)) == ("stock", "Quedan 2 de jarro.")
    assert error.sentence == "Quedan %(left)d de %(name)s."
    assert error.field is None


def test_a_bare_percent_sign_is_safe_without_params() -> None:
    assert str(DomainError("x", "Llega al 60 %.")) == "Llega al 60 %."


def test_a_field_at_fault_is_remembered() -> None:
    assert DomainError("x", "No.", field="name").field == "name"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_enough_by_itself(kind: type[DomainError]) -> None:
    error = kind()
    assert error.code
    assert str(error).endswith(".")
    assert "%" not in str(error)


def test_codes_tell_kinds_apart() -> None:
    assert len({kind.default_code for kind in KINDS}) == len(KINDS)


def test_already_decided_is_a_conflict_and_an_illegal_move_is_not() -> None:
    assert issubclass(AlreadyDecided, Conflict)
    assert not issubclass(IllegalMove, Conflict)


def test_an_error_survives_a_process_boundary() -> None:
    copy = pickle.loads(pickle.dumps(IllegalMove(state="draft")))  # noqa: S301  our own bytes
    assert (copy.code, copy.params) == ("illegal_move", {"state": "draft"})

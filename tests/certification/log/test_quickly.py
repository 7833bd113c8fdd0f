import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.core.quick import UnreachableError
from certification.log import quickly, reading
from certification.rules.errors import BadProof
from certification.rules.merkle import completed_by, reader_of
from tests.certification.log.acts import appended

SIZE = 21  # with the leaf that tells of the key, 22


def test_what_is_read_on_the_driver_is_what_the_session_reads(session: Session) -> None:
    assert quickly.head() is None
    assert quickly.leaf(0) is None
    appended(SIZE)
    assert reading.Head(*(quickly.head() or ())) == reading.head()
    every = [node for index in range(SIZE + 1) for node in completed_by(index)]
    read = reading.nodes(every, session)
    for count in (0, 1, 3, 4, 5, 9, len(every)):
        assert quickly.nodes(every[:count]) == {node: read(*node) for node in every[:count]}
    assert quickly.between(0, 3, 7) == {(0, index): read(0, index) for index in range(3, 7)}
    assert quickly.between(1, 0, 9) == {(1, index): read(1, index) for index in range(9)}


def test_more_nodes_than_one_statement_takes_are_read_too(session: Session) -> None:
    appended(SIZE)
    every = [node for index in range(SIZE + 1) for node in completed_by(index)]
    assert quickly.nodes(every * quickly.MOST) == quickly.nodes(every)


def test_a_node_that_is_not_there_is_none_and_no_proof_is_made_of_it(session: Session) -> None:
    appended(2)
    found = quickly.nodes([(0, 0), (0, 77), (9, 0)])
    assert list(found) == [(0, 0)]
    with pytest.raises(BadProof):
        reader_of(found)(9, 0)
    assert quickly.between(0, 77, 78) == {}


def test_a_database_that_is_silent_is_told_as_such(
    session: Session, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    appended(1)

    def silent() -> None:
        raise UnreachableError("gone")

    assert client.get("/log/tile/entries/000.p/2").status_code == 200
    monkeypatch.setattr(quickly, "head", silent)
    assert client.get("/log/tile/entries/000.p/2").status_code == 503

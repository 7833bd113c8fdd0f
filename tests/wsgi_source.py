"""The application as what is run from outside reads it: by its addresses alone, with no server between; and ways to lie on the way."""

from collections.abc import Callable
from dataclasses import dataclass, field

from flask.testing import FlaskClient

from certification.rules.errors import CannotCheck, NotFound

Change = Callable[[bytes], bytes]


@dataclass
class WsgiSource:
    """A ``sources.Source``. ``given`` answers for a path, ``changed`` alters what comes from a path (and form), ``gone`` is 404, ``away`` does not answer.

    ``when`` is done once, just before its path is read.
    """

    client: FlaskClient
    given: dict[str, bytes] = field(default_factory=dict)
    changed: dict[str, Change] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    away: set[str] = field(default_factory=set)
    when: dict[str, Callable[[], object]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def get(self, path: str, accept: str = "*/*") -> bytes:
        """As ``sources.Source``."""
        self.asked.append(path)
        if path in self.when:
            self.when.pop(path)()
        if path in self.away:
            raise CannotCheck("unreachable")
        if path in self.gone:
            raise NotFound
        if path in self.given:
            return self.given[path]
        answer = self.client.get(path, headers={"Accept": accept})
        if answer.status_code in {404, 410}:
            raise NotFound
        if answer.status_code != 200:
            raise CannotCheck("unreachable", status=answer.status_code)
        same: Change = bytes
        return self.changed.get(f"{path} {accept}", self.changed.get(path, same))(answer.data)

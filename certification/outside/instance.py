"""An instance's own database as a source: read through the addresses that everybody reads, without a network."""

from dataclasses import dataclass

from flask import Flask
from werkzeug.test import Client

from certification.rules.errors import CannotCheck, NotFound

OK, NOT_FOUND, GONE = 200, 404, 410


@dataclass(frozen=True, slots=True)
class Instance:
    """An application in this process. It answers as at its own address, so that no rule of hosts or redirects differs."""

    app: Flask

    def get(self, path: str, accept: str = "*/*") -> bytes:
        """As :class:`outside.sources.Source`."""
        origin = str(self.app.config["SETTINGS"]["ORIGIN"])
        answer = Client(self.app).get(path, base_url=origin, headers={"Accept": accept})
        if answer.status_code in (NOT_FOUND, GONE):
            raise NotFound
        if answer.status_code != OK:
            raise CannotCheck("unreachable", status=answer.status_code)
        return answer.get_data()

    @property
    def demonstration(self) -> bool:
        """Whether it is one; what it signs is worth nothing to anybody else."""
        return bool(self.app.config["SETTINGS"]["DEMONSTRATION"])

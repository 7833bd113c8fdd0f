"""INEGI's public catalogue service: states, municipalities and localities, free to use with credit.

The service answers JSON with a list under ``datos``; each item has its code in ``cvegeo`` and its name in ``nomgeo``.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from certification.parties.places.importing import Entries
from certification.parties.places.places import states
from certification.rules.errors import DomainError, InvalidInput
from certification.rules.text import N_

ADDRESS = "https://gaia.inegi.org.mx/wscatgeo/v2"
CREDIT = "INEGI, Catálogo Único de Claves de Áreas Geoestadísticas"
TIMEOUT_SECONDS = 20.0
TRIES = 3
LARGEST_ANSWER_BYTES = 20_000_000
_TRY_AGAIN_FROM = 500


class CatalogueUnreachable(DomainError):  # noqa: N818 - named for the fact
    """The service did not answer, or not with a catalogue."""

    default_code = "catalogue_unreachable"
    default_sentence = N_(
        "No pudimos leer el catálogo de INEGI en %(host)s. Revise la conexión y vuelva a intentar; "
        "sin conexión puede importar el archivo descargado."
    )


@dataclass(frozen=True, slots=True)
class Service:
    """``address`` has no slash at its end; ``wait`` is given the seconds to pause before trying again."""

    address: str = ADDRESS
    timeout: float = TIMEOUT_SECONDS
    tries: int = TRIES
    wait: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        if urlsplit(self.address).scheme not in ("http", "https"):
            raise InvalidInput("bad_address", N_("La dirección del catálogo debe empezar con https://."), field="address")

    def ask(self, path: str) -> list[dict[str, Any]]:
        """The items under ``datos`` at a path, such as ``mgem/20``.

        Raises:
            CatalogueUnreachable: after the last try, or at once when the service says that there is no such thing.

        """
        for attempt in range(1, self.tries + 1):
            try:
                return self._read(path)
            except HTTPError as error:
                error.close()
                if error.code < _TRY_AGAIN_FROM or attempt == self.tries:
                    raise self._unreachable() from error
            except (OSError, HTTPException, ValueError) as error:
                if attempt == self.tries:
                    raise self._unreachable() from error
            self.wait(float(2**attempt))
        raise self._unreachable()

    def _read(self, path: str) -> list[dict[str, Any]]:
        request = Request(f"{self.address.rstrip('/')}/{path}", headers={"Accept": "application/json"})  # noqa: S310 - http(s), see __post_init__
        with urlopen(request, timeout=self.timeout) as answer:  # noqa: S310 - the same
            body = answer.read(LARGEST_ANSWER_BYTES + 1)
        if len(body) > LARGEST_ANSWER_BYTES:
            raise ValueError(path)
        found = json.loads(body)
        items = found.get("datos") if isinstance(found, dict) else None
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ValueError(path)
        return items

    def _unreachable(self) -> CatalogueUnreachable:
        return CatalogueUnreachable(host=urlsplit(self.address).netloc)


def _named(service: Service, path: str) -> list[tuple[str, str]]:
    try:
        return [(str(item["cvegeo"]), str(item["nomgeo"])) for item in service.ask(path)]
    except KeyError as error:
        raise CatalogueUnreachable(host=urlsplit(service.address).netloc) from error


def fetch(service: Service, *, with_localities: bool = False) -> Iterator[tuple[str, Entries]]:
    """State by state, its code and what the service says of it; nothing is held open between two states.

    33 questions without localities; one more for each of about 2,500 municipalities with them.

    Raises:
        CatalogueUnreachable: what was yielded before is whole and may be kept.

    """
    ours = {state.code for state in states()}
    for state_code, _ in _named(service, "mgee"):
        if state_code not in ours:
            continue
        entries = Entries()
        try:
            for code, name in _named(service, f"mgem/{state_code}"):
                entries.add_municipality(code, name)
            if with_localities:
                for municipality in tuple(entries.municipalities):
                    for code, name in _named(service, f"localidades/{municipality}"):
                        entries.add_locality(code, name)
        except ValueError as error:
            raise CatalogueUnreachable(host=urlsplit(service.address).netloc) from error
        yield state_code, entries

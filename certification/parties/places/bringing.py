"""What ``tianguis places`` does: read first, then write in a unit of work, so that no network or file holds the lock."""

from collections.abc import Callable
from pathlib import Path

from certification.core.db import unit_of_work
from certification.parties.places.importing import read_file
from certification.parties.places.inegi import Service, fetch
from certification.parties.places.storing import Report, store


def import_file(path: Path) -> Report:
    """Bring one catalogue file, whole or not at all; needs an application context.

    Raises:
        InvalidInput: see :func:`read_file` and :func:`store`.

    """
    entries = read_file(path)
    with unit_of_work() as session:
        return store(entries, session=session)


def update(
    service: Service, *, with_localities: bool = False, told: Callable[[str, Report], None] = lambda _code, _report: None
) -> Report:
    """Bring INEGI's catalogue, each state whole or not at all; ``told`` hears of each state once it is durable.

    Raises:
        CatalogueUnreachable: the states told before are kept; running again goes on safely.

    """
    total = Report()
    for state_code, entries in fetch(service, with_localities=with_localities):
        with unit_of_work() as session:
            report = store(entries, session=session)
        told(state_code, report)
        total += report
    return total

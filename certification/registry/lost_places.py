"""Places in status lists that versions had which this database has lost, so that nobody else is given them (see ``lost``)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from certification.core.db import writing
from certification.registry.issuer import origin
from certification.registry.models import LostPlace, StatusList, StatusPlace
from certification.registry.status import find_list, open_pair
from certification.registry.status_bits import address_of
from certification.rules.statuslist import StatusBits


def keep_places(code: str, number: int, entries: Iterable[Mapping[str, Any]], *, at: datetime) -> None:
    """Hold the places that the credential of a lost version names, in lists of this registry's present address.

    A list that was lost with it is opened again, empty but for what is recorded.
    """
    for entry in entries:
        purpose, address = str(entry["statusPurpose"]), str(entry["statusListCredential"])
        listed_in = int(address.rpartition("/")[2])
        if address != f"{origin()}/status/{purpose}/{listed_in}":
            continue  # of an address that it had before: those lists are as they were
        listed = find_list(purpose, listed_in) or next(one for one in open_pair(listed_in, at) if one.purpose == purpose)
        place = int(entry["statusListIndex"])
        writing().add(LostPlace(list_id=listed.id, place=place, code=code, number=number))
    writing().flush()


def keep_bits(published: Mapping[str, Any]) -> None:
    """Hold what is set in a list of ours that a source published and no row accounts for: the place of a version that was lost.

    Whose it was, nobody knows any more; whoever reads the lost credential must not find it good again.
    """
    purpose, number = str(published["credentialSubject"]["statusPurpose"]), int(str(published["id"]).rpartition("/")[2])
    listed = find_list(purpose, number)
    if listed is None or published["id"] != address_of(listed):
        return
    bits = StatusBits.decode(published["credentialSubject"]["encodedList"])
    known = {one for table in (StatusPlace, LostPlace) for one in writing().scalars(_places_in(table, listed.id))}
    places = [one for one in range(len(bits)) if bits[one] and one not in known]
    writing().add_all(LostPlace(list_id=listed.id, place=one) for one in places)
    writing().flush()


def _places_in(table: type[StatusPlace | LostPlace], number: int) -> Select[int]:
    return select(table.place).where(table.list_id == number)


def leave_pair(beyond: int, at: datetime) -> None:
    """Draw no more places from the lists so far, nor from any up to ``beyond``: they may belong to versions that were lost."""
    number = max(beyond, writing().scalar(select(func.max(StatusList.number))) or 0)
    open_pair(number + 1, at)

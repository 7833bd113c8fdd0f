"""One certificate by its code: what the verify page shows of it, in one row. What it is held against is read by ``recorded``."""

from collections import namedtuple
from collections.abc import Collection
from typing import Any

from sqlalchemy import Engine, bindparam, select

from certification.core.quick import QuickSelect
from certification.registry.models import Certificate
from certification.registry.validity import INSTANTS
from certification.schemes.models import SchemeVersion

NAMES = (
    "id",
    "code",
    "version_id",
    "scheme_version_id",
    "subject_kind",
    "label_class",
    "goods",
    "holder_name",
    "granted_at",
    "page",
)
COLUMNS = tuple(getattr(Certificate, name) for name in (*NAMES, *INSTANTS))
ENDS = (SchemeVersion.lapsed_at, SchemeVersion.mark_ends_on, SchemeVersion.digest)
Row = namedtuple("Row", (*NAMES, *INSTANTS, "lapsed_at", "mark_ends_on", "digest"))  # type: ignore[misc]  # noqa: PYI024 - fields named by the tables


MOST = 100
PLACES = tuple(f"code_{number}" for number in range(MOST))


class Lookup:
    """Finds rows by canonical code; kept for as long as the application."""

    def __init__(self, engine: Engine) -> None:
        wanted = select(*COLUMNS, *ENDS).join(SchemeVersion, SchemeVersion.id == Certificate.scheme_version_id)
        self._select = QuickSelect(engine, wanted.where(Certificate.code == bindparam("code")))
        self._several = QuickSelect(engine, wanted.where(Certificate.code.in_([bindparam(name) for name in PLACES])))

    def find(self, code: str, connection: Any = None) -> Any:
        """The row with the columns' names, or ``None``; on a connection where one was given.

        Raises:
            UnreachableError: when the database fails.

        """
        found = self._select.first(connection, code=code)
        return None if found is None else Row._make(found)

    def find_several(self, codes: Collection[str]) -> dict[str, Any]:
        """The rows of those codes that exist, by code, in one query; at most :data:`MOST`.

        Raises:
            UnreachableError: when the database fails.

        """
        given = dict.fromkeys(PLACES, "") | dict(zip(PLACES, codes, strict=False))
        rows: list[Any] = [Row._make(found) for found in self._several.all(**given)]
        return {row.code: row for row in rows}

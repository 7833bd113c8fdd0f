"""Writing the record, in the same unit of work as the change it tells of."""

from datetime import datetime
from typing import Any, Protocol

from certification.audit.models import AuditEntry
from certification.core.db import writing


class Actor(Protocol):
    """Anyone with an account."""

    @property
    def id(self) -> int: ...


def record(  # noqa: PLR0913 - the columns of one row
    act: str,
    kind: str,
    subject_id: object,
    /,
    *,
    by: Actor | None,
    at: datetime,
    on_behalf_of: object = None,
    **details: Any,
) -> None:
    """Add one act to the record. ``details`` hold facts, never secrets.

    Raises:
        RuntimeError: outside a unit of work.

    """
    entry = AuditEntry(
        at=at,
        act=act,
        subject_kind=kind,
        subject_id=str(subject_id),
        by_id=by.id if by else None,
        on_behalf_of=None if on_behalf_of is None else str(on_behalf_of),
        details=details,
    )
    writing().add(entry)

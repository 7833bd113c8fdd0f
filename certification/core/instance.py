"""What an instance is: above all whether it is a demonstration, written once into its database."""

from sqlalchemy import String, inspect
from sqlalchemy.orm import Mapped, mapped_column

from certification.core.db import db, writing
from certification.core.orm import Base

KIND = "kind"
DEMONSTRATION = "demonstration"
REAL = "real"


class InstanceFact(Base):
    """One fact about the instance."""

    __tablename__ = "instance_facts"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(400))


class WrongInstanceError(RuntimeError):
    """Demonstration and real data may never mix."""


def settle(*, demonstration: bool) -> None:
    """Write what this instance is at its first start; later, insist on it. Needs a unit of work.

    Raises:
        WrongInstanceError: when the database was made as the other kind.

    """
    if require(demonstration=demonstration):
        return
    writing().add(InstanceFact(name=KIND, value=DEMONSTRATION if demonstration else REAL))


def require(*, demonstration: bool) -> bool:
    """Insist on what this instance is, where that is written already; whether it is. For a database of any schema, or none.

    Raises:
        WrongInstanceError: as :func:`settle`.

    """
    wanted = DEMONSTRATION if demonstration else REAL
    fact = db.session.get(InstanceFact, KIND) if inspect(db.session.connection()).has_table(InstanceFact.__tablename__) else None
    if fact is not None and fact.value != wanted:
        msg = (
            "This database holds a demonstration; a real registry starts from an empty one. Choose another DATA or DATABASE_URL."
            if fact.value == DEMONSTRATION
            else "This database is a real registry's; a demonstration needs a folder of its own. Set TIANGUIS_DEMONSTRATION=no."
        )
        raise WrongInstanceError(msg)
    return fact is not None

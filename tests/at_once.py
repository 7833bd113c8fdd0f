"""Several acts at the same moment, each in a session and a unit of work of its own: for databases whose writers meet."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy.orm import Session

from certification.core.db import db, unit_of_work
from certification.rules.errors import DomainError

Act = Callable[[Session], object]
DONE = "done"


def at_once(app: Flask, acts: Sequence[Act]) -> list[str]:
    """What became of each, in their order: the code of a refusal, or :data:`DONE`. Nothing of the caller's session stays open."""
    db.session.rollback()

    def do(act: Act) -> str:
        with app.app_context():
            try:
                with unit_of_work() as session:
                    act(session)
            except DomainError as error:
                return error.code
            finally:
                db.session.remove()
        return DONE

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))

"""Whether the versions of schemes are whole: text against digest, and instants and state against each other and the log."""

from collections.abc import Iterator

from sqlalchemy import select

from certification.core.db import db
from certification.log.leaves import StoredLeaves
from certification.rules.canonical import digest
from certification.rules.leaves import Act, LogAct
from certification.rules.replay import scheme_end
from certification.rules.workflow import SchemeVersionState
from certification.schemes.adopting import STATES
from certification.schemes.models import SchemeVersion
from certification.schemes.versions import reference

BEFORE = (SchemeVersionState.DRAFT, SchemeVersionState.CONSULTATION)


def check() -> Iterator[str]:
    """One line for each fault. The end of a legal mark stands in nothing that was signed: only its effect can be seen."""
    told = [act for _index, act in StoredLeaves().of_kinds(tuple(STATES))]
    for number in list(db.session.scalars(select(SchemeVersion.id).order_by(SchemeVersion.id))):
        try:
            version = db.session.get_one(SchemeVersion, number)
            for fault in _faults(version, told):
                yield f"scheme {version.scheme.key}/{version.version}: {fault}"
        except Exception as error:  # noqa: BLE001 - a row that was changed behind our back fails in ways that nobody can list
            yield f"scheme version {number} can't be read ({type(error).__name__})"


def _faults(version: SchemeVersion, told: list[Act]) -> Iterator[str]:
    if digest(version.document) != version.digest:
        yield "its text is not the one that its digest names"
    if (version.document.get("id"), version.document.get("version")) != (version.scheme.key, version.version):
        yield "its text is another scheme's, or another version's"
    if (version.state in BEFORE) != (version.activated_at is None):
        yield f"its state is {version.state.value}, which its date of beginning contradicts"
    own = {act.act: act.at for act in told if act.scheme == reference(version)}
    ended = own.get(LogAct.SCHEME_SUPERSEDED) if version.state is SchemeVersionState.SUPERSEDED else None
    ended = own.get(LogAct.SCHEME_WITHDRAWN) if version.state is SchemeVersionState.WITHDRAWN else ended
    for name, wanted in (
        ("activated_at", own.get(LogAct.SCHEME_ACTIVATED)),
        ("ended_at", ended),
        ("lapsed_at", scheme_end(told, reference(version))),
    ):
        if getattr(version, name) != wanted:
            yield f"{name} is not what the log tells"

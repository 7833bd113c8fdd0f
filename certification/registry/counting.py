"""How many certificates of each scheme are in which state, for the pages of schemes (``schemes.counting``)."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func, select

from certification.core.db import db
from certification.log.lagging import lags
from certification.registry.models import Certificate
from certification.registry.validity import lapsed_versions, state_at
from certification.rules.verdict import PublicState
from certification.schemes.counting import LabelCounts
from certification.schemes.models import SchemeVersion


def label_counts(scheme_ids: Collection[int], at: datetime) -> Mapping[int, LabelCounts]:
    """How many certificates of each scheme are in which state, and how many hold a valid one (``schemes.counting``)."""
    lapsed = lapsed_versions(at)
    state = state_at(at, lapsed)
    counted = (
        select(SchemeVersion.scheme_id, state.label("state"), func.count(), func.count(func.distinct(Certificate.holder_id)))
        .join(SchemeVersion, SchemeVersion.id == Certificate.scheme_version_id)
        .where(SchemeVersion.scheme_id.in_(scheme_ids))
        .group_by(SchemeVersion.scheme_id, state)
    )
    found: dict[int, dict[str, tuple[int, int]]] = {scheme: {} for scheme in scheme_ids}
    for scheme, name, number, holders in db.session.execute(counted):
        found[scheme][name] = (number, holders)
    if lags():
        for states in found.values():
            states.pop(PublicState.VALID, None)
    return {scheme: _counts(states) for scheme, states in found.items()}


def _counts(states: Mapping[str, tuple[int, int]]) -> LabelCounts:
    valid, holders = states.get(PublicState.VALID, (0, 0))
    return LabelCounts(
        valid=valid,
        holders=holders,
        suspended=states.get(PublicState.SUSPENDED, (0, 0))[0],
        withdrawn=states.get(PublicState.WITHDRAWN, (0, 0))[0],
    )

"""The labels that a committee has to have signed anew: the key of their standing version fell into other hands. Queries only."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from certification.accounts.models import User
from certification.applications.cases import bars_to_deciding
from certification.applications.desk import Bar, bar_of
from certification.core.db import db
from certification.core.web import PER_PAGE
from certification.registry.committee import living, with_cases
from certification.registry.histories import ISSUING
from certification.registry.issuer import compromises
from certification.registry.logged import ActLeaf
from certification.registry.models import Certificate, CertificateVersion, RecordedAct
from certification.rules.code import display
from certification.schemes.texts import text_of


class Doubted(NamedTuple):
    """One label. ``bar`` is why this person may not have it signed anew, None where they may."""

    code: str
    shown: str
    label: str
    holder: str
    goods: str
    bar: Bar | None


class Doubts(NamedTuple):
    """One page; ``after`` is the last label's number where others follow."""

    found: list[Doubted]
    after: int | None


def doubted_labels(person: User, lang: str, at: datetime, *, after: int | None) -> Doubts:
    """Those of this person's committees, in the order in which they were granted; from a position on."""
    wanted = select(Certificate).where(*living(person, at), _is_dead()).order_by(Certificate.id).limit(PER_PAGE + 1)
    if after is not None:
        wanted = wanted.where(Certificate.id > after)
    rows = db.session.scalars(with_cases(wanted)).all()
    shown = rows[:PER_PAGE]
    bars = bars_to_deciding(person, [row.case for row in shown], at)
    found = [_shown(row, bar_of(bars[row.case.id], lang), lang) for row in shown]
    return Doubts(found, shown[-1].id if len(rows) > PER_PAGE else None)


def count_doubted(person: User, at: datetime) -> int:
    """How many they are."""
    return db.session.scalar(select(func.count(Certificate.id)).where(*living(person, at), _is_dead())) or 0


def _is_dead() -> ColumnElement[bool]:
    """What ``recorded.Recorded.is_dead`` says, in SQL: of the newest version that has a row, by the leaf that its act names."""
    ends = compromises()
    if not ends:
        return false()
    one, act = CertificateVersion, RecordedAct
    of, issued = (one.certificate_id == Certificate.id, act.certificate_id == Certificate.id)
    number = select(func.max(one.number)).where(of).correlate(Certificate).scalar_subquery()
    kid = select(one.kid).where(of, one.number == number).correlate(Certificate).scalar_subquery()
    leaves = select(func.max(ActLeaf.leaf_index)).join(act, act.id == ActLeaf.act_id).where(issued, act.kind.in_(ISSUING))
    leaf = leaves.correlate(Certificate).scalar_subquery()
    return or_(*(and_(kid == stolen, or_(leaf.is_(None), leaf >= index)) for stolen, index in ends.items()))


def _shown(one: Certificate, bar: Bar | None, lang: str) -> Doubted:
    label = text_of(one.scheme_version).name.in_(lang)
    return Doubted(one.code, display(one.code), label, one.holder_name, one.goods, bar)

"""What the register holds of a person: acts on labels, and the names of evaluators and makers on public pages.

The public log holds nothing of anybody: codes, dates and salted digests, and nothing of it is ever erased.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from certification.accounts.models import User, UserState
from certification.accounts.mydata import Warned, declare_erasure, declare_export, declare_warning, iso
from certification.applications.models import Evaluation
from certification.core.db import after_commit, db, writing
from certification.parties.models import MemberRole, Membership
from certification.registry.logged import ActLeaf
from certification.registry.models import Certificate, CertificateVersion, RecordedAct
from certification.registry.names import forget_name, named_as
from certification.registry.projection import named_evaluators
from certification.registry.recording import forget_pages
from certification.rules.text import N_

ALONE = N_(
    "Solo usted está a cargo de %(name)s, que tiene un sello vigente. El sello sigue hasta su fecha, pero sin usted nadie podrá "
    "renovarlo, devolverlo ni cambiar las páginas. Antes dé ese papel a otra persona."
)


def export(user: User) -> dict[str, Any]:
    """The acts that this person recorded on certificates, with their places in the public log, which names nobody; and the
    labels of their parties that name them as a maker.
    """
    acts = select(RecordedAct, ActLeaf.leaf_index).outerjoin(ActLeaf, ActLeaf.act_id == RecordedAct.id)
    return {
        "acts": [
            {
                "code": one.certificate.code,
                "kind": one.kind.value,
                "at": iso(one.at),
                "public_summary": one.public_summary,
                "log_index": index,
            }
            for one, index in db.session.execute(acts.where(RecordedAct.by_id == user.id).order_by(RecordedAct.id))
        ],
        "named_as_maker": [one.code for one in named_as(user.name, _parties_of(user))],
    }


def erase(user: User, at: datetime) -> None:
    """Whoever agreed to be named, as evaluator or maker, is named no more; that somebody evaluated stays, and every signature."""
    session = writing()
    forget_name(user.name, _parties_of(user, at), by=None, at=at)
    named = list(session.scalars(select(Evaluation).where(Evaluation.evaluator_id == user.id, Evaluation.named.is_(True))))
    for one in named:
        one.named = False
    session.flush()
    cases = [one.application_id for one in named]
    later = select(CertificateVersion.certificate_id).where(CertificateVersion.application_id.in_(cases))
    behind = or_(Certificate.application_id.in_(cases), Certificate.id.in_(later))
    for certificate in session.scalars(select(Certificate).where(behind)):
        decided = certificate.page["decided"] | {"named": named_evaluators(certificate.case)}
        certificate.page = certificate.page | {"decided": decided}
        after_commit(forget_pages)


def _parties_of(user: User, at: datetime | None = None) -> list[int]:
    """Ids of the parties to which a person belongs; with ``at`` those too that they left then, by erasing the account."""
    belongs = or_(Membership.ended_at.is_(None), Membership.ended_at >= at) if at else Membership.ended_at.is_(None)
    return list(db.session.scalars(select(Membership.party_id).where(Membership.user_id == user.id, belongs).distinct()))


def warnings(user: User, at: datetime) -> list[Warned]:
    """The parties with a label in force that nobody else administers."""
    rows = select(Membership).where(Membership.role == MemberRole.ADMIN, Membership.ended_at.is_(None))
    own = [one.party for one in db.session.scalars(rows.where(Membership.user_id == user.id).order_by(Membership.id))]
    others = rows.join(User, User.id == Membership.user_id).where(Membership.user_id != user.id, User.state == UserState.ACTIVE)
    shared = {one.party_id for one in db.session.scalars(others.where(Membership.party_id.in_([one.id for one in own])))}
    living = select(Certificate.holder_id).where(
        Certificate.valid_until > at,
        Certificate.withdrawn_at.is_(None),
        Certificate.surrendered_at.is_(None),
        Certificate.superseded_at.is_(None),
    )
    held = set(db.session.scalars(living.where(Certificate.holder_ref.in_([one.public_id for one in own]))))
    return [Warned(ALONE, {"name": one.name}) for one in own if one.id in held - shared]


declare_export("registry", export)
declare_erasure("registry", erase)
declare_warning("registry", warnings)

"""One certificate as a line of the register, at a moment: its state by the one rule, and what stood then. No personal names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import null, select

from certification.core.db import db
from certification.log.lagging import lags
from certification.log.models import LogLeaf
from certification.parties.places.places import state as entity
from certification.registry.histories import facts_by
from certification.registry.models import Certificate, CertificateVersion, LostVersion, VersionCredential
from certification.registry.moments import Known, Moment
from certification.registry.recorded import Recorded, recorded_of
from certification.registry.telling import last_day
from certification.registry.validity import facts_of, judge
from certification.registry.weighing import weigh, weigh_then
from certification.rules.code import display
from certification.rules.days import day_of
from certification.rules.verdict import Verdict


class Row(NamedTuple):
    """One certificate in the register. Days are in the scheme's zone; absent facts are None.

    ``version`` is the certificate's that stands, ``scheme_version`` its rules'. ``valid_from`` and ``last_day`` are the first and
    the last day, included, of its time without a gap, over all versions. ``log_index`` is the leaf of ``last_act``.
    """

    code: str
    shown_code: str
    state: str
    version: int
    scheme: str
    scheme_version: str
    label: str
    label_class: str
    subject_kind: str
    holder: str
    holder_ref: str
    goods: str
    municipality: str
    municipality_code: str | None
    place: str
    granted_on: str
    valid_from: str
    last_day: str
    last_act: str | None
    last_act_on: str | None
    log_index: int | None
    credential: str | None


def rows_of(found: Sequence[Any], known: Mapping[int, Known], when: Moment) -> Iterator[tuple[Any, Row, Verdict]]:
    """Each of ``searching.COLUMNS`` as a line, with its verdict; what was granted later than the moment is left out."""
    told, versions = recorded_of(found), _versions_of([one.id for one in found])
    older = _older_statements(found, versions, known, when) if when.is_past else {}
    behind = lags()
    for one in found:
        version = older.get(one.id)
        scheme = _scheme(one, version, known)
        at, recorded = when.at(scheme.zone), told[one.id]
        facts = facts_by(one, recorded.acts, at, scheme.lapse) if when.is_past else facts_of(one, scheme.lapse)
        if facts is not None:
            judged = (
                weigh_then(judge(facts, at), one, recorded, at)
                if when.is_past
                else weigh(one, recorded, scheme.lapse, at, behind=behind)
            )
            stood = _standing(versions[one.id], at)
            yield one, _row(one, recorded, stood, version, scheme, judged, facts, at), judged


def _row(  # noqa: PLR0913 - the parts of one line
    one: Any,
    told: Recorded,
    version: Any | None,
    older: Mapping[str, Any] | None,
    scheme: Known,
    judged: Verdict,
    facts: Any,
    at: datetime,
) -> Row:
    acts = [act for act in told.acts if act.at <= at]
    words = _words(one, older)
    return Row(
        code=one.code,
        shown_code=display(one.code),
        state=judged.state.value,
        version=version.number if version else 1,
        scheme=scheme.key,
        scheme_version=scheme.version,
        label=scheme.name,
        label_class=one.label_class,
        subject_kind=one.subject_kind,
        holder=words["holder"],
        holder_ref=one.holder_ref,
        goods=words["goods"],
        municipality=words["municipality"],
        municipality_code=words["municipality_code"],
        place=words["place"],
        granted_on=day_of(one.granted_at, scheme.zone).isoformat(),
        valid_from=day_of(facts.valid_from, scheme.zone).isoformat(),
        last_day=last_day(facts.valid_until, scheme.zone).isoformat(),
        last_act=acts[-1].kind.value if acts else None,
        last_act_on=day_of(acts[-1].at, scheme.zone).isoformat() if acts else None,
        log_index=acts[-1].leaf if acts else None,
        credential=version.credential if version else None,
    )


def _words(one: Any, older: Mapping[str, Any] | None) -> dict[str, Any]:
    """Who, what and where: of today's columns, or of what an older version said when it was signed."""
    if older is None:
        place = entity(one.state_code)
        return {
            "holder": one.holder_name,
            "goods": one.goods,
            "municipality": one.municipality,
            "municipality_code": one.municipality_code,
            "place": place.name if place else "",
        }
    subject, place = older["subject"], older["subject"]["place"]
    code = place["municipality"]["code"]
    return {
        "holder": older["holder"],
        "goods": ", ".join(subject["goods"]),
        "municipality": place["municipality"]["name"],
        "municipality_code": f"{place['state']['code']}{code}" if code else None,
        "place": place["state"]["name"],
    }


def _versions_of(ids: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {id_: [] for id_ in ids}
    for version in (*db.session.execute(_versions(ids)), *db.session.execute(_lost_versions(ids))):
        found[version.certificate_id].append(version)
    return found


def _versions(ids: Sequence[int]) -> Any:
    """Each version with the address of its credential, where it is signed."""
    one, held = CertificateVersion, VersionCredential
    return (
        select(one.certificate_id, one.id, one.number, one.signed_at, held.document["id"].as_string().label("credential"))
        .outerjoin(held, (held.version_id == one.id) & held.token.is_not(None))
        .where(one.certificate_id.in_(ids))
        .order_by(one.number)
    )


def _lost_versions(ids: Sequence[int]) -> Any:
    """The same of versions that a restored database lost and whose credential was found; their columns are those that stand."""
    one, lost = Certificate, LostVersion
    return (
        select(one.id.label("certificate_id"), null().label("id"), lost.number, LogLeaf.at.label("signed_at"))
        .add_columns(lost.document["id"].as_string().label("credential"))
        .join(lost, lost.code == one.code)
        .join(LogLeaf, LogLeaf.index == lost.leaf_index)
        .where(one.id.in_(ids), lost.document.is_not(None))
    )


def _standing(versions: Iterable[Any], at: datetime) -> Any | None:
    return max((one for one in versions if one.signed_at <= at), key=lambda one: one.number, default=None)


def _older_statements(
    found: Sequence[Any], all_versions: Mapping[int, Sequence[Any]], known: Mapping[int, Known], when: Moment
) -> dict[int, Mapping[str, Any]]:
    """What was signed of those certificates that stood in an older version then."""
    wanted: dict[int, int] = {}
    for one in found:
        versions = all_versions[one.id]
        stood = _standing(versions, when.at(known[one.scheme_version_id].zone))
        if stood is not None and stood.id is not None and stood.number < max(each.number for each in versions):
            wanted[stood.id] = one.id
    if not wanted:
        return {}
    said = select(CertificateVersion.id, CertificateVersion.statement).where(CertificateVersion.id.in_(wanted))
    return {wanted[id_]: statement for id_, statement in db.session.execute(said)}


def _scheme(one: Any, older: Mapping[str, Any] | None, known: Mapping[int, Known]) -> Known:
    """The version of the scheme that it stood under."""
    now = known[one.scheme_version_id]
    if older is None or older["scheme"]["version"] == now.version:
        return now
    named = older["scheme"]["id"], older["scheme"]["version"]
    return next((scheme for scheme in known.values() if (scheme.key, scheme.version) == named), now)

"""What a version stated, read back from its credential: for a registry that has lost the statement itself."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from certification.rules.criteria import DecisionMode, SubjectKind
from certification.rules.days import day_of
from certification.rules.instants import read_instant
from certification.rules.statement import GrantStatement, Place, Subject


def grant_of(document: Mapping[str, Any]) -> GrantStatement:
    """The statement behind a credential of `credential.unsecured_credential`. Names are absent: it has only commitments to them.

    Raises LookupError, ValueError, TypeError or InvalidInput for any other document.
    """
    said = document["credentialSubject"]
    zone, scheme = ZoneInfo(said["validityTimeZone"]), said["scope"]
    due = said.get("surveillanceDue")
    return GrantStatement(
        issuer=str(document["id"]).partition("/c/")[0],
        code=said["certificateCode"],
        version=said["certificateVersion"],
        scheme_id=scheme["schemeKey"],
        scheme_version=scheme["version"],
        scheme_digest=scheme["schemeDigest"],
        label_class=said["labelClass"],
        mode=DecisionMode(said["decisionMode"]),
        subject=_subject(said),
        decided_on=date.fromisoformat(said["decidedOn"]),
        valid_from=day_of(read_instant(document["validFrom"]), zone),
        valid_until=_last_day(read_instant(said["termEnds"]), zone),
        surveillance_due=_last_day(read_instant(due), zone) if due else None,
        time_zone=zone.key,
    )


def _subject(said: Mapping[str, Any]) -> Subject:
    (assessed,) = said["assessment"]
    (facility,) = assessed["assessedFacility"]
    place = facility["facility"]["certifiedPlace"]
    return Subject(
        kind=SubjectKind(said["subjectKind"]),
        holder=said["issuedToParty"]["name"],
        goods=tuple(one["product"]["name"] for one in assessed["assessedProduct"]),
        place=Place(
            state_code=place["stateCode"],
            state=place["stateName"],
            municipality_code=place["municipalityCode"],
            municipality=place["municipalityName"],
            locality_code=place.get("localityCode"),
            locality=place.get("localityName"),
        ),
        techniques=tuple(said.get("technique", ())),
        photo_digests=tuple(said.get("photoDigest", ())),
        refs=tuple(said.get("subjectRef", ())),
    )


def _last_day(end: datetime, zone: ZoneInfo) -> date:
    """The last day of what ends at an instant that no longer belongs to it."""
    return day_of(end - timedelta(microseconds=1), zone)

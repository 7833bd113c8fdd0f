"""What a certificate says, as a frozen value and as the dictionary that is signed.

The registry knows no products: a certificate carries the words, the digests of photographs and opaque references.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from certification.rules.criteria import DecisionMode, SubjectKind
from certification.rules.days import DEFAULT_ZONE

TYPE = "tianguis/certificate/1"


@dataclass(frozen=True, slots=True)
class Place:
    """Codes are INEGI's (state 2 digits, municipality 3, locality 4). Never a street or a house."""

    state_code: str
    state: str
    municipality_code: str
    municipality: str
    locality_code: str | None = None
    locality: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What the label is about. `photo_digests` are SHA-256 in hexadecimal, `refs` mean nothing outside the shop.

    `makers` are personal names as they are shown, by consent; `holder` is the public name that the holder chose.
    """

    kind: SubjectKind
    holder: str
    goods: tuple[str, ...]
    place: Place
    techniques: tuple[str, ...] = ()
    photo_digests: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GrantStatement:
    """One version of one certificate. `valid_until` is the last day of validity, included, in `time_zone`."""

    issuer: str
    code: str
    version: int
    scheme_id: str
    scheme_version: str
    scheme_digest: str
    label_class: str
    mode: DecisionMode
    subject: Subject
    decided_on: date
    valid_from: date
    valid_until: date
    surveillance_due: date | None = None
    time_zone: str = DEFAULT_ZONE


def statement(grant: GrantStatement) -> dict[str, object]:
    """The dictionary that `signing.sign` takes. Optional facts that are absent have no key.

    Everything that names a natural person stands under `personal` and nowhere else, so that those names can be replaced
    by salted commitments without touching the rest. Days are ISO 8601 dates; `days_end` says how they are read.
    """
    subject = grant.subject
    validity: dict[str, object] = {
        "from": grant.valid_from.isoformat(),
        "until": grant.valid_until.isoformat(),
        "time_zone": grant.time_zone,
        "days_end": "end_of_day_in_time_zone",
    }
    if grant.surveillance_due is not None:
        validity["surveillance_due"] = grant.surveillance_due.isoformat()
    said: dict[str, object] = {
        "type": TYPE,
        "issuer": grant.issuer,
        "certificate": {"code": grant.code, "version": grant.version},
        "scheme": {
            "id": grant.scheme_id,
            "version": grant.scheme_version,
            "digest": grant.scheme_digest,
            "label_class": grant.label_class,
        },
        "decision": {"mode": grant.mode.value, "on": grant.decided_on.isoformat()},
        "holder": subject.holder,
        "subject": {
            "kind": subject.kind.value,
            "goods": list(subject.goods),
            "techniques": list(subject.techniques),
            "place": _place(subject.place),
            "photo_digests": list(subject.photo_digests),
            "refs": list(subject.refs),
        },
        "validity": validity,
    }
    if subject.makers:
        said["personal"] = {"makers": list(subject.makers)}
    return said


def _place(place: Place) -> dict[str, object]:
    said: dict[str, object] = {
        "state": {"code": place.state_code, "name": place.state},
        "municipality": {"code": place.municipality_code, "name": place.municipality},
    }
    if place.locality is not None:
        locality = {"name": place.locality}
        if place.locality_code is not None:
            locality["code"] = place.locality_code
        said["locality"] = locality
    return said


def read_statement(said: Mapping[str, Any]) -> GrantStatement:
    """The value that :func:`statement` wrote down; what stands under `personal` comes as it is signed.

    Raises KeyError or ValueError for anything else: callers read only what a key of theirs signed.
    """
    scheme, validity, certificate = said["scheme"], said["validity"], said["certificate"]
    due = validity.get("surveillance_due")
    return GrantStatement(
        issuer=said["issuer"],
        code=certificate["code"],
        version=certificate["version"],
        scheme_id=scheme["id"],
        scheme_version=scheme["version"],
        scheme_digest=scheme["digest"],
        label_class=scheme["label_class"],
        mode=DecisionMode(said["decision"]["mode"]),
        subject=_read_subject(said),
        decided_on=date.fromisoformat(said["decision"]["on"]),
        valid_from=date.fromisoformat(validity["from"]),
        valid_until=date.fromisoformat(validity["until"]),
        surveillance_due=date.fromisoformat(due) if due else None,
        time_zone=validity["time_zone"],
    )


def _read_subject(said: Mapping[str, Any]) -> Subject:
    subject = said["subject"]
    place = subject["place"]
    locality = place.get("locality", {})
    return Subject(
        kind=SubjectKind(subject["kind"]),
        holder=said["holder"],
        goods=tuple(subject["goods"]),
        place=Place(
            state_code=place["state"]["code"],
            state=place["state"]["name"],
            municipality_code=place["municipality"]["code"],
            municipality=place["municipality"]["name"],
            locality_code=locality.get("code"),
            locality=locality.get("name"),
        ),
        techniques=tuple(subject["techniques"]),
        photo_digests=tuple(subject["photo_digests"]),
        refs=tuple(subject["refs"]),
        makers=tuple(said.get("personal", {}).get("makers", ())),
    )

"""A version of a certificate: what it states, with its number and the application that it rests on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from flask import current_app

from certification.applications.models import Application
from certification.core.db import writing
from certification.registry.commitments import Disclosure
from certification.registry.models import Certificate, CertificateVersion
from certification.registry.projection import place_of
from certification.rules.criteria import SubjectKind
from certification.rules.facts import Facts, Term
from certification.rules.statement import GrantStatement, Place, Subject, statement
from certification.rules.terms import CalendarTerm
from certification.schemes.models import SchemeVersion
from certification.schemes.texts import text_of, zone_of

TERM = ("valid_from", "valid_until", "surveillance_due", "grace_ends")


class Stated(NamedTuple):
    """What one version states beside its code and number."""

    scheme: SchemeVersion
    label_class: str
    subject: Subject
    decided_on: date
    term: CalendarTerm


def state_version(
    certificate: Certificate, stated: Stated, *, application: Application | None, at: datetime
) -> CertificateVersion:
    """Record the next version, to be signed. The caller holds the certificate, so that numbers have no gap and no double.

    A version that was lost with a database keeps its number.
    """
    number = certificate.newest + 1
    made = CertificateVersion(
        certificate=certificate,
        number=number,
        application=application,
        statement=statement(_statement(certificate.code, number, stated)),
        signed_at=at,
    )
    writing().add(made)
    return made


def _statement(code: str, number: int, stated: Stated) -> GrantStatement:
    scheme, term = stated.scheme, stated.term
    return GrantStatement(
        issuer=str(current_app.config["SETTINGS"]["ORIGIN"]),
        code=code,
        version=number,
        scheme_id=scheme.scheme.key,
        scheme_version=scheme.version,
        scheme_digest=scheme.digest,
        label_class=stated.label_class,
        mode=text_of(scheme).decision.mode,
        subject=stated.subject,
        decided_on=stated.decided_on,
        valid_from=term.valid_from,
        valid_until=term.valid_until,
        surveillance_due=term.surveillance_due,
        time_zone=zone_of(scheme).key,
    )


def subject_of(application: Application, makers: Sequence[Disclosure]) -> Subject:
    """What an application would have certified, with its makers as commitments."""
    party, shown = application.party, application.photo
    return Subject(
        kind=SubjectKind(application.subject_kind),
        holder=party.name,
        goods=(application.goods,),
        place=Place(
            state_code=party.state_code,
            state=place_of(party).rpartition(", ")[2],
            municipality_code=(party.municipality_code or "")[2:],
            municipality=party.municipality,
            locality=party.locality,
        ),
        techniques=(application.techniques,) if application.techniques else (),
        photo_digests=(shown.digest,) if shown else (),
        refs=tuple(sorted(set(application.subject_refs))),
        makers=tuple(one.commitment for one in makers),
    )


def stated_by(said: GrantStatement, scheme: SchemeVersion, makers: Sequence[Disclosure], term: CalendarTerm) -> Stated:
    """What a version states, with another term and the names that may still be seen."""
    kept = tuple(one.commitment for one in makers)
    return Stated(scheme, said.label_class, replace(said.subject, makers=kept), said.decided_on, term)


def calendar_of(said: GrantStatement, scheme: SchemeVersion) -> CalendarTerm:
    """The days of a signed version, with the grace that its scheme gives."""
    return CalendarTerm(said.valid_from, said.valid_until, said.surveillance_due, grace_of(scheme, said.surveillance_due))


def grace_of(scheme: SchemeVersion, due: date | None) -> date | None:
    """The last day of grace after a surveillance that is due."""
    return due + timedelta(days=text_of(scheme).timing.grace_days) if due else None


def take_term(certificate: Certificate, term: Facts | Term) -> None:
    """Let the certificate's columns say the dates that hold now."""
    for name in TERM:
        setattr(certificate, name, getattr(term, name))


def term_said(term: Certificate | Term) -> dict[str, str]:
    """The dates as an act tells them: ISO 8601, without those that there are not."""
    return {name: value.isoformat() for name in TERM if (value := getattr(term, name)) is not None}

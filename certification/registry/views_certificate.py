"""A certificate's record, as a page, as JSON and as its credential."""

import json
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from flask import Blueprint, g, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from certification.accounts.guard import person, requires
from certification.accounts.permissions import may
from certification.applications.case import ConditionView
from certification.applications.permissions import looks_after_untied
from certification.applications.queries import decision_of
from certification.core import clock
from certification.core.failures import wants_json
from certification.core.i18n import language, zone
from certification.registry.acts import standing_of
from certification.registry.documents import HTML, JSON, JSON_LD, VC, kept_for, missing, opened, refused, secured, wanted
from certification.registry.lost import find_lost, find_lost_version, newest_number
from certification.registry.models import Certificate
from certification.registry.moments import Moment, read_moment
from certification.registry.permissions import Permission, acts_for_holder
from certification.registry.records import Record, find, record_of
from certification.registry.reissuing import is_doubted
from certification.registry.renewals import ways
from certification.registry.scope import unhooked
from certification.registry.status import TTL
from certification.registry.surveillance import due
from certification.registry.tagart import PRINTABLE
from certification.registry.turns import turns
from certification.registry.views_credentials import answer, lost_version, told_lost
from certification.registry.views_proof import logged
from certification.registry.views_verify import cannot_check, faulty, lost_page
from certification.registry.weighing import UNSURE, standing, stood
from certification.rules.code import display
from certification.rules.errors import InvalidInput, NotFound
from certification.rules.jose import MEDIA_TYPE as VC_JWT
from certification.rules.verdict import LOST, PublicState, Verdict
from certification.rules.workflow import CERTIFICATE
from certification.schemes.texts import text_of, zone_of

bp = Blueprint("certificates", __name__)
LONGEST = 60
ACTS = {
    "suspend": Permission.SUSPEND,
    "restore": Permission.RESTORE,
    "withdraw": Permission.WITHDRAW,
    "surrender": Permission.SURRENDER,
}


class Then(NamedTuple):
    """What it was worth at a moment of the past."""

    when: Moment
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form of the record's page holds: as typed, and what is wrong with it."""

    typed: dict[str, str]
    faults: dict[str, InvalidInput] = field(default_factory=dict)


def load(code: str) -> Certificate | None:
    """By the code in the address, however it is written."""
    return find(code)


@bp.get("/c/<code>")
@requires(Permission.SEE)
def show(code: str) -> AnyResponse | tuple[str, int]:
    """The record as a page or as JSON, or the newest version's credential, as the client asks. It is checked first.

    ``?on=`` a day or an instant asks what it was worth then, or for the credential that was the newest then.
    """
    form = wanted(HTML, JSON, VC, VC_JWT, JSON_LD)
    certificate, asked = find(code), request.args.get("on", "")[:LONGEST]
    if certificate is None:
        return _without_record(code, form, asked)
    if form not in (HTML, JSON):
        return _newest(certificate, form, asked)
    if form == JSON or wants_json():
        return _as_json(certificate, asked)
    found = record_of(certificate, Moment(clock.now()))
    if not found.sound:
        return cannot_check(certificate.code, faulty())
    then, said = _asked(certificate, asked)
    response = make_response(_page(certificate, found, then, said), 422 if said.faults else 200)
    response.vary.update(("Accept", "Cookie"))
    return response


def _without_record(code: str, form: str, asked: str) -> AnyResponse | tuple[str, int]:
    """A code that was lost with a database says so in every form; one that never was is not found."""
    lost, page = find_lost(code, clock.now()), form == HTML and not wants_json()
    if lost is None:
        if page:
            raise NotFound
        return missing()
    if page:
        return lost_page(lost.code) or missing()
    if form in (HTML, JSON) or lost.state is PublicState.CANNOT_CHECK:
        return told_lost(lost)
    try:
        when = read_moment(asked, clock.now(), zone())
    except InvalidInput as fault:
        return refused(fault)
    at = when.at(zone())
    found = find_lost_version(lost.code, newest_number(lost.code, at if when.is_past else None))
    if found is None:
        return missing() if at < lost.granted_at else told_lost(lost)
    return lost_version(found, form, kept_for(TTL))


def _newest(certificate: Certificate, form: str, asked: str) -> AnyResponse:
    """The credential of the newest version, now or at the moment that is asked for, though its record here may be lost."""
    try:
        when = read_moment(asked, clock.now(), zone())
    except InvalidInput as fault:
        return refused(fault)
    at = when.at(zone_of(certificate.scheme_version))
    number = newest_number(certificate.code, at if when.is_past else None)
    known = next((one for one in reversed(certificate.versions) if not when.is_past or one.signed_at <= at), None)
    if number > (known.number if known else 0):
        return lost_version(find_lost_version(certificate.code, number), form, kept_for(TTL))
    if known is None and when.is_past:
        return missing()
    return answer(known, form, kept_for(TTL)) if known else secured(None, None, form, "")


def cannot(certificate: Certificate, said: str) -> tuple[str, int]:
    """What cannot be done with a certificate as it stands, why, and the way back to it (409)."""
    page = render_template(
        "certificates/cannot.html",
        code=certificate.code,
        shown=display(certificate.code),
        label=text_of(certificate.scheme_version).name.in_(language()),
        verdict=standing(certificate, clock.now()),
        said=said,
    )
    return page, 409


def _as_json(certificate: Certificate, asked: str) -> AnyResponse:
    """A record that is not sound says so and nothing else."""
    try:
        found = record_of(certificate, read_moment(asked, clock.now(), zone()))
    except InvalidInput as fault:
        return refused(fault)
    said = found.document if found.sound else {"code": found.code, "state": PublicState.CANNOT_CHECK.value}
    response = jsonify(said)
    response.status_code = 200 if found.sound else 503
    g.cookieless = True
    return opened(response)


def _asked(certificate: Certificate, asked: str) -> tuple[Then | None, Asked]:
    """What the certificate was worth at the moment that the address asks for, for the page's form."""
    try:
        when = read_moment(asked, clock.now(), zone())
    except InvalidInput as fault:
        return None, Asked({"on": asked}, {"on": fault})
    then = Then(when, stood(certificate, when.at(zone_of(certificate.scheme_version)))) if when.is_past else None
    return then, Asked({"on": asked})


def _page(certificate: Certificate, found: Record, then: Then | None, said: Asked) -> str:
    who, standing_now, found_at = person(), standing_of(certificate), clock.now()
    open_acts = CERTIFICATE.actions_from(standing_now)
    return render_template(
        "certificates/show.html",
        code=certificate.code,
        shown=display(certificate.code),
        verdict=found.verdict,
        unsure=UNSURE.get(found.verdict.reason),
        then=then,
        said=said,
        label=text_of(certificate.scheme_version).name.in_(language()),
        version=certificate.scheme_version.version,
        certificate=certificate,
        document=found.document,
        history=sorted([*found.acts, *turns(certificate, found.at)], key=lambda one: one.at),
        issued={act.version: act for act in found.acts if act.begins},
        logged=logged(certificate),
        disclosed=_disclosed(found.document["versions"]),
        statements=[json.dumps(one["statement"], ensure_ascii=False, indent=2) for one in found.document["versions"]],
        acts=[act for act, permission in ACTS.items() if act in open_acts and may(who, permission, certificate)],
        visit_due=may(who, Permission.SURVEY, certificate) and due(certificate, found_at),
        doubted=may(who, Permission.REISSUE, certificate) and is_doubted(certificate, found_at),
        ways=ways(certificate, found_at) if may(who, Permission.RENEW, certificate) else None,
        unhooked=unhooked(certificate) if may(who, Permission.REHOOK, certificate) else [],
        conditions=_conditions(certificate),
        iso=date.fromisoformat,
        may_watch=found.verdict.state not in LOST,
        may_tag=found.verdict.state in PRINTABLE and may(who, Permission.TAG, certificate),
    )


def _disclosed(versions: list[dict[str, Any]]) -> list[tuple[list[int], list[dict[str, str]]]]:
    """The names beside signed versions with their salts; a passed visit keeps those of the version before it."""
    groups = groupby(versions, key=lambda one: one["disclosures"]["makers"])
    return [([one["number"] for one in group], makers) for makers, group in groups if makers]


def _conditions(certificate: Certificate) -> tuple[ConditionView, ...]:
    """What it was granted on, for the holder's people and those who look after the case; nobody else reads it."""
    who = person()
    application = certificate.case
    if not (acts_for_holder(who, certificate) or looks_after_untied(who, application)):
        return ()
    decision = decision_of(application, language(), clock.now())
    return decision.conditions if decision else ()

"""What outsiders need to check a credential without us: each version, status lists, keys and words (docs/credentials.md)."""

import json
from datetime import timedelta

from flask import Blueprint, g, jsonify, make_response, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from certification.accounts.guard import requires
from certification.accounts.permissions import Permission as Open
from certification.core import clock, i18n
from certification.core.web import outside
from certification.log.domains import former_domains
from certification.log.keys import KeyProblemError
from certification.log.lagging import lags
from certification.registry import issuer, status
from certification.registry.credentials import document_of, find_version, token_of
from certification.registry.documents import (
    HTML,
    IMMUTABLE,
    JSON,
    JSON_LD,
    VC,
    kept_for,
    missing,
    not_now,
    opened,
    public,
    refused,
    secured,
    wanted,
)
from certification.registry.lost import SENTENCE, Lost, find_lost, find_lost_version
from certification.registry.models import CertificateVersion, LostVersion
from certification.registry.permissions import Permission
from certification.registry.records import find
from certification.registry.verifying import faults_of, secured_list
from certification.registry.views_verify import cannot_check, faulty, lost_page
from certification.rules.code import display
from certification.rules.contexts import PATH, context_address, context_document
from certification.rules.did import MEDIA_TYPE, OTHER_MEDIA_TYPES, WELL_KNOWN, did_document, did_of
from certification.rules.errors import NotFound
from certification.rules.jose import MEDIA_TYPE as VC_JWT
from certification.rules.verdict import PublicState, Reason

bp = Blueprint("credentials", __name__)
A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)
LARGEST = 2_147_483_647
NOT_HAD = 503
NOT_RETRIEVED = "https://www.w3.org/ns/credentials/status-list#STATUS_RETRIEVAL_ERROR"
RECORD_LOST = "record_lost"


@bp.get(f"/c/<code>/versions/<int(max={LARGEST}):number>")
@requires(Permission.SEE)
def version(code: str, number: int) -> AnyResponse | tuple[str, int]:
    """One version's credential, which never changes; its status lists say whether it still holds."""
    form = wanted(VC, HTML, VC_JWT, JSON_LD, JSON)
    certificate = find(code)
    found = find_version(certificate, number) if certificate else None
    if found is None:
        return _lost(code, number, form)
    if form == HTML:
        return _page(found)
    return answer(found, form, kept_for(A_DAY))


@bp.get(f"/status/<purpose>/<int(max={LARGEST}):number>")
@requires(Open.BROWSE)
def status_list(purpose: str, number: int) -> AnyResponse:
    """A status list as last signed. Stale ones are served too: readers must see for themselves that they are.

    That of a database which is known to lack acts is not: a bit may be missing in it, and its dates would not tell. Asked for
    as of an instant (vc-bitstring-status-list §3.2, ``timestamp``) from before it was signed, it isn't given for another.
    """
    listed = status.find_list(purpose, number)
    if listed is None:
        return missing()
    if lags():
        return not_now(Reason.REGISTRY_BEHIND.value)
    if not status.stood(listed, request.args.get("timestamp"), clock.now()):
        return refused(NotFound(), type=NOT_RETRIEVED)
    form = wanted(VC, VC_JWT, JSON_LD, JSON)
    return secured(secured_list(listed), listed.token, form, kept_for(status.TTL))


@bp.get(WELL_KNOWN)
@requires(Open.BROWSE)
def did() -> AnyResponse:
    """The keys that ever signed here, with their periods (did:web); under an address of before, as that one's document."""
    try:
        keys = issuer.registry_keys(did_of(_address()))
    except KeyProblemError:
        return secured(None, None, JSON, "no-store")
    document = did_document(keys.did, keys.keys.values(), context=context_address(_address()))
    return public(document, wanted(MEDIA_TYPE, *OTHER_MEDIA_TYPES, JSON, JSON_LD), kept_for(AN_HOUR))


@bp.get(PATH)
@requires(Open.BROWSE)
def context() -> AnyResponse:
    """Our own words, as a JSON-LD context."""
    return public(context_document(f"{context_address(_address())}#"), JSON_LD, IMMUTABLE)


def _address() -> str:
    """Scheme and host that were asked for, where the registry was there once; else those that it has now."""
    present = issuer.origin()
    if request.host == present.partition("://")[2] or request.host not in former_domains():
        return present
    return f"{present.partition('://')[0]}://{request.host}"


def answer(found: CertificateVersion, form: str, cache: str) -> AnyResponse:
    """A version's credential in one of its forms."""
    return secured(document_of(found), token_of(found), form, cache)


def lost_version(found: LostVersion | None, form: str, cache: str) -> AnyResponse:
    """The credential of a version whose record was lost; where only one of its forms was found, that one."""
    document, token = (found.document, found.token) if found else (None, None)
    if form == VC_JWT:
        return secured({}, token, form, cache) if token else secured(None, None, form, cache)
    return secured(document, "", form, cache)


def told_lost(found: Lost) -> AnyResponse:
    """What is left of a certificate, for a program (503 while nobody can say whether it is valid)."""
    g.cookieless = True
    response = jsonify(
        code=found.code,
        state=found.state.value,
        reason=RECORD_LOST,
        since=found.verdict.since.isoformat() if found.verdict.since else None,
        granted_at=found.granted_at.isoformat(),
        successor=found.verdict.successor,
        sentence=_(SENTENCE, day=i18n.day(found.granted_at)),
        credential=found.document["id"] if found.document else None,
        log_proof=outside(f"/c/{found.code}/proof"),
    )
    response.status_code = NOT_HAD if found.state is PublicState.CANNOT_CHECK else 200
    response.headers["Cache-Control"] = "no-store"
    return opened(response)


def _lost(code: str, number: int, form: str) -> AnyResponse | tuple[str, int]:
    """A version that is not recorded: its credential where that was found again, else that it was lost, else nothing."""
    found, known = find_lost_version(code, number), find_lost(code, clock.now())
    if form == HTML:
        page = lost_page(known.code) if known else None
        if page is None:
            raise NotFound
        return page
    if found is not None:
        return lost_version(found, form, kept_for(A_DAY))
    if known is None:
        return missing()
    said = told_lost(known)
    said.status_code = NOT_HAD  # whatever became of the certificate: the document that is asked for can't be had
    return said


def _page(found: CertificateVersion) -> AnyResponse | tuple[str, int]:
    document, credential, code = document_of(found), found.credential, found.certificate.code
    if document is None or credential is None:
        raise NotFound
    faults = faults_of(found, clock.now())
    if faults:
        return cannot_check(code, faulty(faults))
    page = render_template(
        "certificates/credential.html",
        code=code,
        shown=display(code),
        number=found.number,
        credential=json.dumps(document, ensure_ascii=False, indent=2),
        token=token_of(found),
        address=document["id"],
        lists=[one["statusListCredential"] for one in document["credentialStatus"]],
    )
    response = make_response(page)
    response.vary.update(("Accept", "Cookie"))
    return response

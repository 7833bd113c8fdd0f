"""Credentials and presentations that were sent to be verified: what holds, or the problem in the words of the standards."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt

from certification.outside.sources import Site
from certification.rules.contexts import CREDENTIALS
from certification.rules.errors import CannotCheck, DomainError
from certification.rules.jose import issuer_of, verify_token
from certification.rules.jsontext import read_object
from certification.rules.multiformats import decode_base64url
from certification.rules.proofs import PURPOSE, Resolver, one_by_one, verify_proofs
from certification.rules.statuslist import read_status
from tests.vc_api import rdfc
from tests.vc_api.issuer import AUTHENTICATION, PURPOSES, Issuer
from tests.vc_api.model import ENVELOPED, ENVELOPED_PRESENTATION, faults, faults_of_presentation, listed

SECURITY = "https://w3id.org/security#"  # vc-data-integrity §4.7
MODEL = "https://www.w3.org/TR/vc-data-model#"  # vc-data-model-2.0 §7.2
STATUS = "https://www.w3.org/ns/credentials/status-list#"  # vc-bitstring-status-list §3.5
VC_DATA = tuple(f"data:application/{kind}," for kind in ("vc+jwt", "jwt"))
VP_DATA = tuple(f"data:application/{kind}," for kind in ("vp+jwt", "jwt"))
CODES = {  # the number that goes with each
    "PROOF_GENERATION_ERROR": -16,
    "PROOF_VERIFICATION_ERROR": -17,
    "INVALID_DOMAIN_ERROR": -19,
    "INVALID_CHALLENGE_ERROR": -20,
}
STATUS_KINDS = {
    "unreachable": "STATUS_RETRIEVAL_ERROR",
    "too_short": "STATUS_LIST_LENGTH_ERROR",
    "out_of_range": "RANGE_ERROR",
    "bad_entry": "MALFORMED_VALUE_ERROR",
}


class Refused(Exception):
    """A request that the interface answers with 400; ``kind`` is the name of the problem."""

    def __init__(self, kind: str, detail: str, base: str = SECURITY) -> None:
        super().__init__(detail)
        self.problem: dict[str, object] = {
            "type": base + kind,
            "title": kind.replace("_", " ").capitalize(),
            "detail": detail,
            **({"code": CODES[kind]} if base == SECURITY else {}),
        }


def refuse_faults(found: list[str]) -> None:
    """Raises Refused for what the model refuses."""
    if found:
        raise Refused("MALFORMED_VALUE_ERROR", "; ".join(found), MODEL)


def opened(
    secured: Mapping[str, Any], resolve: Resolver, options: Mapping[str, Any], at: datetime, *, within: bool = False
) -> Mapping[str, Any]:
    """The credential that was signed, by keys of who issued it; ``within`` a presentation by either suite."""
    if ENVELOPED in listed(secured.get("type")):
        found, methods = _unwrapped(secured, resolve, at)
    else:
        _must_be_proved(secured)
        refuse_faults(faults(secured))
        purpose = options.get("expectedProofPurpose") or PURPOSE
        found, methods = _proved(secured, resolve, options, at, purpose, either=within)
    if any(_controller(method) != issuer_of(found) for method in methods):
        raise Refused("PROOF_VERIFICATION_ERROR", "signed by somebody else than the issuer")
    refuse_faults(faults(found))
    return found


def presented(secured: Mapping[str, Any], resolve: Resolver, options: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
    """The presentation that was signed, with each of its credentials; by its holder, if it names one (§4.13)."""
    enveloped = ENVELOPED_PRESENTATION in listed(secured.get("type"))
    if enveloped:
        found, methods = _unwrapped_presentation(secured, resolve, options, at)
    else:
        _must_be_proved(secured)
        refuse_faults(faults_of_presentation(secured))
        found, methods = _proved(secured, resolve, options, at, _purpose(secured, options), either=True)
    refuse_faults(faults_of_presentation(found))
    holder = found.get("holder")
    holder = holder.get("id") if isinstance(holder, Mapping) else holder
    signers = {_controller(method) for method in methods}
    if holder is not None and signers != {holder}:
        raise Refused("PROOF_VERIFICATION_ERROR", "signed by somebody else than the holder")
    credentials: list[Any] = listed(found.get("verifiableCredential", []))
    for one in credentials:
        if enveloped and ENVELOPED not in listed(one.get("type")):
            raise Refused("MALFORMED_VALUE_ERROR", "a credential is not enveloped", MODEL)
        if issuer_of(opened(one, resolve, {}, at, within=True)) in signers and holder is None:
            raise Refused("MALFORMED_VALUE_ERROR", "self-asserted, and no holder is named", MODEL)
    return found


def _must_be_proved(secured: Mapping[str, Any]) -> None:
    if "type" not in secured or "proof" not in secured:
        raise Refused("PARSING_ERROR", "there is neither a proof nor an envelope", MODEL)


def _controller(method: str) -> str:
    return method.partition("#")[0]


def _purpose(secured: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """What is expected, else whichever of both purposes the first proof has."""
    first = listed(secured["proof"])[0] if listed(secured["proof"]) else None
    asserted = isinstance(first, Mapping) and first.get("proofPurpose") == PURPOSE
    return str(options.get("expectedProofPurpose") or (PURPOSE if asserted else AUTHENTICATION))


def _proved(
    secured: Mapping[str, Any], resolve: Resolver, options: Mapping[str, Any], at: datetime, purpose: str, *, either: bool
) -> tuple[dict[str, Any], list[str]]:
    """By proofs of our own suite; or of ``either``, as W3C's suite of the data model signs what it presents."""
    try:
        proved = [
            (rdfc.verify_proof if either and rdfc.is_of_suite(one) else verify_proofs)(one, resolve, at=at, purpose=purpose)
            for one in one_by_one(secured)
        ]
    except DomainError as error:
        raise Refused("PROOF_VERIFICATION_ERROR", error.code) from error
    _check_bound(listed(secured["proof"]), options)
    return dict(proved[0].document), [one.proofs[0].method for one in proved]


def _token_of(secured: Mapping[str, Any], starts: tuple[str, ...]) -> str:
    """The token in the data: URL of an envelope (§4.13.1, §4.13.2)."""
    address = secured.get("id")
    if CREDENTIALS not in listed(secured.get("@context")) or not isinstance(address, str) or not address.startswith(starts):
        raise Refused("MALFORMED_VALUE_ERROR", "the envelope has no base context, or no data: URL of a token", MODEL)
    token = address.partition(",")[2]
    _refuse_old_claims(token)
    return token


def _refuse_old_claims(token: str) -> None:
    """vc-jose-cose §3: the payload is the document itself, never a claim with a document of version 1.1 in it."""
    try:
        payload = read_object(decode_base64url("".join(token.split(".")[1:2])), fractions=True)
    except DomainError:
        return  # whoever verifies it says what it is
    if found := sorted({"vc", "vp"} & payload.keys()):
        raise Refused("MALFORMED_VALUE_ERROR", f"the payload of the token has the claim {' and '.join(found)}", MODEL)


def _unwrapped(secured: Mapping[str, Any], resolve: Resolver, at: datetime) -> tuple[dict[str, Any], list[str]]:
    try:
        token = verify_token(_token_of(secured, VC_DATA), resolve, at=at)
    except DomainError as error:
        raise Refused("CRYPTOGRAPHIC_SECURITY_ERROR", error.code, MODEL) from error
    return dict(token.document), [token.method]


def _unwrapped_presentation(
    secured: Mapping[str, Any], resolve: Resolver, options: Mapping[str, Any], at: datetime
) -> tuple[dict[str, Any], list[str]]:
    """vc-jose-cose §3.1.2, read by another library; times are ours to judge."""
    token = _token_of(secured, VP_DATA)
    unchecked = {f"verify_{name}": False for name in ("aud", "iat", "exp", "nbf")}
    try:
        header = jwt.get_unverified_header(token)
        method = str(header.get("kid"))
        public = resolve(method)
        if header.get("typ") != "vp+jwt" or header.get("cty", "vp") != "vp" or public is None:
            raise Refused("CRYPTOGRAPHIC_SECURITY_ERROR", "no token of a presentation, or by a key that nobody knows", MODEL)
        said: dict[str, Any] = jwt.decode(token, public, algorithms=["EdDSA"], options=unchecked)  # type: ignore[arg-type]
        times = {
            name: datetime.fromtimestamp(value, UTC) for name, value in (header | said).items() if name in ("iat", "exp", "nbf")
        }
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise Refused("CRYPTOGRAPHIC_SECURITY_ERROR", "the token does not hold", MODEL) from error
    if times.get("exp", at) < at or any(times.get(name, at) > at for name in ("iat", "nbf")):
        raise Refused("CRYPTOGRAPHIC_SECURITY_ERROR", "the token is not of now", MODEL)
    _check_bound([{"domain": said.get("aud"), "challenge": said.get("nonce")}], options)
    claims = {"iss", "aud", "nonce", "iat", "exp", "nbf"}
    return {name: value for name, value in said.items() if name not in claims}, [method]


def _check_bound(proofs: list[Any], options: Mapping[str, Any]) -> None:
    """vc-data-integrity §4.4: domain and challenge are those that were expected."""
    domain, challenge = options.get("domain"), options.get("challenge")
    for proof in proofs:
        if domain is not None and {*map(str, listed(domain))} != {*map(str, listed(proof.get("domain")))}:
            raise Refused("INVALID_DOMAIN_ERROR", "the proof is for another domain")
        if challenge is not None and proof.get("challenge") != challenge:
            raise Refused("INVALID_CHALLENGE_ERROR", "the proof answers another challenge")


def check_status(credential: Mapping[str, Any], issuer: Issuer, at: datetime) -> None:
    """Every entry's list says that its bit is not set; whatever keeps us from knowing is a refusal."""
    for entry in listed(credential.get("credentialStatus", [])):
        if not isinstance(entry, Mapping):
            raise Refused("MALFORMED_VALUE_ERROR", "an entry is no object", STATUS)
        address, purpose = str(entry.get("statusListCredential")), str(entry.get("statusPurpose"))
        try:
            secured = _fetched(address, issuer)
            if read_status(entry, secured, lambda _at: issuer.resolve, issuer=str(issuer_of(credential)), purpose=purpose, at=at):
                raise Refused("STATUS_VERIFICATION_ERROR", f"the bit of {purpose} is set", STATUS)
        except DomainError as error:
            raise Refused(STATUS_KINDS.get(error.code, "STATUS_VERIFICATION_ERROR"), error.code, STATUS) from error


def _fetched(address: str, issuer: Issuer) -> Mapping[str, object]:
    own = address.removeprefix(f"{issuer.origin}/status/")
    if own in PURPOSES:
        return issuer.status_list(own)
    scheme, _, rest = address.partition("://")
    host, _, path = rest.partition("/")
    if scheme not in ("http", "https") or not host:
        raise CannotCheck("unreachable")
    return read_object(Site(f"{scheme}://{host}", 5.0).get(f"/{path}", "application/vc"))

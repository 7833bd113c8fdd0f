"""Credentials as `application/vc+jwt` (W3C vc-jose-cose 1.0 §3.1.1; RFC 7515 compact form; RFC 8037, RFC 9864)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certification.rules.canonical import jcs
from certification.rules.errors import BadSignature, InvalidInput, UnknownKey
from certification.rules.jsontext import LONGEST, JsonObject, read_object
from certification.rules.multiformats import decode_base64url, encode_base64url
from certification.rules.proofs import Resolver
from certification.rules.text import N_

MEDIA_TYPE = "application/vc+jwt"
TYPE, CONTENT = "vc+jwt", "vc"
ALGORITHM = "EdDSA"
ALGORITHMS = (ALGORITHM, "Ed25519")  # the second is RFC 9864's name of the same
NOT_IN_A_CREDENTIAL = frozenset({"vc", "vp", "proof"})
CLAIM = "iss"
EVALUATED = frozenset({CLAIM, "iat", "exp", "nbf"})  # claims of RFC 7519, in the header, the payload or both
SIGNATURE_BYTES = 64
PARTS = 3
LATEST = 253_402_300_799  # seconds: the end of the year 9999


@dataclass(frozen=True, slots=True)
class Token:
    """The credential, without the claims beside it that are evaluated, and who signed it.

    `method` is the DID URL of `kid`, `signed` is `iat`, `expires` is `exp`, `begins` is `nbf`. Other claims stay in the document.
    """

    document: JsonObject
    method: str
    signed: datetime | None
    expires: datetime | None
    begins: datetime | None = None


def sign_token(credential: Mapping[str, object], key: Ed25519PrivateKey, *, method: str, signed: datetime) -> str:
    """The compact JWS whose payload is the credential itself, in canonical JSON; the same input gives the same bytes.

    `method` is the DID URL of the key; what stands before its `#` is `iss`. The instant of signing, in whole seconds, stands in
    the header, so that the payload stays the credential. Raises InvalidInput (`bad_document`, `bad_token`, `not_canonical`).
    """
    if {*NOT_IN_A_CREDENTIAL, CLAIM} & credential.keys():
        raise _bad_document()
    issuer, _, fragment = method.partition("#")
    if not fragment or issuer_of(credential) != issuer:
        raise _bad_token()
    header = {"alg": ALGORITHM, "typ": TYPE, "cty": CONTENT, "kid": method, CLAIM: issuer, "iat": int(signed.timestamp())}
    text = ".".join(encode_base64url(jcs(part)) for part in (header, credential))
    return f"{text}.{encode_base64url(key.sign(text.encode('ascii')))}"


def detached(token: str) -> str:
    """A token without its payload, for whoever keeps that beside it (RFC 7515 Appendix F). Raises InvalidInput (`bad_token`)."""
    header, _payload, signature = _parts(token)
    return f"{header}..{signature}"


def attached(token: str, credential: Mapping[str, object]) -> str:
    """What `sign_token` made of a credential, of its detached form; whatever is not in that form stays as it is.

    Raises InvalidInput (`not_canonical`).
    """
    header, gap, signature = token.partition("..")
    return f"{header}.{encode_base64url(jcs(credential))}.{signature}" if gap else token


def peek_token(token: str) -> Token:
    """What a token says of itself, with its signature unread: to look up which key counted when it was signed.

    Raises InvalidInput (`too_long`, `bad_token`, `other_algorithm`, `critical_header`, `bad_document`, `bad_base64url`,
    `bad_json`).
    """
    header, payload, _signature = _parts(token)
    said = [read_object(decode_base64url(part), fractions=True) for part in (header, payload)]
    return _said(said[0], said[1])


def verify_token(token: str, resolve: Resolver, *, at: datetime) -> Token:
    """The token holds at the instant `at`.

    Raises as `peek_token`; BadSignature (also `proof_from_future`, `proof_expired`); UnknownKey.
    """
    said = peek_token(token)
    header, payload, signature = _parts(token)
    if any(begin is not None and begin > at for begin in (said.signed, said.begins)):
        raise BadSignature("proof_from_future", N_("La prueba del documento dice una fecha que todavía no llega."))
    if said.expires is not None and said.expires <= at:
        raise BadSignature("proof_expired", N_("La prueba del documento ya venció."))
    raw = decode_base64url(signature)
    if len(raw) != SIGNATURE_BYTES:
        raise _bad_token()
    public = resolve(said.method)
    if public is None:
        raise UnknownKey(method=said.method)
    try:
        public.verify(raw, f"{header}.{payload}".encode("ascii"))
    except InvalidSignature as error:
        raise BadSignature(method=said.method) from error
    return said


def issuer_of(credential: Mapping[str, object]) -> object:
    """The identifier of the issuer, which a credential names alone or in an object."""
    issuer = credential.get("issuer")
    return issuer.get("id") if isinstance(issuer, Mapping) else issuer


def _said(header: JsonObject, payload: JsonObject) -> Token:
    """RFC 7515 §4: what a header says beyond what is known here is ignored, unless `crit` names it."""
    if header.get("alg") not in ALGORITHMS:
        raise InvalidInput("other_algorithm", N_("El documento está firmado de una manera que aquí no se acepta."))
    if "crit" in header:
        raise InvalidInput("critical_header", N_("El documento pide algo que aquí no se sabe cumplir."))
    if not _is_type(header.get("typ"), TYPE) or not _is_type(header.get("cty", CONTENT), CONTENT):
        raise _bad_token()
    if NOT_IN_A_CREDENTIAL & payload.keys() or "@context" not in payload:
        raise _bad_document()
    issuer = issuer_of(payload)
    if header.get(CLAIM, issuer) != issuer or payload.get(CLAIM, issuer) != issuer:
        raise _bad_token()
    document = {name: value for name, value in payload.items() if name not in EVALUATED}
    signed, expires, begins = (_moment(header, payload, name) for name in ("iat", "exp", "nbf"))
    return Token(document, _method(header, payload), signed, expires, begins)


def _is_type(said: object, wanted: str) -> bool:
    """RFC 7515 §4.1.9: in any case, and with or without `application/`."""
    return isinstance(said, str) and said.lower().removeprefix("application/") == wanted


def _method(header: JsonObject, payload: JsonObject) -> str:
    """vc-jose-cose §4: `kid` is the whole URL of a verification method; beside `iss`, what names it in the issuer's document."""
    kid, issuer = header.get("kid"), header.get(CLAIM, payload.get(CLAIM))
    if not isinstance(kid, str) or not kid:
        raise _bad_token()
    if ":" in kid:
        return kid
    if not isinstance(issuer, str):
        raise _bad_token()
    return f"{issuer}#{kid.removeprefix('#')}"


def _parts(token: str) -> tuple[str, str, str]:
    if len(token) > LONGEST:
        raise InvalidInput("too_long", N_("El documento es demasiado grande."))
    parts = token.split(".")
    if len(parts) != PARTS:
        raise _bad_token()
    return parts[0], parts[1], parts[2]


def _moment(header: JsonObject, payload: JsonObject, name: str) -> datetime | None:
    """RFC 7519 NumericDate; §5.3: a claim that stands in both places says the same."""
    said = [part[name] for part in (header, payload) if name in part]
    if not said:
        return None
    first = said[0]
    if said[-1] != first or not isinstance(first, int | float) or isinstance(first, bool) or not 0 <= first <= LATEST:
        raise _bad_token()
    return datetime.fromtimestamp(first, UTC)


def _bad_token() -> InvalidInput:
    return InvalidInput("bad_token", N_("El documento firmado no se puede leer."))


def _bad_document() -> InvalidInput:
    return InvalidInput("bad_document", N_("El documento no tiene la forma de una credencial."))

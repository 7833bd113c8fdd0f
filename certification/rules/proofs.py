"""Data Integrity proofs of the suite eddsa-jcs-2022 (W3C vc-data-integrity 1.0 §4, vc-di-eddsa 1.0 §3.3)."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from certification.rules.canonical import jcs
from certification.rules.errors import BadSignature, InvalidInput, UnknownKey
from certification.rules.instants import instant_text, read_instant
from certification.rules.multiformats import decode_base58btc, encode_base58btc
from certification.rules.text import N_

TYPE = "DataIntegrityProof"
SUITE = "eddsa-jcs-2022"
PURPOSE = "assertionMethod"
SIGNATURE_BYTES = 64
MOST_PROOFS = 8
_NOTHING: Mapping[str, object] = MappingProxyType({})
_NO_OFFSET = re.compile(r"[^+Z]+T[^-+Z]+", re.ASCII)

Resolver: TypeAlias = Callable[[str], Ed25519PublicKey | None]
Document: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof that holds. `created` and `expires` are aware instants in UTC."""

    method: str
    created: datetime | None
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class Proved:
    """What was signed, without its proofs and with no context more than was signed; and by which proofs."""

    document: Document
    proofs: tuple[Proof, ...]


def add_proof(
    document: Document, key: Ed25519PrivateKey, *, method: str, created: datetime, more: Mapping[str, object] = _NOTHING
) -> dict[str, object]:
    """A copy of `document` with its proof; `method` is the DID URL of the key; `more` are options beside or instead of ours.

    The same document, key and instant give the same bytes. Raises InvalidInput when the document is proved already (`proved`),
    has no context (`bad_document`) or no canonical form.
    """
    if "proof" in document:
        raise InvalidInput("proved", N_("El documento ya lleva una prueba."))
    if "@context" not in document:
        raise _bad_document()
    options: dict[str, object] = {
        "type": TYPE,
        "cryptosuite": SUITE,
        "created": instant_text(created),
        "verificationMethod": method,
        "proofPurpose": PURPOSE,
        "@context": deepcopy(document["@context"]),  # its own: who adds a context to the document adds none to the proof
        **more,
    }
    value = encode_base58btc(key.sign(_hash_data(document, options)))
    return {**document, "proof": {**options, "proofValue": value}}


def proof_created(secured: Document) -> datetime:
    """The latest `created` of the proofs, unverified: to look up which key counted then. Raises InvalidInput (`bad_proof`)."""
    instants = [_instant(proof, "created") for proof in _proofs(secured)]
    found = [instant for instant in instants if instant is not None]
    if len(found) != len(instants):
        raise _bad_proof()
    return max(found)


def one_by_one(secured: Document) -> list[Document]:
    """The document once with each of its proofs, for keys of different times. Raises InvalidInput (`no_proof`, `bad_proof`)."""
    return [{**secured, "proof": proof} for proof in _proofs(secured)]


def verify_proofs(secured: Document, resolve: Resolver, *, at: datetime, purpose: str = PURPOSE) -> Proved:
    """Every proof of a document, one or a set, holds at the instant `at`; else it is refused as a whole.

    Raises InvalidInput (`bad_document`, `no_proof`, `bad_proof`, `proof_chain`, `other_suite`, `other_purpose`, `other_context`,
    `bad_multibase`, `not_canonical`), BadSignature (also with the codes `proof_from_future`, `proof_expired`) and UnknownKey.
    """
    unsecured = {name: value for name, value in secured.items() if name != "proof"}
    proofs = _proofs(secured)
    contexts = {jcs(proof.get("@context", secured.get("@context"))) for proof in proofs}
    if len(contexts) != 1:
        raise _other_context()
    if "@context" in proofs[0]:
        _check_prefix(unsecured.get("@context"), proofs[0]["@context"])
        unsecured["@context"] = proofs[0]["@context"]
    return Proved(unsecured, tuple(_verify(unsecured, proof, resolve, at, purpose) for proof in proofs))


def _verify(unsecured: Document, proof: Document, resolve: Resolver, at: datetime, purpose: str) -> Proof:
    method = _check_options(proof, purpose)
    created, expires = _instant(proof, "created"), _instant(proof, "expires")
    if created is not None and created > at:
        raise BadSignature("proof_from_future", N_("La prueba del documento dice una fecha que todavía no llega."))
    if expires is not None and expires <= at:
        raise BadSignature("proof_expired", N_("La prueba del documento ya venció."))
    signature = decode_base58btc(proof.get("proofValue"))
    if len(signature) != SIGNATURE_BYTES:
        raise _bad_proof()
    public = resolve(method)
    if public is None:
        raise UnknownKey(method=method)
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    try:
        public.verify(signature, _hash_data(unsecured, options))
    except InvalidSignature as error:
        raise BadSignature(method=method) from error
    return Proof(method, created, expires)


def _hash_data(document: Document, options: Document) -> bytes:
    """vc-di-eddsa §3.3.4: the digest of the options stands first."""
    return b"".join(hashlib.sha256(jcs(part)).digest() for part in (options, document))


def _proofs(secured: Document) -> list[Document]:
    found = secured.get("proof")
    listed = found if isinstance(found, list) else [found]
    if found is None or not listed:
        raise InvalidInput("no_proof", N_("El documento no lleva prueba."))
    proofs = [proof for proof in listed if isinstance(proof, Mapping)]
    if len(proofs) != len(listed) or len(proofs) > MOST_PROOFS:
        raise _bad_proof()
    return proofs


def _check_options(proof: Document, purpose: str) -> str:
    """The verification method of a proof whose options are those of this suite."""
    if proof.get("type") != TYPE or proof.get("cryptosuite") != SUITE:
        raise InvalidInput("other_suite", N_("La prueba del documento es de otra clase."))
    if proof.get("proofPurpose") != purpose:
        raise InvalidInput("other_purpose", N_("La prueba del documento sirve para otro fin."))
    if "previousProof" in proof:
        raise InvalidInput("proof_chain", N_("El documento encadena pruebas, y eso aquí no se lee."))
    method = proof.get("verificationMethod")
    if not isinstance(method, str) or not method:
        raise _bad_proof()
    return method


def _check_prefix(said: object, signed: object) -> None:
    """vc-di-eddsa §3.3.2: the contexts of the document begin with those that were signed, in their order."""
    whole, start = _listed(said), _listed(signed)
    if [jcs(one) for one in whole[: len(start)]] != [jcs(one) for one in start]:
        raise _other_context()


def _listed(context: object) -> Sequence[object]:
    if context is None:
        raise _bad_document()
    return context if isinstance(context, list) else [context]


def _instant(proof: Document, name: str) -> datetime | None:
    """vc-data-integrity §2.1: a time that lacks its offset is one in UTC."""
    if name not in proof:
        return None
    said = proof[name]
    try:
        return read_instant(f"{said}Z" if isinstance(said, str) and _NO_OFFSET.fullmatch(said) else said)
    except InvalidInput as error:
        raise _bad_proof() from error


def _bad_document() -> InvalidInput:
    return InvalidInput("bad_document", N_("El documento no tiene la forma de una credencial."))


def _bad_proof() -> InvalidInput:
    return InvalidInput("bad_proof", N_("La prueba del documento no se puede leer."))


def _other_context() -> InvalidInput:
    return InvalidInput("other_context", N_("La prueba se hizo sobre otro contexto."))

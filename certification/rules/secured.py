"""A credential secured in either of our two ways, opened: its signature holds, by a key of its issuer, at the time of signing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from certification.rules.did import for_tokens
from certification.rules.errors import BadSignature, InvalidInput
from certification.rules.jose import issuer_of, peek_token, verify_token
from certification.rules.proofs import Document, Resolver, one_by_one, proof_created, verify_proofs
from certification.rules.text import N_

Secured: TypeAlias = Mapping[str, object] | str
KeysAt: TypeAlias = Callable[[datetime], Resolver]


@dataclass(frozen=True, slots=True)
class Opened:
    """What was signed, by which of the issuer's methods, and when; of several proofs, the latest."""

    document: Document
    issuer: str
    methods: tuple[str, ...]
    signed: datetime


def open_secured(secured: Secured, keys_at: KeysAt, *, at: datetime) -> Opened:
    """Verify a credential with a Data Integrity proof (a mapping) or as `application/vc+jwt` (text).

    `keys_at` gives the keys that counted at an instant (`RegistryKeys.at`). Each of them must belong to the issuer that the
    credential names. Raises as `verify_proofs` and `verify_token`; BadSignature (`other_issuer`); InvalidInput (`no_date`) when
    nothing says when it was signed, so that nobody can tell whether the key counted; InvalidInput (`too_deep`).
    """
    try:
        document, methods, signed = (
            _opened_token(secured, keys_at, at) if isinstance(secured, str) else _opened(secured, keys_at, at)
        )
    except RecursionError as error:
        raise InvalidInput("too_deep", N_("El documento no se puede leer.")) from error
    issuer = issuer_of(document)
    if not isinstance(issuer, str) or any(method.partition("#")[0] != issuer for method in methods):
        raise BadSignature("other_issuer", N_("El documento no está firmado por quien dice haberlo emitido."))
    return Opened(document, issuer, methods, signed)


def _opened(secured: Document, keys_at: KeysAt, at: datetime) -> tuple[Document, tuple[str, ...], datetime]:
    proved = [verify_proofs(one, keys_at(proof_created(one)), at=at) for one in one_by_one(secured)]
    if any(one.document != proved[0].document for one in proved):
        raise InvalidInput("other_context", N_("La prueba se hizo sobre otro contexto."))
    return proved[0].document, tuple(one.proofs[0].method for one in proved), proof_created(secured)


def _opened_token(secured: str, keys_at: KeysAt, at: datetime) -> tuple[Document, tuple[str, ...], datetime]:
    signed = peek_token(secured).signed
    if signed is None:
        raise InvalidInput("no_date", N_("El documento no dice cuándo se firmó."))
    token = verify_token(secured, for_tokens(keys_at(signed)), at=at)
    return token.document, (token.method,), signed

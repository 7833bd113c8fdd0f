"""Failures of the trade: a stable code, and a sentence for the person. HTTP is unknown here."""

# ruff: noqa: N818 - an exception is named for the fact, not for its kind

from collections.abc import Callable
from typing import ClassVar

from certification.rules.text import N_

Say = Callable[[str], str]


class DomainError(Exception):
    """A rule said no.

    `code` is stable and for machines; `sentence` is the untranslated Spanish message with `%(name)s`
    places; `params` fills them; `field` names the form field at fault, if there is one. `told` is what only the
    operator may read in its place, in English.
    Each subclass brings both, so `raise NotFound` says enough.
    """

    default_code: ClassVar[str] = "not_possible"
    default_sentence: ClassVar[str] = N_("No se puede hacer eso ahora.")
    told: str = ""

    def __init__(
        self,
        code: str | None = None,
        sentence: str | None = None,
        *,
        field: str | None = None,
        **params: object,
    ) -> None:
        self.code = code or self.default_code
        self.sentence = sentence or self.default_sentence
        self.field = field
        self.params = params
        super().__init__(self.code, self.sentence)

    def said(self, say: Say) -> str:
        """The sentence in a language, with its places filled."""
        if not self.params:
            return say(self.sentence)
        return say(self.sentence) % {name: say(one) if isinstance(one, str) and one else one for name, one in self.params.items()}

    def __str__(self) -> str:
        return self.told or self.said(str)


class InvalidInput(DomainError):
    """What was given cannot be read or breaks a stated limit."""

    default_code = "invalid_input"
    default_sentence = N_("Revise lo que escribió: hay un dato que no se puede leer.")


class NotFound(DomainError):
    """It does not exist, or it does not exist for this person."""

    default_code = "not_found"
    default_sentence = N_("No encontramos lo que busca.")


class Forbidden(DomainError):
    """The person may see it and may not do it."""

    default_code = "forbidden"
    default_sentence = N_("Usted no tiene permiso para hacer esto.")


class IllegalMove(DomainError):
    """The workflow has no such step from the present state."""

    default_code = "illegal_move"
    default_sentence = N_("Este paso no es posible en el estado actual. Actualice la página y revise cómo quedó.")


class Conflict(DomainError):
    """Somebody else was first."""

    default_code = "conflict"
    default_sentence = N_("Otra persona hizo un cambio antes que usted. Actualice la página y revise cómo quedó.")


class ChangedMeanwhile(Conflict):
    """Somebody, or the same person in another window, saved since this form was opened."""

    default_code = "changed_meanwhile"
    default_sentence = N_(
        "Alguien más guardó cambios aquí desde que usted abrió esta página. Abajo sigue lo que usted escribió, junto a lo que "
        "está guardado: compare y guarde otra vez."
    )


class AskedAgain(Conflict):
    """The person was not told yet that the party has to be vetted again."""

    default_code = "asked_again"
    default_sentence = N_(
        "Con este cambio alguien vuelve a comprobar quiénes son, y si es de municipio sus piezas no muestran su sello hasta que "
        "el comité las revise. Si está de acuerdo, guarde otra vez."
    )


class AlreadyDecided(Conflict):
    """The case already has its decision."""

    default_code = "already_decided"
    default_sentence = N_("Este caso ya está decidido.")


class AlreadyExists(Conflict):
    """There is one already, and there may be only one."""

    default_code = "already_exists"
    default_sentence = N_("Eso ya existe.")


class TieBars(Forbidden):
    """A tie with the applicant keeps this person out of the case."""

    default_code = "tie_bars"
    default_sentence = N_("Usted tiene un vínculo con quien solicita y no puede participar en este caso.")


class EvaluatorDecides(Forbidden):
    """Who evaluated a case takes no part in deciding it."""

    default_code = "evaluator_decides"
    default_sentence = N_("Quien evaluó un caso no puede decidirlo.")


class GrantBlocked(DomainError):
    """Something that the scheme demands before a grant is missing."""

    default_code = "grant_blocked"
    default_sentence = N_("Todavía no se puede otorgar el sello: falta cumplir un requisito del esquema.")


class EvidenceMissing(DomainError):
    """A criterion lacks evidence that its text requires."""

    default_code = "evidence_missing"
    default_sentence = N_("Falta evidencia que el esquema pide.")


class Disagreement(DomainError):
    """Evaluators' scores lie more than one point apart and no agreed score with its reason was given."""

    default_code = "disagreement"
    default_sentence = N_("Las personas evaluadoras difieren por más de un punto. Acuerden una calificación y escriban la razón.")


class BadCode(InvalidInput):
    """Not a certificate code; `code` tells wrong length, letters and check character apart."""

    default_code = "bad_code"
    default_sentence = N_("Ese código no es de un sello. Revise las letras y los números.")


class BadSignature(DomainError):
    """The signature does not belong to this statement and key."""

    default_code = "bad_signature"
    default_sentence = N_("La firma no corresponde al documento.")


class UnknownKey(DomainError):
    """Signed with a key that the reader does not hold or does not accept."""

    default_code = "unknown_key"
    default_sentence = N_("El documento está firmado con una llave que no conocemos.")


class SuspensionTooLong(DomainError):
    """A suspension lasts at most six months."""

    default_code = "suspension_too_long"
    default_sentence = N_("Una suspensión dura seis meses como máximo.")


class BadProof(DomainError):
    """A proof of the log does not prove what it was given for; `code` tells how."""

    default_code = "bad_proof"
    default_sentence = N_("La prueba no corresponde a la bitácora pública.")


class BadTile(InvalidInput):
    """Not a tile or an entry bundle of a log, or not an address of one; `code` tells how."""

    default_code = "bad_tile"
    default_sentence = N_("Esa parte de la bitácora pública no se puede leer.")


class BadNote(InvalidInput):
    """Not a signed note, a checkpoint, a cosignature or a key of one; `code` tells how."""

    default_code = "bad_note"
    default_sentence = N_("La nota firmada de la bitácora pública no se puede leer.")


class BadLeaf(InvalidInput):
    """Not an act as the log writes it; `code` tells how, `where` names the fact at fault."""

    default_code = "bad_leaf"
    default_sentence = N_("Un dato no puede entrar a la bitácora pública.")


class LogConflict(Conflict):
    """A log does not carry on from what was signed before; `code` tells how. Nothing may be signed over it."""

    default_code = "log_conflict"
    default_sentence = N_("La bitácora pública no continúa lo que ya estaba firmado. No se firmó nada.")


class CannotSign(DomainError):
    """The registry's key can't be used now, and nothing was kept that should have been signed."""

    default_code = "cannot_sign"
    default_sentence = N_("El registro no puede firmar ahora y no se guardó nada. Avise a quien opera el sitio.")


class NotConfirmed(DomainError):
    """It was kept, and its copy outside the database or its signature is missing: nobody may tell that it is safe."""

    default_code = "not_confirmed"
    default_sentence = N_(
        "Lo que hizo quedó guardado, pero no se pudo confirmar: falló la copia que va fuera de la base de datos. No lo repita; "
        "avise a quien opera el sitio."
    )


class CannotCheck(DomainError):
    """A status can't be read; `code` says why. It never means that the certificate is in force.

    `unreachable` is for whoever fetches. Ours: `stale`, `not_yet_valid`, `bad_list_signature`, `wrong_issuer`, `wrong_purpose`,
    `wrong_id`, `out_of_range`, `too_short`, `too_large`, `bad_entry`, `bad_list`.
    """

    default_code = "cannot_check"
    default_sentence = N_("No podemos comprobar ahora si el sello sigue vigente.")

"""A version whose key fell into other hands, issued anew: the same words and days, under the key that signs now.

Nobody looks at the work again for it, and no day moves. Whoever does it says with their own name that the label is the one that
was decided; only what the leaf names by its digest is issued again, in the scheme and with the names that the statement says.
"""

from datetime import datetime

from sqlalchemy.exc import NoResultFound

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.applications.cases import check_decider
from certification.core.db import writing
from certification.log.appending import hold_log
from certification.log.signing import require_key
from certification.registry.commitments import Disclosure as Salted
from certification.registry.credentials import path_of, scheme_behind
from certification.registry.lost import newest_number
from certification.registry.models import Certificate, RecordedAct
from certification.registry.permissions import Permission
from certification.registry.recorded import recorded_of
from certification.registry.succession import hold_versions, issue_again, no_further, running, tell_renewed
from certification.registry.verifying import damages_of_version, is_logged_as_stated
from certification.rules.canonical import digest
from certification.rules.errors import DomainError, IllegalMove
from certification.rules.text import N_
from certification.rules.workflow import RenewalCause

ACTION = "reissue"
OVER = N_("Este sello ya venció: no hay nada que firmar otra vez.")
COUNTS = N_("La llave con que se firmó este sello no está en duda: no hay nada que firmar otra vez.")
DAMAGED = N_(
    "No hay cómo saber si lo que está guardado es lo que se otorgó, así que no se firma otra vez. Hace falta una solicitud nueva."
)


def reissue(certificate: Certificate, *, by: User, at: datetime) -> RecordedAct:
    """Issue the standing version anew as the next one. It lifts no pause, and neither end nor visit moves.

    Raises:
        IllegalMove: the label is lost or over, its key is in no doubt, or what is stored is not what its leaf names.
        TieBars, EvaluatorDecides, Forbidden: not for this person.
        KeyProblemError: the registry's key can't be used.

    """
    check(by, Permission.REISSUE, certificate)
    check_decider(by, certificate.case, at)
    require_key()
    hold_versions(certificate)
    require_doubted(certificate, at)
    hold_log()
    signed, cause = issue_again(certificate, running(certificate), at=at), RenewalCause.KEY
    tell_renewed(certificate, signed, cause, by=by, at=at, details={"cause": cause.value, "version": signed.number})
    writing().expire(certificate, ["acts"])
    return certificate.acts[-1]


def is_doubted(certificate: Certificate, at: datetime) -> bool:
    """Whether the standing version can be issued anew, and need be."""
    return _bar(certificate, at) is None


def require_doubted(certificate: Certificate, at: datetime) -> None:
    """Raises IllegalMove where nothing can be issued anew (:func:`is_doubted`)."""
    bar = _bar(certificate, at)
    if bar is not None:
        raise bar


def _bar(certificate: Certificate, at: datetime) -> IllegalMove | None:
    over = no_further(certificate, ACTION, at)
    if over is not None:
        return over
    if at >= certificate.valid_until:
        return IllegalMove("term_over", OVER)
    if not recorded_of([certificate])[certificate.id].is_dead(at):
        return IllegalMove("key_counts", COUNTS)
    return None if _is_as_granted(certificate, at) else IllegalMove("version_damaged", DAMAGED)


def _is_as_granted(certificate: Certificate, at: datetime) -> bool:
    """Whether what would be signed again is what the leaf of the standing version names: its words, its scheme, its names.

    Whoever had the key could sign another statement, and a row without its credential is compared with nothing elsewhere.
    """
    version, scheme = certificate.versions[-1], certificate.scheme_version
    try:
        return (
            newest_number(certificate.code) < version.number
            and version.credential is not None
            and version.credential.token is not None
            and is_logged_as_stated(version)
            and next(damages_of_version(version, at), None) is None
            and scheme_behind(version) is scheme
            and version.statement["scheme"]["digest"] == scheme.digest == digest(scheme.document)
            and all(path_of(version.statement, Salted(one["name"], one["salt"])) for one in certificate.page["makers"])
        )
    except (DomainError, LookupError, TypeError, ValueError, NoResultFound):  # rows that no service writes
        return False

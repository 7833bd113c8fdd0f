"""What is shown for a criterion: added, taken out, put back. Private throughout."""

from datetime import date, datetime

from sqlalchemy import select

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.applications.acting import on_behalf_of, open_for_change
from certification.applications.completeness import live
from certification.applications.drafts import criterion_of
from certification.applications.models import SPOKEN, Application, Evidence
from certification.applications.permissions import Permission
from certification.audit.record import record
from certification.core.db import writing
from certification.core.media.models import FileKind, StoredFile
from certification.rules.criteria import Criterion, EvidenceKind
from certification.rules.days import day_of
from certification.rules.errors import Conflict, InvalidInput, NotFound
from certification.rules.text import N_
from certification.schemes.texts import zone_of

MOST_ITEMS = 40  # per criterion, what was taken out aside
ANY_FILE = frozenset(FileKind)
FILES = {
    EvidenceKind.PHOTO: frozenset({FileKind.PHOTO}),
    EvidenceKind.VIDEO: frozenset({FileKind.VIDEO}),
    EvidenceKind.AUDIO: frozenset({FileKind.AUDIO, FileKind.VIDEO}),
    EvidenceKind.DOCUMENT: frozenset({FileKind.DOCUMENT, FileKind.PHOTO, FileKind.AUDIO}),  # not all write: a paper may be told
    EvidenceKind.STATEMENT: ANY_FILE,
    EvidenceKind.PLACE: ANY_FILE,
    EvidenceKind.VISIT: frozenset[FileKind](),
    EvidenceKind.NUMBER: frozenset[FileKind](),
}
WRONG_FILE = {
    EvidenceKind.PHOTO: N_("Aquí va una foto. Si es un documento, súbalo donde se pide documento."),
    EvidenceKind.DOCUMENT: N_("Aquí va el documento en PDF o en foto, o contado en una nota de voz. Este archivo es otra cosa."),
    EvidenceKind.VIDEO: N_("Aquí va un video. Si es una foto, súbala donde se pide foto."),
    EvidenceKind.AUDIO: N_("Aquí va una nota de voz."),
    EvidenceKind.VISIT: N_("Para la visita no se sube nada."),
    EvidenceKind.NUMBER: N_("Aquí se escribe el número; no se sube nada."),
}


def ask_kind(criterion: Criterion, ask: int) -> EvidenceKind:
    """What an ask of the criterion wants; ``SPOKEN`` is the answer as a sound.

    Raises:
        NotFound: the criterion has no such ask.

    """
    if ask == SPOKEN:
        return EvidenceKind.AUDIO
    if not 0 <= ask < len(criterion.evidence):
        raise NotFound
    return criterion.evidence[ask].kind


def check_fits(wanted: EvidenceKind, kind: FileKind) -> None:
    """Refuse a file that cannot answer the ask.

    Raises:
        InvalidInput: with a sentence that says what belongs there (code ``wrong_file``).

    """
    if kind not in FILES[wanted]:
        raise InvalidInput("wrong_file", WRONG_FILE[wanted])


def add_evidence(  # noqa: PLR0913 - the columns of one row
    application: Application,
    code: str,
    ask: int,
    file: StoredFile,
    *,
    dated_on: date,
    by: User,
    at: datetime,
    caption: str = "",
    request_key: str | None = None,
) -> Evidence:
    """Show a stored private file for an ask. The same ``request_key`` again returns what it added.

    Raises:
        InvalidInput: a file of another kind, a date to come, or too many items.
        IllegalMove: the application may not be changed now.
        ValueError: the file is not a private one.

    """
    check(by, Permission.EDIT, application)
    if not file.private:
        raise ValueError("evidence is private")
    wanted = ask_kind(criterion_of(application, code), ask)
    open_for_change(application)
    before = find_by_key(application, request_key)
    if before is not None:
        return before
    check_fits(wanted, file.kind)
    _check_limits(application, code, dated_on, at)
    sound = wanted is EvidenceKind.STATEMENT and file.kind is FileKind.AUDIO
    made = Evidence(
        application=application,
        criterion=code,
        ask=ask,
        kind=EvidenceKind.AUDIO if sound else wanted,
        caption=caption,
        file=file,
        dated_on=dated_on,
        added_by_id=by.id,
        added_at=at,
        request_key=request_key,
    )
    writing().add(made)
    writing().flush()
    _note("evidence.add", made, by=by, at=at, digest=file.digest)
    return made


def remove_evidence(item: Evidence, *, by: User, at: datetime) -> None:
    """Take an item out; the row and its file stay, and :func:`restore_evidence` puts it back. Twice is once."""
    check(by, Permission.EDIT, item)
    open_for_change(item.application)
    if item.removed_at is None:
        item.removed_at = at
        _note("evidence.remove", item, by=by, at=at)


def restore_evidence(item: Evidence, *, by: User, at: datetime) -> None:
    """Put back what was taken out. Words that were rewritten are not put back: they would stand twice.

    Raises:
        InvalidInput: words, or too many items.

    """
    check(by, Permission.EDIT, item)
    open_for_change(item.application)
    if item.removed_at is None:
        return
    if item.file_id is None:
        raise InvalidInput("words_stay_out", N_("Lo escrito se cambia en su cuadro de texto."))
    _check_limits(item.application, item.criterion, item.dated_on, at)
    item.removed_at = None
    _note("evidence.restore", item, by=by, at=at)


def find_by_key(application: Application, request_key: str | None) -> Evidence | None:
    """What a request with this key added before, if it did.

    Raises:
        Conflict: the key was used for another application.

    """
    if not request_key:
        return None
    found = writing().scalar(select(Evidence).where(Evidence.request_key == request_key))
    if found is not None and found.application_id != application.id:
        raise Conflict
    return found


def _check_limits(application: Application, code: str, dated_on: date, at: datetime) -> None:
    if dated_on > day_of(at, zone_of(application.scheme_version)):
        raise InvalidInput("date_to_come", N_("La fecha de la prueba no puede ser futura."), field="dated_on")
    if len(live(application, code)) >= MOST_ITEMS:
        raise InvalidInput(
            "too_many_items", N_("Son demasiadas pruebas para un criterio: el máximo es %(most)d."), most=MOST_ITEMS
        )


def _note(act: str, item: Evidence, *, by: User, at: datetime, **details: str) -> None:
    application = item.application
    behalf = on_behalf_of(by, application.party)
    facts = {"application": application.public_id, "criterion": item.criterion} | details
    record(act, "evidence", item.public_id, by=by, at=at, on_behalf_of=behalf, **facts)

"""What an operator is told where nothing is signed: by each code what happened, and what to do next.

The sentences of the exceptions themselves are for whoever used the site. These go into the log and to the console.
"""

from certification.core.console import in_english
from certification.log.asking import SignerRefusedError
from certification.rules.errors import DomainError, NotConfirmed

RESTORE = "see “When the database is lost” in docs/deploy.md"
AHEAD = "Where that finds nothing missing, see “When the signer's record is ahead” there"
TOLD = {
    "log_behind": (
        "The database holds fewer acts than were signed before: an old backup was restored, or acts were removed. "
        f"Bring it forward with `tianguis log reconcile --from ADDRESS`; {RESTORE}. {AHEAD}."
    ),
    "log_fork": (
        "The database holds other acts than those that were signed before: it was changed, or it is not this registry's newest "
        f"one. Keep a copy of it as it is, restore a backup and run `tianguis log reconcile`; {RESTORE}. {AHEAD}."
    ),
    "log_other_log": (
        "The signer's record is of another log than the database. DATABASE_URL and KEYS must be those of one registry."
    ),
    "log_not_proven": (
        "Entries, hashes or nodes of the log do not fit together: rows were changed. `tianguis log fsck` names them. Keep a copy "
        f"of the database as it is, then restore; {RESTORE}."
    ),
    "log_unrecorded": (
        "The log has an entry that no recorded act tells of, or an act has no entry: somebody wrote to the database past the "
        "application. `tianguis fsck` names it, and so does the signer's log. Find out who before you mend anything."
    ),
    "document_changed": (
        "A document that waits for its signature is not what its recorded act makes of it. The signer's log names it, "
        "`tianguis fsck` tells more. Find out who changed the database before you mend anything."
    ),
    "log_outside_missing": f"The copy of the last checkpoint outside the database, log/checkpoint, is gone; {RESTORE}.",
    "log_outside_unreadable": f"The copy of the last checkpoint outside the database, log/checkpoint, is damaged; {RESTORE}.",
    "record_missing": (
        "The log was signed before, and the signer's record, signed.jsonl in the folder of keys, is not there. If this registry "
        "had a signer, put back the newest copy of it. If it never had one, run `tianguis log fsck`, and when all is in order "
        "`tianguis signer --begin-record`, as the signer's user."
    ),
    "record_there": (
        "The signer has its record already, and nothing was changed: it is begun once. Without --begin-record the signer starts."
    ),
    "record_unreadable": (
        "The signer's record, signed.jsonl in the folder of keys, can't be read: it is damaged, or another user's. Put back the "
        "newest copy of it."
    ),
    "domain_changed": (
        "ORIGIN names another address than the log does. If the site moved, run `tianguis log move`; else put ORIGIN back, for "
        "the signer too."
    ),
    "not_signed": "It is recorded, and the signer has not signed it yet.",
    "not_confirmed": (
        "It is recorded and signed, and the copy of the checkpoint outside the database, log/checkpoint, could not be written. "
        "The log says why. Mend that; the next act writes it."
    ),
    "failed": "The signer met something that it does not expect; its log has the lines of code.",
}


def advice(code: str) -> str:
    """A code with its sentence, where there is one."""
    return f"{code}: {TOLD[code]}" if code in TOLD else code


def explained(error: Exception) -> str:
    """What a failure of signing means for the operator, and why it came, where that is known."""
    if isinstance(error, SignerRefusedError):
        return f"The signer refuses. {advice(str(error))}"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, OSError):
        return f"The signer does not answer: {error}"
    if not isinstance(error, DomainError) or error.code not in TOLD:
        return in_english(error)
    why = f" {error.params['why']}" if isinstance(error, NotConfirmed) and "why" in error.params else ""
    return advice(error.code) + why

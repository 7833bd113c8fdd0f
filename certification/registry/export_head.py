"""The part of an export that changes as a whole: checkpoint, keys, lists, schemes, and what the export says of itself."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.log import reading
from certification.log.checkpoints import vkeys
from certification.log.handover import handovers
from certification.log.models import LogLeaf
from certification.outside.following import HANDOVER
from certification.outside.layout import FORMAT
from certification.registry import issuer
from certification.registry.models import Certificate, StatusList
from certification.registry.verifying import secured_list
from certification.rules.checkpoint import Checkpoint
from certification.rules.contexts import PATH, context_address, context_document
from certification.rules.did import WELL_KNOWN, did_document
from certification.rules.errors import Conflict
from certification.rules.instants import instant_text
from certification.rules.jose import MEDIA_TYPE as VC_JWT
from certification.rules.text import N_
from certification.rules.workflow import SchemeVersionState
from certification.schemes.models import SchemeVersion
from certification.schemes.published import scheme_document

JSON, JSON_LD, VC, TEXT = "application/json", "application/ld+json", "application/vc", "text/plain"
Forms = dict[str, Any]


def signed_head() -> tuple[Checkpoint, bytes]:
    """The signed checkpoint and its note, as they stand at this moment. Raises Conflict (`log_unsigned`) before there is one."""
    found = reading.head()
    checkpoint = reading.signed(found)
    if checkpoint is None or found.note is None:
        raise Conflict("log_unsigned", N_("La bitácora pública todavía no está firmada: no hay nada que exportar."))
    return checkpoint, found.note


def documents(session: Session, checkpoint: Checkpoint, note: bytes) -> dict[str, Forms]:
    """By the path at which the site serves it, each in its forms; the first is for whoever does not say.

    Raises:
        KeyProblemError: the public keys can't be read.

    """
    keys, context = issuer.registry_keys(), context_address(issuer.origin())
    found: dict[str, Forms] = {
        "/log/checkpoint": {TEXT: note.decode()},
        "/log/vkey": {TEXT: "".join(f"{one}\n" for one in vkeys(checkpoint.origin))},
        WELL_KNOWN: {JSON: did_document(keys.did, keys.keys.values(), context=context)},
        PATH: {JSON_LD: json.dumps(context_document(f"{context}#"))},  # as text: its version is a number with a fraction
    }
    notes = handovers()
    if notes:
        found[HANDOVER] = {TEXT: notes.decode()}
    for listed in session.scalars(select(StatusList).order_by(StatusList.id)):
        found[f"/status/{listed.purpose}/{listed.number}"] = {VC: secured_list(listed), VC_JWT: listed.token}
    for version in session.scalars(select(SchemeVersion).where(SchemeVersion.state != SchemeVersionState.DRAFT)):
        found[f"/schemes/{version.scheme.key}/{version.version}"] = {JSON: scheme_document(version)}
    return found


def others(session: Session, size: int) -> list[dict[str, Any]]:
    """The leaves that speak of no certificate: schemes, keys, the address."""
    rows = select(LogLeaf.index, LogLeaf.entry).where(LogLeaf.certificate_code.is_(None), LogLeaf.index < size)
    return [{"index": index, "entry": entry.decode()} for index, entry in session.execute(rows.order_by(LogLeaf.index))]


def manifest(session: Session, checkpoint: Checkpoint, *, at: datetime, waiting: list[str], register: Forms) -> Forms:
    """What the export says of itself; none of it is signed, and the checker holds it against what is."""
    return {
        "format": FORMAT,
        "made_at": instant_text(at),
        "registry": issuer.origin(),
        "name": issuer.name(),
        "demonstration": issuer.demonstration(),
        "log": {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()},
        "certificates": session.scalar(select(func.count()).select_from(Certificate)),
        "waiting": waiting,
        "register": register,
    }

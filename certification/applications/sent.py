"""What was last sent, apart from what the applicant goes on writing after a return: that is read by nobody else."""

from collections.abc import Mapping
from dataclasses import dataclass

from certification.applications.models import Application
from certification.core.db import db
from certification.core.media.models import StoredFile
from certification.rules.workflow import ApplicationState


@dataclass(frozen=True, slots=True)
class Said:
    """The applicant's own words. ``answers`` are text and whether it applies, by criterion."""

    goods: str
    techniques: str
    marks: str
    makers: tuple[str, ...]
    subject_refs: tuple[str, ...]
    photo: StoredFile | None
    answers: Mapping[str, tuple[str, bool]]


NOTHING = Said("", "", "", (), (), None, {})


def keep_sent(application: Application) -> None:
    """Keep what is sent now as its readers will see it until it is sent again."""
    application.sent = {
        "goods": application.goods,
        "techniques": application.techniques,
        "marks": application.marks,
        "makers": list(application.makers),
        "subject_refs": list(application.subject_refs),
        "photo_id": application.photo_id,
        "answers": {one.criterion: [one.text, one.applies] for one in application.answers},
    }


def said(application: Application, *, sent_only: bool) -> Said:
    """What stands now, or with ``sent_only`` what was last sent. Only a returned one may differ; unsent, it says nothing."""
    if not sent_only or application.state is not ApplicationState.RETURNED:
        return Said(
            application.goods,
            application.techniques,
            application.marks,
            tuple(application.makers),
            tuple(application.subject_refs),
            application.photo,
            {one.criterion: (one.text, one.applies) for one in application.answers},
        )
    sent = application.sent
    if sent is None:
        return NOTHING
    return Said(
        sent["goods"],
        sent["techniques"],
        sent["marks"],
        tuple(sent["makers"]),
        tuple(sent["subject_refs"]),
        db.session.get(StoredFile, sent["photo_id"]) if sent["photo_id"] else None,
        {code: (text, applies) for code, (text, applies) in sent["answers"].items()},
    )

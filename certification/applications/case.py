"""What one application is made of, as its readers see it: plain values for templates."""

from datetime import date, datetime
from typing import NamedTuple

from certification.core.media.files import Photo
from certification.rules.workflow import ApplicationState


class FileView(NamedTuple):
    """``kind`` is a ``FileKind`` value; ``width`` and ``height`` only for photographs. Served at /evidence/<item's id>."""

    kind: str
    name: str
    size: int
    width: int | None
    height: int | None


class EvidenceView(NamedTuple):
    """One item. ``by`` is who added it; ``fresh`` whether it came after the application was last returned."""

    public_id: str
    kind: str
    text: str
    caption: str
    dated_on: date
    added_at: datetime
    by: str
    fresh: bool
    file: FileView | None


class AskView(NamedTuple):
    """One ask of a criterion, ``number`` as in :class:`Evidence`. ``group`` is shared by alternatives, else empty.

    ``words`` whether it is answered in writing, ``files`` whether by upload; ``written`` is what was written.
    """

    number: int
    kind: str
    what: str
    required: bool
    group: str
    words: bool
    files: bool
    written: str
    visit_wished: bool
    items: tuple[EvidenceView, ...]
    removed: tuple[EvidenceView, ...]


class GapView(NamedTuple):
    """What is missing, in words ready to translate (``sentence``) or as the scheme's own (``whats``, alternatives)."""

    screen: str
    sentence: str
    party: str
    whats: tuple[str, ...]


class RequestView(NamedTuple):
    """Why it came back. ``open`` until it was sent again."""

    criterion: str
    request: str
    at: datetime
    open: bool


class ConditionView(NamedTuple):
    """One agreement that a grant with conditions rests on: for the applicant's people and those who decide, never public."""

    criterion: str
    plan: str
    due: date | None


class CriterionView(NamedTuple):
    """``applies`` is None while the applicant has not said; ``spoken`` are sounds that answer the criterion itself."""

    code: str
    type: str
    title: str
    text: str
    guide: str
    rubric: tuple[str, ...]
    findings: tuple[tuple[str, str], ...]
    condition: str
    applies: bool | None
    answer: str
    touched: bool
    asks: tuple[AskView, ...]
    spoken: AskView
    gaps: tuple[GapView, ...]
    requests: tuple[RequestView, ...]


class CaseView(NamedTuple):
    public_id: str
    state: ApplicationState
    editable: bool
    stage: str
    subject_kind: str
    scheme_key: str
    scheme_version: str
    scheme: str
    participatory: bool
    party: str
    party_ref: str
    party_kind: str
    place: str
    applicant: str
    renews: str
    renews_shown: str
    cause: str
    goods: str
    techniques: str
    marks: str
    makers: tuple[str, ...]
    subject_refs: tuple[str, ...]
    photo: Photo | None
    created_at: datetime
    submitted_at: datetime | None
    accepted_at: datetime | None
    answer_until: date | None
    outcome: str
    decided_at: datetime | None
    criteria: tuple[CriterionView, ...]
    requests: tuple[RequestView, ...]
    gaps: tuple[GapView, ...]

    def criterion(self, code: str) -> CriterionView:
        """Raises KeyError."""
        return {one.code: one for one in self.criteria}[code]

"""One application as its readers see it: criterion by criterion, ask by ask. For the applicant and for reviewers."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from certification.accounts.models import User
from certification.applications.acting import EDITABLE
from certification.applications.case import AskView, CaseView, CriterionView, EvidenceView, FileView, GapView, RequestView
from certification.applications.completeness import Missing, missing_in
from certification.applications.drafts import WORDS
from certification.applications.evidence import FILES
from certification.applications.models import SPOKEN, Application, Evidence, Return
from certification.applications.sent import said
from certification.core.db import db
from certification.core.media.files import photo
from certification.core.media.models import FileKind, StoredFile
from certification.parties.models import Party
from certification.parties.places.places import Place, label
from certification.rules.code import display
from certification.rules.criteria import Criterion, EvidenceAsk, EvidenceKind
from certification.rules.workflow import ApplicationState
from certification.schemes.texts import text_of

UNDO = timedelta(days=1)


def case_view(application: Application, lang: str, *, at: datetime, sent_only: bool = False) -> CaseView:
    """The whole application in one language.

    ``sent_only`` is for reviewers: words as they were last sent, without what was added since a return, and no file that
    was taken out.
    """
    version, text = application.scheme_version, text_of(application.scheme_version)
    reader = _Reader(application, lang, at, sent_only=sent_only)
    words = reader.said
    return CaseView(
        public_id=application.public_id,
        state=application.state,
        editable=application.state in EDITABLE,
        stage=application.stage,
        subject_kind=application.subject_kind,
        scheme_key=version.scheme.key,
        scheme_version=version.version,
        scheme=text.name.in_(lang),
        participatory="assembly_act" in text.decision.requires,
        party=application.party.name,
        party_ref=application.party.public_id,
        party_kind=application.party.kind.value,
        place=place_of(application.party, lang),
        applicant=application.applicant.name,
        renews=application.renews or "",
        renews_shown=display(application.renews) if application.renews else "",
        cause=application.cause.value if application.cause else "",
        goods=words.goods,
        techniques=words.techniques,
        marks=words.marks,
        makers=words.makers,
        subject_refs=words.subject_refs,
        photo=photo(words.photo, words.goods) if words.photo else None,
        created_at=application.created_at,
        submitted_at=application.submitted_at,
        accepted_at=application.accepted_at,
        answer_until=application.answer_until,
        outcome=application.outcome.value if application.outcome else "",
        decided_at=application.decided_at,
        criteria=tuple(reader.criterion(one) for one in text.criteria),
        requests=tuple(request_view(one) for one in application.returns if one.criterion is None),
        gaps=reader.gaps,
    )


def place_of(party: Party, lang: str) -> str:
    """The public line of a party's place; never its ``reference``."""
    return label(Place(party.state_code, party.municipality_code, party.municipality, party.locality), lang)


def request_view(row: Return) -> RequestView:
    return RequestView(row.criterion or "", row.request, row.at, row.answered_at is None)


class _Reader:
    """Reads one application, with what every part of it needs at hand."""

    def __init__(self, application: Application, lang: str, at: datetime, *, sent_only: bool) -> None:
        self.application, self.lang, self.at, self.sent_only = application, lang, at, sent_only
        self.returned_at = application.returns[-1].at if application.returns else None
        self.names = _names(application.evidence)
        self.said = said(application, sent_only=sent_only)
        self.gaps = (
            ()
            if self._holds_back()
            else tuple(self._gap(one) for one in missing_in(application, text_of(application.scheme_version)))
        )

    def criterion(self, criterion: Criterion) -> CriterionView:
        code, lang = criterion.code, self.lang
        answer = self.said.answers.get(code)
        asks = tuple(self._ask(code, number, ask) for number, ask in enumerate(criterion.evidence))
        return CriterionView(
            code=code,
            type=criterion.type.value,
            title=criterion.title.in_(lang),
            text=criterion.text.in_(lang),
            guide=criterion.guide.in_(lang),
            rubric=tuple(one.in_(lang) for one in criterion.rubric),
            findings=tuple((one.id, one.text.in_(lang)) for one in criterion.findings),
            condition=criterion.applies_if.text.in_(lang) if criterion.applies_if else "",
            applies=True if criterion.applies_if is None else answer[1] if answer else None,
            answer=answer[0] if answer else "",
            touched=answer is not None,
            asks=asks,
            spoken=self._spoken(code),
            gaps=tuple(gap for gap in self.gaps if gap.screen == code),
            requests=tuple(request_view(one) for one in self.application.returns if one.criterion == code),
        )

    def _ask(self, code: str, number: int, ask: EvidenceAsk) -> AskView:
        items = self._items(code, number)
        written = next((one for one in items if one.file is None), None)
        return AskView(
            number=number,
            kind=ask.kind.value,
            what=ask.what.in_(self.lang),
            required=ask.required,
            group=ask.group or "",
            words=ask.kind in WORDS,
            files=bool(FILES[ask.kind]),
            written=written.text if written and ask.kind in WORDS else "",
            visit_wished=ask.kind is EvidenceKind.VISIT and written is not None,
            items=tuple(one for one in items if one.file is not None),
            removed=self._removed(code, number),
        )

    def _spoken(self, code: str) -> AskView:
        return AskView(
            number=SPOKEN,
            kind=EvidenceKind.AUDIO.value,
            what="",
            required=False,
            group="",
            words=False,
            files=True,
            written="",
            visit_wished=False,
            items=self._items(code, SPOKEN),
            removed=self._removed(code, SPOKEN),
        )

    def _items(self, code: str, number: int) -> tuple[EvidenceView, ...]:
        live = (one for one in self._of(code, number) if one.removed_at is None or self._were_sent(one))
        return tuple(view for one in live if not ((view := self._item(one)).fresh and self._holds_back()))

    def _removed(self, code: str, number: int) -> tuple[EvidenceView, ...]:
        """Files taken out a short while ago, so that they can be put back."""
        since = self.at - UNDO
        gone = (one for one in self._of(code, number) if one.removed_at is not None and one.file_id is not None)
        return () if self.sent_only else tuple(self._item(one) for one in gone if (one.removed_at or self.at) >= since)

    def _of(self, code: str, number: int) -> list[Evidence]:
        return [one for one in self.application.evidence if (one.criterion, one.ask) == (code, number)]

    def _holds_back(self) -> bool:
        return self.sent_only and self.application.state is ApplicationState.RETURNED

    def _were_sent(self, row: Evidence) -> bool:
        """Words that were rewritten or taken back since the return: what was sent still says them."""
        back = self.returned_at
        return row.file_id is None and self._holds_back() and back is not None and (row.removed_at or back) > back

    def _item(self, row: Evidence) -> EvidenceView:
        return EvidenceView(
            public_id=row.public_id,
            kind=row.kind,
            text=row.text,
            caption=row.caption,
            dated_on=row.dated_on,
            added_at=row.added_at,
            by=self.names.get(row.added_by_id, ""),
            fresh=self.returned_at is not None and row.added_at > self.returned_at,
            file=_file(row.file) if row.file else None,
        )

    def _gap(self, missing: Missing) -> GapView:
        return GapView(missing.screen, missing.sentence, missing.party, tuple(ask.what.in_(self.lang) for ask in missing.asks))


def _file(row: StoredFile) -> FileView:
    drawn = row.kind is FileKind.PHOTO
    return FileView(row.kind.value, row.name, row.size, row.width if drawn else None, row.height if drawn else None)


def _names(items: Sequence[Evidence]) -> dict[int, str]:
    wanted = select(User.id, User.name).where(User.id.in_({one.added_by_id for one in items}))
    return {row.id: row.name for row in db.session.execute(wanted)} if items else {}

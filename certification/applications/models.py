"""From draft to decision: what was asked, shown, found and decided."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certification.accounts.models import User
from certification.core.media.models import StoredFile
from certification.core.orm import Base, Id, Line, Prose, PublicId, UserRef, Word, by_value
from certification.parties.models import Party
from certification.rules.workflow import ApplicationState, Outcome, RenewalCause
from certification.schemes.models import SchemeVersion

RequestKey = Annotated[str | None, mapped_column(String(60), unique=True)]  # a retried request has one effect
AppRef = Annotated[int, mapped_column(ForeignKey("applications.id"), index=True)]


class Application(Base):
    """A party asks for a label.

    ``subject_refs`` are opaque to the registry; ``goods``, ``techniques`` and the place become the scope. Where it ``renews`` a
    label, a grant makes that one's next version: a renewal, or with ``cause`` ``scope`` another scope within its term.
    """

    __tablename__ = "applications"
    __table_args__ = (
        CheckConstraint("(state = 'decided') = (outcome IS NOT NULL)", name="decided_has_outcome"),
        CheckConstraint("(state = 'decided') = (decided_at IS NOT NULL)", name="decided_has_date"),
        CheckConstraint("(state = 'decided') = (decided_by_id IS NOT NULL)", name="decided_has_decider"),
        CheckConstraint("state IN ('draft', 'withdrawn_by_applicant') OR submitted_at IS NOT NULL", name="sent_has_date"),
        Index("ix_applications_queue", "state", "submitted_at"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    scheme_version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    applicant_id: Mapped[UserRef]  # who fills it in
    subject_kind: Mapped[Word]
    renews: Mapped[str | None] = mapped_column(String(11), index=True)  # the code of a label, in its canonical spelling
    cause: Mapped[RenewalCause | None] = mapped_column(by_value(RenewalCause))  # with ``renews``, and never without
    stage: Mapped[Word] = mapped_column(default="first")  # or "renewal"
    goods: Mapped[Line] = mapped_column(default="")
    techniques: Mapped[Line] = mapped_column(default="")
    marks: Mapped[Line] = mapped_column(default="")  # how a piece can be told: initials, size, edge
    makers: Mapped[list[Any]] = mapped_column(default=list)  # public names as each chose
    subject_refs: Mapped[list[Any]] = mapped_column(default=list)
    sent: Mapped[dict[str, Any] | None]  # the words above and the answers as last sent (``applications.sent``)
    state: Mapped[ApplicationState] = mapped_column(by_value(ApplicationState), default=ApplicationState.DRAFT)
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    answer_until: Mapped[date | None]  # a returned application lapses after this day
    outcome: Mapped[Outcome | None] = mapped_column(by_value(Outcome))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))  # the photograph on the certificate
    request_key: Mapped[RequestKey]
    version_id: Mapped[int] = mapped_column()

    scheme_version: Mapped[SchemeVersion] = relationship()
    party: Mapped[Party] = relationship()
    applicant: Mapped[User] = relationship(foreign_keys="Application.applicant_id")
    photo: Mapped[StoredFile | None] = relationship()
    answers: Mapped[list["Answer"]] = relationship(back_populates="application")
    evidence: Mapped[list["Evidence"]] = relationship(back_populates="application", order_by="Evidence.id")
    evaluations: Mapped[list["Evaluation"]] = relationship(back_populates="application", order_by="Evaluation.id")
    returns: Mapped[list["Return"]] = relationship(back_populates="application", order_by="Return.id")

    __mapper_args__ = {"version_id_col": version_id}  # noqa: RUF012 - SQLAlchemy reads a plain dict


class Answer(Base):
    """The applicant's own words on one criterion; ``applies`` is false where the criterion does not."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("application_id", "criterion"),)

    id: Mapped[Id]
    application_id: Mapped[AppRef]
    criterion: Mapped[Word]
    text: Mapped[Prose]
    applies: Mapped[bool] = mapped_column(default=True)
    saved_at: Mapped[datetime]

    application: Mapped[Application] = relationship(back_populates="answers")


SPOKEN = -1


class Evidence(Base):
    """One thing shown for a criterion; private.

    ``ask`` says which of the criterion's evidence asks it answers, ``SPOKEN`` that it is the answer itself as a sound.
    ``kind`` is a ``rules.criteria.EvidenceKind``; ``visit`` without a file means that the applicant asks for the visit.
    """

    __tablename__ = "evidence"
    __table_args__ = (Index("ix_evidence_case", "application_id", "criterion"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    application_id: Mapped[AppRef]
    criterion: Mapped[Word]
    ask: Mapped[int]
    kind: Mapped[Word]
    caption: Mapped[Line] = mapped_column(default="")
    text: Mapped[Prose] = mapped_column(default="")
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    dated_on: Mapped[date]
    added_by_id: Mapped[UserRef]
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    request_key: Mapped[RequestKey]

    application: Mapped[Application] = relationship(back_populates="evidence")
    file: Mapped[StoredFile | None] = relationship()


class Capacity(StrEnum):
    PEER = "peer"
    OUTSIDER = "outsider"


class Evaluation(Base):
    """One evaluator's look at an application. ``workshop`` is where a peer works; ``named`` whether they agree to be named."""

    __tablename__ = "evaluations"
    __table_args__ = (
        UniqueConstraint("application_id", "evaluator_id"),
        CheckConstraint("(submitted_at IS NULL) = (recommendation IS NULL)", name="sent_has_recommendation"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    application_id: Mapped[AppRef]
    evaluator_id: Mapped[UserRef]
    capacity: Mapped[Capacity] = mapped_column(by_value(Capacity))
    workshop_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))
    assigned_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    assigned_at: Mapped[datetime]
    no_tie_declared_at: Mapped[datetime | None]
    recused_at: Mapped[datetime | None]
    set_aside_at: Mapped[datetime | None]  # handed in and not counted, by a tie that had come up at the decision
    visited_on: Mapped[date | None]
    recommendation: Mapped[Outcome | None] = mapped_column(by_value(Outcome))
    summary: Mapped[Prose] = mapped_column(default="")
    named: Mapped[bool] = mapped_column(default=False)
    submitted_at: Mapped[datetime | None]
    version_id: Mapped[int] = mapped_column()

    application: Mapped[Application] = relationship(back_populates="evaluations")
    evaluator: Mapped[User] = relationship(foreign_keys="Evaluation.evaluator_id")
    workshop: Mapped[Party | None] = relationship()
    findings: Mapped[list["FindingRow"]] = relationship(back_populates="evaluation")

    __mapper_args__ = {"version_id_col": version_id}  # noqa: RUF012 - SQLAlchemy reads a plain dict


class FindingRow(Base):
    """One evaluator's finding on one criterion: its value, the score where it is scored, and what was seen."""

    __tablename__ = "findings"
    __table_args__ = (
        UniqueConstraint("evaluation_id", "criterion"),
        CheckConstraint("score BETWEEN 0 AND 3", name="score_range"),
    )

    id: Mapped[Id]
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluations.id"))
    criterion: Mapped[Word]
    value: Mapped[Word]
    score: Mapped[int | None]
    note: Mapped[Prose] = mapped_column(default="")
    plan: Mapped[Prose] = mapped_column(default="")  # what was agreed to mend it, for a minor finding
    plan_due: Mapped[date | None]
    saved_at: Mapped[datetime]

    evaluation: Mapped[Evaluation] = relationship(back_populates="findings")


class Return(Base):
    """The application went back to its applicant with a request."""

    __tablename__ = "returns"

    id: Mapped[Id]
    application_id: Mapped[AppRef]
    reason_code: Mapped[Word]
    criterion: Mapped[Word | None]
    request: Mapped[Prose]
    from_review: Mapped[bool] = mapped_column(default=False)  # by the committee, before a refusal: counted
    by_id: Mapped[UserRef]
    at: Mapped[datetime]
    answered_at: Mapped[datetime | None]

    application: Mapped[Application] = relationship(back_populates="returns")
    by: Mapped[User] = relationship(foreign_keys="Return.by_id")


class Decision(Base):
    """The decision and its reasons. ``agreed`` holds the scores agreed where evaluators differed."""

    __tablename__ = "decisions"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    application_id: Mapped[AppRef]
    outcome: Mapped[Outcome] = mapped_column(by_value(Outcome))
    label_class: Mapped[Word | None]
    reasons: Mapped[Prose]
    reason_code: Mapped[Word | None]
    criterion: Mapped[Word | None]
    public_summary: Mapped[Prose] = mapped_column(default="")
    appeal_until: Mapped[date | None]
    agreed: Mapped[dict[str, Any]] = mapped_column(default=dict)
    decided_by_id: Mapped[UserRef]
    decided_at: Mapped[datetime]

    application: Mapped[Application] = relationship()
    decided_by: Mapped[User] = relationship(foreign_keys="Decision.decided_by_id")

"""What the public pages of the schemes show. Nothing here writes."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from certification.accounts.roles import declare_scopes
from certification.core.db import db
from certification.core.i18n import language
from certification.rules.scheme_text import Criterion, EvidenceAsk, SchemeText
from certification.rules.workflow import SchemeVersionState
from certification.schemes.builtin import public_notice
from certification.schemes.counting import LabelCounts, counts_of
from certification.schemes.models import Scheme, SchemeVersion
from certification.schemes.texts import lapsed_at, legal_notes_of, state_at, takes_applications, text_of

CURRENT_FIRST = tuple(SchemeVersionState(word) for word in ("active", "consultation", "superseded", "lapsed", "withdrawn"))


class SchemeCard(NamedTuple):
    """One scheme on the index, by the version that counts now."""

    key: str
    version: str
    name: str
    purpose: str
    wording: str
    state: str
    notice: str
    counts: LabelCounts | None


class AskRow(NamedTuple):
    kind: str
    what: str
    required: bool
    alternative: bool


class CriterionRow(NamedTuple):
    """``kinds`` are the kinds of evidence, each once; ``rubric`` the meaning of 0 to 3 points."""

    code: str
    type: str
    title: str
    text: str
    guide: str
    applies_if: str
    kinds: tuple[str, ...]
    asks: tuple[AskRow, ...]
    rubric: tuple[str, ...]
    findings: tuple[str, ...]


class VersionRow(NamedTuple):
    version: str
    state: str
    activated_at: datetime | None
    ended_at: datetime | None
    shown: bool


class SchemePage(NamedTuple):
    """One version whole, in one language. ``text`` gives the numbers (days, months, counts); its words are not shown."""

    card: SchemeCard
    text: SchemeText
    digest: str
    official: bool
    owner: str
    owner_text: str
    activated_at: datetime | None
    ended_at: datetime | None
    lapsed_at: datetime | None
    mark: str | None
    takes_applications: bool
    promises: tuple[str, ...]
    does_not_promise: tuple[str, ...]
    eligibility: tuple[str, ...]
    legal_notes: tuple[str, ...]
    classes: tuple[str, ...]
    transition: tuple[str, ...]
    criteria: tuple[CriterionRow, ...]
    versions: tuple[VersionRow, ...]


def current_version(scheme: Scheme) -> SchemeVersion | None:
    """The version in force, else the latest that the public may read; None while all are drafts."""
    public = [one for one in scheme.versions if one.state is not SchemeVersionState.DRAFT]
    return min(public, key=lambda one: (CURRENT_FIRST.index(one.state), -one.id), default=None)


def _scopes() -> list[tuple[str, str]]:
    """Every scheme by its key, with its name in the reader's language; drafts too, for somebody has to write them."""
    schemes = db.session.scalars(select(Scheme).order_by(Scheme.key)).unique()
    newest = ((one.key, current_version(one) or one.versions[-1]) for one in schemes if one.versions)
    return [(key, text_of(version).name.in_(language())) for key, version in newest]


declare_scopes(_scopes)


def find_scheme(key: str) -> Scheme | None:
    return db.session.scalar(select(Scheme).where(Scheme.key == key))


def find_version(key: str, version: str) -> SchemeVersion | None:
    """A version that the public may read."""
    wanted = select(SchemeVersion).join(Scheme).where(Scheme.key == key, SchemeVersion.version == version)
    found = db.session.scalar(wanted)
    return None if found is None or found.state is SchemeVersionState.DRAFT else found


def open_versions(at: datetime) -> list[SchemeVersion]:
    """The versions under which one may apply at this instant, oldest scheme first."""
    active = select(SchemeVersion).where(SchemeVersion.state == SchemeVersionState.ACTIVE).order_by(SchemeVersion.scheme_id)
    return [version for version in db.session.scalars(active) if takes_applications(version, at)]


def scheme_cards(lang: str, at: datetime) -> list[SchemeCard]:
    """All schemes by age, each by the version that counts."""
    schemes = db.session.scalars(select(Scheme).order_by(Scheme.id))
    shown = [version for scheme in schemes if (version := current_version(scheme)) is not None]
    counts = counts_of([version.scheme_id for version in shown], at) if shown else None
    return [_card(version, lang, at, counts[version.scheme_id] if counts else None) for version in shown]


def scheme_page(version: SchemeVersion, lang: str, at: datetime) -> SchemePage:
    """Everything that the page of one version says."""
    text, scheme = text_of(version), version.scheme
    counts = counts_of([scheme.id], at)
    transition = text.transition
    return SchemePage(
        card=_card(version, lang, at, counts[scheme.id] if counts else None),
        text=text,
        digest=version.digest,
        official=scheme.official,
        owner=scheme.owner.name if scheme.owner else text.owner.name.in_(lang),
        owner_text="" if scheme.owner else text.owner.text.in_(lang),
        activated_at=version.activated_at,
        ended_at=version.ended_at,
        lapsed_at=lapsed_at(version),
        mark=version.mark,
        takes_applications=takes_applications(version, at),
        promises=tuple(one.in_(lang) for one in text.promises),
        does_not_promise=tuple(one.in_(lang) for one in text.does_not_promise),
        eligibility=tuple(one.in_(lang) for one in text.eligibility),
        legal_notes=tuple(one.in_(lang) for one in legal_notes_of(version)),
        classes=tuple(one.text.in_(lang) for one in text.scoring.classes),
        transition=(*(one.in_(lang) for one in transition.conditions), transition.wording_rule.in_(lang)) if transition else (),
        criteria=tuple(criterion_row(one, lang) for one in text.criteria),
        versions=_versions(scheme.versions, version, at),
    )


def criterion_row(criterion: Criterion, lang: str) -> CriterionRow:
    return CriterionRow(
        code=criterion.code,
        type=criterion.type.value,
        title=criterion.title.in_(lang),
        text=criterion.text.in_(lang),
        guide=criterion.guide.in_(lang),
        applies_if=criterion.applies_if.text.in_(lang) if criterion.applies_if else "",
        kinds=tuple(dict.fromkeys(ask.kind.value for ask in criterion.evidence)),
        asks=tuple(_ask(ask, lang) for ask in criterion.evidence),
        rubric=tuple(one.in_(lang) for one in criterion.rubric),
        findings=tuple(one.text.in_(lang) for one in criterion.findings),
    )


def _ask(ask: EvidenceAsk, lang: str) -> AskRow:
    return AskRow(ask.kind.value, ask.what.in_(lang), ask.required, ask.group is not None)


def _card(version: SchemeVersion, lang: str, at: datetime, counts: LabelCounts | None) -> SchemeCard:
    text = text_of(version)
    return SchemeCard(
        key=version.scheme.key,
        version=version.version,
        name=text.name.in_(lang),
        purpose=text.purpose.in_(lang),
        wording=text.display[text.subject_kinds[0]].wording.in_(lang),
        state=state_at(version, at).value,
        notice="" if version.scheme.official else public_notice().in_(lang),
        counts=counts,
    )


def _versions(all_of_them: Sequence[SchemeVersion], shown: SchemeVersion, at: datetime) -> tuple[VersionRow, ...]:
    public = [one for one in all_of_them if one.state is not SchemeVersionState.DRAFT]
    newest_first = sorted(public, key=lambda one: one.id, reverse=True)
    return tuple(
        VersionRow(one.version, state_at(one, at).value, one.activated_at, one.ended_at, one.id == shown.id)
        for one in newest_first
    )

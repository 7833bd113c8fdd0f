"""The claims guard: words that the law protects need the document behind them (guard 10 of the registry)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from certification.rules.reading import Both, Reader
from certification.rules.words import Span, Text


class ClaimAction(StrEnum):
    WARN = "warn"
    BLOCK_UNTIL_DOCUMENT = "block_until_document"


class ExceptionKind(StrEnum):
    PHRASE = "phrase"
    PLACE_NAME = "place_name"
    DECLARED_PLACE = "declared_place"
    MAKER_NAME = "maker_name"
    LIVE_CERTIFICATE = "live_certificate"


@dataclass(frozen=True, slots=True)
class ClaimException:
    """When a match is none. Empty `fields` means in every field."""

    kind: ExceptionKind
    values: tuple[Text, ...]
    after: tuple[Text, ...]
    fields: frozenset[str]
    not_in_categories: frozenset[str]


@dataclass(frozen=True, slots=True)
class ClaimRule:
    """`conditional` holds phrases that count only in the categories beside them."""

    id: str
    title: Both
    phrases: tuple[Text, ...]
    conditional: tuple[tuple[Text, frozenset[str]], ...]
    near: tuple[Text, ...]
    within_words: int
    skip_if_matched: frozenset[str]
    applies_to: frozenset[str]
    exceptions: tuple[ClaimException, ...]
    needs: Both
    document_expires: bool
    action: ClaimAction
    message: Both


@dataclass(frozen=True, slots=True)
class ClaimsGuard:
    never_in: frozenset[str]
    rules: tuple[ClaimRule, ...]


@dataclass(frozen=True, slots=True)
class ClaimContext:
    """What is known about the listing: its categories, the names of its declared places, the public names of its
    producer and makers, and the names of schemes of this registry under which it is in scope and VALID now.
    """

    categories: frozenset[str] = frozenset()
    declared_places: tuple[str, ...] = ()
    maker_names: tuple[str, ...] = ()
    live_schemes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A protected claim in a text. `start` and `end` are places in the text as it was given, `words` what stands there."""

    rule: ClaimRule
    words: str
    start: int
    end: int

    @property
    def blocks(self) -> bool:
        """Whether publishing waits for a document; saving never does."""
        return self.rule.action is ClaimAction.BLOCK_UNTIL_DOCUMENT


def parse_claims_guard(document: Mapping[str, object]) -> ClaimsGuard:
    """`claims_guard` of standards.json. Raises InvalidInput with the place at fault."""
    guard = Reader(document, "claims_guard")
    return ClaimsGuard(frozenset(guard.texts("never_in")), tuple(_rule(item) for item in guard.items("rules")))


def check(field: str, text: str, context: ClaimContext, guard: ClaimsGuard) -> list[Claim]:
    """Every protected claim in `text`, written in `field` (such as `listing.name`), in the order of the text.

    Whole words are compared without case and accents, and punctuation separates them; inside exceptions commas are
    compared too. Of matches of one rule that lie in one another only the longest is told.
    """
    if field in guard.never_in:
        return []
    read = Text(text)
    hits: dict[str, list[Span]] = {}
    for rule in guard.rules:
        if field in rule.applies_to:
            hits[rule.id] = _longest(_matches(rule, field, read, context))
    claims = []
    for rule in guard.rules:
        silencers = [span for other in rule.skip_if_matched for span in hits.get(other, [])]
        for span in hits.get(rule.id, []):
            if not any(span.overlaps(other) for other in silencers):
                start, end = read.words[span.first].start, read.words[span.end - 1].end
                claims.append(Claim(rule, text[start:end], start, end))
    return sorted(claims, key=lambda claim: (claim.start, -claim.end))


def _matches(rule: ClaimRule, field: str, text: Text, context: ClaimContext) -> Iterator[Span]:
    phrases = [*rule.phrases, *(phrase for phrase, only in rule.conditional if only & context.categories)]
    found = [span for phrase in phrases for span in text.occurrences(phrase)]
    if not found:
        return
    near = [span for phrase in rule.near for span in text.occurrences(phrase)]
    held = [
        exception
        for exception in rule.exceptions
        if (not exception.fields or field in exception.fields) and not exception.not_in_categories & context.categories
    ]
    for span in found:
        if rule.near and not any(span.distance(other) <= rule.within_words for other in near):
            continue
        if not any(_excuses(exception, span, text, context) for exception in held):
            yield span


def _longest(spans: Iterable[Span]) -> list[Span]:
    every = set(spans)
    return sorted(span for span in every if not any(span != other and span.within(other) for other in every))


def _excuses(exception: ClaimException, span: Span, text: Text, context: ClaimContext) -> bool:
    match exception.kind:
        case ExceptionKind.PHRASE | ExceptionKind.PLACE_NAME:
            return _inside(span, exception.values, text)
        case ExceptionKind.MAKER_NAME:
            return _inside(span, [Text(name) for name in context.maker_names], text)
        case ExceptionKind.LIVE_CERTIFICATE:
            return any(text.holds(Text(name)) for name in context.live_schemes)
        case ExceptionKind.DECLARED_PLACE:
            return any(_names_place(Text(place), span, text, exception.after) for place in context.declared_places)


def _inside(span: Span, phrases: Iterable[Text], text: Text) -> bool:
    return any(span.within(other) for phrase in phrases for other in text.occurrences(phrase, commas=True))


def _names_place(place: Text, span: Span, text: Text, after: Iterable[Text]) -> bool:
    """The match is the declared place or part of it, and one of the words `after` stands right before it or before the
    whole name.
    """
    matched = " ".join(word.folded for word in text.words[span.first : span.end])
    if not place.holds(Text(matched)):
        return False
    starts = {span.first, *(other.first for other in text.occurrences(place, commas=True) if span.within(other))}
    leads = [lead for phrase in after for lead in text.occurrences(phrase, commas=True)]
    return any(lead.end == start and not text.words[start].after_comma for lead in leads for start in starts)


def _rule(item: Reader) -> ClaimRule:
    conditional = tuple(
        (phrase, frozenset(entry.texts("only_in_categories")))
        for entry in (item.items("conditional_words") if item.has("conditional_words") else ())
        for phrase in _phrases(entry, "words")
    )
    return ClaimRule(
        id=item.text("id"),
        title=item.both("title"),
        phrases=_phrases(item, "words"),
        conditional=conditional,
        near=_phrases(item, "near_words") if item.has("near_words") else (),
        within_words=item.number("within_words", least=1) if item.has("near_words") else 0,
        skip_if_matched=frozenset(_optional_texts(item, "skip_if_matched")),
        applies_to=frozenset(item.texts("applies_to")),
        exceptions=tuple(_exception(entry) for entry in item.items("exceptions")),
        needs=item.at("needs").both("document"),
        document_expires=item.at("needs").flag("has_expiry"),
        action=item.choice("action", ClaimAction),
        message=item.both("message"),
    )


def _exception(item: Reader) -> ClaimException:
    return ClaimException(
        kind=item.choice("kind", ExceptionKind),
        values=_phrases(item, "values"),
        after=_phrases(item, "after") if item.has("after") else (),
        fields=frozenset(_optional_texts(item, "fields")),
        not_in_categories=frozenset(_optional_texts(item, "not_in_categories")),
    )


def _phrases(item: Reader, key: str) -> tuple[Text, ...]:
    return tuple(Text(value) for value in item.texts(key))


def _optional_texts(item: Reader, key: str) -> tuple[str, ...]:
    return item.texts(key) if item.has(key) else ()

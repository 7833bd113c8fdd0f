"""The application behind every certificate of the demonstration, so that all of them pass through the same services.

Two are told in full in ``applications/``; the others are put together here from the certificate, its holder's goods and
the sentences of ``dossiers.toml``.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from certification.rules.criteria import Criterion, CriterionType, EvidenceKind, SchemeText
from marketplace.demonstration.content.reading import ContentError
from marketplace.demonstration.content.records import DemoArt, DemoProduct
from marketplace.demonstration.content.records_labels import (
    DemoApplication,
    DemoCertificate,
    DemoDecision,
    DemoEvaluation,
    DemoEvent,
    DemoEvidence,
    DemoFinding,
)
from marketplace.demonstration.content.records_market import DemoContent

SHEETS = Path(__file__).with_name("dossiers.toml")
OWNERS = {
    "origen-local": "leobardo",
    "comercio-justo-local": "balbina",
    "agroecologico-participativo": "crisanta",
    "palma-loma-encinal": "herlinda",
}
WORK = {"OL-3": "hands", "OL-5": "drying", "CJ-7": "hands", "PL-1": "drying", "PL-2": "hands"}
STARTED, SENT, ACCEPTED, VISITED, SIGNED, PROPOSED = 60, 52, 47, 30, 20, 8  # days before the grant
SCORED_CONDITIONS = {"has_processed_goods": {"cacao-chocolate", "chiles"}, "has_animals": {"miel-abeja"}}


@cache
def _sheets() -> Mapping[str, Mapping[str, Mapping[str, object]]]:
    return tomllib.loads(SHEETS.read_text(encoding="utf-8"))


def application_behind(certificate: DemoCertificate, content: DemoContent, text: SchemeText) -> DemoApplication:
    """The decided application of ``certificate``; ``text`` is its scheme's, parsed. Raises ContentError for an unknown key."""
    if certificate.application is not None:
        for application in content.applications:
            if application.key == certificate.application:
                return application
        raise ContentError(f"{certificate.key}: no application {certificate.application}")
    products = tuple(product for product in content.products if product.slug in certificate.products)
    applies = _conditions(products, certificate)
    criteria = [entry for entry in text.criteria if entry.applies_if is None or entry.applies_if.key in applies]
    facts = _facts(certificate, content, products)
    signer = _signer(certificate, content)
    return DemoApplication(
        key=certificate.key,
        scheme=certificate.scheme,
        version=certificate.version,
        applicant=certificate.holder,
        signed_by=signer,
        subject_kind=certificate.subject_kind,
        scope=certificate.scope,
        goods=certificate.products,
        capacity_per_month=certificate.capacity_per_month,
        applies=applies,
        state="decided",
        events=_events(certificate, signer),
        answers={entry.code: _sentence(certificate, entry, "answer").format(**facts) for entry in criteria},
        evidence=tuple(item for entry in criteria for item in _evidence(certificate, entry, facts, products)),
        evaluations=tuple(_evaluations(certificate, criteria)),
        decision=_decision(certificate),
    )


def renewal_behind(certificate: DemoCertificate, content: DemoContent, text: SchemeText) -> DemoApplication | None:
    """The decided application that renewed ``certificate``, if one did: shown and found as the first time, on its own days."""
    if certificate.renewed is None:
        return None
    again = replace(certificate, granted=certificate.renewed)
    found = application_behind(again, content, text)
    return replace(found, key=f"{found.key}-renewal", renewal_of=certificate.key)


def _evaluations(certificate: DemoCertificate, criteria: Iterable[Criterion]) -> Iterable[DemoEvaluation]:
    criteria = list(criteria)
    for place, person in enumerate(certificate.evaluators):
        yield DemoEvaluation(
            evaluator=person,
            visited=certificate.granted - VISITED + place,
            signed=certificate.granted - SIGNED + place,
            recommendation=certificate.outcome,
            summary=certificate.summary,
            findings={entry.code: _finding(certificate, entry, place) for entry in criteria},
        )


def _decision(certificate: DemoCertificate) -> DemoDecision:
    return DemoDecision(
        outcome=certificate.outcome,
        on=certificate.granted,
        by=certificate.deciders,
        label_class=certificate.label_class,
        reasons=certificate.summary,
        public_summary=certificate.summary,
        conditions=certificate.conditions,
    )


def _conditions(products: Iterable[DemoProduct], certificate: DemoCertificate) -> tuple[str, ...]:
    """Which conditional criteria hold: by the goods, by scored animals, and for every organization of several people."""
    if certificate.subject_kind == "organization":
        return ("two_or_more_people",)
    categories = {product.category for product in products}
    found = {key for key, wanted in SCORED_CONDITIONS.items() if categories & wanted}
    return tuple(sorted(found - ({"has_animals"} if "AG-9" not in certificate.scores else set())))


def _facts(certificate: DemoCertificate, content: DemoContent, products: tuple[DemoProduct, ...]) -> dict[str, str]:
    party = next(one for one in content.all_parties if one.slug == certificate.holder)
    credited = {person.key: person.credit or person.name for person in content.all_people}
    return {
        "holder": party.name,
        "locality": party.locality,
        "makers": _joined(credited[product.maker] for product in products) or party.name,
        "materials": _joined(material for product in products for material in product.materials) or certificate.scope,
        "techniques": _joined(product.technique[0].lower() + product.technique[1:] for product in products) or certificate.scope,
        "goods": _joined(product.name for product in products) or certificate.scope,
        "capacity": str(certificate.capacity_per_month or ""),
    }


def _joined(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def _signer(certificate: DemoCertificate, content: DemoContent) -> str:
    return next(
        person.key for person in content.all_people if person.party == certificate.holder and person.member_role == "admin"
    )


def _events(certificate: DemoCertificate, signer: str) -> tuple[DemoEvent, ...]:
    day, owner = certificate.granted, OWNERS[certificate.scheme]
    accepted = day - ACCEPTED
    return (
        DemoEvent("start", day - STARTED, signer),
        DemoEvent("submit", day - SENT, signer),
        DemoEvent("accept", accepted, owner),
        DemoEvent("start_evaluation", accepted, owner),
        *(DemoEvent("assign", accepted, owner, person=person) for person in certificate.evaluators),
        DemoEvent("send_to_review", day - PROPOSED, owner),
    )


def _sentence(certificate: DemoCertificate, criterion: Criterion, key: str) -> str:
    return str(_sheets()[certificate.scheme][criterion.code][key])


def _evidence(
    certificate: DemoCertificate, criterion: Criterion, facts: Mapping[str, str], products: tuple[DemoProduct, ...]
) -> Iterable[DemoEvidence]:
    """One item for each kind that the sheet has a caption for, as many of a kind as the criterion requires."""
    captions = _sheets()[certificate.scheme][criterion.code]["captions"]
    if not isinstance(captions, dict):
        raise ContentError(f"{criterion.code}: captions are no table")
    for kind, caption in captions.items():
        required = sum(ask.required and ask.kind == kind for ask in criterion.evidence)
        for number in range(max(1, required)):
            yield DemoEvidence(
                criterion=criterion.code,
                kind=kind,
                caption=str(caption).format(**facts),
                on=certificate.granted - (VISITED if kind == EvidenceKind.VISIT else SENT) - number,
                art=_art(certificate, criterion, kind, products),
            )


def _art(certificate: DemoCertificate, criterion: Criterion, kind: str, products: tuple[DemoProduct, ...]) -> DemoArt | None:
    """Papers show a paper, photographs of the work show work, and the rest the piece; the length of the key varies them."""
    seed = len(certificate.key)
    if kind == EvidenceKind.DOCUMENT:
        return DemoArt("minutes", seed)
    if kind != EvidenceKind.PHOTO:
        return None
    if criterion.code in WORK:
        return DemoArt(WORK[criterion.code], seed)
    if products:
        return DemoArt(products[0].kind, products[0].seeds[0])
    return certificate.art or DemoArt("place", 1)


def _finding(certificate: DemoCertificate, criterion: Criterion, place: int) -> DemoFinding:
    notes = _sheets()[certificate.scheme][criterion.code]["notes"]
    if not isinstance(notes, list):
        raise ContentError(f"{criterion.code}: notes are no list")
    value = "conform"
    if criterion.findings:
        value = "running" if certificate.label_class == "en_transicion" else "complete"
    score = certificate.scores[criterion.code] if criterion.type is CriterionType.SCORED else None
    return DemoFinding(finding=value, note=str(notes[place % len(notes)]), score=score)

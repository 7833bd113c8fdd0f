"""What an application still lacks before it may be sent."""

from typing import NamedTuple

from certification.applications.models import SPOKEN, Application, Evidence
from certification.parties.models import Vetting
from certification.rules.criteria import Criterion, EvidenceAsk, EvidenceKind, SchemeText, SubjectKind, missing_evidence
from certification.rules.text import N_

GOODS = "goods"  # the screen that asks what the label is for
NO_GOODS = N_("Diga qué productos llevarían el sello.")
NO_MAKERS = N_("Escriba al menos un nombre de quien hace las piezas, como quiere aparecer.")
NO_CHOICE = N_("Diga si este criterio aplica en su caso.")
NOT_VETTED = N_("Falta que alguien revise quién puede hablar por «%(party)s». Puede seguir llenando mientras tanto.")


class Missing(NamedTuple):
    """One gap. ``screen`` is a criterion's code, ``GOODS``, or empty when no screen mends it.

    Either a ``sentence`` (with ``party`` to fill it) or ``asks``: the one piece of evidence, or the alternatives.
    """

    screen: str
    sentence: str = ""
    asks: tuple[EvidenceAsk, ...] = ()
    party: str = ""


def missing_in(application: Application, text: SchemeText) -> tuple[Missing, ...]:
    """Every gap in the order of the screens; empty when the application may be sent."""
    found = _goods(application)
    for criterion in text.criteria:
        found += _criterion(application, criterion)
    if application.party.vetting is not Vetting.VETTED:
        found.append(Missing("", NOT_VETTED, party=application.party.name))
    return tuple(found)


def given(application: Application, code: str) -> list[EvidenceKind]:
    """Kinds of what is shown for a criterion now, one entry per item; the spoken answer is no evidence."""
    return [EvidenceKind(one.kind) for one in live(application, code) if one.ask != SPOKEN]


def live(application: Application, code: str) -> list[Evidence]:
    """What is shown for a criterion and was not taken out."""
    return [one for one in application.evidence if one.criterion == code and one.removed_at is None]


def applies(application: Application, criterion: Criterion) -> bool | None:
    """Whether the criterion applies, by the applicant's word; None while they have not said."""
    if criterion.applies_if is None:
        return True
    return next((one.applies for one in application.answers if one.criterion == criterion.code), None)


def _goods(application: Application) -> list[Missing]:
    found = [] if application.goods else [Missing(GOODS, NO_GOODS)]
    if application.subject_kind == SubjectKind.PRODUCT_LINE and not application.makers:
        found.append(Missing(GOODS, NO_MAKERS))
    return found


def _criterion(application: Application, criterion: Criterion) -> list[Missing]:
    said = applies(application, criterion)
    if said is None:
        return [Missing(criterion.code, NO_CHOICE)]
    if not said:
        return []
    demands = missing_evidence(criterion, given(application, criterion.code), visit_comes_later=True)
    return [Missing(criterion.code, asks=asks) for asks in demands]

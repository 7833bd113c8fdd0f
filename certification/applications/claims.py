"""Protected words in the goods of an application: a grant would publish them under a label (guard 10 of the registry)."""

from collections.abc import Iterator
from datetime import datetime

from certification.applications.models import Application
from certification.applications.subjects import subjects_of
from certification.parties.places.places import state
from certification.rules.claims import Claim, ClaimContext, check
from certification.rules.errors import InvalidInput
from certification.rules.text import N_
from certification.schemes.protected import claims_guard
from certification.schemes.texts import text_of

FIELD = "listing.name"  # the goods stand on label and register where a listing has its name
PROTECTED = N_(
    "«%(words)s» son palabras protegidas por la ley. Quítelas de los productos, o elija entre ellos la pieza cuyo documento ya "
    "se aceptó."
)


def claims_in(application: Application, goods: str) -> list[Claim]:
    """Every protected claim in these words about the goods of an application, in the order of the text."""
    return check(FIELD, goods, _context(application), claims_guard())


def require_backed(application: Application, at: datetime, *, field: str | None = None) -> None:
    """Let pass goods without a claim that waits for its document. The document is that of a piece which the application names:
    a person has accepted it there.

    Raises:
        InvalidInput: there is such a claim (code ``protected_words``, param ``words``).

    """
    waiting = [one for one in claims_in(application, application.goods) if one.blocks]
    if not waiting:
        return
    named = [one for one in subjects_of([application.party_id]) if one.ref in application.subject_refs]
    for claim in waiting:
        if not any(one.backs(claim.rule.id, at) for one in named):
            raise InvalidInput("protected_words", PROTECTED, field=field, words=claim.words)


def _context(application: Application) -> ClaimContext:
    """The label that is asked for counts as one that the goods wear: its words are seen only once it is granted."""
    party, name = application.party, text_of(application.scheme_version).name
    return ClaimContext(
        categories=frozenset([party.branch] if party.branch else ()),
        declared_places=tuple(_places(application)),
        maker_names=(party.name, *application.makers),
        live_schemes=(name.es, name.en),
    )


def _places(application: Application) -> Iterator[str]:
    party = application.party
    entity = state(party.state_code)
    for name in (party.locality, party.municipality, entity.name if entity else None):
        if name:
            yield name

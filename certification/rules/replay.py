"""What a log and a credential tell of a certificate, led back to the facts that `verdict` judges.

For everybody who has leaves and credentials and no database: the monitor, the command that verifies, the export's checker.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from certification.rules.canonical import digest
from certification.rules.checking import dates_of
from certification.rules.did import did_of
from certification.rules.errors import InvalidInput
from certification.rules.facts import Facts, RecordedAct, Term, history_facts
from certification.rules.leaves import Act, LogAct, SchemeRef
from certification.rules.periods import history_verdict
from certification.rules.proofs import Document
from certification.rules.text import N_
from certification.rules.verdict import Verdict
from certification.rules.workflow import CertificateAct

ISSUING = (LogAct.GRANTED, LogAct.RENEWED)
_STATE_ACTS = {act.value: act for act in CertificateAct}
_SCHEME_ENDS = (LogAct.SCHEME_LAPSED, LogAct.SCHEME_WITHDRAWN)


def term_of(document: Document) -> Term:
    """The dates that a credential runs for, those of its surveillance included. Raises InvalidInput (`bad_document`)."""
    facts = dates_of(document)
    return Term(facts.valid_from, facts.valid_until, facts.surveillance_due, facts.grace_ends)


def require_logged(document: Document, act: Act) -> None:
    """Insist that `act` is the grant or renewal that issued this credential.

    Raises InvalidInput (`not_logged`) when the leaf names another document, or none.
    """
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    if act.act not in ISSUING or act.credential is None or digest(unsecured) != act.credential:
        raise InvalidInput("not_logged", N_("La bitácora pública no dice que se haya expedido este documento."))


def recorded_acts(told: Iterable[Act], terms: Mapping[int, Term] | None = None) -> tuple[RecordedAct, ...]:
    """The acts of one certificate that change its state, from its leaves in the log's order.

    `terms` are those of its credentials by version (`term_of`); where one is missing the leaf's own dates stand, which say
    nothing of surveillance.
    """
    known = terms or {}
    return tuple(_recorded(act, known) for act in told if act.act.value in _STATE_ACTS)


def facts_as_of(
    told: Iterable[Act], as_of: datetime, *, terms: Mapping[int, Term] | None = None, scheme_lapsed_at: datetime | None = None
) -> Facts | None:
    """The facts that held at `as_of`; None before the grant. Raises ValueError for leaves in an order that no registry has."""
    return history_facts(recorded_acts(told, terms), as_of, scheme_lapsed_at=scheme_lapsed_at)


def verdict_as_of(
    told: Iterable[Act], as_of: datetime, *, terms: Mapping[int, Term] | None = None, scheme_lapsed_at: datetime | None = None
) -> Verdict:
    """What the leaves lead to at `as_of`, and since when. Raises as `facts_as_of`."""
    return history_verdict(recorded_acts(told, terms), as_of, scheme_lapsed_at=scheme_lapsed_at)


def scheme_end(told: Iterable[Act], scheme: SchemeRef) -> datetime | None:
    """When a scheme version stopped backing labels by an act, from the log's acts in their order; None where it has not.

    The end of a scheme ends every version of it that was in force until then. The end of a legal mark is no act.
    """
    in_force = False
    for act in told:
        if act.act is LogAct.SCHEME_ACTIVATED and act.scheme == scheme:
            in_force = True
        elif act.act in _SCHEME_ENDS and act.scheme and act.scheme.id == scheme.id and in_force:
            return act.at
    return None


def compromised_from(told: Iterable[Act]) -> dict[str, int]:
    """From which index of the log on a key counts no more, by `kid`; of several that were told of one key, the earliest."""
    found: dict[str, int] = {}
    for act in told:
        if act.act is LogAct.KEY_COMPROMISED and act.key:
            index = act.from_index or 0
            found[act.key.kid] = min(index, found.get(act.key.kid, index))
    return found


def issuers_of(origin: str, told: Iterable[Act]) -> frozenset[str]:
    """The DIDs that a log names as its registry's: of the host in its own name, and of every host that an act moved to."""
    hosts = [origin.partition("/")[0], *(act.domain for act in told if act.domain)]
    dids = set()
    for host in hosts:
        try:
            dids.add(did_of(host))
        except InvalidInput:
            continue
    return frozenset(dids)


def _recorded(act: Act, terms: Mapping[int, Term]) -> RecordedAct:
    term = None
    if act.act in ISSUING and act.certificate and act.valid_from and act.valid_until:
        term = terms.get(act.certificate.version) or Term(act.valid_from, act.valid_until)
    return RecordedAct(_STATE_ACTS[act.act.value], act.at, term, act.until, act.successor)

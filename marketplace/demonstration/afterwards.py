"""What became of the labels of the demonstration after their grant."""

from collections.abc import Callable
from datetime import timedelta

from certification.registry import acts
from certification.registry.acts import Why
from certification.registry.surveillance import Visit, pass_surveillance
from marketplace.demonstration.casebook import Case, Step
from marketplace.demonstration.content import DemoAct, DemoCertificate
from marketplace.demonstration.people import Cast, local_day


def later(demo: DemoCertificate, labels: dict[str, Case], cast: Cast) -> list[Step]:
    """What happened to the label after it was granted."""
    steps: list[Step] = [(act.on, 80, _deed(demo, act, labels, cast)) for act in demo.acts]
    steps += [(on, 85, _visit(demo, on, labels, cast)) for on in demo.surveillance_passed]
    if demo.successor is not None:
        heir, by, at = labels[demo.successor], cast.users[demo.deciders[0]], cast.day(demo.superseded or 0)
        give_way: Callable[[], object] = lambda: acts.supersede(labels[demo.key].label, heir.label, by=by, at=at)  # noqa: E731 - one step
        steps.append((demo.superseded or 0, 90, give_way))
    return steps


def _deed(demo: DemoCertificate, act: DemoAct, labels: dict[str, Case], cast: Cast) -> Callable[[], object]:
    why = Why(act.reason_code, act.public_summary, act.criterion)
    by, at = cast.users[act.by[0]], cast.day(act.on)
    until = local_day(cast.at + timedelta(days=act.ends_by or act.on + 90))
    case = labels[demo.key]
    deeds: dict[str, Callable[[], object]] = {
        "suspended": lambda: acts.suspend(case.label, why, until=until, by=by, at=at),
        "withdrawn": lambda: acts.withdraw(case.label, why, by=by, at=at),
        "surrendered": lambda: acts.surrender(case.label, why, by=by, at=at),
        "restored": lambda: acts.restore(case.label, by=by, at=at),
    }
    return deeds[act.kind]


def _visit(demo: DemoCertificate, on: int, labels: dict[str, Case], cast: Cast) -> Callable[[], object]:
    def act() -> None:
        held, at = labels[demo.key].label, cast.day(on)
        visit = Visit(local_day(at), peers=1, outsiders=1, summary=demo.seen, seen=held.newest)
        pass_surveillance(held, visit, by=cast.users[demo.deciders[0]], at=at)

    return act

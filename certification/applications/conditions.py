"""What a grant with conditions rests on: the criteria, what was agreed to mend each, and by when."""

from collections.abc import Iterable
from datetime import datetime

from certification.applications.case import ConditionView
from certification.applications.cases import counted
from certification.applications.models import Application, Decision
from certification.applications.weighing import Agreed, rows_of, weigh
from certification.rules.workflow import Outcome
from certification.schemes.texts import text_of


def conditions_of(decision: Decision, lang: str, at: datetime) -> tuple[ConditionView, ...]:
    """What a case was granted on, from the findings that counted; nothing unless it was granted with conditions."""
    if decision.outcome is not Outcome.GRANTED_WITH_CONDITIONS:
        return ()
    application = decision.application
    settled = {code: Agreed(one["score"], one["reason"]) for code, one in decision.agreed.items()}
    codes = weigh(application, counted(application, at), settled).assessment.conditions
    return agreed_on(application, codes, lang, at)


def agreed_on(application: Application, codes: Iterable[str], lang: str, at: datetime) -> tuple[ConditionView, ...]:
    """The plans that the findings name for these criteria; a criterion without one stands alone."""
    text, rows = text_of(application.scheme_version), rows_of(application, counted(application, at))
    found: list[ConditionView] = []
    for code in codes:
        title = text.criterion(code).title.in_(lang)
        plans = [ConditionView(title, row.plan, row.plan_due) for row in rows[code] if row.plan]
        found += plans or [ConditionView(title, "", None)]
    return tuple(dict.fromkeys(found))

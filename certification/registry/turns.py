"""Changes of state that dates alone brought, without an act: told from recorded acts by the one rule, and stored nowhere."""

from datetime import datetime

from certification.registry.histories import turned
from certification.registry.models import Certificate
from certification.rules.periods import Change


def turns(certificate: Certificate, now: datetime) -> list[Change]:
    """Every such change up to now, the oldest first: begun, overdue, expired, the scheme over."""
    acted = {act.at for act in certificate.acts}
    return [one for one in turned(certificate, now) if one.at not in acted and one.at > certificate.granted_at]

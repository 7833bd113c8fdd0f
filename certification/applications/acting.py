"""What every service of an application does first."""

from certification.accounts.models import User
from certification.applications.models import Application
from certification.core.db import hold
from certification.parties.belonging import WRITERS, has_role
from certification.parties.models import Party, Power
from certification.rules.errors import IllegalMove
from certification.rules.text import N_
from certification.rules.workflow import ApplicationState

EDITABLE = (ApplicationState.DRAFT, ApplicationState.RETURNED)


def lock(application: Application) -> None:
    """Read the row anew and hold it until the unit of work ends: one changes an application at a time."""
    hold(application)


def open_for_change(application: Application) -> None:
    """Lock an application that its applicant may still change.

    Raises:
        IllegalMove: it was sent, decided, withdrawn or closed (code ``not_editable``).

    """
    lock(application)
    if application.state not in EDITABLE:
        raise IllegalMove(
            "not_editable", N_("Esta solicitud ya se envió y no se puede cambiar ahora."), state=application.state.value
        )


def on_behalf_of(by: User, party: Party) -> str | None:
    """The party's public id when a promoter or an organization acts for it; None when one of its own does."""
    return None if has_role(by, party.id, WRITERS[Power.APPLY]) else party.public_id

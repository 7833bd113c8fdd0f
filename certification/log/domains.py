"""Under which address the registry signs. A change of it is an act of the log: what was issued before keeps its own address.

Nothing is signed at an address that the log was not told of, so that a setting changed by mistake issues nothing in a stranger's
name. A demonstration may go from one address of its own machine or network to another as it likes (docs/decisions).
"""

from ipaddress import ip_address

from flask import current_app
from sqlalchemy.orm import Session

from certification.log.reading import Head, head, of_kinds
from certification.rules.errors import CannotSign
from certification.rules.leaves import LogAct
from certification.rules.text import N_

LOCAL = ("localhost", ".localhost", ".local")
MOVED = N_(
    "La dirección del sitio (%(now)s) no es la que dice la bitácora pública (%(told)s). No se firmó ni se guardó nada. Si el "
    "sitio se mudó, quien lo opera lo registra con «tianguis log move»."
)


def present_domain() -> str:
    """Host of the site's address as its settings have it, with its port where that is named."""
    return str(current_app.config["SETTINGS"].host)


def told_domains(found: Head | None = None, session: Session | None = None) -> list[str]:
    """The addresses that the log was told of, the oldest first; none before it was first signed."""
    origin = (found or head(session)).origin
    if origin is None:
        return []
    moved = (one.act.domain for one in of_kinds((LogAct.DOMAIN_CHANGED,), session))
    return [origin.partition("/")[0], *(one for one in moved if one is not None)]


def former_domains() -> list[str]:
    """The addresses that this registry had and has no more."""
    now = present_domain()
    return [one for one in dict.fromkeys(told_domains()) if one != now and not _is_free(one)]


def left_domains() -> list[str]:
    """Those of them that people are led away from: none before the log was told that the site moved."""
    told = told_domains()
    return former_domains() if told and told[-1] == present_domain() else []


def require_domain(found: Head, session: Session) -> None:
    """Insist that this is the address that the log last told. Raises CannotSign (``domain_changed``)."""
    told, now = told_domains(found, session), present_domain()
    if told and told[-1] != now and not (_is_free(told[-1]) and _is_free(now)):
        raise CannotSign("domain_changed", MOVED, now=now, told=told[-1])


def _is_free(domain: str) -> bool:
    """Whether a demonstration may come and go there: this machine, or a network that is not the world's."""
    if not current_app.config["SETTINGS"]["DEMONSTRATION"]:
        return False
    name = domain.rpartition(":")[0] if domain.rpartition(":")[2].isdigit() else domain
    try:
        return ip_address(name.strip("[]")).is_private
    except ValueError:
        return name == LOCAL[0] or name.endswith(LOCAL[1:])

"""Who may do what with a certificate. Its record is public; the acts belong to the scheme's committee and to the holder."""

from enum import StrEnum
from typing import Any

from certification.accounts.models import Role, User
from certification.accounts.permissions import Rule, anyone, declare
from certification.parties.belonging import acts_for
from certification.parties.models import Power
from certification.registry.models import Certificate
from certification.schemes.permissions import scope_of


class Permission(StrEnum):
    SEE = "certificate.see"
    TAG = "certificate.tag"
    SUSPEND = "certificate.suspend"
    RESTORE = "certificate.restore"
    WITHDRAW = "certificate.withdraw"
    SURRENDER = "certificate.surrender"
    REHOOK = "certificate.rehook"
    RENEW = "certificate.renew"
    SURVEY = "certificate.survey"
    REISSUE = "certificate.reissue"
    SEE_VISITS = "certificate.visits"
    SEE_DOUBTS = "certificate.doubts"
    WATCH = "certificate.watch"


def decides_under_scheme(person: User | None, thing: Any) -> bool:
    """Sits on the committee of the certificate's scheme. Owning the scheme or running the site is not enough."""
    if person is None or not isinstance(thing, Certificate):
        return False
    return person.holds(Role.DECIDER, scope_of(thing.scheme_version.scheme))


def sits_on_a_committee(person: User | None, _thing: Any) -> bool:
    """Decides under some scheme."""
    return person is not None and any(held.role is Role.DECIDER for held in person.current_roles)


def acts_for_holder(person: User | None, thing: Any) -> bool:
    """Acts in the holder's name, as a member or by a mandate."""
    return isinstance(thing, Certificate) and acts_for(person, thing.holder_id, Power.APPLY)


declare(
    {
        Permission.SEE: Rule(any_of=(anyone,)),
        Permission.TAG: Rule(any_of=(acts_for_holder,), seen_by=(anyone,)),
        Permission.SUSPEND: Rule(any_of=(decides_under_scheme,), seen_by=(anyone,), strong=True),
        Permission.RESTORE: Rule(any_of=(decides_under_scheme,), seen_by=(anyone,), strong=True),
        Permission.WITHDRAW: Rule(any_of=(decides_under_scheme,), seen_by=(anyone,), strong=True),
        Permission.SURRENDER: Rule(any_of=(acts_for_holder,), seen_by=(anyone,)),
        Permission.RENEW: Rule(any_of=(acts_for_holder,), seen_by=(anyone,)),
        Permission.SURVEY: Rule(any_of=(decides_under_scheme,), seen_by=(anyone,), strong=True),
        Permission.REISSUE: Rule(any_of=(decides_under_scheme,), seen_by=(anyone,), strong=True),
        Permission.SEE_VISITS: Rule(any_of=(sits_on_a_committee,), strong=True),
        Permission.SEE_DOUBTS: Rule(any_of=(sits_on_a_committee,), strong=True),
        Permission.WATCH: Rule(any_of=(anyone,), public=True),  # to end one, the key in the link is the permission
        Permission.REHOOK: Rule(any_of=(decides_under_scheme,), seen_by=(anyone,), strong=True),
    }
)

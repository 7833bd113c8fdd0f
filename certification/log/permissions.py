"""The log is everybody's."""

from enum import StrEnum

from certification.accounts.permissions import Rule, anyone, declare


class Permission(StrEnum):
    SEE = "log.see"


declare({Permission.SEE: Rule(any_of=(anyone,))})

"""Commands of the label schemes: to install those that come along, and to end one for good."""

from collections.abc import Callable
from typing import Any, NamedTuple

import click

from certification.accounts.models import User
from certification.accounts.people import by_login
from certification.accounts.permissions import check
from certification.core import clock
from certification.core.console import MakeApp, at_work
from certification.core.db import db, unit_of_work
from certification.log.refusals import explained
from certification.rules.errors import DomainError
from certification.rules.text import counted
from certification.rules.workflow import SchemeVersionState
from certification.schemes import versions
from certification.schemes.builtin import install_builtin
from certification.schemes.counting import counts_of
from certification.schemes.models import SchemeVersion
from certification.schemes.permissions import Permission
from certification.schemes.queries import current_version, find_version

End = Callable[..., None]


class Wish(NamedTuple):
    """What was typed: which version, who ends it, why, and whether nothing is asked."""

    key: str
    version: str
    by: str
    reason: str
    yes: bool

    @property
    def name(self) -> str:
        return f"{self.key} {self.version}"


@click.group(name="schemes", invoke_without_command=True)
@click.pass_context
def schemes(context: click.Context) -> None:
    """Install the three built-in label schemes, as their owner would adopt them (runs again safely), or end one."""
    if context.invoked_subcommand is not None:
        return
    with at_work(context.obj), unit_of_work():
        names = [_named(version) for version in install_builtin(by=None, at=clock.now())]
    for name in names:
        click.echo(name)


def _named(version: SchemeVersion) -> str:
    state = "" if version.state is SchemeVersionState.ACTIVE else f" ({version.state.value})"
    return f"{version.scheme.key} {version.version}{state}"


def _ending(command: Callable[..., None]) -> Callable[..., None]:
    """What both commands that end a scheme are told."""
    for told in (
        click.option("--yes", is_flag=True, help="Ask nothing."),
        click.option("--reason", required=True, help="Why, for the record of acts; the public log has no room for it."),
        click.option("--by", required=True, metavar="LOGIN", help="Who ends it: mail address or handle of the account."),
        click.argument("version"),
        click.argument("key"),
    ):
        command = told(command)
    return command


@schemes.command()
@_ending
@click.pass_obj
def lapse(make_app: MakeApp, /, **told: Any) -> None:
    """The scheme KEY, or the legal mark it rests on, has ended: from now on no label under it is valid. For good.

    VERSION is the one in force; all older ones end with it.
    """
    _end(make_app, versions.lapse, Permission.LAPSE, Wish(**told))


@schemes.command()
@_ending
@click.pass_obj
def withdraw(make_app: MakeApp, /, **told: Any) -> None:
    """Its owner takes the scheme KEY back: from now on no label under it is valid. For good.

    VERSION is the one in force; all older ones end with it.
    """
    _end(make_app, versions.withdraw, Permission.WITHDRAW, Wish(**told))


def _end(make_app: MakeApp, end: End, permission: Permission, wish: Wish) -> None:
    with at_work(make_app):
        try:
            _foresee(wish, permission)
            db.session.rollback()  # nobody waits for the answer, and all is read anew after it
            if not wish.yes and click.prompt("Type the key to go on") != wish.key:
                raise click.ClickException("That is not the key. Nothing was changed.")
            with unit_of_work():
                at = clock.now()
                end(_version(wish), by=_person(wish.by), at=at, reason=wish.reason)
        except DomainError as error:
            raise click.ClickException(explained(error)) from error
    click.echo(f"{wish.name} ended on {at:%Y-%m-%d %H:%M:%S} UTC. No label of {wish.key} is valid any more.")


def _foresee(wish: Wish, permission: Permission) -> None:
    """Refuse what can't be done before it is asked whether to do it, and say how much it reaches."""
    version = _version(wish)
    check(_person(wish.by), permission, version)
    _require_in_force(version, wish)
    versions.read_reason(wish.reason)
    counts = counts_of([version.scheme_id], clock.now())
    if counts is not None:
        valid = counted(counts[version.scheme_id].valid, "valid label")
        click.echo(f"{wish.key} has {valid}, in all its versions together. This ends each of them, for good.")


def _require_in_force(version: SchemeVersion, wish: Wish) -> None:
    if version.state is SchemeVersionState.ACTIVE:
        return
    if version.lapsed_at is not None:
        raise click.ClickException(f"{wish.name} ended already, on {version.lapsed_at:%Y-%m-%d %H:%M:%S} UTC.")
    current = current_version(version.scheme)
    if version.state is SchemeVersionState.SUPERSEDED and current is not None:
        raise click.ClickException(f"{wish.name} is superseded. End {current.version}, which is in force: all end with it.")
    raise click.ClickException(f"{wish.name} was never in force.")


def _version(wish: Wish) -> SchemeVersion:
    found = find_version(wish.key, wish.version)
    if found is None:
        raise click.ClickException(f"There is no scheme {wish.name}.")
    return found


def _person(login: str) -> User:
    found = by_login(login)
    if found is None or not found.is_active:
        raise click.ClickException(f"Nobody has an open account as {login}.")
    return found

"""Commands for whoever checks from outside: no database of ours, no account, no trust in who runs the registry."""

import json
import sys
from pathlib import Path

import click

from certification.core import clock
from certification.core.console import saying
from certification.outside.instance import Instance
from certification.outside.verify import WRONG, as_json, in_words, verify
from certification.rules.errors import DomainError

LANGUAGES = ("es", "en")


@click.command(name="verify")
@click.argument("what")
@click.option(
    "--as-of", metavar="DATE|INSTANT", help="A past day, 2026-11-21 (its end counts), or instant, 2026-11-21T16:32:00Z."
)
@click.option("--registry", metavar="URL", help="Ask this registry, https://host; you vouch for the address.")
@click.option("--export", type=click.Path(path_type=Path, file_okay=False), help="Read this exported folder and no network.")
@click.option("--lang", type=click.Choice(LANGUAGES), default="es", show_default=True, help="Language of the answer.")
@click.option("--json", "for_programs", is_flag=True, help="One JSON object in place of sentences.")
@click.option("--demonstration", is_flag=True, help="Accept what a demonstration signed; it proves nothing.")
@click.pass_context
def verify_command(  # noqa: PLR0913 - click passes each option
    context: click.Context,
    what: str,
    as_of: str | None,
    registry: str | None,
    export: Path | None,
    lang: str,
    *,
    for_programs: bool,
    demonstration: bool,
) -> None:
    """Check a certificate: a credential's FILE, the address of its page, or its CODE.

    A code is looked up where --registry or --export say, else in this instance's own database. Ends with 0 when the label is
    valid, 1 when it is not, 2 when there is none or the question is wrong, 3 when it cannot be checked.
    """
    say = saying(lang)
    try:
        found = verify(
            what,
            now=clock.now(),
            as_of=as_of,
            registry=registry,
            export=export,
            own=lambda: Instance(context.obj()),
            demonstration=demonstration,
        )
    except DomainError as error:
        click.echo(error.said(say), err=True)
        sys.exit(WRONG)
    lines = [json.dumps(as_json(found, say), ensure_ascii=False, indent=2)] if for_programs else in_words(found, say, lang)
    click.echo("\n".join(lines))
    sys.exit(found.exit_code)


COMMANDS: tuple[click.Command, ...] = (verify_command,)

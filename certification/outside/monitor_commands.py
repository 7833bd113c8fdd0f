"""``tianguis monitor URL``: look at a registry from outside, once or again and again."""

import json
import sqlite3
import sys
import time
from dataclasses import asdict
from pathlib import Path

import click

from certification.core import clock
from certification.core.console import in_english
from certification.outside.memory import Memory, MemoryDamagedError
from certification.outside.monitor import ALL_UP_TO, Asked, Monitor, Report
from certification.outside.sources import Site
from certification.rules.errors import BadNote, InvalidInput
from certification.rules.note_keys import SignatureType, VerifierKey, parse_vkey
from certification.rules.text import counted

MOST_BYTES = 256 * 2**20  # a register of some four hundred thousand certificates
COULD_NOT_LOOK = 2


@click.command()
@click.argument("url")
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for what it remembers. Without it a fork can't be seen.",
)
@click.option(
    "--key", "keys", multiple=True, help="Key of the registry's log that you trust (vkey). Without it the first one seen."
)
@click.option("--witness", "witnesses", multiple=True, help="Key of a witness that you trust (vkey).")
@click.option("--quorum", type=click.IntRange(1), help="How many of the witnesses must have cosigned; all of them if not said.")
@click.option(
    "--sample",
    default=ALL_UP_TO,
    show_default=True,
    type=click.IntRange(0),
    help="Certificates looked at closely besides all that changed.",
)
@click.option("--as-json", is_flag=True, help="For programs: one object for each look.")
@click.option("--once", is_flag=True, expose_value=False, help="Look once; this is what it does if not told otherwise.")
@click.option("--every", type=click.IntRange(1), help="Look again after so many seconds, until interrupted.")
def monitor(  # noqa: PLR0913 - what a person may ask for
    url: str,
    state: Path | None,
    keys: tuple[str, ...],
    witnesses: tuple[str, ...],
    quorum: int | None,
    sample: int,
    as_json: bool,  # noqa: FBT001 - click passes flags so
    every: int | None,
) -> None:
    """Look at the registry at URL from outside: its public log, and register, credentials and lists against it.

    Ends with 0 when all is well, with 1 and a line for each fault, with 2 when it could not look.
    """
    given = [_key(one, SignatureType.ED25519) for one in keys]
    trusted = tuple(_key(one, SignatureType.COSIGNATURE) for one in witnesses)
    needed = quorum if quorum is not None else len(trusted)
    if needed > len(trusted):
        raise click.UsageError("--quorum asks for more witnesses than there are")
    try:
        memory = Memory(state)
        source = Site(url, most_bytes=MOST_BYTES)
    except (MemoryDamagedError, InvalidInput, OSError) as error:
        click.echo(f"tianguis: {in_english(error)}", err=True)
        sys.exit(COULD_NOT_LOOK)
    _believe(memory, given)
    looking = Monitor(source, memory, Asked(trusted, needed, sample), clock.now, time.sleep)
    try:
        _look(looking, url, every, as_json=as_json, remembers=state is not None)
    except KeyboardInterrupt:
        click.echo("")
    finally:
        memory.close()


def _look(looking: Monitor, url: str, every: int | None, *, as_json: bool, remembers: bool) -> None:
    while True:
        try:
            report = looking.look()
        except (sqlite3.Error, OSError) as error:
            click.echo(f"tianguis: the state folder fails: {error}", err=True)
            sys.exit(COULD_NOT_LOOK)
        click.echo(json.dumps(_said(report, url)) if as_json else "\n".join(words(report, url, remembers=remembers)))
        if every is None:
            sys.exit(report.exit_code)
        time.sleep(every)


def _believe(memory: Memory, given: list[VerifierKey]) -> None:
    held = {key.name for key in (*memory.believed(), *given)}
    if len(held) > 1:
        raise click.UsageError(f"keys of different logs: {', '.join(sorted(held))}")
    with memory.step():
        for key in given:
            memory.believe(key, "given")


def words(report: Report, url: str, *, remembers: bool) -> list[str]:
    """A report for people: faults first."""
    lines = [f"FAULT {one.kind}: {one.words}" for one in report.faults]
    lines += [f"could not look: {one}" for one in report.unreachable]
    lines += [f"note: {one}" for one in report.warnings]
    if not remembers:
        lines.append("note: without --state nothing is remembered, so that a changed past can't be seen the next time")
    seen = (
        f"{counted(report.size, 'entry', 'entries')}, {counted(report.certificates, 'certificate')}, "
        f"{report.looked_closely} of them closely"
    )
    result = {0: "all well", 1: counted(len(report.faults), "fault"), 2: "could not look at everything"}[report.exit_code]
    return [_printable(line) for line in (*lines, f"{url}: {result}. {seen}.")]


def _printable(line: str) -> str:
    """What a registry says may hold anything; a terminal obeys some of it."""
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def _said(report: Report, url: str) -> dict[str, object]:
    return {"url": url, "at": clock.now().isoformat(), "exit": report.exit_code, **asdict(report)}


def _key(text: str, kind: SignatureType) -> VerifierKey:
    try:
        key = parse_vkey(text)
    except BadNote as error:
        raise click.UsageError(f"{text!r} is no verifier key (name+hash+base64)") from error
    if key.type is not kind:
        raise click.UsageError(f"{text!r} is a key of the other kind: --key takes a log's, --witness a witness's")
    return key

"""Private stays private: a canary in every private column, and everyone reads everything they can reach."""

import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from html import unescape
from itertools import islice
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from flask import current_app
from sqlalchemy import JSON, LargeBinary, String, Text, insert, select, update
from werkzeug.test import TestResponse

from certification.accounts import mydata
from certification.accounts.models import User
from certification.applications.sent import NOTHING
from certification.core import clock
from certification.core.db import db
from certification.core.orm import AnyJson
from marketplace.models import METADATA
from tests.conftest import NOW, SHORT
from tests.house import access_table
from tests.house.populate import populate
from tests.house.private_table import Secret, classified, readers_of, secrets
from tests.house.world import ROLES, SIDES, World, build

NEEDLE = re.compile(r"zq\d{6}qz|fa11\d{6}|9519\d{6}")
LINK = re.compile(r"""(?:href|src|action)="([^"]+)\"""")
SPREAD = re.compile(r"[\s().-]|&nbsp;")  # how a telephone number may be written
BY_KEY = {
    "enquiry by its link",
    "enquiry by its mail",
    "enquiry by a wrong link",
    "invitation by its key",
    "reset code",
    "no code",
}
READ_MOST = ("visitor", "admin", "rival", "evaluator", "decider", "vetter", "operator")  # in English too, and on either database
FEWEST_PAGES, MOST_PAGES, MOST_SECONDS = 250, 1000, 60
SHAPES = {"text": "zq{:06}qz", "digest": "fa11{:06}", "phone": "9519{:06}"}


@dataclass
class Canaries:
    """Which needle was put where, and who read it and on what page."""

    world: World
    secrets: dict[str, tuple[Secret, str]] = field(default_factory=dict)  # needle → what it is, whose it is
    read: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))  # needle → role → page
    pages: int = 0

    def plant(self, secret: Secret) -> None:
        table = METADATA.tables[secret.table]
        column = None if secret.form in ("bytes", "insert") else table.c[secret.column]
        for row in rows_of(self.world, secret.label, secret.table) if secret.form != "insert" else [0]:
            needle = SHAPES.get(secret.form, SHAPES["text"]).format(len(self.secrets) + 1)
            if secret.form == "insert":
                act = {"act": "x", "subject_kind": "x", "subject_id": "x", "at": NOW, "details": {"what": needle}}
                db.session.execute(insert(table).values(**act))
            elif column is None:
                _fill_file(row, needle)
            else:
                same = update(table).where(table.c.id == row)
                filled = db.session.execute(same.where(_has(column)).values({column.name: _shaped(needle, secret.form)}))
                if not filled.rowcount:  # type: ignore[attr-defined]  # an UPDATE's result has one
                    continue
            self.secrets[needle] = (secret, _owner(self.world, table, row))

    def look(self, role: str, page: str, answer: TestResponse) -> None:
        self.pages += 1
        said = "\n".join((answer.get_data().decode("latin-1"), str(answer.headers)))
        for needle in {*NEEDLE.findall(said), *NEEDLE.findall(SPREAD.sub("", said))}:
            if needle in self.secrets:
                self.read[needle].setdefault(role, page)


def rows_of(world: World, label: str, table: str) -> list[int]:
    """The rows made under a label, without those that a narrower label names."""
    wanted = world.rows[label].get(table, range(0))
    narrower = [made[table] for name, made in world.rows.items() if name.startswith((f"{label}-", f"{label} "))]
    if label.endswith("returned"):
        narrower.append(world.rows[label.replace("returned", "unsent")][table])
    return [row for row in wanted if not any(row in one for one in narrower)]


def _owner(world: World, table: Any, row: int) -> str:
    """The role whose own a row is, or nothing."""
    people = {number: role for role, (number, _remembered) in world.users.items()}
    if table.name == "users":
        return people.get(row, "")
    if table.name == "passkeys":
        return people.get(db.session.scalar(select(table.c.user_id).where(table.c.id == row)) or 0, "")
    return ""


def _has(column: Any) -> Any:
    """An enquiry has the one way to answer that its channel says."""
    return column.is_not(None) if column.table.name == "enquiries" else column.table.c.id > 0


def _shaped(needle: str, form: str) -> Any:
    shapes = {
        "mail": f"{needle}@demo.tianguis.example",
        "phone": f"+52{needle}",
        "digest": needle.ljust(64, "0"),
        "json": {"what": needle},
        "list": [needle],
        "name": f"{needle}.pdf",
        "said": asdict(NOTHING) | {"goods": needle, "photo_id": None},
    }
    return shapes.get(form, needle)


def _fill_file(row: int, needle: str) -> None:
    table = METADATA.tables["stored_files"]
    digest = current_app.extensions["shelves"].private.put(needle.encode())
    db.session.execute(update(table).where(table.c.id == row).values(digest=digest))


def crawl(canaries: Canaries, role: str) -> None:
    """Read everything: each page of the access table about each thing, and whatever links lead to from there."""
    world = canaries.world
    waiting = [
        *_seeds(world, role, ""),
        *(() if SHORT or role not in READ_MOST else _seeds(world, role, "?lang=en")),
    ]
    seen = set(waiting)
    for page in islice(waiting, MOST_PAGES):  # it grows while it is read
        answer = world.ask(role, "GET", page)
        canaries.look(role, page, answer)
        if answer.mimetype == "text/html":
            for link in (*LINK.findall(answer.text), answer.location or ""):
                address = urldefrag(urljoin(page, unescape(link))).url
                parts = urlsplit(address)
                if address and not parts.netloc and not parts.scheme and address not in seen and _worth(address):
                    seen.add(address)
                    waiting.append(address)
        world.restore()


def _worth(address: str) -> bool:
    return not address.startswith(("/static/", "/media/")) and "lang=" not in address


def _seeds(world: World, role: str, query: str) -> Iterator[str]:
    for row in access_table.rows():
        if row.method == "GET" and row.thing not in BY_KEY:
            for side in SIDES if row.thing else SIDES[:1]:
                yield world.path(row.route, row.thing, side, role) + query


@pytest.fixture(scope="module")
def canaries(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canaries]:
    """All canaries planted."""
    with clock.standing_at(NOW), build(database_url, tmp_path_factory.mktemp("canaries"), populate) as world:
        made = Canaries(world)
        with world.app.app_context():
            for secret in secrets():
                made.plant(secret)
            db.session.commit()
        world.keep()
        yield made


def test_every_column_that_holds_text_is_open_or_private() -> None:
    kinds = (String, Text, JSON, AnyJson, LargeBinary)
    there = {f"{table.name}.{one.name}" for table in METADATA.sorted_tables for one in table.c if isinstance(one.type, kinds)}
    said = {name for name in classified() if not name.endswith(".content")}
    assert (there - said, said - there) == (set(), set()), "say in tests/house/private_table.py who may read them"


def test_every_secret_is_planted(canaries: Canaries) -> None:
    planted = {str(secret) for secret, _owner in canaries.secrets.values()}
    assert {str(secret) for secret in secrets()} - planted == set()


@pytest.mark.parametrize("role", READ_MOST if SHORT else ROLES)
def test_who_reads_all_that_can_be_reached_reads_what_is_theirs_and_nothing_else(canaries: Canaries, role: str) -> None:
    """What they may read is read, so that the canaries sing; and the reading goes far and ends."""
    began, before = time.monotonic(), canaries.pages
    crawl(canaries, role)
    assert time.monotonic() - began < MOST_SECONDS
    assert FEWEST_PAGES < canaries.pages - before < MOST_PAGES
    leaks = [
        f"{secret} ({owner}) is read by {role} on {canaries.read[needle][role]}"
        for needle, (secret, owner) in canaries.secrets.items()
        if role in canaries.read[needle] and role not in readers_of(secret, owner, ROLES)
    ]
    assert not leaks, "\n".join(sorted(leaks))
    wanted = {str(secret) for secret, owner in canaries.secrets.values() if role in readers_of(secret, owner, ROLES)}
    heard = {str(secret) for needle, (secret, _owner) in canaries.secrets.items() if role in canaries.read[needle]}
    assert wanted - heard == set(), f"never read by {role}"


def test_my_data_are_all_mine(canaries: Canaries) -> None:
    """The export of one's data holds one's own mail address and telephone, and no canary of anybody else."""
    with canaries.world.app.app_context():
        for role, (number, _remembered) in canaries.world.users.items():
            given = json.dumps(mydata.export(db.session.get_one(User, number)), ensure_ascii=False, default=str)
            found = [canaries.secrets[needle] for needle in NEEDLE.findall(given) if needle in canaries.secrets]
            own = {secret.column for secret, owner in found if owner == role}
            assert {"email", "phone"} <= own
            assert "password_hash" not in own
            assert [str(secret) for secret, owner in found if owner and owner != role] == []


def test_a_private_file_is_never_served_to_everybody(canaries: Canaries) -> None:
    with canaries.world.app.app_context():
        table = METADATA.tables["stored_files"]
        digests = db.session.scalars(select(table.c.digest).where(table.c.private)).all()
    for digest in digests:
        for ending in ("jpg", "webp", "pdf"):
            assert canaries.world.ask("operator", "GET", f"/media/{digest}.{ending}").status_code == 404
    assert len(digests) > 10


def test_who_has_the_link_of_an_enquiry_reads_it_and_no_more(canaries: Canaries) -> None:
    path = canaries.world.path("/asked/<public_id>/<key>", "enquiry by its link", "own", "visitor")
    page = canaries.world.ask("visitor", "GET", path).text
    found = {str(canaries.secrets[needle][0]) for needle in NEEDLE.findall(page) if needle in canaries.secrets}
    assert found == {"enquiry_messages.text of own", "enquiries.name of own"}


def test_who_has_the_link_of_an_invitation_learns_no_address(canaries: Canaries) -> None:
    with canaries.world.app.app_context():
        table = METADATA.tables["invitations"]
        db.session.execute(update(table).values(digest=table.c.digest))
    path = canaries.world.path("/join/<key>", "invitation by its key", "own", "visitor")
    page = canaries.world.ask("visitor", "GET", path).text
    assert not {str(canaries.secrets[needle][0]) for needle in NEEDLE.findall(page) if needle in canaries.secrets} - {
        "invitations.name of own"
    }


def test_the_record_in_json_and_the_register_in_files_hold_no_canary(canaries: Canaries) -> None:
    world = canaries.world
    pages = [world.path("/c/<code>", "certificate", side, "visitor") for side in SIDES]
    pages += [f"/register.{kind}" for kind in ("csv", "json", "jsonl")]
    for page in pages:
        answer = world.ask("visitor", "GET", page, headers={"Accept": "application/json"})
        assert answer.status_code == 200
        assert [canaries.secrets[one] for one in NEEDLE.findall(answer.text) if one in canaries.secrets] == []


def test_a_leak_is_caught(canaries: Canaries) -> None:
    """The negative control: a page that shows one row too many."""
    needle = next(needle for needle, (secret, _owner) in canaries.secrets.items() if secret.column == "reference")
    leaking = Canaries(canaries.world, canaries.secrets)
    with canaries.world.app.test_request_context():
        answer = canaries.world.app.make_response(f"<p>{needle}</p>")
    leaking.look("visitor", "/leak", answer)  # type: ignore[arg-type]  # as much of an answer as is looked at
    assert list(leaking.read[needle]) == ["visitor"]
    assert "visitor" not in readers_of(*leaking.secrets[needle], ROLES)

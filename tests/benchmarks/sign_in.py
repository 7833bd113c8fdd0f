"""Can a stranger tell by the clock which accounts exist? Wrong passwords for known and for unknown accounts, in turn.

    python -m tests.benchmarks.sign_in [--pairs 200]

Each attempt comes from an address of its own, whole stack, database on a file. The control checks no password where there is
no account, and must be told apart. Exits 1 when the promise of docs/promises.md is broken.
"""

import argparse
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

from flask import Flask
from flask.testing import FlaskClient

from certification.accounts import passwords, sessions
from certification.core.db import db
from tests import makers
from tests.benchmarks.verify_page import application

PAIRS = 200
MOST_MS = 5.0
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
CHOSEN = "la lluvia llega en junio"


def known_accounts(app: Flask, count: int) -> list[str]:
    """Confirmed accounts with a password; their addresses."""
    with app.app_context():
        sealed = passwords.seal(CHOSEN)
        people = [makers.user(f"Persona {n}", email=f"persona{n}@ejemplo.example") for n in range(count)]
        for one in people:
            one.password_hash = sealed
        db.session.commit()
        db.session.remove()
    return [f"persona{n}@ejemplo.example" for n in range(count)]


def tried(client: FlaskClient, token: str, login: str, number: int) -> float:
    """Milliseconds until the refusal."""
    data = {"csrf_token": token, "login": login, "password": "no es esta, ni se parece"}
    begun = time.perf_counter()
    answer = client.post("/account/sign-in", data=data, environ_overrides={"REMOTE_ADDR": address(number)})
    spent = (time.perf_counter() - begun) * 1000
    assert answer.status_code == 422, answer.status
    return spent


def address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def gap(app: Flask, known: list[str], first: int) -> tuple[float, float, float]:
    """The medians of known and unknown, and of the differences within a pair, in milliseconds."""
    client, chance = app.test_client(), random.Random(first)
    found = TOKEN.search(client.get("/account/sign-in").text)
    assert found
    times: dict[bool, list[float]] = {True: [], False: []}
    for number, login in enumerate(known):
        pair = [(True, login), (False, f"nadie{first + number}@ejemplo.example")]
        chance.shuffle(pair)
        for there, name in pair:
            times[there].append(tried(client, found[1], name, first + 2 * number + there))
    apart = statistics.median(one - other for one, other in zip(times[True], times[False], strict=True))
    return statistics.median(times[True]), statistics.median(times[False]), abs(apart)


def only_where_there_is_one(kept: str | None, password: str) -> bool:
    """The control: as fast as it can say no."""
    return kept is not None and passwords.matches(kept, password)


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--pairs", type=int, default=PAIRS)
    pairs = given.parse_args().pairs
    folder = Path(tempfile.mkdtemp(prefix="tianguis-bench-"))
    try:
        app = application(folder)
        known = known_accounts(app, pairs)
        print(f"{'sign-in, wrong password':28} {'known ms':>9} {'unknown ms':>11} {'gap ms':>7}")
        ours = _row("product", gap(app, known, 1))
        with mock.patch.object(sessions, "matches", only_where_there_is_one):
            control = _row("control, unchecked", gap(app, known[: max(pairs // 5, 10)], 100_000))
    finally:
        shutil.rmtree(folder)
    kept, broken = ours < MOST_MS, control >= MOST_MS
    print(f"at most {MOST_MS} ms over {pairs} pairs: {'kept' if kept else 'BROKEN'}")
    print(f"control: {'told apart, as it must' if broken else 'TOO GOOD'}")
    return 0 if kept and broken else 1


def _row(name: str, measured: tuple[float, float, float]) -> float:
    known, unknown, apart = measured
    print(f"{name:28} {known:9.2f} {unknown:11.2f} {apart:7.2f}")
    return apart


if __name__ == "__main__":
    sys.exit(main())

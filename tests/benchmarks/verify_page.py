"""CPU of the verify page as a multiple of a bare Flask "hello", in one process and one run; codes at random over all.

    python tests/benchmarks/verify_page.py --certificates 10000 --certificates 1000000

Exits 1 when a promise of docs/promises.md is broken, 2 when the machine was too restless to say.
"""

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pysqlite3
from flask import Flask
from sqlalchemy import select
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

sys.path.insert(0, str(Path(__file__).parents[2]))

from certification.core.db import db  # noqa: E402 - the path comes first
from certification.core.settings import read_settings  # noqa: E402
from certification.registry.frames import kept_frame  # noqa: E402
from certification.registry.models import Certificate  # noqa: E402
from certification.registry.verify import VerifyPages, _history, _shape, _values  # noqa: E402
from certification.registry.verify_steps import steps_of  # noqa: E402
from certification.registry.views_verify import pages  # noqa: E402
from certification.registry.weighing import weigh  # noqa: E402
from certification.rules.code import new_code, parse  # noqa: E402
from marketplace.app import create_app  # noqa: E402
from marketplace.models import METADATA  # noqa: E402
from tests import makers  # noqa: E402

SECRET = "benchmarks only: " + "x" * 32
ROUNDS = 9
REQUESTS = 1500
RESTLESS = 2.0
UNCACHED, HOT, GROWTH = 4.0, 0.5, 1.15
THEN = datetime(2026, 3, 14, 18, tzinfo=UTC)
PAGE = {
    "makers": [{"name": "Martina Luna de la Fuente", "salt": "0" * 32}],
    "place": "Santa María Xochiapan, Oaxaca",
    "techniques": "Telar de cintura, teñido con añil",
    "marks": "Iniciales bordadas en una orilla; 72 × 230 cm",
    "photo": {
        "src": f"/media/{'a' * 64}.jpg",
        "srcset": ", ".join(f"/media/{letter * 64}.jpg {width}w" for letter, width in (("a", 400), ("b", 800), ("c", 1600))),
        "webp": ", ".join(f"/media/{letter * 64}.webp {width}w" for letter, width in (("a", 400), ("b", 800), ("c", 1600))),
        "full": f"/media/{'c' * 64}.jpg",
        "width": 800,
        "height": 1000,
        "alt": "Rebozo azul y blanco",
        "illustration": False,
    },
    "decided": {
        "by": {"es": "Consejo de quien opera este sitio", "en": "Council of this site's operator"},
        "on": THEN.isoformat(),
        "peers": 2,
        "outsiders": 1,
        "named": ["Petra Osorio"],
        "visited_on": "2026-03-01",
        "conditions": False,
    },
    "proof": {"number": 1, "kid": "abcdefghijklmnop", "signature": "A" * 86, "at": THEN.isoformat(), "credential": True},
    "leaf": 123_456,
    "history": [{"kind": "granted", "at": THEN.isoformat()}],
    "why": None,
}


ACTS = (
    "INSERT INTO certificate_acts (certificate_id, kind, at, public_summary, details) "
    "SELECT one.id, act.kind, act.at, '', act.details FROM certificates one, certificate_acts act "
    "WHERE one.id != act.certificate_id"
)
LEAVES = (
    "INSERT INTO log_leaves (leaf_index, entry, hash, act, at, certificate_code, before_log) "
    "SELECT {below} + one.id, zeroblob(450), zeroblob(32), 'granted', one.granted_at, one.code, 0 FROM certificates one"
)
PLACES = (
    "INSERT INTO certificate_act_leaves (act_id, leaf_index, salt) SELECT id, {below} + certificate_id, '' FROM certificate_acts"
)


class Seeded:
    """Reproducible codes."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def randbelow(self, exclusive_upper_bound: int, /) -> int:
        return int(self._random.random() * exclusive_upper_bound)


def application(folder: Path) -> Flask:
    """The whole application as deployed, on an empty schema."""
    settings = read_settings({}, DATA=str(folder), SECRET_KEY=SECRET, ORIGIN="http://localhost")
    app = create_app(settings)
    with app.app_context():
        METADATA.create_all(db.engine)
    return app


def fill(app: Flask, count: int) -> list[str]:
    """Write ``count`` certificates by the thousand, each with the act of its grant and its leaf; returns their codes."""
    with app.app_context():
        makers.certificate(page=PAGE, leaves=False)
        made = db.session.execute(select(Certificate.__table__)).mappings().one()
        db.session.remove()
        db.engine.dispose()
    source = Seeded(count)
    codes: set[str] = set()
    while len(codes) < count:
        codes.add(new_code(source))
    connection = pysqlite3.dbapi2.connect(app.config["SETTINGS"].data / "tianguis.db", isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    names = [name for name in made if name != "id"]
    row = dict(zip(names, connection.execute(f"SELECT {', '.join(names)} FROM certificates").fetchone(), strict=True))  # noqa: S608 - our own names
    connection.execute("BEGIN")
    marks = ", ".join("?" for _ in names)
    connection.executemany(f"INSERT INTO certificates ({', '.join(names)}) VALUES ({marks})", _rows(row, names, codes))  # noqa: S608 - our own names
    for statement in (ACTS, LEAVES, PLACES):  # the leaves stand in no tree, so they lie below it
        connection.execute(statement.format(below=2 * makers.BELOW))
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return sorted(codes)


def _rows(row: dict[str, Any], names: list[str], codes: set[str]) -> Iterator[list[Any]]:
    page = json.dumps(PAGE, ensure_ascii=False)
    for number, code in enumerate(sorted(codes)):
        row["code"], row["goods"] = code, f"Rebozos de algodón, serie {number}"
        row["page"] = page.replace("Martina", f"Martina {number}")
        yield [row[name] for name in names]


def caller(app: Flask, path: str, **headers: str) -> Callable[[str], tuple[str, bytes]]:
    environ = EnvironBuilder(path=path, base_url="http://localhost", headers=Headers(list(headers.items()))).get_environ()

    def call(rest: str) -> tuple[str, bytes]:
        status: list[str] = []

        def start(line: str, _headers: Any, _info: Any = None, /) -> Callable[[bytes], object]:
            status.append(line)
            return bytes

        body = app({**environ, "PATH_INFO": path + rest}, start)
        data = b"".join(body)
        if hasattr(body, "close"):
            body.close()
        return status[0], data

    return call


def hello() -> Flask:
    bare = Flask("hello")
    bare.add_url_rule("/", "hello", lambda: "hello")
    return bare


def cpu(call: Callable[[str], tuple[str, bytes]], rests: list[str], expected: str) -> float:
    """Microseconds of CPU a request."""
    begun = time.process_time()
    for rest in rests:
        status, _ = call(rest)
        if status != expected:
            raise SystemExit(f"expected {expected}, got {status} for {rest}")
    return (time.process_time() - begun) / len(rests) * 1e6


def measure(app: Flask, codes: list[str], seed: int) -> dict[str, Any]:
    """Reference and product in turn; ratios round by round."""
    chance = random.Random(seed)
    reference, product = caller(hello(), "/"), caller(app, "/v/")
    edge = app.extensions["edge"]
    hot_code = codes[0]
    for warm in chance.sample(codes, 50):
        product(warm)
        reference("")
    rounds = []
    for _ in range(ROUNDS):
        edge._seconds = 0.0
        edge.forget()
        bare = cpu(reference, [""] * REQUESTS, "200 OK")
        uncached = cpu(product, chance.choices(codes, k=REQUESTS), "200 OK")
        edge._seconds = 3600.0
        edge.forget()
        product(hot_code)
        hot = cpu(product, [hot_code] * REQUESTS, "200 OK")
        etag = next(iter(edge._kept.values()))[1].etag
        known = cpu(caller(app, "/v/", **{"If-None-Match": etag}), [hot_code] * REQUESTS, "304 NOT MODIFIED")
        rounds.append((bare, uncached, hot, known))
    edge._seconds = 1.0
    edge.forget()
    return {
        "bare": [bare for bare, *_ in rounds],
        "uncached_us": [uncached for _, uncached, *_ in rounds],
        "uncached": [uncached / bare for bare, uncached, *_ in rounds],
        "hot": [hot / bare for bare, _, hot, _ in rounds],
        "304": [known / bare for bare, *_, known in rounds],
    }


def stages(app: Flask, codes: list[str]) -> dict[str, float]:
    """Where an uncached page's time goes, in microseconds, each step by itself."""
    with app.app_context():
        made: VerifyPages = pages()
    now, some = datetime.now(UTC), random.Random(7).choices(codes, k=1000)
    row = made._lookup.find(some[0])
    frame = kept_frame(row.scheme_version_id, row.digest)
    assert frame is not None
    recorded = made._records.one(row)
    found = weigh(row, recorded, None, now, behind=False)
    steps = steps_of(row, recorded, found, None, now)
    values = _values(row, found, None, frame.zone, "es") | _history(steps, frame.zone, "es") | {"when": "x"}
    shape = _shape(row, found, steps, values, "es", now)
    cut = made._cuts.get(shape, lambda: made._render(shape, frame))
    parts: dict[str, Callable[[str], Any]] = {
        "parse the code": parse,
        "read the row": made._lookup.find,
        "read its record": lambda _: made._records.one(row),
        "facts and verdict": lambda _: weigh(row, recorded, None, now, behind=False),
        "history": lambda _: steps_of(row, recorded, found, None, now),
        "values": lambda _: _values(row, found, None, frame.zone, "es") | _history(steps, frame.zone, "es"),
        "shape": lambda _: made._cuts.get(_shape(row, found, steps, values, "es", now), str),
        "fill": lambda _: cut.fill(values).encode(),
    }
    spent = {}
    for name, step in parts.items():
        begun = time.process_time()
        for code in some:
            step(code)
        spent[name] = (time.process_time() - begun) / len(some) * 1e6
    return spent


def shown(name: str, ratios: list[float], most: float) -> bool:
    middle = statistics.median(ratios)
    kept = middle <= most
    print(
        f"  {name:<22} {middle:5.2f}× hello   ({min(ratios):.2f} to {max(ratios):.2f})   at most {most:g}: {'kept' if kept else 'BROKEN'}"
    )
    return kept


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--certificates", type=int, action="append", help="how many; may be given several times")
    sizes = given.parse_args().certificates or [10_000]
    kept, quiet, medians = True, True, {}
    for size in sizes:
        folder = Path(tempfile.mkdtemp(prefix="tianguis-bench-"))
        try:
            app = application(folder)
            codes = fill(app, size)
            found = measure(app, codes, seed=size)
            print(f"{size:,} certificates; bare Flask hello {statistics.median(found['bare']):.0f} µs of CPU")
            quiet &= max(found["bare"]) <= RESTLESS * min(found["bare"])
            kept &= shown("uncached, at random", found["uncached"], UNCACHED)
            kept &= shown("hot", found["hot"], HOT)
            kept &= shown("304", found["304"], HOT)
            medians[size] = statistics.median(found["uncached"])
            parts = stages(app, codes)
            total = statistics.median(found["uncached_us"])
            print(
                "  where it goes: "
                + ", ".join(f"{name} {spent:.0f}" for name, spent in parts.items())
                + f", edge and rest {total - sum(parts.values()):.0f} µs"
            )
        finally:
            shutil.rmtree(folder)
    if len(medians) > 1:
        growth = medians[max(medians)] / medians[min(medians)]
        kept &= growth <= GROWTH
        print(
            f"from {min(medians):,} to {max(medians):,}: {growth:.2f}×, at most {GROWTH}: {'kept' if growth <= GROWTH else 'BROKEN'}"
        )
    if not quiet:
        print("the reference moved by more than twofold: no verdict")
        return 2
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

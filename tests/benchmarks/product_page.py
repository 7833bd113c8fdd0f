"""CPU of the product page as a multiple of a bare Flask "hello", in one process and one run; products at random over all.

    python tests/benchmarks/product_page.py --products 10000 --products 1000000

Each product has a story, facts, three photographs, four more of its producer's beside it; one in five wears a label.
The control renders the frame anew for each page and must break the promise.
Exits 1 when the promise of docs/promises.md is broken, 2 when the machine was too restless to say.
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
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pysqlite3
from flask import Flask
from sqlalchemy import Table

sys.path.insert(0, str(Path(__file__).parents[2]))

from certification.core import clock  # noqa: E402 - the path comes first
from certification.core.db import db  # noqa: E402
from certification.core.media.files import photo  # noqa: E402
from certification.core.media.models import StoredFile  # noqa: E402
from certification.core.orm import Base  # noqa: E402
from certification.log.models import LogLeaf  # noqa: E402
from certification.registry.logged import ActLeaf  # noqa: E402
from certification.registry.models import Certificate, CertificateSubject, RecordedAct  # noqa: E402
from marketplace.catalogue.addresses import product_path  # noqa: E402
from marketplace.catalogue.models import Product, ProductPhoto, Variant  # noqa: E402
from marketplace.catalogue.page import Viewer  # noqa: E402
from marketplace.catalogue.views_product import PAGES, pages  # noqa: E402
from marketplace.producers.models import Maker, Producer  # noqa: E402
from tests import makers  # noqa: E402
from tests.benchmarks.verify_page import PAGE, RESTLESS, Seeded, application, caller, cpu, hello, shown  # noqa: E402

ROUNDS = 9
REQUESTS = 600
MOST, GROWTH = 10.0, 1.15
LABELLED = 5  # one product in so many
A_STALL = 50  # products of one producer
STORY = (
    "El hilo se tiñe en seis baños de añil fermentado con hojas del solar. " * 4 + "\n\n" + "Se teje en telar de cintura. " * 6
)
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def word(number: int) -> str:
    """A public id that is its own for each number."""
    letters = ""
    for _ in range(12):
        number, place = divmod(number * 7 + 3 if not letters else number, 32)
        letters += ALPHABET[place]
    return letters


def renditions(number: int) -> list[dict[str, Any]]:
    sizes = ((256, 320), (640, 800), (1280, 1600))
    return [{"width": w, "height": h, "jpeg": f"{number:060x}{w:04}", "webp": f"{number:060x}{h:04}"} for w, h in sizes]


def drawn(number: int) -> dict[str, str]:
    """As the application keeps them; the rows of photographs themselves are not read by the page."""
    file = StoredFile(renditions=renditions(number), illustration=False)
    one = asdict(photo(file, "Rebozo azul y blanco, colgado"))
    return {"pictures": json.dumps([one] * 3), "cover": json.dumps(one)}


class Filler:
    """Copies one whole row of each table, many times, with what differs; by the thousand, past SQLAlchemy."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def copy(self, model: type[Base], changes: Iterator[dict[str, Any]], *, given_id: bool = True) -> None:
        table: Table = model.__table__  # type: ignore[assignment]  # a mapped class's table is a Table
        names = [column.name for column in table.columns if given_id or column.name != "id"]
        first = self._connection.execute(f"SELECT {', '.join(names)} FROM {table.name} LIMIT 1").fetchone()  # noqa: S608 - our own names
        pattern = dict(zip(names, first, strict=True))
        marks = ", ".join("?" for _ in names)
        insert = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 - our own names
        self._connection.executemany(insert, ([(pattern | one)[name] for name in names] for one in changes))


def seed(app: Flask) -> None:
    """One of everything, by the models."""
    with app.app_context():
        stall = makers.producer()
        maker = Maker(
            producer_id=stall.id, public_name="Martina Xicoténcatl Luna", consented_at=makers.THEN, consent_how="de palabra"
        )
        file = StoredFile(
            kind="photo", private=False, digest="0" * 64, content_type="image/jpeg", size=1, width=1280, height=1600,
            renditions=renditions(1), made_at=makers.THEN,
        )  # fmt: skip
        makers.save(maker, file)
        product = makers.product(
            stall, maker_id=maker.id, description=STORY, materials="Algodón hilado a mano, añil", technique="Telar de cintura, jaspe",
            size="72 × 230 cm", weight_g=480, hours=46, care="Agua fría, jabón neutro, sombra",
        )  # fmt: skip
        makers.save(ProductPhoto(product_id=product.id, file_id=file.id, position=0, alt="Rebozo azul y blanco"))
        makers.certificate(stall.party, subject_refs=(product.public_id,), page=PAGE)
        db.session.remove()
        db.engine.dispose()


def fill(app: Flask, count: int) -> list[str]:
    """Write ``count`` products and all that belongs to them; returns their paths."""
    seed(app)
    connection = pysqlite3.dbapi2.connect(app.config["SETTINGS"].data / "tianguis.db", isolation_level=None)
    for line in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000"):
        connection.execute(f"PRAGMA {line}")
    connection.execute("BEGIN")
    for trigger in ("added", "changed", "gone"):  # words are another benchmark's
        connection.execute(f"DROP TRIGGER products_words_{trigger}")
    filler, numbers = Filler(connection), range(2, count + 1)
    stalls = range(2, count // A_STALL + 2)
    filler.copy(Producer, ({"id": n, "public_id": word(n), "party_id": n, "slug": f"taller-{n}-x"} for n in stalls))
    parties = connection.execute("SELECT * FROM parties LIMIT 1")
    names = [column[0] for column in parties.description]
    pattern = dict(zip(names, parties.fetchone(), strict=True))
    marks = ", ".join("?" for _ in names)
    rows = ([(pattern | {"id": n, "public_id": word(n), "name": f"Taller {n}"})[name] for name in names] for n in stalls)
    connection.executemany(f"INSERT INTO parties ({', '.join(names)}) VALUES ({marks})", rows)  # noqa: S608 - our own names
    filler.copy(
        Product,
        (
            {
                "id": n,
                "public_id": word(n),
                "name": f"Rebozo {n}",
                "slug": f"rebozo-{n}",
                "producer_id": n // A_STALL + 1,
                "search_text": "",
            }
            | drawn(n)
            for n in numbers
        ),
    )
    filler.copy(Variant, ({"id": n, "public_id": word(n), "product_id": n} for n in numbers))
    codes: set[str] = set()
    source = Seeded(count)
    while len(codes) < count // LABELLED:
        codes.add("".join(ALPHABET[source.randbelow(32)] for _ in range(11)).upper())
    filler.copy(Certificate, ({"id": n + 2, "code": code, "holder_ref": word(n)} for n, code in enumerate(sorted(codes))))
    ids = range(2, len(codes) + 2)
    filler.copy(RecordedAct, ({"id": n, "certificate_id": n} for n in ids))
    filler.copy(
        LogLeaf,
        ({"leaf_index": 2 * makers.BELOW + n, "certificate_code": code} for n, code in zip(ids, sorted(codes), strict=True)),
    )
    filler.copy(ActLeaf, ({"act_id": n, "leaf_index": 2 * makers.BELOW + n} for n in ids))
    filler.copy(CertificateSubject, ({"certificate_id": n + 2, "subject_ref": word(n * LABELLED + 2)} for n in range(len(codes))))
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return [product_path(word(n), f"rebozo-{n}") for n in numbers]


def measure(app: Flask, paths: list[str]) -> dict[str, list[float]]:
    """Reference, product and control in turn; ratios round by round."""
    chance = random.Random(len(paths))
    reference, product = caller(hello(), ""), caller(app, "")

    def unprepared(path: str) -> tuple[str, bytes]:
        app.extensions[PAGES]._frames._kept.clear()
        return product(path)

    app.extensions["edge"]._seconds = 0.0
    assert b"/v/" in product(paths[LABELLED])[1], "goods with a label must wear it"
    for warm in chance.sample(paths, 60):
        product(warm)
        reference("/")
    found: dict[str, list[float]] = {"bare": [], "us": [], "ratio": [], "control": []}
    for _ in range(ROUNDS):
        bare = cpu(reference, ["/"] * REQUESTS * 2, "200 OK")
        ours = cpu(product, chance.choices(paths, k=REQUESTS), "200 OK")
        control = cpu(unprepared, chance.choices(paths, k=REQUESTS // 6), "200 OK")
        for name, value in (("bare", bare), ("us", ours), ("ratio", ours / bare), ("control", control / bare)):
            found[name].append(value)
    return found


def stages(app: Flask, paths: list[str]) -> dict[str, float]:
    """Where a page's time goes, in microseconds, each step by itself."""
    some = random.Random(7).choices(paths, k=1000)
    with app.app_context():
        made = pages()
    now, reader, viewer = clock.now(), made.reader, Viewer(None, "/")
    rows = [row for path in some if (row := reader.find(path.split("/")[2]))]
    whole = [reader.fill(row, now) for row in rows]
    steps: dict[str, Callable[[int], Any]] = {
        "read the product": lambda n: reader.find(rows[n].public_id),
        "read photographs, others, labels": lambda n: reader.fill(rows[n], now),
        "values and fill": lambda n: made.html(whole[n], "es", now, viewer),
    }
    spent = {}
    for name, step in steps.items():
        begun = time.process_time()
        for number in range(len(some)):
            step(number)
        spent[name] = (time.process_time() - begun) / len(some) * 1e6
    return spent


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--products", type=int, action="append", help="how many; may be given several times")
    sizes = given.parse_args().products or [10_000]
    kept, quiet, medians = True, True, {}
    for size in sizes:
        folder = Path(tempfile.mkdtemp(prefix="tianguis-bench-"))
        try:
            app = application(folder)
            paths = fill(app, size)
            found = measure(app, paths)
            print(f"{size:,} products; bare Flask hello {statistics.median(found['bare']):.0f} µs of CPU")
            quiet &= max(found["bare"]) <= RESTLESS * min(found["bare"])
            kept &= shown("product page, at random", found["ratio"], MOST)
            control = statistics.median(found["control"])
            print(
                f"  control, frame each time {control:5.2f}× hello: {'breaks it, as it must' if control > MOST else 'TOO GOOD'}"
            )
            kept &= control > MOST
            medians[size] = statistics.median(found["ratio"])
            parts = stages(app, paths)
            rest = statistics.median(found["us"]) - sum(parts.values())
            print(
                "  where it goes: "
                + ", ".join(f"{name} {spent:.0f}" for name, spent in parts.items())
                + f", edge and rest {rest:.0f} µs"
            )
        finally:
            shutil.rmtree(folder)
    if len(medians) > 1:
        growth = medians[max(medians)] / medians[min(medians)]
        print(
            f"from {min(medians):,} to {max(medians):,}: {growth:.2f}×, at most {GROWTH}: {'kept' if growth <= GROWTH else 'BROKEN'}"
        )
        kept &= growth <= GROWTH
    if not quiet:
        print("the reference moved by more than twofold: no verdict")
        return 2
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

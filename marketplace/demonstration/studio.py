"""The drawings of the demonstration, through the same pipeline as photographs, before any transaction begins."""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from io import BytesIO
from multiprocessing import get_context

from flask import Flask, current_app

from certification.accounts.models import User
from certification.core.media.files import Prepared, keep, prepare_document, prepare_photo
from certification.core.media.models import StoredFile
from marketplace.demonstration.content import DemoArt, DemoContent
from marketplace.demonstration.drawing import draw, follow_parent, leave_ctrl_c
from marketplace.demonstration.sound import note

HANDS = 2
PAPERS = ("minutes", "receipts", "hands")
SOUND = ("sound", 1, True)
Wish = tuple[str, int, bool]  # kind, seed, private


@dataclass
class Studio:
    """Drawings that lie ready; each becomes one file, however often it is hung."""

    prepared: dict[Wish, Prepared] = field(default_factory=dict)
    kept: dict[Wish, StoredFile] = field(default_factory=dict)

    def draw(self, wishes: Iterable[Wish], told: Callable[[int, int], None] = lambda _done, _of: None) -> None:
        """Draw and store all of them; ``told`` hears how many are done."""
        wanted = sorted(set(wishes) - set(self.prepared))
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - threads need the app itself
        # who draws holds the interpreter meanwhile, so the drawers are processes; what they give is prepared here
        processes = ProcessPoolExecutor(HANDS, get_context("spawn"), follow_parent)
        with processes as drawers, ThreadPoolExecutor(HANDS, initializer=leave_ctrl_c) as pool:
            for number, (wish, made) in enumerate(zip(wanted, pool.map(partial(_prepare, app, drawers), wanted), strict=True), 1):
                self.prepared[wish] = made
                told(number, len(wanted))

    def hang(self, kind: str, seed: int, *, by: User | None, at: datetime, private: bool = False) -> StoredFile:
        """The file of a drawing, inside the unit of work under way."""
        wish = (kind, seed, private)
        if wish not in self.kept:
            self.kept[wish] = keep(self.prepared[wish], name=f"{kind}-{seed}.png", by=by, at=at, illustration=True)
        return self.kept[wish]


def wishes_of(content: DemoContent, more: Iterable[DemoArt] = ()) -> set[Wish]:
    """Every drawing that the content asks for, with `more` of evidence, and the papers and the sound note that stand for others."""
    wanted: set[Wish] = set()
    for producer in content.producers:
        wanted |= {("place", producer.place_seed, False), ("portrait", producer.place_seed, False)}
    for product in content.products:
        wanted |= {(product.kind, seed, False) for seed in product.seeds}
    wanted |= {(item.art.kind, item.art.seed, True) for case in content.applications for item in case.evidence if item.art}
    wanted |= {(one.art.kind, one.art.seed, False) for one in content.certificates if one.art}
    papers = {(kind, seed, True) for kind in PAPERS for seed in (1, 2, 3)}
    return wanted | papers | {SOUND, *((art.kind, art.seed, True) for art in more)}


def _prepare(app: Flask, drawers: Executor, wish: Wish) -> Prepared:
    kind, seed, private = wish
    if wish == SOUND:
        with app.app_context():
            return prepare_document(BytesIO(note()))
    drawn = drawers.submit(draw, kind, seed).result()
    with app.app_context():
        return prepare_photo(BytesIO(drawn), private=private)

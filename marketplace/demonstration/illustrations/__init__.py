"""Drawn still lifes for fictional goods, people, places and evidence: (kind, seed) → SVG of 8 KB at most.

For demonstration data and empty states only; a real photograph always takes their place. The same kind and seed give
the same drawing for ever. A kind with several things to show (a top, a ball and stick, a lorry) takes the next one with
every second seed: 1 and 2, 3 and 4, and so on. Alternative text is the caller's: it tells of the object, not the drawing.
"""

import random

from marketplace.demonstration.illustrations import (
    cacao,
    chiles,
    clay,
    food,
    glass,
    lacquer,
    leather,
    metal,
    palm,
    paper,
    remedies,
    stone,
    toys,
    wood,
    wovens,
)
from marketplace.demonstration.illustrations.common import Draw
from marketplace.demonstration.illustrations.evidence import EVIDENCE
from marketplace.demonstration.illustrations.place import place as _place
from marketplace.demonstration.illustrations.portrait import portrait as _portrait

KINDS: dict[str, tuple[Draw, ...]] = {
    "rebozo": (wovens.rebozo,),
    "huipil": (wovens.huipil,),
    "olla": (clay.olla,),
    "jarro": (clay.jarro,),
    "cuchara": (wood.cuchara,),
    "batea": (wood.batea,),
    "cesta": (palm.cesta,),
    "cobre": (metal.cobre,),
    "aretes": (metal.aretes,),
    "laca": (lacquer.laca,),
    "cafe": (food.cafe,),
    "miel": (food.miel,),
    "papel": (paper.papel,),
    "amate": (paper.amate,),
    "cacao": (cacao.tablillas, cacao.beans, cacao.pod_and_powder, cacao.nibs),
    "chile": (chiles.dried, chiles.small_heap, chiles.green_with_jar, chiles.habaneros_with_jar, chiles.black_with_bag),
    "piedra": (stone.molcajete, stone.mortar_with_face, stone.metate, stone.planter),
    "juguete": (toys.trompo, toys.balero, toys.camion, toys.perinola),
    "vidrio": (glass.vaso, glass.jarra, glass.vitrolero),
    "cuero": (leather.cinto, leather.cartera, leather.funda),
    "jabon": (remedies.cream_soap, remedies.dark_flecked_soap, remedies.peel_soap),
    "vela": (remedies.vela,),
    "hierba": (remedies.hierba,),
}

EVIDENCE_KINDS = tuple(EVIDENCE)

_OF_CATEGORY = {
    "textiles": ("rebozo", "huipil"),
    "alfareria-ceramica": ("olla", "jarro"),
    "madera": ("cuchara", "batea"),
    "fibras-vegetales": ("cesta",),
    "metalisteria": ("cobre",),
    "orfebreria-joyeria": ("aretes",),
    "maque-laca": ("laca",),
    "papel": ("papel",),
    "pintura-popular": ("amate",),
    "lapidaria-canteria": ("piedra",),
    "jugueteria": ("juguete",),
    "vidrio": ("vidrio",),
    "talabarteria-peleteria": ("cuero",),
    "cereria": ("vela",),
    "cafe": ("cafe",),
    "cacao-chocolate": ("cacao",),
    "miel-abeja": ("miel",),
    "chiles": ("chile",),
    "cosmetica-jabones": ("jabon",),
    "hierbas-medicinales": ("hierba",),
    "bebidas-sin-alcohol": ("hierba",),
}


def kind_for(category: str, seed: int = 0) -> str | None:
    """A kind of drawing that suits a category of the catalogue, or None where nothing is drawn for it."""
    kinds = _OF_CATEGORY.get(category)
    return kinds[seed % len(kinds)] if kinds else None


def illustrate(kind: str, seed: int = 0) -> str:
    """A still life, 4 : 5.

    Raises:
        KeyError: nothing of that kind is drawn.

    """
    things = KINDS[kind]
    return things[(seed - 1) // 2 % len(things)](random.Random(f"{kind}:{seed}"))


def place(seed: int = 0) -> str:
    """A landscape for a maker's page, 16 : 9."""
    return _place(random.Random(f"place:{seed}"))


def portrait(seed: int = 0) -> str:
    """What a person works with, square: no face is invented."""
    return _portrait(random.Random(f"portrait:{seed}"))


def evidence(kind: str, seed: int = 0) -> str:
    """Work under way, 4 : 3; the kinds are those of ``EVIDENCE_KINDS``.

    Raises:
        KeyError: nothing of that kind is drawn.

    """
    return EVIDENCE[kind](random.Random(f"{kind}:{seed}"))

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from certification.rules.claims import ClaimAction, ClaimContext, check, parse_claims_guard
from certification.rules.errors import InvalidInput

STANDARDS = json.loads((Path(__file__).parents[3] / "certification/schemes/standards.json").read_text(encoding="utf-8"))
GUARD = parse_claims_guard(STANDARDS["claims_guard"])
NAME, DESCRIPTION, SCHEME = "listing.name", "listing.description", "scheme.name"
NOTHING = ClaimContext()
COFFEE = ClaimContext(categories=frozenset({"cafe"}))
SPIRITS = ClaimContext(categories=frozenset({"mezcal-destilados"}), declared_places=("Tequila",))
FROM_TEQUILA = ClaimContext(declared_places=("Tequila", "Jalisco"))
FROM_PLUMA = ClaimContext(categories=frozenset({"cafe"}), declared_places=("Pluma Hidalgo",))
MADE_BY = ClaimContext(maker_names=("Rosa Talavera",))
HELD = ClaimContext(live_schemes=("Sello de Origen Local — Hecho a Mano",))

ROWS: list[tuple[str, str, str, ClaimContext, list[tuple[str, str]]]] = [
    ("a protected word", NAME, "Café orgánico", NOTHING, [("organic_words", "orgánico")]),
    ("without its accent and in capitals", NAME, "CAFE ORGANICO", NOTHING, [("organic_words", "ORGANICO")]),
    ("with a loose accent", NAME, "orga\u0301nico", NOTHING, [("organic_words", "orga\u0301nico")]),
    ("with an invisible letter in it", NAME, "orgá\u200bnico", NOTHING, [("organic_words", "orgá\u200bnico")]),
    ("behind a hyphen", NAME, "bio-jabón", NOTHING, [("organic_words", "bio")]),
    ("in English", NAME, "Organic coffee", NOTHING, [("organic_words", "Organic")]),
    ("as part of another word", NAME, "Maíz agroecológico biodegradable de Mezcala", NOTHING, []),
    ("twice in one text", DESCRIPTION, "Bio y eco.", NOTHING, [("organic_words", "Bio"), ("organic_words", "eco")]),
    ("of compost, in a description", DESCRIPTION, "Uso abono orgánico en la milpa", NOTHING, []),
    ("of compost, across many spaces", DESCRIPTION, "abono \n  orgánico", NOTHING, []),
    ("of compost, in the name", NAME, "Abono orgánico", NOTHING, [("organic_words", "orgánico")]),
    ("beside its exception", DESCRIPTION, "Abono orgánico para café orgánico", NOTHING, [("organic_words", "orgánico")]),
    ("denied", DESCRIPTION, "Este café no es orgánico", NOTHING, []),
    ("denied with a comma is affirmed", DESCRIPTION, "¿De fábrica? No, es orgánica", NOTHING, [("organic_words", "orgánica")]),
    ("an echo", NAME, "El eco de la sierra", NOTHING, []),
    ("a spirit", NAME, "Mezcal joven", NOTHING, [("do_spirits", "Mezcal")]),
    ("a cup for it", NAME, "Copa para mezcal", NOTHING, []),
    (
        "a cup for it is still a spirit's word beside another",
        NAME,
        "Mezcal y copa para mezcal",
        NOTHING,
        [("do_spirits", "Mezcal")],
    ),
    ("a town with its state", NAME, "Jarro de Tequila, Jalisco", NOTHING, []),
    ("a town without the comma", NAME, "Jarro de Tequila Jalisco", NOTHING, [("do_spirits", "Tequila")]),
    ("a town with its abbreviated state", NAME, "Jarro de tequila, jal.", NOTHING, []),
    ("a town on a bottle is looked at", NAME, "Destilado de Tequila, Jalisco", SPIRITS, [("do_spirits", "Tequila")]),
    ("the declared place after its word", DESCRIPTION, "Hecho en Tequila", FROM_TEQUILA, []),
    ("the declared place after a longer word", DESCRIPTION, "Taller del municipio de Tequila", FROM_TEQUILA, []),
    ("the declared place without its word", DESCRIPTION, "Copa Tequila", FROM_TEQUILA, [("do_spirits", "Tequila")]),
    ("a comma after the word breaks it", DESCRIPTION, "Está en, Tequila", FROM_TEQUILA, [("do_spirits", "Tequila")]),
    ("the declared place in a name", NAME, "Copa hecha en Tequila", FROM_TEQUILA, [("do_spirits", "Tequila")]),
    ("another place after the word", DESCRIPTION, "Hecho en Tequila", NOTHING, [("do_spirits", "Tequila")]),
    ("the declared place of a bottle is looked at", DESCRIPTION, "Hecho en Tequila", SPIRITS, [("do_spirits", "Tequila")]),
    ("part of the declared place", DESCRIPTION, "Tostado en Pluma Hidalgo", FROM_PLUMA, []),
    ("part of the declared place alone", DESCRIPTION, "Tostado en Pluma", FROM_PLUMA, []),
    ("a conditional word in its category", NAME, "Café tipo Pluma", COFFEE, [("do_foods", "Pluma")]),
    ("a conditional word elsewhere", NAME, "Tocado de pluma", NOTHING, []),
    ("a feather among the coffee", NAME, "Pluma de ave", COFFEE, []),
    ("a maker's name", NAME, "Plato de Rosa Talavera", MADE_BY, []),
    ("a maker's surname alone", NAME, "Plato de Talavera", MADE_BY, [("do_crafts", "Talavera")]),
    ("a name that nobody here bears", NAME, "Plato de Rosa Talavera", NOTHING, [("do_crafts", "Talavera")]),
    ("a longer phrase is told once", DESCRIPTION, "café de Pluma Hidalgo", NOTHING, [("do_foods_near", "café de Pluma Hidalgo")]),
    ("a geographical indication", NAME, "Tapetes de Teotitlán", NOTHING, [("gi_names", "Tapetes de Teotitlán")]),
    ("made in Mexico, in words", NAME, "Hecho en México", NOTHING, [("made_in_mexico_words", "Hecho en México")]),
    (
        "the mark itself",
        NAME,
        "Sello Hecho en México",
        NOTHING,
        [("made_in_mexico_mark", "Sello Hecho en México"), ("made_in_mexico_words", "Hecho en México")],
    ),
    ("an apostrophe separates", NAME, "Small producers’ symbol", NOTHING, [("third_party_seals", "Small producers’ symbol")]),
    ("a botanical abbreviation", DESCRIPTION, "Corteza de Bursera spp.", NOTHING, []),
    (
        "an endorsement by an institution",
        DESCRIPTION,
        "Avalado por la Secretaría de Cultura",
        NOTHING,
        [("endorsement_institution", "Avalado por")],
    ),
    (
        "an institution six words on",
        DESCRIPTION,
        "avalado por a b c d e FONART",
        NOTHING,
        [("endorsement_institution", "avalado por")],
    ),
    (
        "an institution seven words on",
        DESCRIPTION,
        "avalado por a b c d e f FONART",
        NOTHING,
        [("endorsement_other", "avalado por")],
    ),
    (
        "an institution before it",
        DESCRIPTION,
        "FONART: obra avalada por jurado",
        NOTHING,
        [("endorsement_institution", "avalada por")],
    ),
    (
        "an endorsement by anyone else",
        DESCRIPTION,
        "Recomendado por mi abuela",
        NOTHING,
        [("endorsement_other", "Recomendado por")],
    ),
    ("a label that is held", DESCRIPTION, "Certificado por el Sello de Origen Local - Hecho a mano", HELD, []),
    (
        "the same label, not held",
        DESCRIPTION,
        "Certificado por el Sello de Origen Local - Hecho a mano",
        NOTHING,
        [("endorsement_other", "Certificado por")],
    ),
    ("a scheme that looks official", SCHEME, "Sello Nacional de Palma", NOTHING, [("official_look", "Nacional")]),
    ("a scheme that says it is not", SCHEME, "Sello no oficial de palma", NOTHING, []),
    ("the same word on a listing", NAME, "Sello Nacional de Palma", NOTHING, []),
    ("a field that is not looked at", "listing.place", "Tequila", NOTHING, []),
    ("a field that nobody knows", "listing.colour", "Tequila", NOTHING, []),
    ("nothing at all", NAME, "", NOTHING, []),
]


@pytest.mark.parametrize(("field", "text", "context", "claims"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_claim(field: str, text: str, context: ClaimContext, claims: list[tuple[str, str]]) -> None:
    assert [(claim.rule.id, claim.words) for claim in check(field, text, context, GUARD)] == claims


def test_a_claim_says_where_it_stands_and_what_it_needs() -> None:
    (claim,) = check(NAME, "El café Orgánico.", NOTHING, GUARD)
    assert (claim.start, claim.end, claim.blocks) == (8, 16, True)
    assert claim.rule.needs.es.startswith("Certificado vigente de un organismo")
    assert claim.rule.document_expires


def test_a_warning_does_not_block() -> None:
    (claim,) = check(NAME, "Hecho en México", NOTHING, GUARD)
    assert (claim.rule.action, claim.blocks) == (ClaimAction.WARN, False)


@pytest.mark.parametrize("rule", GUARD.rules, ids=[rule.id for rule in GUARD.rules])
def test_every_word_of_a_rule_is_caught_somewhere(rule: object) -> None:
    entry = next(raw for raw in STANDARDS["claims_guard"]["rules"] if raw["id"] == rule.id)  # type: ignore[attr-defined]  # ids only
    near = f" {entry['near_words'][0]}" if "near_words" in entry else ""
    for word in entry["words"]:
        found = check(entry["applies_to"][-1], word.upper() + near, NOTHING, GUARD)
        assert entry["id"] in {claim.rule.id for claim in found}, word


@pytest.mark.parametrize("rule", STANDARDS["claims_guard"]["rules"], ids=lambda rule: rule["id"])
def test_no_listed_exception_is_a_claim_of_its_rule(rule: dict[str, Any]) -> None:
    for exception in rule["exceptions"]:
        field = exception.get("fields", rule["applies_to"])[0]
        for value in exception["values"]:
            assert rule["id"] not in {claim.rule.id for claim in check(field, f"así: {value}.", NOTHING, GUARD)}, value


def test_a_guard_with_an_unknown_action_is_refused_with_its_place() -> None:
    document = copy.deepcopy(STANDARDS["claims_guard"])
    document["rules"][3]["action"] = "shout"
    with pytest.raises(InvalidInput) as caught:
        parse_claims_guard(document)
    assert caught.value.params == {"where": "claims_guard.rules[3].action", "found": "shout"}

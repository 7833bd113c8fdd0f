import csv
from pathlib import Path

import pytest

from certification.parties.places.places import (
    Place,
    find,
    gazetteer,
    label,
    municipalities,
    municipality,
    placed,
    state,
    state_name,
    states,
    typed,
)
from certification.rules.errors import InvalidInput
from certification.rules.fold import fold

LONG = "Heroica Villa Tezoatlán de Segura y Luna, Cuna de la Independencia de Oaxaca"


def test_there_are_32_states_with_distinct_codes_and_iso_codes() -> None:
    assert [s.code for s in states()] == [f"{n:02}" for n in range(1, 33)]
    assert len({s.iso for s in states()}) == 32
    assert len({s.abbreviation for s in states()}) == 32
    assert state("20") == states()[19]
    assert state("33") is None


def test_our_list_is_long_enough_and_wide_enough() -> None:
    assert len(gazetteer()) >= 150
    assert len({m.state_code for m in gazetteer().values()}) >= 20
    assert len({word for m in gazetteer().values() for word in m.known_for}) >= 20


def test_each_municipality_of_our_list_is_inegis(shared_data: Path) -> None:
    with (shared_data / "municipios.csv").open(encoding="utf-8", newline="") as file:
        inegi = {row["cvegeo"]: row for row in csv.DictReader(file)}
    for code, own in gazetteer().items():
        assert (own.name, own.state_code) == (inegi[code]["nombre"], inegi[code]["cve_ent"])
        assert own.apart.split(",")[0] in inegi[code]["cabecera"]


def test_apart_is_said_exactly_where_a_state_has_the_name_twice(shared_data: Path) -> None:
    with (shared_data / "municipios.csv").open(encoding="utf-8", newline="") as file:
        names = [(row["cve_ent"], fold(row["nombre"])) for row in csv.DictReader(file)]
    twice = {name for name in names if names.count(name) > 1}
    assert {m.code for m in gazetteer().values() if (m.state_code, fold(m.name)) in twice} == {
        m.code for m in gazetteer().values() if m.apart
    }
    assert {m.code for m in gazetteer().values() if m.apart} == {"20208", "20209", "20318", "20319"}


def test_each_state_of_ours_is_inegis(shared_data: Path) -> None:
    with (shared_data / "estados.csv").open(encoding="utf-8", newline="") as file:
        rows = [(r["cve_ent"], r["nombre"], r["nombre_oficial"], r["abreviatura"], r["iso_3166_2"]) for r in csv.DictReader(file)]
    assert [(s.code, s.name, s.official_name, s.abbreviation, s.iso) for s in states()] == rows


def test_municipalities_of_a_state_come_in_the_order_of_unaccented_names() -> None:
    names = [m.name for m in municipalities("16")]
    assert names == sorted(names, key=fold)
    assert {m.state_code for m in municipalities("16")} == {"16"}
    assert municipalities("99") == ()


@pytest.mark.parametrize(
    ("text", "hint", "codes"),
    [
        ("teotitlan", None, ["20546"]),
        ("TEOTITLÁN DEL VALLE", None, ["20546"]),
        ("teotitlan, oax.", None, ["20546"]),
        ("teotitlan oaxaca", None, ["20546"]),
        ("tequila", None, ["14094", "30168"]),
        ("tequila", "30", ["30168"]),
        ("Tequila, Veracruz de Ignacio de la Llave", None, ["30168"]),
        ("san juan mixtepec", None, ["20208", "20209"]),
        ("mixtepec, Oaxaca", None, ["20208", "20209", "20318", "20319"]),
        ("teotitlan, Oaxaca, México", None, ["20546"]),
        ("toluca, mexico", None, ["15106"]),
        (LONG, None, ["20549"]),
        (f"{LONG}, Oaxaca", None, ["20549"]),
        ("hueyapan", "21", ["21075"]),
        ("no hay tal", None, []),
        ("   ", None, []),
        (", Oaxaca", None, []),
    ],
)
def test_find_forgives_accents_case_and_the_way_a_state_is_written(text: str, hint: str | None, codes: list[str]) -> None:
    assert [m.code for m in find(text, hint)] == codes


def test_find_puts_the_same_name_before_one_that_only_begins_so() -> None:
    assert [m.name for m in find("cuauhtemoc")] == ["Cuauhtémoc", "Cuauhtémoc"]
    assert len(find("san", limit=3)) == 3


@pytest.mark.parametrize(
    ("place", "spanish", "english"),
    [
        (
            placed("20", municipality_code="20208"),
            "San Juan Mixtepec (Distrito 08, Juxtlahuaca), Oaxaca",
            "San Juan Mixtepec (District 08, Juxtlahuaca), Oaxaca",
        ),
        (
            placed("20", municipality_code="20319"),
            "San Pedro Mixtepec (Distrito 26, Miahuatlán), Oaxaca",
            "San Pedro Mixtepec (District 26, Miahuatlán), Oaxaca",
        ),
        (placed("20", municipality_code="20549"), f"{LONG}, Oaxaca", f"{LONG}, Oaxaca"),
        (placed("15", municipality_code="15106"), "Toluca, Estado de México", "Toluca, State of Mexico"),
        (placed("09", municipality_code="09015"), "Cuauhtémoc, Ciudad de México", "Cuauhtémoc, Mexico City"),
        (placed("21", municipality_code="21114"), "Puebla, Puebla", "Puebla, Puebla"),
        (placed("20", "San Nuevo", locality="El Llano"), "El Llano, San Nuevo, Oaxaca", "El Llano, San Nuevo, Oaxaca"),
        (placed("20", "San Nuevo", locality="SAN NUEVO"), "San Nuevo, Oaxaca", "San Nuevo, Oaxaca"),
        (placed("20", "San Nuevo", reference="junto a la escuela"), "San Nuevo, Oaxaca", "San Nuevo, Oaxaca"),
    ],
)
def test_a_label_tells_namesakes_apart_and_never_shows_the_reference(place: Place, spanish: str, english: str) -> None:
    assert label(place) == spanish
    assert label(place, "en") == english


def test_a_label_takes_what_the_full_catalogue_tells_apart() -> None:
    assert label(placed("20", "San Nuevo"), told_apart="Distrito 03") == "San Nuevo (Distrito 03), Oaxaca"


def test_a_known_code_brings_its_own_name_and_a_typed_name_stands() -> None:
    assert placed("20", municipality_code="20546") == Place("20", "20546", "Teotitlán del Valle")
    assert placed("20", "Teotitlán", municipality_code="20546").municipality_name == "Teotitlán"
    assert municipality("20546") is not None
    assert state_name("77") == "77"


def test_names_keep_every_letter() -> None:
    name = "Jñatjo ʉɨ tuꞌun āñ"
    assert placed("15", name, locality=name).locality == name
    assert typed("Pátzcuaro\u00a0 de  abajo", "locality") == "Pátzcuaro de abajo"
    assert typed("N\u0303uu", "locality") == "Ñuu"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"state_code": "33", "municipality_name": "X"}, "unknown_state"),
        ({"state_code": "20", "municipality_name": ""}, "place_missing"),
        ({"state_code": "20", "municipality_name": "12"}, "place_signs"),
        ({"state_code": "20", "municipality_name": "<b>Tule</b>"}, "place_signs"),
        ({"state_code": "20", "municipality_name": "Tule\u202e"}, "place_signs"),
        ({"state_code": "20", "municipality_name": "x" * 121}, "place_too_long"),
        ({"state_code": "20", "municipality_name": "X", "reference": "x" * 301}, "place_too_long"),
        ({"state_code": "20", "municipality_name": "X", "municipality_code": "07101"}, "municipality_elsewhere"),
        ({"state_code": "20", "municipality_name": "X", "municipality_code": "2054"}, "municipality_elsewhere"),
        ({"state_code": "20", "municipality_code": "20999"}, "place_missing"),
    ],
)
def test_a_place_that_cannot_be_is_refused(given: dict[str, str], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        placed(**given)
    assert refused.value.code == code

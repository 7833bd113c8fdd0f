from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.core.db import unit_of_work
from certification.parties.places import catalogue
from certification.parties.places.bringing import import_file
from certification.parties.places.catalogue import CataloguedLocality, CataloguedMunicipality
from certification.parties.places.importing import Entries, read_catalogue, read_file
from certification.parties.places.storing import Report, Tally, store
from certification.rules.errors import InvalidInput

AGEEML = (
    "CVEGEO,CVE_ENT,NOM_ENT,NOM_ABR,CVE_MUN,NOM_MUN,CVE_LOC,NOM_LOC,AMBITO\n"
    '"200010001","20","Oaxaca","Oax.","001","Abejones","0001","Abejones","R"\n'
    '"200010002","20","Oaxaca","Oax.","001","Abejones","0002","Tierra Colorada Ñ","R"\n'
    '"070890001","07","Chiapas","Chis.","089","Tapachula","0001","Tapachula de Córdova y Ordóñez","U"\n'
)


def stored(entries: Entries, session: Session) -> Report:
    with unit_of_work(session):
        return store(entries, session=session)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_inegis_download_is_read_in_both_encodings_and_any_separator(encoding: str, mark: str) -> None:
    entries = read_catalogue(AGEEML.replace(",", mark).encode(encoding))
    assert entries.municipalities == {"20001": ("Abejones", "Abejones"), "07089": ("Tapachula", "Tapachula de Córdova y Ordóñez")}
    assert entries.localities["200010002"] == "Tierra Colorada Ñ"


def test_inegis_municipalities_are_read_with_their_seats_and_lost_zeros() -> None:
    entries = read_catalogue(
        b"Mapa,Cve_Ent,Nom_Ent,Cve_Mun,Nom_Mun,Cve_Cab,Nom_Cab\r\n7089,7,Chiapas,89,Tapachula,1,Tapachula de C.\r\n"
    )
    assert entries.municipalities == {"07089": ("Tapachula", "Tapachula de C.")}


def test_title_lines_before_the_header_are_passed_over() -> None:
    entries = read_catalogue(b"Catalogo\n\n" + AGEEML.encode())
    assert len(entries.localities) == 3


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a,b\n1,2\n", "unknown_layout", None),
        ("", "unknown_layout", None),
        ("cp,cvegeo_mun\n68000,20067\n68000,99067\n", "bad_row", 3),
        ("cp,cvegeo_mun\n680001,20067\n", "bad_row", 2),
        ("cp,cvegeo_mun\n68000\n", "bad_row", 2),
        ("cvegeo,cve_ent,cve_mun,nombre,cabecera\n20067,20,067,,X\n", "bad_row", 2),
        ("titulo\ncvegeo_loc,cvegeo_mun,nombre\n20067000,20067,X\n", "bad_row", 3),
        (f"cvegeo_loc,cvegeo_mun,nombre\n200670001,20067,{'x' * 201}\n", "bad_row", 2),
    ],
)
def test_a_file_that_cannot_be_read_says_which_line(text: str, code: str, line: int | None) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_catalogue(text.encode())
    assert (refused.value.code, refused.value.params.get("line")) == (code, line)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_file(tmp_path / "nada.csv")
    assert refused.value.code == "no_file"


def test_an_import_counts_and_a_second_one_changes_nothing(session: Session) -> None:
    entries = read_catalogue(AGEEML.encode())
    assert stored(entries, session) == Report(Tally(2), Tally(3))
    assert stored(entries, session) == Report(Tally(0, 0, 2), Tally(0, 0, 3))
    renamed = read_catalogue(AGEEML.replace("Tierra Colorada", "Tierra Blanca").replace("Chis.", "Chis").encode())
    assert stored(renamed, session) == Report(Tally(0, 0, 2), Tally(0, 1, 2))
    assert catalogue.localities(session, "20001", "blanca") == ("Tierra Blanca Ñ",)


def test_a_source_without_seats_keeps_those_known(session: Session) -> None:
    stored(read_catalogue(AGEEML.encode()), session)
    bare = Entries()
    bare.add_municipality("07089", "Tapachula")
    assert stored(bare, session).municipalities == Tally(0, 0, 1)
    assert session.get_one(CataloguedMunicipality, "07089").seat == "Tapachula de Córdova y Ordóñez"


def test_a_namesake_that_arrives_later_tells_both_apart(session: Session) -> None:
    first, second = Entries(), Entries()
    first.add_municipality("20901", "San Nuevo", "San Nuevo Distrito 03")
    second.add_municipality("20902", "San Nuevo", "La Loma")
    stored(first, session)
    assert session.get_one(CataloguedMunicipality, "20901").apart == ""
    assert stored(second, session).municipalities == Tally(1, 1, 0)
    session.expire_all()
    assert session.get_one(CataloguedMunicipality, "20901").apart == "Distrito 03"
    assert session.get_one(CataloguedMunicipality, "20902").apart == "La Loma"


def test_what_belongs_to_an_unknown_municipality_leaves_no_trace(session: Session) -> None:
    entries = read_catalogue(AGEEML.encode())
    entries.postal_codes.add(("68000", "20067"))
    with pytest.raises(InvalidInput) as refused:
        stored(entries, session)
    assert (refused.value.code, refused.value.params) == ("municipalities_first", {"municipality": "20067", "count": 1})
    assert session.scalar(select(func.count()).select_from(CataloguedMunicipality)) == 0


def test_storing_outside_a_unit_of_work_is_refused(session: Session) -> None:
    with pytest.raises(RuntimeError):
        store(Entries(), session=session)


def test_the_short_list_answers_until_the_catalogue_is_brought(session: Session) -> None:
    assert catalogue.find(session, "teotitlan")[0].code == "20546"
    assert catalogue.known_municipality(session, "20208") is not None
    assert len(catalogue.municipalities(session, "20")) >= 20
    assert catalogue.localities(session, "20546") == ()
    assert catalogue.at_postal_code(session, "68000") == ()
    stored(read_catalogue(AGEEML.encode()), session)
    assert [m.code for m in catalogue.municipalities(session, "20")] == ["20001"]
    assert [m.code for m in catalogue.find(session, "ABEJÓN, oax")] == ["20001"]
    assert [m.code for m in catalogue.find(session, "teotitlan")] == ["20546"]
    assert catalogue.find(session, "100%") == ()
    assert catalogue.find(session, " ") == ()


def test_the_real_lists_are_brought_twice_with_the_same_result(session: Session, shared_data: Path) -> None:
    first = [
        import_file(shared_data / f"{name}.csv") for name in ("municipios", "localidades_1000hab", "codigos_postales_municipio")
    ]
    assert [first[0].municipalities, first[1].localities, first[2].postal_codes] == [Tally(2478), Tally(10635), Tally(32236)]
    again = import_file(shared_data / "localidades_1000hab.csv")
    assert again == Report(Tally(), Tally(0, 0, 10635))
    assert [m.code for m in catalogue.at_postal_code(session, "70420")] == ["20546"]
    assert {m.code: m.apart for m in catalogue.find(session, "mixtepec, oaxaca") if m.apart} == {
        "20208": "Distrito 08, Juxtlahuaca",
        "20209": "Distrito 26, Miahuatlán",
        "20318": "Distrito 22, Juquila",
        "20319": "Distrito 26, Miahuatlán",
    }
    assert session.scalar(select(func.count()).select_from(CataloguedLocality)) == 10635


FULL = (
    "cvegeo,cve_ent,cve_mun,nombre,cabecera\n"
    "07008,07,008,Ángel Albino Corzo,Jaltenango de la Paz (Ángel Albino Corzo)\n"
    "14084,14,084,Talpa de Allende,Talpa de Allende\n"
    "20041,20,041,Huautla de Jiménez,Huautla de Jiménez\n"
    "13025,13,025,Huautla,Huautla\n"
    "30068,30,068,Fortín,Fortín de las Flores\n"
)


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ("jaltenango", ["07008"]),
        ("Jaltenango, Chiapas", ["07008"]),
        ("jaltenango, Oaxaca", []),
        ("fortin de las flores", ["30068"]),
        ("fortín", ["30068"]),
        ("talpa de allende jalisco", ["14084"]),
        ("huautla, oaxaca, méxico", ["20041"]),
        ("huautla", ["13025", "20041"]),
        ("albino corzo", ["07008"]),
        ("jalisco", []),
    ],
)
def test_the_full_catalogue_is_found_by_seat_and_by_a_state_written_in_any_way(
    session: Session, asked: str, codes: list[str]
) -> None:
    stored(read_catalogue(FULL.encode()), session)
    assert [one.code for one in catalogue.find(session, asked)] == codes

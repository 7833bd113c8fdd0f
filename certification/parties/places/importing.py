"""Reading catalogue files. A file is read whole before anything is stored, so that a bad row leaves no trace."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from certification.parties.places.places import state
from certification.rules.errors import InvalidInput
from certification.rules.text import N_

LONGEST_STORED = 200
_LINES_BEFORE_THE_HEADER = 10

Row = Mapping[str, str]


@dataclass(slots=True)
class Entries:
    """What a source says. ``municipalities``: code → (name, seat, or None where the source does not tell it)."""

    municipalities: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    localities: dict[str, str] = field(default_factory=dict)
    postal_codes: set[tuple[str, str]] = field(default_factory=set)

    def add_municipality(self, code: str, name: str, seat: str | None = None) -> None:
        """Add one; a seat already told is kept."""
        told = self.municipalities.get(code, ("", None))[1]
        self.municipalities[_code(code, 5)] = (_name(name), _name(seat) if seat else told)

    def add_locality(self, code: str, name: str) -> None:
        """Add one by its nine digits; that numbered 0001 is its municipality's seat."""
        self.localities[_code(code, 9)] = _name(name)
        municipality = self.municipalities.get(code[:5])
        if municipality and municipality[1] is None and code.endswith("0001"):
            self.municipalities[code[:5]] = (municipality[0], _name(name))


def _code(text: str, digits: int) -> str:
    if not re.fullmatch(rf"[0-9]{{{digits}}}", text) or state(text[:2]) is None:
        raise ValueError(text)
    return text


def _name(text: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name or len(name) > LONGEST_STORED:
        raise ValueError(text)
    return name


def _own_municipality(entries: Entries, row: Row) -> None:
    entries.add_municipality(row["cvegeo"].strip(), row["nombre"], row["cabecera"])


def _own_locality(entries: Entries, row: Row) -> None:
    entries.add_locality(row["cvegeo_loc"].strip(), row["nombre"])


def _postal_code(entries: Entries, row: Row) -> None:
    postal_code = row["cp"].strip().zfill(5)
    if not re.fullmatch(r"[0-9]{5}", postal_code):
        raise ValueError(postal_code)
    entries.postal_codes.add((postal_code, _code(row["cvegeo_mun"].strip(), 5)))


def _inegi_municipality(entries: Entries, row: Row) -> None:
    code = row["cve_ent"].strip().zfill(2) + row["cve_mun"].strip().zfill(3)
    entries.add_municipality(code, row["nom_mun"], row.get("nom_cab"))


def _inegi_locality(entries: Entries, row: Row) -> None:
    municipality = row["cve_ent"].strip().zfill(2) + row["cve_mun"].strip().zfill(3)
    if municipality not in entries.municipalities:
        entries.add_municipality(municipality, row["nom_mun"])
    entries.add_locality(municipality + row["cve_loc"].strip().zfill(4), row["nom_loc"])


# The first layout whose columns are all there is the file's.
LAYOUTS: tuple[tuple[frozenset[str], Callable[[Entries, Row], None]], ...] = (
    (frozenset({"cve_ent", "cve_mun", "nom_mun", "cve_loc", "nom_loc"}), _inegi_locality),
    (frozenset({"cve_ent", "cve_mun", "nom_mun"}), _inegi_municipality),
    (frozenset({"cvegeo_loc", "cvegeo_mun", "nombre"}), _own_locality),
    (frozenset({"cvegeo", "cve_mun", "nombre", "cabecera"}), _own_municipality),
    (frozenset({"cp", "cvegeo_mun"}), _postal_code),
)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")  # INEGI's downloads are offered in both


def _layout(lines: list[str]) -> tuple[int, list[str], str, Callable[[Entries, Row], None]]:
    for number, line in enumerate(lines[:_LINES_BEFORE_THE_HEADER]):
        mark = max(",;\t", key=line.count)
        columns = ["_".join(cell.lower().split()) for cell in next(csv.reader([line], delimiter=mark), [])]
        for needed, read in LAYOUTS:
            if needed <= set(columns):
                return number, columns, mark, read
    raise InvalidInput(
        "unknown_layout",
        N_("No reconocemos las columnas de este archivo. Use el catálogo que INEGI ofrece para descargar, en CSV."),
        field="file",
    )


def _rows(text: str, columns: list[str], mark: str) -> Iterator[tuple[int, Row]]:
    reader = csv.reader(io.StringIO(text), delimiter=mark)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, dict(zip(columns, cells, strict=False))


def read_catalogue(data: bytes) -> Entries:
    """What a catalogue file says, in UTF-8 or Latin-1, with commas, semicolons or tabs.

    Layouts: INEGI's AGEEML download of municipalities or localities, our own two, and postal code by municipality.

    Raises:
        InvalidInput: ``unknown_layout``, or ``bad_row`` with the ``line`` of the file.

    """
    text = _decoded(data)
    head = text.split("\n", _LINES_BEFORE_THE_HEADER + 1)
    skipped, columns, mark, read = _layout([line.rstrip("\r") for line in head])
    entries = Entries()
    line = skipped + 1
    try:
        for number, row in _rows(text.split("\n", skipped + 1)[-1], columns, mark):
            line = skipped + 1 + number
            read(entries, row)
    except (ValueError, KeyError, csv.Error) as error:
        raise InvalidInput(
            "bad_row",
            N_("El renglón %(line)d no se puede leer; no se guardó nada del archivo."),
            field="file",
            line=line,
        ) from error
    return entries


def read_file(path: Path) -> Entries:
    """As :func:`read_catalogue`, from a file.

    Raises:
        InvalidInput: also ``no_file``, when it cannot be opened.

    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInput("no_file", N_("No se puede abrir el archivo %(name)s."), field="file", name=path.name) from error
    return read_catalogue(data)

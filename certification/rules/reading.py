"""Reading a document of unknown quality: every fault is named with its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn, TypeVar

from certification.rules.errors import InvalidInput
from certification.rules.text import N_

Choice = TypeVar("Choice", bound=StrEnum)
Meaning = TypeVar("Meaning")

_NOT_A_CHOICE = N_("«%(where)s» no puede ser «%(found)s».")


@dataclass(frozen=True, slots=True)
class Both:
    """One text in the two languages that are always filled."""

    es: str
    en: str

    def in_(self, lang: str) -> str:
        """The text in `lang` (`es`, `en`, `es-MX`…); Spanish, the original, for any other."""
        return self.en if lang.lower().split("-")[0].split("_")[0] == "en" else self.es


@dataclass(frozen=True, slots=True)
class Reader:
    """A value of a document and where it stands. Its readings raise InvalidInput with param `where`."""

    value: object
    where: str

    def has(self, key: str) -> bool:
        return self._mapping().get(key) is not None

    def at(self, key: str) -> "Reader":
        """What stands under `key`, which must exist; it may be null. The empty key is the value itself."""
        if not key:
            return self
        mapping = self._mapping()
        if key not in mapping:
            self.at_fault(key, N_("Falta «%(where)s»."), "missing")
        return Reader(mapping[key], f"{self.where}.{key}")

    def items(self, key: str) -> Iterator["Reader"]:
        found = self.at(key)
        if not isinstance(found.value, list | tuple):
            self.at_fault(key, N_("«%(where)s» debe ser una lista."), "not_a_list")
        for index, item in enumerate(found.value):
            yield Reader(item, f"{found.where}[{index}]")

    def pairs(self, key: str) -> Iterator[tuple[str, "Reader"]]:
        found = self.at(key)
        for name in found._mapping():  # noqa: SLF001  a reader of the same kind
            yield name, found.at(name)

    def text(self, key: str) -> str:
        found = self.at(key).value
        if not isinstance(found, str) or not found.strip():
            self.at_fault(key, N_("«%(where)s» debe ser un texto y no estar vacío."), "not_a_text")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(item.text("") for item in self.items(key))

    def flag(self, key: str) -> bool:
        found = self.at(key).value
        if not isinstance(found, bool):
            self.at_fault(key, N_("«%(where)s» debe ser sí o no."), "not_a_flag")
        return found

    def number(self, key: str, *, least: int = 0) -> int:
        found = self.at(key).value
        if isinstance(found, bool) or not isinstance(found, int) or found < least:
            self.at_fault(key, N_("«%(where)s» debe ser un número entero de %(least)d o más."), "not_a_number", least=least)
        return found

    def optional_number(self, key: str, *, least: int = 0) -> int | None:
        return self.number(key, least=least) if self.has(key) else None

    def choice(self, key: str, kind: type[Choice]) -> Choice:
        return self.one_of(key, {member.value: member for member in kind})

    def one_of(self, key: str, meanings: Mapping[str, Meaning]) -> Meaning:
        found = self.text(key)
        if found not in meanings:
            self.at_fault(key, _NOT_A_CHOICE, "not_a_choice", found=found)
        return meanings[found]

    def both(self, key: str) -> Both:
        found = self.at(key)
        return Both(found.text("es"), found.text("en"))

    def both_list(self, key: str) -> tuple[Both, ...]:
        found = self.at(key)
        spanish, english = found.texts("es"), found.texts("en")
        if len(spanish) != len(english):
            self.at_fault(key, N_("«%(where)s» debe tener los mismos renglones en español y en inglés."), "uneven")
        return tuple(Both(es, en) for es, en in zip(spanish, english, strict=True))

    def at_fault(self, key: str, sentence: str, code: str, **params: object) -> NoReturn:
        """Refuse what stands under `key` (or all of it, when empty)."""
        raise InvalidInput(code, sentence, field=None, where=f"{self.where}.{key}" if key else self.where, **params)

    def _mapping(self) -> Mapping[str, object]:
        if not isinstance(self.value, Mapping) or not all(isinstance(key, str) for key in self.value):
            self.at_fault("", N_("«%(where)s» debe ser un grupo de datos con nombre."), "not_a_group")
        return self.value

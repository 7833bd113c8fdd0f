"""One folding of case and accents for search and for the claims guard."""

import unicodedata

# Letters that Unicode does not decompose, and the saltillos of Indigenous languages, which people often do not type.
_LETTERS = str.maketrans({"ɨ": "i", "ʉ": "u", "ł": "l", "ø": "o", "đ": "d", "ı": "i", "ꞌ": None, "Ꞌ": None, "ʼ": None, "ʻ": None})
_UNSEEN = frozenset({"Mn", "Me", "Cf"})


def fold(text: str) -> str:
    """Fold case and accents: `Ñandutí` → `nanduti`.

    ñ becomes n as well: on many telephones it is far away, and a search must find `pina` and `piña` alike.
    What this merges is only compared, never shown. Combining marks and invisible format characters go;
    punctuation and spaces stay as they are.
    """
    plain = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(_LETTERS)
    if plain.isascii():
        return plain
    return "".join(letter for letter in plain if unicodedata.category(letter) not in _UNSEEN)

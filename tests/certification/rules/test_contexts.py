import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from certification.rules.canonical import digest
from certification.rules.contexts import TERMS, context_address, context_document

BASE = "https://tianguis.example/contexts/tianguis/v1#"


def names(value: object) -> Iterator[str]:
    """Every key anywhere in a JSON value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names(inner)


def test_the_context_is_served_where_its_version_says() -> None:
    assert context_address("https://tianguis.example") == "https://tianguis.example/contexts/tianguis/v1"


def test_every_word_is_protected_and_has_an_address_under_the_base() -> None:
    context = context_document(BASE)["@context"]
    assert isinstance(context, dict)
    assert (context.pop("@version"), context.pop("@protected")) == (1.1, True)
    assert {name: word["@id"] for name, word in context.items()} == {name: BASE + name for name in TERMS}


def test_a_published_version_never_changes() -> None:
    document = context_document(BASE)
    document["@context"]["@version"] = "1.1"  # type: ignore[index]  # a fraction has no canonical form here
    assert digest(document) == "acea5dd6b666daa3997997acc2cd701d310b5480bc1f262b3449514b75478715"


def test_no_word_of_ours_is_also_one_of_the_w3cs() -> None:
    theirs = json.loads(files("openvc.proof").joinpath("contexts/credentials-v2.json").read_text(encoding="utf-8"))
    assert TERMS.keys() & set(names(theirs)) == set()


def test_no_word_of_ours_is_also_one_of_untps(shared_data: Path) -> None:
    schema = json.loads((shared_data / "untp" / "untp-dcc-schema.json").read_text(encoding="utf-8"))
    assert TERMS.keys() & set(names(schema)) == set()

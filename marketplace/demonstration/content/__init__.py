"""The demonstration market's content: fictional people, goods, labels and letters, read from the files beside this one."""

import json
import tomllib
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from marketplace.demonstration.content.reading import ContentError, build
from marketplace.demonstration.content.records import (
    EMAIL_DOMAIN,
    DemoArt,
    DemoEnquiry,
    DemoMessage,
    DemoParty,
    DemoPerson,
    DemoProducer,
    DemoProduct,
    DemoTie,
    DemoVariant,
    DemoVetting,
    DemoWay,
    ProductState,
    SignIn,
    Supply,
)
from marketplace.demonstration.content.records_labels import (
    DemoAct,
    DemoApplication,
    DemoCertificate,
    DemoCondition,
    DemoDecision,
    DemoEvaluation,
    DemoEvent,
    DemoEvidence,
    DemoFinding,
)
from marketplace.demonstration.content.records_market import DemoContent

__all__ = [
    "EMAIL_DOMAIN",
    "ContentError",
    "DemoAct",
    "DemoApplication",
    "DemoArt",
    "DemoCertificate",
    "DemoCondition",
    "DemoContent",
    "DemoDecision",
    "DemoEnquiry",
    "DemoEvaluation",
    "DemoEvent",
    "DemoEvidence",
    "DemoFinding",
    "DemoMessage",
    "DemoParty",
    "DemoPerson",
    "DemoProducer",
    "DemoProduct",
    "DemoTie",
    "DemoVariant",
    "DemoVetting",
    "DemoWay",
    "ProductState",
    "SignIn",
    "Supply",
    "load",
]

Record = TypeVar("Record")
HERE = Path(__file__).parent
PARTY_KEYS = {item.name for item in fields(DemoParty)}


@cache
def load() -> DemoContent:
    """Everything, read once. Raises ContentError when a file and its record disagree."""
    people = _toml(HERE / "people.toml")
    return DemoContent(
        producers=tuple(_producer(path) for path in sorted((HERE / "producers").glob("*.toml"))),
        parties=_records(DemoParty, people, "parties"),
        people=_records(DemoPerson, people, "people"),
        ties=_records(DemoTie, people, "ties"),
        certificates=_records(DemoCertificate, _toml(HERE / "certificates.toml"), "certificates"),
        applications=tuple(
            build(DemoApplication, _toml(path), path.name) for path in sorted((HERE / "applications").glob("*.toml"))
        ),
        enquiries=_records(DemoEnquiry, _toml(HERE / "enquiries.toml"), "enquiries"),
        schemes=tuple(json.loads(path.read_text(encoding="utf-8")) for path in sorted((HERE / "schemes").glob("*.json"))),
    )


def _producer(path: Path) -> DemoProducer:
    table = _toml(path)
    party = {key: table.pop(key) for key in PARTY_KEYS & set(table)}
    for person in table.get("people", []):
        person["party"] = party["slug"]
        person.setdefault("branch", party["branch"])
    for product in table.setdefault("products", []):
        product["producer"] = party["slug"]
        product.setdefault("cvegeo", party["cvegeo"])
        product.setdefault("locality", party["locality"])
    return build(DemoProducer, {**table, "party": party}, path.name)


def _records(record: type[Record], table: dict[str, Any], key: str) -> tuple[Record, ...]:
    return tuple(build(record, row, f"{key}[{index}]") for index, row in enumerate(table[key]))


def _toml(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)

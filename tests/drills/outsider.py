"""Somebody who wrote the registry's keys down, and reads all that it publishes: what such a reader would notice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from flask import Flask
from sqlalchemy import select

from certification.core import clock
from certification.core.db import db
from certification.log import reading
from certification.log.checkpoints import verifiers
from certification.outside.following import CHECKPOINT, Followed, entries, follow, read_acts, read_checkpoint
from certification.outside.memory import Memory
from certification.outside.monitor import Asked, Monitor
from certification.registry.issuer import registry_keys
from certification.registry.models import Certificate
from certification.rules.canonical import digest
from certification.rules.checking import check_credential
from certification.rules.checkpoint import Checkpoint
from certification.rules.did import RegistryKeys
from certification.rules.errors import DomainError, NotFound
from certification.rules.jsontext import read_object
from certification.rules.leaves import Act, LogAct
from certification.rules.merkle import grow, leaf_hash, reader_of
from certification.rules.note_keys import VerifierKey
from certification.rules.tiles import tile_contents, tiles_of
from certification.rules.verdict import PublicState
from tests.wsgi_source import WsgiSource

VC, VC_JWT = "application/vc", "application/vc+jwt"
Published: TypeAlias = Mapping[tuple[str, str], bytes]


@dataclass(frozen=True)
class Stored:
    """What was published, as a source to follow it by."""

    published: Published

    def get(self, path: str, accept: str = "*/*") -> bytes:
        found = self.published.get((path, accept))
        if found is None:
            raise NotFound
        return found


def publish(app: Flask) -> dict[tuple[str, str], bytes]:
    """Everything that is served to programs, by address and form."""
    client = app.test_client()
    size = reading.head().size
    wanted = [(f"/log/{tile.path}", "*/*") for tile in tiles_of(size)] + [(CHECKPOINT, "*/*")]
    codes = sorted(db.session.scalars(select(Certificate.code)))
    for form in (VC, VC_JWT):
        wanted += [(f"/c/{code}/versions/1", form) for code in codes]
        wanted += [(f"/status/{purpose}/1", form) for purpose in ("revocation", "suspension")]
    found = {}
    for path, form in wanted:
        answer = client.get(path, headers={"Accept": form})
        assert answer.status_code == 200, (path, form, answer.status)
        found[path, form] = answer.data
    return found


class Watched:
    """What the product's own monitor tells of what is served; what it reads beside :func:`publish` is kept as it was."""

    def __init__(self, app: Flask) -> None:
        self._source, self._at = WsgiSource(app.test_client()), clock.now()
        self._kept: dict[tuple[str, str], bytes | NotFound] = {}

    def faults(self, published: Published) -> list[str]:
        """A first look, with nothing remembered; empty when all is well."""
        memory = Memory()
        try:
            report = Monitor(_Over(self._read, published), memory, Asked(), lambda: self._at, lambda _seconds: None).look()
        finally:
            memory.close()
        return [*(one.words for one in report.faults), *report.unreachable]

    def _read(self, path: str, accept: str) -> bytes:
        if (path, accept) not in self._kept:
            try:
                self._kept[path, accept] = self._source.get(path, accept)
            except NotFound as error:
                self._kept[path, accept] = error
        found = self._kept[path, accept]
        if isinstance(found, NotFound):
            raise found
        return found


@dataclass(frozen=True)
class _Over:
    """What was published, in front of everything else; leaves and tiles in whatever form."""

    beneath: Callable[[str, str], bytes]
    published: Published

    def get(self, path: str, accept: str = "*/*") -> bytes:
        for form in (accept, "*/*"):
            if (path, form) in self.published:
                return self.published[path, form]
        return self.beneath(path, accept)


@dataclass(frozen=True)
class Outsider:
    """``seen`` is the checkpoint that was seen last."""

    log_keys: tuple[VerifierKey, ...]
    keys: RegistryKeys
    seen: Checkpoint
    at: datetime

    @classmethod
    def now(cls) -> "Outsider":
        """The keys and the head as they are now. Needs the application's context."""
        found = reading.signed(reading.head())
        assert found is not None
        return cls(tuple(verifiers(found.origin)), registry_keys(), found, clock.now())

    def kinds(self, published: Published) -> dict[str, list[tuple[str, str]]]:
        """The addresses by what is found there."""
        kinds: dict[str, list[tuple[str, str]]] = {}
        for path, form in published:
            kind = {"entries": "leaves", "tile": "tiles"}.get(
                "entries" if "entries" in path else path.split("/")[2], "checkpoint"
            )
            if form != "*/*":
                kind = ("lists" if path.startswith("/status") else "credentials") + (" as tokens" if form == VC_JWT else "")
            kinds.setdefault(kind, []).append((path, form))
        return kinds

    def faults(self, published: Published) -> list[str]:
        """What such a reader notices; empty when all is in order."""
        try:
            signed = read_checkpoint(Stored(published), self.seen.origin, self.log_keys).checkpoint
            told = list(entries(Stored(published), signed.size))
            follow(Followed(), signed, told)
            if signed != self.seen:
                return ["another head of the same size"]
            acts = [act for _, act in read_acts(told)]
        except DomainError as error:
            return [error.code]
        return [*self._tiles(published, told), *self._credentials(published, acts)]

    def _tiles(self, published: Published, told: list[bytes]) -> list[str]:
        nodes = grow(0, [leaf_hash(entry) for entry in told], reader_of({})).nodes
        hashes = [tile for tile in tiles_of(len(told)) if tile.level is not None]
        return [tile.path for tile in hashes if published[f"/log/{tile.path}", "*/*"] != tile_contents(tile, reader_of(nodes))]

    def _credentials(self, published: Published, acts: list[Act]) -> list[str]:
        faults = []
        granted = {act.certificate.code: act for act in acts if act.act is LogAct.GRANTED and act.certificate}
        over = {act.certificate.code for act in acts if act.act is LogAct.WITHDRAWN and act.certificate}
        for form in (VC, VC_JWT):
            lists = {
                f"{self.origin}{path}": self._read(body, form)
                for (path, one), body in published.items()
                if one == form and path.startswith("/status")
            }
            for code, act in granted.items():
                body = self._read(published[f"/c/{code}/versions/1", form], form)
                if body is None:
                    faults.append(f"{code} can't be read")
                    continue
                found = check_credential(body, lists, self.keys, at=self.at)
                wanted = PublicState.WITHDRAWN if code in over else PublicState.VALID
                if found.state is not wanted or found.opened is None or digest(found.opened.document) != act.credential:
                    faults.append(f"{code}: {found.state} ({found.reasons[0].code})")
        return faults

    @property
    def origin(self) -> str:
        return f"http://{self.seen.origin.partition('/')[0]}"

    @staticmethod
    def _read(body: bytes, form: str) -> Mapping[str, object] | str | None:
        try:
            return body.decode("ascii") if form == VC_JWT else read_object(body, longest=2**20)
        except (DomainError, UnicodeDecodeError):
            return None

"""The keys that a registry's credentials are signed with: their bytes from its ``did.json``, their periods from its log alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from types import MappingProxyType

from certification.outside.findings import Findings, Kind
from certification.outside.memory import Memory
from certification.outside.sources import MOST_BYTES, Source
from certification.rules.did import MEDIA_TYPE, WELL_KNOWN, KeyPeriod, RegistryKeys, read_did
from certification.rules.errors import InvalidInput, NotFound
from certification.rules.jsontext import read_object
from certification.rules.leaves import Act, LogAct
from certification.rules.replay import compromised_from, issuers_of
from certification.rules.secured import KeysAt

KEY_ACTS = (LogAct.KEY_ADDED, LogAct.KEY_RETIRED, LogAct.KEY_COMPROMISED)


@dataclass(frozen=True, slots=True)
class Keys:
    """`issuers`: the DIDs that this registry ever had. `compromised`: from which index of the log on a key counts no more."""

    held: RegistryKeys
    issuers: frozenset[str]
    compromised: Mapping[str, int]

    def behind(self, issuer: object, index: int | None = None) -> KeysAt:
        """The keys for what `issuer` signed; with the `index` of its leaf if it has one. Raises InvalidInput (`other_issuer`)."""
        if not isinstance(issuer, str) or issuer not in self.issuers:
            raise InvalidInput("other_issuer")
        return partial(replace(self.held, did=issuer).at, compromised=self.compromised, index=index)


def read_keys(source: Source, memory: Memory, findings: Findings) -> Keys:
    """With a fault for each key that the document shows otherwise than the log tells it.

    Raises CannotCheck when the document can't be read over the network.
    """
    told = memory.acts_of_kind(*KEY_ACTS)
    known = memory.checkpoint
    moves = (act for _, act in memory.acts_of_kind(LogAct.DOMAIN_CHANGED))
    issuers = issuers_of(known.origin, moves) if known else frozenset()
    try:
        document = read_object(source.get(WELL_KNOWN, MEDIA_TYPE), longest=MOST_BYTES)
        shown = read_did(document, str(document.get("id")))
    except NotFound:
        findings.fault(Kind.KEY, WELL_KNOWN, f"{WELL_KNOWN} is not there")
        shown = RegistryKeys("", {})
    except InvalidInput as error:
        findings.fault(Kind.KEY, WELL_KNOWN, f"{WELL_KNOWN} can't be read as a list of keys ({error.code})")
        shown = RegistryKeys("", {})
    else:
        if shown.did not in issuers:
            findings.fault(Kind.KEY, WELL_KNOWN, f"{WELL_KNOWN} speaks for {shown.did}, which the log never named")
    periods = {kid: one for kid, one in ((one.kid, _period(one, told, findings)) for one in shown.keys.values()) if one}
    for _, act in told:
        if act.act is LogAct.KEY_ADDED and act.key and act.key.kid not in shown.keys:
            findings.fault(Kind.KEY, act.key.kid, f"the key {act.key.kid} stands in the log and not in {WELL_KNOWN}")
    ends = compromised_from(act for _, act in told)
    return Keys(RegistryKeys(shown.did, MappingProxyType(periods)), issuers, ends)


def _period(shown: KeyPeriod, told: list[tuple[int, Act]], findings: Findings) -> KeyPeriod | None:
    """A key's period as the log tells it, or None with a fault."""
    acts = [act for _, act in told if act.key and act.key.kid == shown.kid]
    added = next((act for act in acts if act.act is LogAct.KEY_ADDED), None)
    if added is None or added.key is None or added.key.digest != sha256(shown.public.public_bytes_raw()).hexdigest():
        findings.fault(Kind.KEY, shown.kid, f"{WELL_KNOWN} shows the key {shown.kid}, which the log does not tell of")
        return None
    ends = {kind: next((act.at for act in acts if act.act is kind), None) for kind in KEY_ACTS[1:]}
    begun = added.at.replace(microsecond=0)  # a token's time is in whole seconds
    true = KeyPeriod(shown.kid, shown.public, begun, ends[LogAct.KEY_RETIRED], ends[LogAct.KEY_COMPROMISED])
    if shown.begun < true.begun or _later(shown.retired, true.retired) or _later(shown.revoked, true.revoked):
        findings.fault(Kind.KEY, shown.kid, f"{WELL_KNOWN} shows the key {shown.kid} in use for longer than the log says")
    return true


def _later(shown: datetime | None, true: datetime | None) -> bool:
    return true is not None and (shown is None or shown > true)

"""Changes of the register as an Atom feed (RFC 4287), paged as RFC 5005 §3 says."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from flask_babel import gettext as _

from certification.core.i18n import day
from certification.core.web import outside
from certification.registry.changes import Change
from certification.registry.told import Told
from certification.rules.code import display
from certification.rules.instants import instant_text
from certification.rules.verdict import Reason

ATOM = "http://www.w3.org/2005/Atom"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MEDIA_TYPE = "application/atom+xml"
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML 1.0 §2.2 has no place for
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
ENDS = (".", "!", "?", "…")
ET.register_namespace("", ATOM)


@dataclass(frozen=True, slots=True)
class Feed:
    """``name`` makes its id and never changes; ``registry`` is the log's name, which outlives the address of the site.

    ``page`` is the address of the page for people, ``links`` those of this feed and its neighbours by their relation.
    """

    name: str
    registry: str
    title: str
    author: str
    rights: str
    lang: str
    page: str
    links: dict[str, str] = field(default_factory=dict)


def write(feed: Feed, changes: Iterable[Change]) -> bytes:
    """The whole document. An empty feed was last changed at the beginning of time."""
    found = list(changes)
    root = ET.Element(_name("feed"), {XML_LANG: feed.lang})
    _add(root, "id", _urn(feed.registry, f"feed/{feed.name}"))
    _add(root, "title", feed.title)
    _add(root, "updated", instant_text(last_change(found)))
    _add(ET.SubElement(root, _name("author")), "name", feed.author)
    _add(root, "rights", feed.rights)
    _link(root, "license", feed.rights, None)
    _link(root, "alternate", feed.page, "text/html")
    for relation, address in feed.links.items():
        _link(root, relation, address, MEDIA_TYPE)
    for change in found:
        _entry(root, feed, change)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def last_change(found: list[Change]) -> datetime:
    """When the newest of them happened."""
    return max((one.at for one in found), default=NEVER)


def _entry(root: ET.Element, feed: Feed, change: Change) -> None:
    entry = ET.SubElement(root, _name("entry"))
    kind = _kind(change)
    _add(entry, "id", _urn(feed.registry, f"change/{_thing(change)}/{kind}/{change.at.isoformat()}"))
    _add(entry, "title", _title(change))
    _add(entry, "updated", instant_text(change.at))
    _add(entry, "published", instant_text(change.at))
    ET.SubElement(entry, _name("category"), {"term": kind})
    for relation, path in _addresses(change):
        _link(entry, relation, outside(path), "application/json" if relation == "via" else "text/html")
    _add(entry, "summary", _summary(change))


def _thing(change: Change) -> str:
    if change.scheme is not None:
        return f"{change.scheme.key}/{change.scheme.version}"
    return change.certificate.code if change.certificate else ""


def _kind(change: Change) -> str:
    if change.act is not None:
        return change.act.kind
    return change.turn.verdict.reason.value if change.turn is not None else Reason.SCHEME_LAPSED.value


def _addresses(change: Change) -> list[tuple[str, str]]:
    if change.scheme is not None:
        return [("alternate", f"/schemes/{change.scheme.key}/{change.scheme.version}")]
    thing = _thing(change)
    logged = [("via", f"/c/{thing}/proof")] if change.act is not None and change.act.index is not None else []
    return [("alternate", f"/c/{thing}"), ("related", f"/v/{thing}"), *logged]


def _title(change: Change) -> str:
    if change.scheme is not None:
        ended = _("El esquema terminó")
        return f"{ended}: {change.scheme.name} {change.scheme.version}"
    one = change.certificate
    cause = change.act.details.get("cause") if change.act is not None else None
    return f"{_words(cause or _kind(change))}: {one.holder_name} · {display(one.code)}" if one else ""


def _words(kind: str) -> str:
    words = {
        "granted": _("Otorgado"),
        "renewed": _("Renovado"),
        "renewal": _("Renovado"),
        "scope": _("Cambió lo que ampara"),
        "surveillance": _("Pasó su visita de seguimiento"),
        "key": _("Se firmó otra vez"),
        "suspended": _("En pausa"),
        "restored": _("Restablecido"),
        "withdrawn": _("Retirado"),
        "surrendered": _("Renunciado por su titular"),
        "superseded": _("Reemplazado por otro sello"),
        Reason.TERM_OVER: _("Venció"),
        Reason.SURVEILLANCE_OVERDUE: _("Pasó la fecha de la visita de seguimiento"),
        Reason.SCHEME_LAPSED: _("El esquema terminó"),
        Reason.NOT_STARTED: _("Terminó un plazo y el siguiente todavía no empieza"),
    }
    return str(words.get(kind, _("Empezó a valer")))


def _summary(change: Change) -> str:
    if change.scheme is not None:
        return str(_("Desde entonces no vale ninguno de sus sellos."))
    one = change.certificate
    about = [one.goods, one.municipality] if one else []
    if change.act is not None:
        about += _reasons(change.act)
        if change.act.number is not None:
            about.append(str(_("Número %(number)s de la bitácora pública.", number=change.act.number)))
    return " ".join(_ended(said) for said in about if said.strip())


def _ended(said: str) -> str:
    """As a sentence among others: what somebody wrote with its own end keeps it."""
    said = said.strip()
    return said if said.rstrip("\"'»”’)")[-1:] in ENDS else f"{said}."


def _reasons(act: Told) -> list[str]:
    said = []
    if act.begins and act.ends:
        said.append(_("Vale del %(first)s al %(last)s, los dos días incluidos.", first=day(act.begins), last=day(act.ends)))
    if act.pause_ends:
        said.append(_("En pausa a más tardar hasta el %(day)s.", day=day(act.pause_ends)))
    if act.reason:
        said.append(act.reason)
    if act.criterion:
        said.append(_("Criterio %(criterion)s", criterion=act.criterion))
    if act.summary:
        said.append(act.summary)
    if act.successor:
        said.append(_("Lo reemplaza %(code)s.", code=display(act.successor)))
    return [str(one) for one in said]


def _urn(registry: str, name: str) -> str:
    return f"urn:uuid:{uuid5(uuid5(NAMESPACE_URL, f'https://{registry}/'), name)}"


def _name(tag: str) -> str:
    return f"{{{ATOM}}}{tag}"


def _add(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, _name(tag)).text = FORBIDDEN.sub("", text)


def _link(parent: ET.Element, relation: str, address: str, kind: str | None) -> None:
    named = {"rel": relation, "href": address} | ({"type": kind} if kind else {})
    ET.SubElement(parent, _name("link"), named)

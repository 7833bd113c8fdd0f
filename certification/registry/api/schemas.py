"""The forms of what is asked and answered, as JSON Schema 2020-12. What the API itself says has no member that is not here."""

from collections.abc import Mapping
from typing import Any, get_type_hints

from certification.core.i18n import LANGUAGES
from certification.registry.lookup import MOST
from certification.registry.rows import Row
from certification.rules.code import Slip
from certification.rules.verdict import PRECEDENCE, PublicState, Reason

Schema = dict[str, Any]
LONGEST_CODE = 300  # whole addresses are taken too
LONGEST_AS_OF = 40
ACT = "code of the act's public reason"


def text(description: str = "", **more: Any) -> Schema:
    return {"type": "string", **({"description": description} if description else {}), **more}


def or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def closed(description: str = "", **properties: Schema) -> Schema:
    """An object that has all of these members and no other."""
    head = {"description": description} if description else {}
    return {"type": "object", **head, "properties": properties, "required": list(properties), "additionalProperties": False}


def opened(description: str, *required: str) -> Schema:
    """An object of somebody else's specification."""
    return {"type": "object", "description": description, "required": list(required)}


def listed(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def one_of(values: Any, description: str = "") -> Schema:
    return text(description, enum=[getattr(one, "value", one) for one in values])


DAY = text("A day, included, in the scheme's time zone (ISO 8601)", format="date")
INSTANT = text("An instant (RFC 3339, UTC)", format="date-time")
URL = text(format="uri")
LANG = one_of(LANGUAGES, "Language of words for people; the site's own where it is not given")
CODE = text("Certificate code in any spelling: with or without dashes, in any case, O for 0, I and L for 1", minLength=1)
AS_OF = text(
    "A past instant (RFC 3339 with its offset) or a day (ISO 8601: its end in the scheme's time zone, or now for today)",
    maxLength=LONGEST_AS_OF,
    anyOf=[{"format": "date"}, {"format": "date-time"}],
    examples=["2026-11-21", "2026-11-21T16:32:00Z"],
)
CERTIFICATE_STATES = [state.value for state in reversed(PRECEDENCE)]
STATE = one_of(CERTIFICATE_STATES, "Public state, at the moment that is asked for; CANNOT_CHECK can't be searched for")
ROW_STATE = one_of(
    [*CERTIFICATE_STATES, PublicState.CANNOT_CHECK],
    "Only VALID is valid. CANNOT_CHECK: nobody can say just now whether it holds, neither valid nor invalid",
)
GRANTED = text("First or last day of the grant, included (ISO 8601)", format="date")
ON = text(
    "A day (ISO 8601: its end in the scheme's time zone) or a past instant (RFC 3339)",
    anyOf=[{"format": "date"}, {"format": "date-time"}],
    examples=["2026-05-01"],
)
COUNT: Schema = {"type": "integer", "minimum": 0}
MONTH = "^[0-9]{4}-[0-9]{2}$"
HASH = text(pattern="^[0-9a-f]{64}$")
LOOK = closed(
    "A place to look again, counted from 1 without dashes. The code that would fit is never said.",
    slip=one_of(Slip),
    positions=listed({"type": "integer", "minimum": 1, "maximum": 11}, minItems=1, maxItems=2),
)
VERSION: Schema = {
    "type": "integer",
    "minimum": 1,
    "description": "Version of the certificate that stood at the moment asked for; not that of the scheme's rules",
}
LOG_INDEX: Schema = {
    "type": ["integer", "null"],
    "minimum": 0,
    "description": "Leaf of the public log, counted from 0, of its last act until the moment asked for; null where there is none",
}
VALID_FROM = DAY | {
    "description": "First day of its time without a gap, over all versions, in the scheme's time zone. A version's own term is "
    "in the record (/c/{code}) and in its credential"
}
LAST_DAY = DAY | {"description": "Last day of that time, included"}
CERTIFICATE = {
    "code": text("Canonical code: 11 characters, no dashes", pattern="^[0-9A-HJKMNP-TV-Z]{11}$"),
    "shown_code": text("As it is printed"),
    "state": one_of(CERTIFICATE_STATES, "Only VALID is valid"),
    "since": or_null(INSTANT) | {"description": "When the state began; null where nothing began"},
    "reason": one_of([one for one in Reason if one is not Reason.UNKNOWN_CODE]),
    "sentence": text("What it means, in words for people"),
    "why": {"oneOf": [{"type": "null"}, ref("Why")]},
    "label": ref("Label"),
    "holder": text("The public name that the holder chose"),
    "goods": text("What the label covers"),
    "subject_kind": text("product_line, organization, workshop or farm"),
    "place": text("Locality, municipality and state"),
    "term": ref("Term"),
    "next_visit_by": or_null(DAY) | {"description": "Last day for the next visit; null where there is none"},
    "successor": or_null(text("Code of the certificate in its place, with SUPERSEDED")),
    "version": VERSION,
    "log_index": LOG_INDEX,
    "links": ref("Links"),
    "lang": LANG,
    "as_of": or_null(INSTANT) | {"description": "The past instant that was asked for; null for now"},
}
KINDS = {str: text(), str | None: or_null(text()), int: COUNT, int | None: or_null(COUNT)}
ROW: dict[str, Schema] = {
    "state": ROW_STATE,
    "version": VERSION,
    "log_index": LOG_INDEX,
    "valid_from": VALID_FROM,
    "last_day": LAST_DAY,
    "scheme_version": text("Version of the scheme's rules"),
}
PASSED = {"type": "boolean"}
OR_UNKNOWN = or_null(PASSED) | {"description": "False when nothing can be signed; null when that could not be found out in time"}


def _health(**checks: Schema) -> Schema:
    return closed("", status=one_of(["ok", "degraded", "failing"]), checks=closed("", **checks))


SCHEMAS: Mapping[str, Schema] = {
    "Certificate": closed("A certificate at one instant", **CERTIFICATE, checked_at=INSTANT),
    "Found": closed("A certificate, as one result of many", asked=text("As it was asked for"), **CERTIFICATE),
    "Unknown": closed(
        "No certificate has this code, or had it then; or nobody can say what it is worth, by its record",
        asked=text("As it was asked for"),
        state=one_of([PublicState.NOT_FOUND, PublicState.CANNOT_CHECK]),
        reason=one_of(
            [
                *("unknown_code", "not_granted_then", "code_length", "code_letters", "code_check"),
                *("record_lost", "record_differs", "compromised_key", "not_signed_yet"),
            ]
        ),
        sentence=text(),
        look_again_at=listed(LOOK),
        lang=LANG,
    ),
    "Results": closed(
        "One result for each code, in the order asked",
        results=listed({"oneOf": [ref("Found"), ref("Unknown")]}, minItems=1, maxItems=MOST),
        checked_at=INSTANT,
    ),
    "Why": closed(
        "The public reason of the act that paused or ended it", code=text(ACT), words=text(), criterion=or_null(text())
    ),
    "Label": closed(
        "The label, the scheme behind it, and who decided",
        name=text(),
        wording=text("What goods under this label may say of themselves"),
        label_class=or_null(text("Class within the scheme, where it has classes")),
        scheme=text("Key of the scheme"),
        version=text("Version of the scheme's rules"),
        owner=text("Whose scheme it is"),
        decided_by=text("Who decided: a body, never a person"),
        official={"type": "boolean", "description": "Whether the scheme belongs to an authority"},
        notice=or_null(text("To be shown wherever the label is, unless the scheme is an authority's")),
        rules=URL,
    ),
    "Term": closed(
        "",
        first_day=VALID_FROM | {"description": f"`valid_from` in the register. {VALID_FROM['description']}"},
        last_day=LAST_DAY,
        begins=INSTANT | {"description": "The first instant of the first day"},
        ends=INSTANT | {"description": "The first instant after the term"},
        time_zone=text(),
    ),
    "Links": closed("", verify=URL, certificate=URL, credential=or_null(URL), log_proof=or_null(URL), successor=or_null(URL)),
    "Problem": {
        "type": "object",
        "description": "Problem details for HTTP (RFC 9457); a code says more than a status",
        "properties": {
            "type": URL,
            "title": text(),
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "code": text("Stable, for programs"),
            "detail": text("In words for people"),
            "state": one_of([PublicState.NOT_FOUND, PublicState.CANNOT_CHECK]),
            "look_again_at": listed(LOOK),
        },
        "required": ["type", "title", "status", "code", "detail"],
        "additionalProperties": False,
    },
    "Question": {
        "type": "object",
        "properties": {
            "codes": listed(text(maxLength=LONGEST_CODE), minItems=1, maxItems=MOST),
            "as_of": or_null(AS_OF),
        },
        "required": ["codes"],
        "additionalProperties": False,
    },
    "RegisterRow": closed(
        "One certificate in the register (columns: docs/register.md)",
        **{name: KINDS[kind] for name, kind in get_type_hints(Row).items()} | ROW,
        verify=URL,
    ),
    "Register": closed("", licence=URL, certificates=listed(ref("RegisterRow"))),
    "Snapshots": closed("The newest first", licence=URL, snapshots=listed(ref("Snapshot"))),
    "Snapshot": closed(
        "The whole register as of the first instant of a month",
        month=text(pattern=MONTH),
        as_of=INSTANT,
        time_zone=text(),
        made_at=INSTANT,
        registry=URL,
        licence=URL,
        rows=COUNT,
        files=listed(closed("A gzip file", name=text(), content=text("Media type of what is in it"), bytes=COUNT, sha256=HASH)),
        log=closed(
            "How far the public log had come then, and the proof that what was signed later carries on from it",
            name=or_null(text()),
            size=COUNT,
            root=HASH,
            checkpoint=or_null(text("Signed when the files were written")),
            consistency=listed(HASH),
        ),
    ),
    "Scheme": closed(
        "A version of a label scheme: its text, and what became of it",
        key=text(),
        version=text(),
        digest=HASH | {"description": "SHA-256 of the RFC 8785 form of `document`; certificates name it"},
        state=text("Its state now; the instants below say since when"),
        activated_at=or_null(INSTANT),
        ended_at=or_null(INSTANT),
        lapsed_at=or_null(INSTANT) | {"description": "From then on it backs no label"},
        mark=or_null(text("The legal mark behind it")),
        mark_ends_on=or_null(DAY),
        document={"type": "object"},
    ),
    "Record": opened("What was signed of a certificate, by which key, and every act since", "code", "state"),
    "Credential": opened("A W3C Verifiable Credential 2.0 with an eddsa-jcs-2022 proof", "@context", "type", "issuer", "proof"),
    "DidDocument": opened("did:web document: every key that ever signed, with its period", "id", "verificationMethod"),
    "Context": opened("JSON-LD context", "@context"),
    "LogProof": opened(
        "Entries with their inclusion proofs (RFC 9162) and the checkpoint",
        "code",
        "lost",
        "waiting",
        "log",
        "size",
        "root",
        "entries",
    ),
    "Error": opened("A failure, said to a program", "error"),
    "Unchecked": {
        "type": "object",
        "description": "Nobody can say what it is worth: a failure, or CANNOT_CHECK",
        "anyOf": [{"required": ["error"]}, {"properties": {"state": {"const": "CANNOT_CHECK"}}, "required": ["state"]}],
    },
    "Alive": _health(public_log=OR_UNKNOWN),
    "Ready": _health(database=PASSED, schema=PASSED, signing_key=PASSED, public_log=PASSED),
}

"""Every public address for programs, in one table: requests are read by it and the OpenAPI document is made of it."""

from certification.core.problems import KIND as PROBLEM
from certification.registry.api.parts import Answers, Operation, Param
from certification.registry.api.schemas import AS_OF, CODE, GRANTED, LANG, ON, STATE, Schema, text
from certification.rules.did import MEDIA_TYPE as DID
from certification.rules.did import OTHER_MEDIA_TYPES as OTHER_DIDS
from certification.rules.jose import MEDIA_TYPE as VC_JWT
from certification.rules.text import N_

JSON, HTML, PLAIN, OCTETS, SVG, PNG = (
    "application/json",
    "text/html",
    "text/plain",
    "application/octet-stream",
    "image/svg+xml",
    "image/png",
)
ATOM, GZIP = "application/atom+xml", "application/gzip"
VC, JSON_LD = "application/vc", "application/ld+json"


def _problem(status: int, said: str) -> Answers:
    return Answers(status, said, {PROBLEM: "Problem"})


CODE_PART = Param("code", "path", CODE, "7QK4-M2XD-9F-C")
LANG_ARGUMENT = Param("lang", "query", LANG)
LANG_OF_PAGES = Param("lang", "query", text("es or en; anything else is the site's own"))
AS_OF_ARGUMENT = Param("as_of", "query", AS_OF)
UNREADABLE = _problem(400, "The address or the body cannot be read")
UNFIT = _problem(422, "An argument or the body does not have the form that is asked for")
TO_COME = _problem(409, "It asks about the future (as_of_future); it can be asked then")
AWAY = _problem(503, "The register cannot be read just now: CANNOT_CHECK, neither valid nor invalid")
OURS = Answers(500, "A fault of ours; it says nothing about a label", {PROBLEM: "Problem"})
BAD = Answers(400, "The address cannot be read", {HTML: None})
NONE_HERE = Answers(404, "There is no such thing", {HTML: None})
NOT_LOGGED = Answers(404, "It does not exist, or not yet", {PLAIN: None, HTML: None})
NO_DOCUMENT = Answers(404, "There is no such thing", {HTML: None, JSON: "Error"})
WAITS = Answers(503, "It still waits to be signed, or does not hold together", {JSON: "Error", HTML: None})
SECURED = {VC: "Credential", VC_JWT: None, JSON_LD: "Credential", JSON: "Credential"}
LOST = Answers(503, "It waits to be signed, does not hold together, or its record was lost", {JSON: "Unchecked", HTML: None})
NUMBER: Schema = {"type": "integer", "minimum": 0, "maximum": 2_147_483_647}
LEVEL, INDEX = Param("level", "path", text(minLength=1), "0"), Param("index", "path", text(minLength=1), "000")
WIDTH = Param("width", "path", {"type": "integer", "minimum": 1, "maximum": 255}, "1")
REFUSED = Answers(422, "An argument can't be read, or asks about the future", {JSON: "Error"})
MISREAD = Answers(422, "An argument can't be read, or asks about the future", {HTML: None, JSON: "Error"})
THEN = Param("on", "query", ON)
AFTER = Param("after", "query", text("Where an earlier answer ended, as its link says"))
GOES = (
    Param("scheme", "query", text("Key of a scheme")),
    Param("version", "query", text("Version of the scheme's rules, `scheme_version` in rows; only with a scheme")),
    Param("place", "query", text("INEGI's two-digit code of a state")),
    Param("municipality", "query", text("INEGI's five-digit code of a municipality")),
    Param("q", "query", text("Words or a code")),
)
FILTERS = (
    *GOES,
    Param("state", "query", STATE),
    Param("from", "query", GRANTED),
    Param("to", "query", GRANTED),
    THEN,
)


TAGS = {
    "verification": N_("Verificar"),
    "register": N_("Registro"),
    "credentials": N_("Credenciales, llaves y reglas"),
    "log": N_("Bitácora"),
    "for people": N_("Páginas y dibujos"),
    "operation": N_("Si el sitio responde"),
}


def _file(kind: str, summary: str, media: str, schema: str | None) -> Operation:
    return Operation(
        f"register_{kind}", "get", f"/register.{kind}", "register", summary,
        (Answers(200, "Every certificate that fits, newest first; with `on`, as it stood then", {media: schema}), BAD, REFUSED),
        (*FILTERS, LANG_OF_PAGES),
    )  # fmt: skip


VERIFY_ONE = Operation(
    "verify_one", "get", "/api/v1/certificates/{code}", "verification", N_("Qué vale un sello, hoy o en una fecha pasada"),
    (
        Answers(200, "There is such a certificate; `state` says whether it holds", {JSON: "Certificate"}),
        UNREADABLE, _problem(404, "No certificate has this code, or had it then"), TO_COME, UNFIT, OURS, AWAY,
    ),
    (CODE_PART, AS_OF_ARGUMENT, LANG_ARGUMENT),
)  # fmt: skip
VERIFY_MANY = Operation(
    "verify_many", "post", "/api/v1/verify", "verification", N_("Qué valen hasta 100 sellos"),
    (
        Answers(200, "One result for each code, in the order asked", {JSON: "Results"}),
        UNREADABLE, TO_COME, _problem(413, "More than 64 KiB"), _problem(415, "The body is not application/json"), UNFIT,
        _problem(429, "Too many in five minutes; Retry-After says when to ask again"), OURS, AWAY,
    ),
    (LANG_ARGUMENT,), "Question",
)  # fmt: skip
OPERATIONS = (
    VERIFY_ONE,
    VERIFY_MANY,
    Operation(
        "openapi", "get", "/api/v1/openapi.json", "verification", N_("Este documento, OpenAPI 3.1"),
        (Answers(200, "OpenAPI 3.1", {JSON: None}), UNREADABLE, OURS),
    ),
    Operation(
        "docs", "get", "/api/v1/docs", "verification", N_("Lo mismo para personas, con respuestas de verdad"),
        (Answers(200, "A page", {HTML: None}), UNREADABLE, OURS, AWAY), (LANG_OF_PAGES,),
    ),
    Operation(
        "register", "get", "/register", "register", N_("El registro público, para personas, con las mismas condiciones"),
        (Answers(200, "A page", {HTML: None}), BAD, Answers(422, "A page that says what is wrong", {HTML: None})),
        (*FILTERS, AFTER, LANG_OF_PAGES),
    ),
    _file("csv", N_("Todo el registro en CSV"), "text/csv", None),
    _file("json", N_("Todo el registro en JSON"), JSON, "Register"),
    _file("jsonl", N_("Todo el registro en JSON Lines"), "application/jsonl", None),
    Operation(
        "register_atom", "get", "/register.atom", "register", N_("Los cambios del registro, como canal Atom"),
        (Answers(200, "Newest first (RFC 4287), with a link to older ones (RFC 5005)", {ATOM: None}), BAD),
        (*GOES, AFTER, LANG_OF_PAGES),
    ),
    Operation(
        "certificate_atom", "get", "/c/{code}/feed.atom", "register", N_("Los cambios de un certificado, como canal Atom"),
        (Answers(200, "Newest first (RFC 4287)", {ATOM: None}), BAD, NO_DOCUMENT), (CODE_PART, LANG_OF_PAGES),
    ),
    Operation(
        "snapshots", "get", "/register/snapshots", "register", N_("Las copias mensuales del registro y sus huellas"),
        (Answers(200, "The newest first", {HTML: None, JSON: "Snapshots"}), BAD),
    ),
    Operation(
        "snapshot", "get", "/register/snapshots/{file}", "register", N_("Una copia mensual, o su ficha; no cambian nunca"),
        (Answers(200, "2026-11.json tells of its two gzip files", {JSON: "Snapshot", GZIP: None}), BAD, NO_DOCUMENT),
        (Param("file", "path", text(minLength=1), "2026-11.json"),),
    ),
    Operation(
        "certificate", "get", "/c/{code}", "credentials",
        N_("Un certificado: su página, su registro o la credencial de su última versión"),
        (
            Answers(200, "In the form that Accept asks for; `on` asks page and JSON", {HTML: None, **SECURED, JSON: "Record"}),
            BAD, NO_DOCUMENT, MISREAD, LOST,
        ),
        (CODE_PART, THEN),
    ),
    Operation(
        "version", "get", "/c/{code}/versions/{number}", "credentials", N_("La credencial de una versión; no cambia nunca"),
        (Answers(200, "In the form that Accept asks for", {**SECURED, HTML: None}), BAD, NO_DOCUMENT, WAITS),
        (CODE_PART, Param("number", "path", NUMBER, "1")),
    ),
    Operation(
        "status_list", "get", "/status/{purpose}/{number}", "credentials",
        N_("Una lista de estado firmada (Bitstring Status List)"),
        (Answers(200, "As last signed; whoever reads it judges its dates", SECURED), BAD, NO_DOCUMENT, WAITS),
        (
            Param("purpose", "path", text(minLength=1), "revocation"), Param("number", "path", NUMBER, "1"),
            Param("timestamp", "query", text("An instant (RFC 3339); 404 unless this was the list then")),
        ),
    ),
    Operation(
        "did", "get", "/.well-known/did.json", "credentials", N_("Las llaves que han firmado aquí (did:web)"),
        (Answers(200, "The document", dict.fromkeys((DID, *OTHER_DIDS, JSON, JSON_LD), "DidDocument")), BAD, WAITS),
    ),
    Operation(
        "context", "get", "/contexts/tianguis/v1", "credentials", N_("Nuestras palabras como contexto JSON-LD"),
        (Answers(200, "The context; it never changes", {JSON_LD: "Context"}), BAD),
    ),
    Operation(
        "log_page", "get", "/log", "log", N_("La bitácora pública, para personas"),
        (Answers(200, "A page", {HTML: None}), BAD), (AFTER, LANG_OF_PAGES),
    ),
    Operation(
        "proof", "get", "/c/{code}/proof", "log", N_("Los actos del certificado en la bitácora, con su prueba"),
        (
            Answers(200, "Entries, inclusion proofs and the checkpoint; a page in words", {JSON: "LogProof", HTML: None}), BAD,
            NONE_HERE,
        ),
        (CODE_PART, LANG_OF_PAGES),
    ),
    Operation(
        "proof_file", "get", "/c/{code}/proof.json", "log", N_("La misma prueba como archivo, quienquiera que la pida"),
        (Answers(200, "A file to keep", {JSON: "LogProof"}), BAD, NONE_HERE), (CODE_PART,),
    ),
    Operation(
        "checkpoint", "get", "/log/checkpoint", "log", N_("El punto de control firmado (C2SP tlog-checkpoint)"),
        (Answers(200, "A signed note, with the cosignatures that witnesses gave it", {PLAIN: None}), BAD, NOT_LOGGED),
    ),
    Operation(
        "vkey", "get", "/log/vkey", "log", N_("Las llaves que comprueban los puntos de control (C2SP signed-note)"),
        (Answers(200, "One key in a line, the present one first", {PLAIN: None}), BAD, NOT_LOGGED),
    ),
    Operation(
        "handover", "get", "/log/handover", "log", N_("Los puntos de control en que una llave siguió a otra, con ambas firmas"),
        (Answers(200, "Signed notes in their order, a blank line between", {PLAIN: None}), BAD, NOT_LOGGED),
    ),
    Operation(
        "entries", "get", "/log/tile/entries/{index}", "log", N_("Hasta 256 entradas de la bitácora (C2SP tlog-tiles)"),
        (Answers(200, "Each entry after its length", {OCTETS: None}), BAD, NOT_LOGGED),
        (INDEX,),
    ),
    Operation(
        "entries_so_far", "get", "/log/tile/entries/{index}.p/{width}", "log",
        N_("Entradas de un grupo de 256 que todavía no se llena"),
        (Answers(200, "Each entry after its length", {OCTETS: None}), BAD, NOT_LOGGED), (INDEX, WIDTH),
    ),
    Operation(
        "tile", "get", "/log/tile/{level}/{index}", "log", N_("Hasta 256 huellas de un nivel del árbol (C2SP tlog-tiles)"),
        (Answers(200, "Hashes of 32 bytes", {OCTETS: None}), BAD, NOT_LOGGED),
        (LEVEL, INDEX),
    ),
    Operation(
        "tile_so_far", "get", "/log/tile/{level}/{index}.p/{width}", "log",
        N_("Huellas de un grupo de 256 que todavía no se llena"),
        (Answers(200, "Hashes of 32 bytes", {OCTETS: None}), BAD, NOT_LOGGED), (LEVEL, INDEX, WIDTH),
    ),
    Operation(
        "verify_page", "get", "/v/{code}", "for people", N_("La página de verificación, como la abre una etiqueta"),
        (Answers(200, "A page", {HTML: None}), BAD, NONE_HERE, Answers(503, "CANNOT_CHECK, in words", {HTML: None})),
        (CODE_PART, LANG_OF_PAGES),
    ),
    Operation(
        "qr_svg", "get", "/c/{code}/qr.svg", "for people", N_("El QR de la página de verificación, en SVG"),
        (Answers(200, "A drawing", {SVG: None}), BAD, NONE_HERE), (CODE_PART,),
    ),
    Operation(
        "qr_png", "get", "/c/{code}/qr.png", "for people", N_("El QR de la página de verificación, en PNG"),
        (Answers(200, "A picture", {PNG: None}), BAD, NONE_HERE), (CODE_PART,),
    ),
    Operation(
        "weave", "get", "/weave/{code}.svg", "for people", N_("El tejido que se dibuja del código"),
        (Answers(200, "A drawing", {SVG: None}), BAD, NONE_HERE), (CODE_PART,),
    ),
    Operation(
        "scheme", "get", "/schemes/{key}/{version}", "credentials", N_("Las reglas de un sello en una versión"),
        (Answers(200, "A page, or the text whose digest certificates name", {HTML: None, JSON: "Scheme"}), BAD, NONE_HERE),
        (Param("key", "path", text(minLength=1), "origen-local"), Param("version", "path", text(minLength=1), "1.0")),
    ),
    Operation(
        "alive", "get", "/healthz", "operation", N_("Si el sitio responde"),
        (Answers(200, "It does; `degraded` when it can sign nothing", {JSON: "Alive"}), BAD),
    ),
    Operation(
        "ready", "get", "/readyz", "operation", N_("Si puede hacer su trabajo"),
        (
            Answers(200, "It can; `degraded` when it can sign nothing", {JSON: "Ready"}), BAD,
            Answers(503, "It cannot", {JSON: "Ready"}),
        ),
    ),
)  # fmt: skip

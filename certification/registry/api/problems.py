"""Every failure that the API tells: its code, which is stable, its status, and a Spanish sentence for people."""

from certification.core.problems import GENERAL
from certification.rules.text import N_

PROBLEMS = (
    ("unknown_code", 404, N_("Ningún sello de este registro tiene ese código.")),
    (
        "record_lost",
        503,
        N_("El expediente se perdió y solo queda la bitácora pública: no sabemos si vale, así que no lo tome por vigente."),
    ),
    (
        "record_differs",
        503,
        N_("Lo anotado del sello no es lo que dicen sus actos registrados: no sabemos si vale, así que no lo tome por vigente."),
    ),
    (
        "compromised_key",
        503,
        N_("Lo firmó una llave que cayó en otras manos: no sabemos si vale, así que no lo tome por vigente."),
    ),
    (
        "not_signed_yet",
        503,
        N_("Lo último que se registró no tiene todavía una firma de este registro en la bitácora: no lo tome por vigente."),
    ),
    ("not_granted_then", 404, N_("En esa fecha este sello todavía no se otorgaba.")),
    ("code_length", 404, N_("Así como está escrito no es un código: le faltan o le sobran letras.")),
    ("code_letters", 404, N_("Así como está escrito no es un código: lleva letras que los códigos no usan.")),
    (
        "code_check",
        404,
        N_("El código no cuadra: hay una letra distinta o dos cambiadas de lugar. «look_again_at» dice dónde mirar."),
    ),
    ("does_not_fit", 422, N_("Lo que se preguntó no tiene la forma que pide OpenAPI.")),
    ("as_of_unreadable", 422, N_("La fecha no se puede leer.")),
    ("as_of_future", 409, N_("Nadie sabe qué valdrá mañana: pregunte por hoy o por un día que ya pasó.")),
    ("too_many_attempts", 429, GENERAL["too_many_attempts"]),
    ("cannot_check", 503, N_("No pudimos revisar. No es sí ni no: vuelva a preguntar, y mientras no lo tome por vigente.")),
    *(
        (code, status, GENERAL[code])
        for code, status in (
            ("bad_request", 400),
            ("not_found", 404),
            ("method_not_allowed", 405),
            ("too_large", 413),
            ("not_json", 415),
            ("fault", 500),
            ("unavailable", 503),
        )
    ),
)

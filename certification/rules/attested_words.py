"""Everything that a check can say, as marked Spanish sentences by stable code; whoever shows them translates them."""

from collections.abc import Mapping

from certification.rules.checking import About, Why
from certification.rules.text import N_
from certification.rules.verdict import PublicState

STATES: Mapping[PublicState, str] = {
    PublicState.VALID: N_("Vigente"),
    PublicState.NOT_YET_VALID: N_("Aún no vigente"),
    PublicState.SUSPENDED: N_("En pausa"),
    PublicState.EXPIRED: N_("Vencido"),
    PublicState.SUPERSEDED: N_("Reemplazado"),
    PublicState.SURRENDERED: N_("Renunciado"),
    PublicState.WITHDRAWN: N_("Retirado"),
    PublicState.SCHEME_LAPSED: N_("El esquema terminó"),
    PublicState.NOT_FOUND: N_("No existe este código"),
    PublicState.CANNOT_CHECK: N_("No pudimos revisar"),
}

REASONS: Mapping[str, str] = {
    # what a verdict says
    "in_force": N_("Está dentro de su plazo y ningún acto lo detuvo."),
    "surveillance_in_grace": N_("Está dentro de su plazo; su visita de seguimiento está pendiente y todavía a tiempo."),
    "not_started": N_("Su plazo todavía no empieza."),
    "term_over": N_("Su plazo terminó."),
    "scheme_lapsed": N_("Terminó el esquema, o la marca legal, que lo respaldaba."),
    "suspended_by_act": N_("Lo pausó quien decide sobre él."),
    "suspension_past_limit": N_("Lo pausó quien decide sobre él, y el plazo para arreglarlo ya pasó."),
    "registry_behind": N_("El registro se restauró de un respaldo y todavía no se pone al día."),
    "record_differs": N_("Lo que el registro tiene anotado no es lo que dicen los actos registrados de este sello."),
    "surveillance_overdue": N_("Pasó la fecha de su visita de seguimiento sin que se hiciera."),
    "replaced": N_("Otro documento tomó su lugar."),
    "given_back": N_("Su titular lo dejó por decisión propia."),
    "withdrawn_by_act": N_("Lo retiró quien decide sobre él."),
    "unknown_code": N_("No hay ningún sello con este código."),
    "before_grant": N_("En esa fecha este sello todavía no se había otorgado."),
    "before_version": N_("En esa fecha el sello ya estaba otorgado, pero esta versión todavía no se había expedido."),
    "revoked": N_("La lista de estados dice que terminó; no dice por qué."),
    "followed": N_("Este documento es de una versión anterior: el sello sigue con una versión más nueva."),
    # what keeps a check from its end
    "in_future": N_("Esa fecha todavía no llega."),
    "stale": N_("La lista de estados ya no está al día."),
    "not_yet_valid": N_("La lista de estados es de una fecha posterior."),
    "unreachable": N_("No se pudo leer."),
    "too_large": N_("Es más grande de lo que se puede leer."),
    "bit_without_leaf": N_("La lista de estados dice que algo pasó y la bitácora pública no."),
    "leaf_without_bit": N_("La bitácora pública dice que algo pasó y la lista de estados no."),
    "bad_list_signature": N_("La firma de la lista de estados no vale."),
    "bad_signature": N_("La firma no corresponde al documento."),
    "unknown_key": N_("El documento está firmado con una llave que su registro no reconoce para esa fecha."),
    "compromised_key": N_(
        "Se firmó con una llave que cayó en otras manos, en un lugar de la bitácora pública desde el cual ya no cuenta."
    ),
    "not_signed_yet": N_("Lo último que se registró todavía espera la firma de la bitácora."),
    "demonstration_key": N_("Es de una demostración: su firma no vale."),
    "unannounced_key": N_("El registro usa una llave que su bitácora pública no anunció."),
    "former_address": N_(
        "Se expidió en una dirección que el registro tuvo antes. Que fue suya lo dice su bitácora pública; ahí no se preguntó."
    ),
    "keys_missing": N_("No se pudieron leer las llaves del registro."),
    "log_missing": N_("No se pudo leer la bitácora pública."),
    "log_not_whole": N_("De la bitácora pública se leyó lo de este sello y no todo: un acto que falte no se notaría."),
    "log_fork": N_("Los actos que se leyeron no llevan a lo que el registro firmó."),
    "not_logged": N_("La bitácora pública no dice que se haya expedido este documento."),
    "acts_missing": N_("Faltan actos de este sello."),
    "before_log": N_("Se otorgó antes de que hubiera bitácora pública: lo que dice el documento vale solo por su firma."),
    "credential_missing": N_("Falta el documento firmado de una de sus versiones."),
    "other_certificate": N_("El documento es de otro sello."),
    "other_term": N_("Las fechas del documento no son las de la bitácora pública."),
    "other_scheme": N_("El texto del esquema no es el que el documento dice."),
    "scheme_missing": N_("No se pudo leer el esquema: no se revisó si su marca legal terminó."),
    "other_host": N_("Eso está en otro sitio, y solo se lee lo que publica el sitio de quien expidió el documento."),
}

UNSAID = N_("No se pudo leer o no es auténtico (%(code)s).")

SUBJECTS: Mapping[About, str] = {
    About.CREDENTIAL: N_("Documento firmado"),
    About.REVOCATION: N_("Lista de terminados"),
    About.SUSPENSION: N_("Lista de pausas"),
    About.KEYS: N_("Llaves del registro"),
    About.LOG: N_("Bitácora pública"),
    About.SCHEME: N_("Esquema"),
}


def sentence_of(why: Why) -> tuple[str, Mapping[str, str]]:
    """The marked sentence of a reason, and what fills its places."""
    known = REASONS.get(why.code)
    return (known, {}) if known else (UNSAID, {"code": why.code})

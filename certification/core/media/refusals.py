"""The sentences with which an upload is refused. Each says what happened and what to do next."""

from typing import ClassVar

from certification.rules.errors import InvalidInput
from certification.rules.text import N_


class BadImage(InvalidInput):
    """An image cannot be taken. `code` is a key of `IMAGE_SENTENCES`; `detail` is for the record, not for the person."""

    default_code: ClassVar[str] = "not_an_image"
    default_sentence: ClassVar[str] = N_("Este archivo no es una foto. Elija una imagen JPEG, PNG o WebP.")

    def __init__(self, code: str, *, field: str | None = None, detail: str = "", **params: object) -> None:
        super().__init__(code, IMAGE_SENTENCES[code], field=field, **params)
        self.detail = detail


IMAGE_SENTENCES: dict[str, str] = {
    "not_an_image": N_("Este archivo no es una foto. Elija una imagen JPEG, PNG o WebP."),
    "other_format": N_("Este formato de imagen no se puede usar aquí. Guarde la imagen como JPEG, PNG o WebP y súbala otra vez."),
    "heic": N_(
        "Su teléfono guardó la foto en formato HEIC, que no todos pueden ver. En los ajustes de la cámara elija "
        "«Más compatible» (JPEG), o mándese la foto por un mensaje y suba la copia que recibe."
    ),
    "empty": N_("El archivo llegó vacío. Vuelva a elegir la foto y súbala otra vez."),
    "truncated": N_("La foto llegó incompleta. Revise su señal y súbala otra vez."),
    "damaged": N_("La foto está dañada y no se puede abrir. Súbala otra vez o elija otra."),
    "too_large_file": N_("La foto pesa demasiado: el máximo es %(megabytes)s MB. Tómela con menor resolución."),
    "too_many_pixels": N_("La foto es demasiado grande: el máximo es %(megapixels)s megapixeles. Tómela con menor resolución."),
    "memory": N_("La foto ocupa demasiado al abrirse. Tómela con menor resolución y súbala otra vez."),
    "timeout": N_("La foto tardó demasiado en prepararse. Súbala otra vez; si se repite, tómela con menor resolución."),
    "animated": N_("Esta imagen tiene movimiento. Suba una foto fija."),
    "crashed": N_("La foto no se pudo abrir. Ábrala en su teléfono, guárdela como copia nueva y suba la copia."),
    "busy": N_("Hay muchas fotos en preparación. Espere un minuto y súbala otra vez."),
}


class BadDocument(InvalidInput):
    """A document cannot be taken as evidence. `code` is a key of `DOCUMENT_SENTENCES`."""

    default_code: ClassVar[str] = "not_a_document"
    default_sentence: ClassVar[str] = N_(
        "Este tipo de archivo no se puede usar como evidencia. Suba una foto, un PDF, una nota de voz, "
        "un video corto o un texto sencillo."
    )

    def __init__(self, code: str, *, field: str | None = None, **params: object) -> None:
        super().__init__(code, DOCUMENT_SENTENCES[code], field=field, **params)


DOCUMENT_SENTENCES: dict[str, str] = {
    "not_a_document": BadDocument.default_sentence,
    "not_a_paper": N_("Este archivo no es una foto ni un PDF, aunque su nombre lo diga. Suba una foto del documento, o el PDF."),
    "empty": N_("El archivo llegó vacío. Vuelva a elegirlo y súbalo otra vez."),
    "too_large_file": N_("El archivo pesa demasiado: el máximo es %(megabytes)s MB. Grabe una parte más corta o divídalo."),
    "truncated": N_("El archivo llegó incompleto. Revise su señal y súbalo otra vez."),
    "damaged": N_("El archivo está dañado y no se puede leer. Súbalo otra vez o elija otro."),
    "web_page": N_("Este archivo es una página o un dibujo con programa. Imprímalo como PDF o suba una foto de él."),
    "archive": N_("No se aceptan archivos comprimidos ni programas. Suba cada documento por separado."),
    "two_in_one": N_("Este archivo esconde otro dentro. Suba el documento original, o una foto de él."),
    "active_pdf": N_("Este PDF trae programas o archivos adjuntos. Imprímalo como PDF nuevo o suba fotos de sus páginas."),
}

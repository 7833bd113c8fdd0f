"""What a product still lacks before it may be on sale."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from certification.parties.models import Vetting
from certification.rules.errors import DomainError
from certification.rules.text import N_
from marketplace.catalogue.claims import ListingClaim, claims_of
from marketplace.catalogue.models import Product
from marketplace.catalogue.taxonomy import category


class ProtectedWords(DomainError):
    """A claim that the law protects, without its document; ``claim`` holds the message in both languages."""

    default_code: ClassVar[str] = "protected_words"
    default_sentence: ClassVar[str] = N_("«%(words)s» son palabras protegidas por la ley y piden un documento.")

    def __init__(self, claim: ListingClaim) -> None:
        super().__init__(field=claim.field, words=claim.claim.words)
        self.claim = claim


class NotReady(DomainError):
    """Something that a product on sale needs is missing; ``problems`` are all of them, each with its field."""

    default_code: ClassVar[str] = "not_ready"
    default_sentence: ClassVar[str] = N_("Todavía no se puede publicar: faltan datos.")

    def __init__(self, problems: list[DomainError]) -> None:
        super().__init__(field=problems[0].field)
        self.problems = problems


def problems(product: Product, at: datetime) -> list[DomainError]:
    """Everything that stands between this product and being on sale; empty when nothing does."""
    return [*_unvetted(product), *_gaps(product), *(ProtectedWords(one) for one in claims_of(product, at) if one.blocks)]


def gaps(product: Product) -> list[str]:
    """The fields that are still empty, for a line in a list: photos, name, price, stock, category."""
    return [one.field or "" for one in _gaps(product)]


def require_ready(product: Product, at: datetime) -> None:
    """Let pass what may be on sale.

    Raises:
        NotReady: with every problem.

    """
    found = problems(product, at)
    if found:
        raise NotReady(found)


def _unvetted(product: Product) -> Iterator[DomainError]:
    producer = product.producer
    if producer.party.vetting is not Vetting.VETTED:
        yield DomainError(
            "unvetted",
            N_("Falta que una persona revise que usted puede hablar por %(name)s. Mientras tanto su borrador queda guardado."),
            name=producer.party.name,
        )
    elif producer.published_at is None:
        yield DomainError("stall_closed", N_("Primero publique la página de %(name)s."), name=producer.party.name)


def _gaps(product: Product) -> Iterator[DomainError]:
    if not product.photos:
        yield DomainError("no_photo", N_("Falta al menos una foto."), field="photos")
    if not product.name:
        yield DomainError("no_name", N_("Falta el nombre."), field="name")
    if not product.variants or any(one.price_centavos is None for one in product.variants):
        yield DomainError("no_price", N_("Falta el precio."), field="price")
    if not product.made_to_order and any(one.on_hand is None for one in product.variants):
        yield DomainError("no_stock", N_("Escriba cuántas tiene, o marque que se hace sobre pedido."), field="stock")
    chosen = category(product.category) if product.category else None
    if chosen is None:
        yield DomainError("no_category", N_("Elija a qué rama o categoría pertenece."), field="category")
    elif not chosen.sold_online:
        yield DomainError("not_sent", N_("Esa rama no se vende por aquí: sus piezas no se pueden enviar."), field="category")

"""Products, their variants and photographs."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certification.core.media.models import StoredFile
from certification.core.orm import Base, Centavos, Id, Line, Name, Prose, PublicId, Word, by_value
from certification.rules.workflow import ListingState
from marketplace.producers.models import Maker, Producer


class Product(Base):
    """One listing. ``public_id`` is also the opaque ``subject_ref`` by which a certificate names it.

    ``price_centavos`` (the lowest of its variants), ``state_code`` and ``search_text`` repeat what stands elsewhere so that
    browsing reads one row; the services keep them. ``pictures`` and ``cover`` (its first) repeat the photographs
    as they are drawn; ``catalogue.pictures`` keeps them.
    """

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("state = 'draft' OR published_at IS NOT NULL OR state = 'archived'", name="shown_has_date"),
        Index("ix_products_newest", "state", "published_at", "id"),
        Index("ix_products_stall", "producer_id", "state", "published_at", "id"),
        Index("ix_products_cheapest", "state", "price_centavos", "id"),
        Index("ix_products_category", "state", "category", "published_at", "id"),
        Index("ix_products_place", "state", "state_code", "published_at", "id"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    producer_id: Mapped[int] = mapped_column(ForeignKey("producers.id"))
    slug: Mapped[str] = mapped_column(String(80), default="")
    state: Mapped[ListingState] = mapped_column(by_value(ListingState), default=ListingState.DRAFT)
    name: Mapped[Name] = mapped_column(default="")
    name_en: Mapped[Name] = mapped_column(default="")
    category: Mapped[Word | None]
    materials: Mapped[Line] = mapped_column(default="")
    technique: Mapped[Line] = mapped_column(default="")
    community: Mapped[Name] = mapped_column(default="")  # community of origin, where it is not the producer's place
    care: Mapped[Line] = mapped_column(default="")
    size: Mapped[Line] = mapped_column(default="")
    weight_g: Mapped[int | None]
    unit: Mapped[Word] = mapped_column(default="pieza")
    hours: Mapped[int | None]
    one_of_a_kind: Mapped[bool] = mapped_column(default=False)
    made_to_order: Mapped[bool] = mapped_column(default=False)
    lead_days: Mapped[int | None]
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("makers.id"))
    price_centavos: Mapped[Centavos | None]
    state_code: Mapped[str] = mapped_column(String(2), default="")
    cover: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    version_id: Mapped[int] = mapped_column()
    # what is long stands last: SQLite then reads everything else of a row without following its overflow pages
    description: Mapped[Prose] = mapped_column(default="")
    description_en: Mapped[Prose] = mapped_column(default="")
    search_text: Mapped[Prose] = mapped_column(default="")
    pictures: Mapped[list[Any]] = mapped_column(default=list, deferred=True)

    producer: Mapped[Producer] = relationship()
    maker: Mapped[Maker | None] = relationship()
    variants: Mapped[list["Variant"]] = relationship(
        back_populates="product", order_by="Variant.position", cascade="all, delete-orphan"
    )
    photos: Mapped[list["ProductPhoto"]] = relationship(
        back_populates="product",
        order_by="(ProductPhoto.position, ProductPhoto.id)",
        primaryjoin="and_(Product.id == ProductPhoto.product_id, ProductPhoto.removed_at.is_(None))",
    )

    __mapper_args__ = {"version_id_col": version_id}  # noqa: RUF012 - SQLAlchemy reads a plain dict

    @property
    def subject_ref(self) -> str:
        return self.public_id


class Variant(Base):
    """What is bought: a size, a weight, a colour; a product with one hides it.

    ``on_hand`` is ``None`` when each is made to order; the price is ``None`` only while the product is a draft.
    """

    __tablename__ = "variants"
    __table_args__ = (
        CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
        CheckConstraint("price_centavos > 0", name="price_positive"),
        UniqueConstraint("product_id", "position"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    name: Mapped[Name] = mapped_column(default="")
    price_centavos: Mapped[Centavos | None]
    on_hand: Mapped[int | None]
    position: Mapped[int] = mapped_column(default=0)

    product: Mapped[Product] = relationship(back_populates="variants")


class ProductPhoto(Base):
    """A photograph of a product, in its place in the row. One that was removed can be put back."""

    __tablename__ = "product_photos"
    __table_args__ = (Index("ix_product_photos_row", "product_id", "removed_at", "position", "id"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"))
    position: Mapped[int]
    alt: Mapped[Line] = mapped_column(default="")
    removed_at: Mapped[datetime | None]

    product: Mapped[Product] = relationship(back_populates="photos")
    file: Mapped[StoredFile] = relationship(lazy="joined")


class ClaimDocument(Base):
    """The document behind a protected word in a listing, once a person has looked at it."""

    __tablename__ = "claim_documents"

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    rule: Mapped[Word]
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"))
    given_at: Mapped[datetime]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[datetime | None]

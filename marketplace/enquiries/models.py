"""A buyer asks, the producer answers; neither's address is shown to the world."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from certification.core.orm import Base, Id, Name, Prose, PublicId, by_value
from marketplace.catalogue.models import Product


class Channel(StrEnum):
    MAIL = "mail"
    WHATSAPP = "whatsapp"


class EnquiryState(StrEnum):
    UNCONFIRMED = "unconfirmed"  # the mail address was not confirmed yet: the producer does not see it
    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class Enquiry(Base):
    """A buyer wants something. The key of their private link is made from the instance's secret, so no account is needed."""

    __tablename__ = "enquiries"
    __table_args__ = (
        CheckConstraint("(channel = 'mail') = (email IS NOT NULL)", name="mail_has_address"),
        CheckConstraint("(channel = 'whatsapp') = (phone IS NOT NULL)", name="whatsapp_has_number"),
        Index("ix_enquiries_desk", "product_id", "state"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    buyer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[Name]
    channel: Mapped[Channel] = mapped_column(by_value(Channel))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(2))
    state: Mapped[EnquiryState] = mapped_column(by_value(EnquiryState))
    request_key: Mapped[str] = mapped_column(String(40), unique=True)  # a retried request has one effect
    created_at: Mapped[datetime]
    label_state: Mapped[str | None] = mapped_column(String(20))  # the label's state when it was asked

    product: Mapped[Product] = relationship()
    messages: Mapped[list["EnquiryMessage"]] = relationship(back_populates="enquiry", order_by="EnquiryMessage.id")


class EnquiryMessage(Base):
    """One message in the thread; ``by_buyer`` tells whose."""

    __tablename__ = "enquiry_messages"

    id: Mapped[Id]
    enquiry_id: Mapped[int] = mapped_column(ForeignKey("enquiries.id"), index=True)
    by_buyer: Mapped[bool]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    text: Mapped[Prose]
    at: Mapped[datetime]

    enquiry: Mapped[Enquiry] = relationship(back_populates="messages")

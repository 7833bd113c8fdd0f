"""A buyer asks, the producer answers."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.accounts.throttle import Visit, ration
from certification.audit.record import record
from certification.core.db import hold, writing
from certification.core.outbox import send
from certification.parties.belonging import keepers_of
from certification.parties.models import Power
from certification.rules.errors import Conflict, DomainError, IllegalMove, InvalidInput
from certification.rules.text import N_
from marketplace.catalogue.models import Product
from marketplace.enquiries.models import Channel, Enquiry, EnquiryMessage, EnquiryState
from marketplace.enquiries.permissions import Permission
from marketplace.labels import badges_for

AN_HOUR = timedelta(hours=1)
MOST_AN_HOUR = 5  # also the most mails that somebody can have us send to one address
MOST_FROM_ONE_PLACE = 10
MOST_ADDED_AN_HOUR = 20
MOST_MESSAGES = 100
LONGEST_MESSAGE = 2000


class TooMany(DomainError):
    """Somebody asks again and again."""

    default_code = "too_many_enquiries"
    default_sentence = N_("Ya envió varias preguntas en la última hora. Espere un poco para enviar otra.")


@dataclass(frozen=True)
class Question:
    """What a buyer sends. ``contact`` is a mail address or an E.164 telephone number, as ``channel`` says."""

    name: str
    channel: Channel
    contact: str
    text: str
    request_key: str
    language: str


def ask(product: Product, question: Question, *, by: User | None, at: datetime, visit: Visit | None = None) -> Enquiry:
    """Ask about a product. The same ``request_key`` sent again finds the first enquiry.

    A mail address that is not a signed-in buyer's own is confirmed first; only then does the producer see the question.

    Raises:
        Forbidden, NotFound: when the product is not on sale.
        Conflict: when the key was used for another question.
        TooMany: more than :data:`MOST_AN_HOUR` from one contact.
        TooManyAttempts: more than :data:`MOST_FROM_ONE_PLACE` an hour from where the visit comes.

    """
    check(by, Permission.ASK, product)
    session = writing()
    before = session.scalar(select(Enquiry).where(Enquiry.request_key == question.request_key))
    if before is not None:
        return _same(before, product, question)
    _not_too_many(session, question, at)
    if visit is not None:
        ration("ask", visit.address_digest, most=MOST_FROM_ONE_PLACE, within=AN_HOUR, at=at)
    known = (
        by is not None and question.channel is Channel.MAIL and by.email == question.contact and by.email_confirmed_at is not None
    )
    confirmed = known or question.channel is Channel.WHATSAPP
    made = Enquiry(
        product_id=product.id,
        buyer_id=by.id if by else None,
        name=question.name,
        channel=question.channel,
        email=question.contact if question.channel is Channel.MAIL else None,
        phone=question.contact if question.channel is Channel.WHATSAPP else None,
        language=question.language,
        state=EnquiryState.OPEN if confirmed else EnquiryState.UNCONFIRMED,
        request_key=question.request_key,
        created_at=at,
        label_state=_label_state(product, at),
    )
    made.messages.append(EnquiryMessage(by_buyer=True, by_id=made.buyer_id, text=question.text, at=at))
    session.add(made)
    session.flush()
    record("enquiry.asked", "enquiry", made.public_id, by=by, at=at, product=product.public_id)
    if confirmed:
        _tell_producer(made)
    else:
        send(question.contact, "enquiry-confirm", language=question.language, enquiry=made, key=confirming_key_of(made))
    return made


def confirm(enquiry: Enquiry, *, at: datetime) -> None:
    """The link that was mailed was opened: the address is the buyer's own. Again changes nothing."""
    hold(enquiry)
    if enquiry.state is not EnquiryState.UNCONFIRMED:
        return
    enquiry.state = EnquiryState.OPEN
    record("enquiry.confirmed", "enquiry", enquiry.public_id, by=None, at=at)
    _tell_producer(enquiry)


def answer(enquiry: Enquiry, text: str, *, by: User, at: datetime) -> None:
    """The producer answers; the buyer gets it by mail, or finds it behind their link.

    Raises:
        NotFound: for who does not sell it.
        IllegalMove: when the thread is closed.

    """
    check(by, Permission.ANSWER, enquiry)
    hold(enquiry)
    _say(enquiry, text, by_buyer=False, by=by, at=at)
    enquiry.state = EnquiryState.ANSWERED
    record("enquiry.answered", "enquiry", enquiry.public_id, by=by, at=at)
    if enquiry.email:
        send(enquiry.email, "enquiry-answered", language=enquiry.language, enquiry=enquiry, text=text, key=key_of(enquiry))


def add(enquiry: Enquiry, text: str, *, at: datetime) -> None:
    """The buyer writes again, from their link.

    Raises:
        IllegalMove: when the thread is closed, or its address was never confirmed.
        TooManyAttempts: after :data:`MOST_ADDED_AN_HOUR` messages within an hour.

    """
    hold(enquiry)
    if enquiry.state is EnquiryState.UNCONFIRMED:
        raise IllegalMove
    ration("add", enquiry.public_id, most=MOST_ADDED_AN_HOUR, within=AN_HOUR, at=at)
    _say(enquiry, text, by_buyer=True, by=None, at=at)
    enquiry.state = EnquiryState.OPEN
    record("enquiry.added", "enquiry", enquiry.public_id, by=None, at=at)
    _tell_producer(enquiry)


def close(enquiry: Enquiry, *, by: User, at: datetime) -> None:
    """The producer is done with it. Closing twice changes nothing."""
    check(by, Permission.ANSWER, enquiry)
    hold(enquiry)
    if enquiry.state is not EnquiryState.CLOSED:
        enquiry.state = EnquiryState.CLOSED
        record("enquiry.closed", "enquiry", enquiry.public_id, by=by, at=at)


def reopen(enquiry: Enquiry, *, by: User, at: datetime) -> None:
    """Take a closed thread up again."""
    check(by, Permission.ANSWER, enquiry)
    hold(enquiry)
    if enquiry.state is EnquiryState.CLOSED:
        enquiry.state = EnquiryState.OPEN if enquiry.messages[-1].by_buyer else EnquiryState.ANSWERED
        record("enquiry.reopened", "enquiry", enquiry.public_id, by=by, at=at)


def key_of(enquiry: Enquiry) -> str:
    """The key in the buyer's private link: made from the instance's secret, stored nowhere."""
    return _key(b"enquiry:", enquiry)


def confirming_key_of(enquiry: Enquiry) -> str:
    """The key that only the mail to the buyer holds: who has it reads that address."""
    return _key(b"confirm:", enquiry)


def opens(enquiry: Enquiry, key: str) -> bool:
    """Whether the key is this enquiry's."""
    return hmac.compare_digest(key_of(enquiry).encode(), key.encode())


def confirms(enquiry: Enquiry, key: str) -> bool:
    """Whether the key is the one that was mailed for this enquiry."""
    return hmac.compare_digest(confirming_key_of(enquiry).encode(), key.encode())


def _key(what: bytes, enquiry: Enquiry) -> str:
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.digest(secret, what + enquiry.public_id.encode(), "sha256").hex()[:32]


def _same(before: Enquiry, product: Product, question: Question) -> Enquiry:
    first = before.product_id, before.name, before.email or before.phone, before.messages[0].text
    if first != (product.id, question.name, question.contact, question.text):
        raise Conflict(sentence=N_("Esta página ya se había enviado con otra pregunta. Ábrala de nuevo para escribir una nueva."))
    return before


def _not_too_many(session: Session, question: Question, at: datetime) -> None:
    column = Enquiry.email if question.channel is Channel.MAIL else Enquiry.phone
    lately = select(func.count()).where(column == question.contact, Enquiry.created_at > at - AN_HOUR)
    if (session.scalar(lately) or 0) >= MOST_AN_HOUR:
        raise TooMany


def _say(enquiry: Enquiry, text: str, *, by_buyer: bool, by: User | None, at: datetime) -> None:
    if enquiry.state is EnquiryState.CLOSED:
        raise IllegalMove
    if not text:
        raise InvalidInput(sentence=N_("Escriba su mensaje."), field="text")
    if len(enquiry.messages) >= MOST_MESSAGES:
        raise IllegalMove
    enquiry.messages.append(EnquiryMessage(by_buyer=by_buyer, by_id=by.id if by else None, text=text, at=at))


def _tell_producer(enquiry: Enquiry) -> None:
    for person in keepers_of(enquiry.product.producer.party_id, Power.CATALOGUE):
        if person.email and person.email_confirmed_at:
            send(person.email, "enquiry-received", language=person.language, enquiry=enquiry, text=enquiry.messages[-1].text)


def _label_state(product: Product, at: datetime) -> str | None:
    found = badges_for([product.subject_ref], [product.producer.party.public_id], at)
    return "VALID" if found else None

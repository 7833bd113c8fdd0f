"""What buyers asked and producers answered."""

from certification.accounts.models import User
from marketplace.demonstration.content import DemoContent, DemoEnquiry
from marketplace.demonstration.people import Cast
from marketplace.enquiries import asking
from marketplace.enquiries.asking import Question
from marketplace.enquiries.models import Channel, EnquiryState


def bring_letters(content: DemoContent, cast: Cast) -> None:
    """Every enquiry with its messages, each on its day."""
    for number, demo in enumerate(content.enquiries):
        _bring(demo, cast, number)


def _bring(demo: DemoEnquiry, cast: Cast, number: int) -> None:
    buyer, product = cast.users[demo.buyer], cast.products[demo.product]
    first, *others = demo.messages
    channel = Channel(demo.channel)
    contact = str(buyer.email) if channel is Channel.MAIL else f"+52951000{1000 + number}"
    question = Question(buyer.name, channel, contact, first.text, f"demonstration-{demo.key}", "es")
    made = asking.ask(product, question, by=buyer, at=cast.day(first.on))
    for message in others:
        at = cast.day(message.on)
        if message.by == demo.buyer:
            asking.add(made, message.text, at=at)
        else:
            asking.answer(made, message.text, by=_keeper(message.through or message.by, cast), at=at)
    if demo.state == EnquiryState.CLOSED:
        asking.close(made, by=_keeper(demo.messages[-1].through or others[0].by, cast), at=cast.day(demo.messages[-1].on))


def _keeper(key: str, cast: Cast) -> User:
    return cast.users[key]

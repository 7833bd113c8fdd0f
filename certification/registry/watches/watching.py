"""Asking for mail about a label, confirming it, leaving, and telling each change exactly once."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import literal, select, tuple_

from certification.accounts.models import User
from certification.accounts.permissions import check
from certification.accounts.throttle import TooManyAttempts, Visit, mailbox, ration
from certification.audit.record import record
from certification.core.db import db, hold, unit_of_work, writing
from certification.core.outbox import forget_mail, send
from certification.core.web import outside
from certification.log.lagging import lags
from certification.registry.models import Certificate
from certification.registry.permissions import Permission
from certification.registry.validity import state_at
from certification.registry.watches.links import Link, address
from certification.registry.watches.models import Watch
from certification.registry.watches.saying import changed
from certification.registry.weighing import standing
from certification.rules.code import display
from certification.rules.errors import DomainError, IllegalMove
from certification.rules.text import N_
from certification.rules.verdict import LOST, PublicState
from certification.schemes.texts import text_of

CONFIRM_WITHIN = timedelta(hours=48)
A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)
MOST_FROM_ONE_PLACE = 20  # an hour; a village shares one
MOST_MAILS = 6  # a day to one mailbox, whoever asks
AT_ONCE = 50
log = structlog.get_logger()


class LinkTooOld(DomainError):
    """A link to confirm was opened after its time."""

    default_code = "link_too_old"
    default_sentence = N_("Este enlace ya pasó su tiempo. Pida otro desde la página del sello.")


class Over(IllegalMove):
    """Nothing more can happen to the label."""

    default_code = "label_over"
    default_sentence = N_("Este sello terminó para siempre: ya no habrá cambios que avisar.")


def ask(certificate: Certificate, email: str, language: str, *, by: User | None, at: datetime, visit: Visit) -> None:
    """Ask for mail about a label: a link to confirm goes to the address, or, where it watches already, the link to leave.

    Whoever asks learns nothing of the address. More than :data:`MOST_MAILS` a day are not sent, and not told either.

    Raises:
        Over: the label was lost for good.
        TooManyAttempts: more than :data:`MOST_FROM_ONE_PLACE` an hour from where the visit comes.

    """
    check(by, Permission.WATCH, certificate)
    if standing(certificate, at).state in LOST:
        raise Over
    ration("watch", visit.address_digest, most=MOST_FROM_ONE_PLACE, within=AN_HOUR, at=at)
    if not _may_mail(email, at):
        return
    hold(certificate)  # two who ask for the same address at once
    watch = writing().scalar(select(Watch).where(Watch.certificate_id == certificate.id, Watch.email == email))
    if watch is not None and watch.confirmed_at is not None:
        _mail(watch, "watch-already")
        return
    if watch is None:
        watch = Watch(certificate=certificate, email=email)
        writing().add(watch)
    watch.language, watch.asked_at = language, at
    writing().flush()
    record("watch.asked", "watch", watch.public_id, by=None, at=at, certificate=certificate.code)
    _mail(watch, "watch-confirm", url=address(watch, Link.CONFIRM), hours=int(CONFIRM_WITHIN / AN_HOUR))


def confirm(watch: Watch, *, at: datetime) -> None:
    """The link that was mailed was opened and its button pressed. Again changes nothing.

    Raises:
        LinkTooOld: after :data:`CONFIRM_WITHIN`.

    """
    hold(watch)
    if watch.confirmed_at is not None:
        return
    if too_old(watch, at):
        raise LinkTooOld
    told = standing(watch.certificate, at).state.value  # the page that follows shows it
    watch.confirmed_at, watch.told_at, watch.told_state = at, at, told
    record("watch.confirmed", "watch", watch.public_id, by=None, at=at, certificate=watch.certificate.code)


def too_old(watch: Watch, at: datetime) -> bool:
    """Whether the link to confirm is past its time."""
    return watch.asked_at + CONFIRM_WITHIN <= at


def leave(watch: Watch, *, at: datetime) -> None:
    """End it at once: the address goes, and with it every copy of what was mailed."""
    record("watch.left", "watch", watch.public_id, by=None, at=at, certificate=watch.certificate.code)
    forget(watch)


def forget(watch: Watch) -> None:
    """Delete a watch with its mail, also what has not left yet."""
    forget_mail(watch.email, address(watch, Link.LEAVE))
    writing().delete(watch)
    writing().flush()


def come_back(certificate: Certificate, email: str, language: str, told: str, *, at: datetime) -> Watch:
    """Undo leaving: confirmed as it was, with what was told last. Where the address watches again already, that one stays."""
    hold(certificate)
    watch = writing().scalar(select(Watch).where(Watch.certificate_id == certificate.id, Watch.email == email))
    if watch is None:
        watch = Watch(certificate=certificate, email=email, language=language, asked_at=at)
        writing().add(watch)
    if watch.confirmed_at is None:
        watch.confirmed_at, watch.told_at, watch.told_state = at, at, told
    writing().flush()
    record("watch.came_back", "watch", watch.public_id, by=None, at=at, certificate=certificate.code)
    return watch


def tell_changes(at: datetime) -> int:
    """For the worker: mail to whom a state was told that is no longer the label's; returns how many were told.

    A unit of work for each: the mail and what was told last are one commit. One that fails stops no other and comes again.
    """
    if lags():
        return 0  # nobody is told what may have been overtaken
    done, after = 0, None
    while done < AT_ONCE and (found := _not_told(at, after)):
        done += sum(_told(id_, at) for _, id_ in found)
        after = found[-1]
    return done


def _not_told(at: datetime, after: tuple[datetime, int] | None) -> list[tuple[datetime, int]]:
    """The next of those whose label seems to stand otherwise than they were told. Of some nobody can tell: others wait behind."""
    keys = Watch.told_at, Watch.id
    wanted = select(*keys).join(Certificate).where(Watch.confirmed_at.is_not(None), Watch.told_state != state_at(at))
    if after is not None:
        wanted = wanted.where(tuple_(*keys) > tuple_(*(literal(key, one.type) for key, one in zip(after, keys, strict=True))))
    return [(told_at, id_) for told_at, id_ in db.session.execute(wanted.order_by(*keys).limit(AT_ONCE)) if told_at]


def _told(id_: int, at: datetime) -> bool:
    try:
        with unit_of_work() as session:
            watch = session.get(Watch, id_, with_for_update={"of": Watch}, populate_existing=True)
            return watch is not None and _tell(watch, at)
    except Exception:
        log.exception("watch not told", watch=id_)
        return False


def _tell(watch: Watch, at: datetime) -> bool:
    """Tell the state as it is now, unless somebody just did, or nobody can say."""
    found = standing(watch.certificate, at)
    if found.state is PublicState.CANNOT_CHECK or watch.told_state == found.state.value:
        return False
    _mail(watch, "watch-changed", over=found.state in LOST, **changed(watch, found))
    watch.told_state, watch.told_at = found.state.value, at
    return True


def _mail(watch: Watch, name: str, **more: object) -> None:
    certificate = watch.certificate
    send(
        watch.email,
        name,
        language=watch.language,
        unsubscribe=address(watch, Link.LEAVE),
        code=display(certificate.code),
        label=text_of(certificate.scheme_version).name.in_(watch.language),
        holder=certificate.holder_name,
        goods=certificate.goods,
        verify_url=outside(f"/v/{certificate.code}?lang={watch.language}"),
        **more,
    )


def _may_mail(email: str, at: datetime) -> bool:
    try:
        ration("watch-mail", mailbox(email), most=MOST_MAILS, within=A_DAY, at=at)
    except TooManyAttempts:
        return False
    return True

"""Filling an empty demonstration: all of it or nothing, through the services that everybody uses."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from certification.accounts.models import User
from certification.core.db import db, unit_of_work, writing
from certification.core.instance import InstanceFact
from certification.core.outbox import OutboxMessage
from certification.rules.criteria import parse_scheme
from certification.schemes.builtin import install, install_builtin, standards
from marketplace.demonstration.cases import bring_cases
from marketplace.demonstration.content import DemoArt, DemoContent, DemoPerson, load
from marketplace.demonstration.content.dossiers import application_behind
from marketplace.demonstration.goods import bring_goods
from marketplace.demonstration.letters import bring_letters
from marketplace.demonstration.people import PASSWORD, Cast, appoint_all, bring_people, declare_ties, give_mandates, local_day
from marketplace.demonstration.studio import Studio, wishes_of

LOADED = "demonstration_loaded"


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in."""

    name: str
    sign_in: str
    password: str
    roles: tuple[str, ...]
    who: str


def load_demonstration(*, at: datetime, told: Callable[[int, int], None] = lambda _done, _of: None) -> bool:
    """Load the fictional market unless it was loaded before; whether it was loaded now. ``told`` hears of the drawings' progress."""
    if db.session.get(InstanceFact, LOADED) is not None:
        return False
    content = load()
    studio = Studio()
    studio.draw(wishes_of(content, _paper_art(content)), told)
    with unit_of_work():
        _bring(content, Cast(at, studio, content.all_people))
        writing().add(InstanceFact(name=LOADED, value=at.isoformat()))
        # these letters are part of the story: nobody is to receive them
        writing().execute(update(OutboxMessage).values(sent_at=OutboxMessage.made_at))
    return True


def accounts() -> list[Account]:
    """Who may sign in, in the order of the content; nobody whose code is still on paper."""
    content = load()
    by_name = {user.name: user for user in db.session.scalars(select(User).where(User.password_hash.is_not(None)))}
    return [_account(person, by_name[person.name]) for person in content.all_people if person.name in by_name]


def accounts_json() -> str:
    """The same for programs."""
    return json.dumps([asdict(account) for account in accounts()], ensure_ascii=False, indent=1)


def _account(person: DemoPerson, user: User) -> Account:
    roles = person.roles or (("producer",) if person.party else ())
    return Account(user.name, user.email or user.handle or "", PASSWORD, roles, person.who)


def _bring(content: DemoContent, cast: Cast) -> None:
    bring_people(content, cast)
    install_builtin(by=None, at=cast.began + timedelta(days=1))
    for document in content.schemes:
        _install(document, cast)
    appoint_all(content, cast)
    give_mandates(content, cast)
    declare_ties(content, cast)
    bring_goods(content, cast)
    bring_cases(content, cast)
    bring_letters(content, cast)


def _install(document: dict[str, Any], cast: Cast) -> None:
    """A community's scheme, with the legal mark that it rests on."""
    version = install(document, by=None, at=cast.began + timedelta(days=1))
    mark = document.get("external_mark")
    if mark:
        version.mark = mark["name"]["es"]
        version.mark_ends_on = local_day(cast.at + timedelta(days=mark["expires_in_days"]))


def _paper_art(content: DemoContent) -> list[DemoArt]:
    """Drawings in the papers behind certificates."""
    texts = {(text.id, text.version): text for text in map(parse_scheme, [*standards()["schemes"], *content.schemes])}
    papers = (application_behind(one, content, texts[one.scheme, one.version]) for one in content.certificates)
    return [item.art for paper in papers for item in paper.evidence if item.art]

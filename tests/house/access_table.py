"""Who reaches what: one row for every route, method and kind of thing; a door says what each role meets there.

A door is a list of ``roles outcome`` pairs, later ones over earlier ones; ``all`` and ``people`` (all but visitors) stand for
many. An outcome has one letter for a page without a thing, else two: for the thing of one's own side, and for that of the
other side. ``admin +-`` reads: who administers the workshop reaches its own things and finds nothing of the other workshop.

    +  reaches it: an answer of 2xx, a redirect, or what says what is wrong with what was sent (409, 415, 422)
    s  is asked to sign in
    x  learns that they may not (403)
    -  finds nothing (404)
    0  is told that a code is no good (a GET answered with 422)
"""

from collections.abc import Collection
from dataclasses import dataclass

from flask import Flask

FOR_EVERYBODY = {"static_asset", "media"}
DOORS = {
    "open": "all +",
    "open thing": "all ++",
    "no code": "all 00",
    "nothing": "all -",
    "nothing there": "all --",
    "no key": "all --",
    "account": "visitor s, people +",
    "account thing": "visitor ss, people ++",
    "key and account": "visitor ss, people ++",
    "one's own": "visitor ss, people +-",
    "operator": "visitor s, people x, operator +",
    "people": "visitor ss, people --, operator ++",
    "people but oneself": "visitor ss, people --, operator x+",
    # the workshop
    "catalogue": "visitor ss, people --, payments reader x-, admin catalogue coop promoter +-, rival -+",
    "catalogue unseen": "visitor ss, people --, admin catalogue coop promoter +-, rival -+",
    "stall": "visitor ss, people xx, admin catalogue coop promoter +x, rival x+",
    "own closed stall": "visitor ss, people --, admin +-, rival -+",
    "draft page": "all --, admin catalogue payments reader coop promoter +-, rival -+",
    "closed page": "all --, admin +-, rival -+",
    "party": "visitor ss, people --, admin catalogue payments reader coop promoter +-, rival -+, vetter ++",
    "manage": "visitor ss, people --, catalogue payments reader coop promoter x-, admin +-, rival -+, vetter xx",
    "part": "visitor ss, people --, admin coop +-, rival -+",
    "leave": "visitor ss, people --, catalogue payments reader coop promoter x-, admin +-, rival -+",
    "paper": "visitor ss, people --, catalogue payments reader x-, admin coop promoter +-, rival -+, vetter ++",
    "mandate": "visitor ss, people --, catalogue payments reader x-, admin promoter +-, rival -+",
    "vetting": "visitor s, people x, vetter +",
    "vet": "visitor ss, people --, admin catalogue payments reader x-, rival -x, vetter ++",
    # labels
    "holder": "visitor ss, people xx, admin catalogue coop promoter +x, rival x+",
    "committee acts": "visitor ss, people xx, decider decider_evaluated +x, decider_elsewhere x+",
    "unsent evidence": "visitor ss, people --, admin catalogue coop promoter +-, rival -+",
    "evidence": "visitor ss, people --, admin catalogue coop promoter +-, rival -+, decider decider_evaluated owner +-, "
    "decider_elsewhere -+",
    "evidence under evaluation": "visitor ss, people --, admin catalogue coop promoter +-, rival -+, "
    "evaluator decider decider_evaluated owner +-, decider_elsewhere -+",
    "withdrawn from sight": "visitor ss, people --",
    # the review desk; a tied decider sees that a case exists and why they may not touch it
    "desk": "visitor s, people x, evaluator evaluator_idle tied recused decider decider_tied decider_evaluated "
    "decider_elsewhere owner +",
    "committees": "visitor s, people x, decider decider_tied decider_evaluated decider_elsewhere +",
    "case": "visitor ss, people --, decider decider_tied decider_evaluated owner +-, decider_elsewhere -+",
    "case with a panel": "visitor ss, people --, evaluator tied decider decider_tied decider_evaluated owner +-, "
    "decider_elsewhere -+",
    "look after": "visitor ss, people --, decider decider_tied decider_evaluated owner +-, decider_elsewhere -+",
    "look after, done": "visitor ss, people --, decider decider_evaluated owner +-, decider_tied x-, decider_elsewhere -+",
    "look after with a panel": "visitor ss, people --, evaluator tied x-, decider decider_tied decider_evaluated owner +-, "
    "decider_elsewhere -+",
    "look after with a panel, done": "visitor ss, people --, evaluator tied decider_tied x-, decider decider_evaluated owner +-, "
    "decider_elsewhere -+",
    "return by the committee, done": "visitor ss, people --, evaluator tied decider_tied decider_evaluated owner x-, decider +-, "
    "decider_elsewhere -+",
    "evaluate": "visitor ss, people --, evaluator tied +-, decider_evaluated x-",
    "evaluate, done": "visitor ss, people --, evaluator +-, tied decider_evaluated x-",
    "decide": "visitor ss, people --, decider decider_tied decider_evaluated +-, owner x-, decider_elsewhere -+",
    "decide on a panel's word": "visitor ss, people --, evaluator tied owner x-, decider decider_tied decider_evaluated +-, "
    "decider_elsewhere -+",
    "decide, done": "visitor ss, people --, evaluator tied owner decider_tied decider_evaluated x-, decider +-, "
    "decider_elsewhere -+",
}  # fmt: skip

# methods | route | thing | door | what is sent
TABLE = """
GET      | /                                        |                          | open
GET      | /about                                   |                          | open
GET      | /favicon.ico                             |                          | open
GET      | /robots.txt                              |                          | open
GET      | /privacy                                 |                          | open
GET      | /terms                                   |                          | open
GET      | /healthz                                 |                          | open
GET      | /readyz                                  |                          | open
GET      | /mail                                    |                          | nothing
GET      | /mail/<public_id>                        | mail                     | nothing there
GET      | /map                                     |                          | open
GET      | /log                                     |                          | open
GET      | /log/checkpoint                          |                          | open
GET      | /log/vkey                                |                          | open
GET      | /log/handover                            |                          | open
GET      | /log/tile/<path:rest>                    | tile                     | open thing
GET      | /desk                                    |                          | account
GET      | /desk/labels                             |                          | account

GET      | /account/                                |                          | account
GET POST | /account/begin                           |                          | open
POST     | /account/begin/challenge                 |                          | open
POST     | /account/begin/passkey                   |                          | open
GET      | /account/check-mail                      |                          | open
GET POST | /account/code                            |                          | open
GET      | /account/confirm/<code>                  | no code                  | no code
POST     | /account/confirm/<code>                  | no code                  | open thing
POST     | /account/consents                        |                          | account
GET POST | /account/details                         |                          | account
GET POST | /account/erase                           |                          | account
POST     | /account/everywhere                      |                          | account
GET POST | /account/export                          |                          | account
GET POST | /account/forgot                          |                          | open
POST     | /account/keep                            |                          | account
GET POST | /account/mail                            |                          | account
GET      | /account/mail/<code>                     | no code                  | no code
POST     | /account/mail/<code>                     | no code                  | open thing
GET POST | /account/passkeys                        |                          | account
POST     | /account/passkeys/<int(max=2147483647):number>/remove | passkey     | one's own
POST     | /account/passkeys/<int(max=2147483647):number>/rename | passkey     | one's own
POST     | /account/passkeys/add                    |                          | account
POST     | /account/passkeys/challenge              |                          | account
POST     | /account/passkeys/sign-in                |                          | open
POST     | /account/passkeys/sign-in/challenge      |                          | open
GET POST | /account/password                        |                          | account
GET      | /account/people                          |                          | operator
GET POST | /account/people/<public_id>              | person                   | people
POST     | /account/people/<public_id>/close        | person                   | people but oneself
POST     | /account/people/<public_id>/dismiss      | person                   | people but oneself | role={role}
POST     | /account/people/<public_id>/drop-passkeys| person                   | people
POST     | /account/people/<public_id>/reopen       | person                   | people
GET POST | /account/register                        |                          | open
GET      | /account/reset/<code>                    | reset code               | open thing
GET      | /account/reset/<code>                    | no code                  | no code
POST     | /account/reset/<code>                    | reset code               | open thing
GET POST | /account/sign-in                         |                          | open
POST     | /account/sign-out                        |                          | open

GET      | /products                                |                          | open
GET      | /products/<public_id>                    | published product        | open thing
GET      | /products/<public_id>                    | paused product           | open thing
GET      | /products/<public_id>                    | archived product         | open thing
GET      | /products/<public_id>                    | draft product            | draft page
GET      | /products/<public_id>                    | product of a closed stall| closed page
GET      | /products/<public_id>/<slug>             | published product        | open thing
GET      | /products/<public_id>/<slug>             | draft product            | draft page
GET      | /products/<public_id>/<slug>             | product of a closed stall| closed page
GET POST | /products/<public_id>/ask                | published product        | open thing
GET POST | /products/<public_id>/ask                | paused product           | nothing there
GET POST | /products/<public_id>/ask                | archived product         | nothing there
GET POST | /products/<public_id>/ask                | draft product            | nothing there
GET POST | /products/<public_id>/ask                | product of a closed stall| nothing there
GET POST | /asked/<public_id>/<key>                 | enquiry by its link      | open thing
GET POST | /asked/<public_id>/<key>                 | enquiry by a wrong link  | no key
GET POST | /asked/<public_id>/<key>/confirm         | enquiry by its mail      | open thing
GET POST | /asked/<public_id>/<key>/confirm         | enquiry by its link      | no key
GET POST | /asked/<public_id>/<key>/confirm         | enquiry by a wrong link  | no key
GET      | /desk/enquiries                          |                          | account
GET POST | /desk/enquiries/<public_id>              | enquiry                  | catalogue unseen
POST     | /desk/enquiries/<public_id>/close        | enquiry                  | catalogue unseen
POST     | /desk/enquiries/<public_id>/reopen       | enquiry                  | catalogue unseen

GET      | /desk/listings                           |                          | account
GET      | /desk/listings/new                       |                          | account
POST     | /desk/listings/new/<producer>            | producer                 | catalogue
GET POST | /desk/listings/<public_id>               | draft product            | catalogue
GET POST | /desk/listings/<public_id>               | published product        | catalogue
POST     | /desk/listings/<public_id>/archive       | published product        | catalogue
POST     | /desk/listings/<public_id>/archive       | published product        | catalogue          | confirmed=1
POST     | /desk/listings/<public_id>/copy          | published product        | catalogue
POST     | /desk/listings/<public_id>/pause         | published product        | catalogue
POST     | /desk/listings/<public_id>/pause         | published product        | catalogue          | confirmed=1
GET POST | /desk/listings/<public_id>/photos        | published product        | catalogue
POST     | /desk/listings/<public_id>/photos/arrange| published product        | catalogue          | remove={photo}
POST     | /desk/listings/<public_id>/restore       | archived product         | catalogue
POST     | /desk/listings/<public_id>/resume        | paused product           | catalogue
GET POST | /desk/listings/<public_id>/variants      | published product        | catalogue

GET      | /producers                               |                          | open
GET      | /producers/<slug>                        | stall                    | open thing
GET      | /producers/<slug>                        | closed stall             | closed page
POST     | /desk/parties/<public_id>/stall          | party without a stall    | own closed stall
GET POST | /desk/stalls/<slug>                      | stall                    | stall
GET POST | /desk/stalls/<slug>                      | closed stall             | own closed stall
POST     | /desk/stalls/<slug>/away                 | stall                    | stall
POST     | /desk/stalls/<slug>/cover                | stall                    | stall
POST     | /desk/stalls/<slug>/hide                 | stall                    | stall
GET POST | /desk/stalls/<slug>/makers               | stall                    | stall
POST     | /desk/stalls/<slug>/portrait             | stall                    | stall
POST     | /desk/stalls/<slug>/show                 | stall                    | stall
POST     | /desk/stalls/<slug>/show                 | closed stall             | own closed stall
POST     | /desk/makers/<public_id>/withdraw        | maker                    | stall

GET POST | /desk/parties/new                        |                          | account
GET      | /desk/parties/<public_id>                | party                    | party
GET POST | /desk/parties/<public_id>/edit           | party                    | manage
GET POST | /desk/parties/<public_id>/mandates/new   | party                    | manage
GET POST | /desk/parties/<public_id>/member-parties/new | party                | manage
POST     | /desk/parties/<public_id>/member-parties/<member_id>/part | belonging | part
GET POST | /desk/parties/<public_id>/members/new    | party                    | manage
GET POST | /desk/parties/<public_id>/members/<user_id> | membership            | manage
POST     | /desk/parties/<public_id>/members/<user_id>/code | membership       | paper
POST     | /desk/parties/<public_id>/members/<user_id>/end | membership        | leave
GET POST | /desk/parties/<public_id>/proof          | party                    | manage
POST     | /desk/invitations/<public_id>/withdraw   | invitation               | manage
POST     | /desk/mandates/<public_id>/end           | mandate                  | mandate
GET      | /join/<key>                              | invitation by its key    | open thing
POST     | /join/<key>                              | invitation by its key    | key and account
GET POST | /join/<key>                              | enquiry by its link      | no key
GET      | /vetting                                 |                          | vetting
GET POST | /vetting/<public_id>                     | proof                    | vet
GET      | /vetting/<public_id>/document            | proof                    | vet
GET POST | /vouch/<public_id>                       | party                    | account thing
GET      | /desk/ties                               |                          | account
GET POST | /desk/ties/with/<public_id>              | party                    | account thing
POST     | /desk/ties/<public_id>/end               | tie                      | one's own

GET      | /apply                                   |                          | account
GET POST | /apply/new                               |                          | account
GET      | /apply/<public_id>                       | draft case               | catalogue unseen
GET      | /apply/<public_id>                       | ripe case                | catalogue unseen
GET      | /apply/<public_id>                       | decided case             | catalogue unseen
GET POST | /apply/<public_id>/goods                 | draft case               | catalogue unseen
GET POST | /apply/<public_id>/goods                 | ripe case                | catalogue unseen
GET POST | /apply/<public_id>/criteria/<code>       | draft case               | catalogue unseen
GET POST | /apply/<public_id>/criteria/<code>       | ripe case                | catalogue unseen
POST     | /apply/<public_id>/submit                | draft case               | catalogue unseen   | pledge=y
GET POST | /apply/<public_id>/withdraw              | sent case                | catalogue unseen   | reason=Otra vez será
GET      | /evidence/<public_id>                    | draft evidence           | unsent evidence
GET      | /evidence/<public_id>                    | draft removed evidence   | unsent evidence
GET      | /evidence/<public_id>                    | sent evidence            | evidence
GET      | /evidence/<public_id>                    | sent removed evidence    | unsent evidence
GET      | /evidence/<public_id>                    | returned evidence        | evidence
GET      | /evidence/<public_id>                    | unsent evidence          | unsent evidence
GET      | /evidence/<public_id>                    | evaluating evidence      | evidence under evaluation
GET      | /evidence/<public_id>                    | evaluating removed evidence | unsent evidence
GET      | /evidence/<public_id>                    | ripe evidence            | evidence under evaluation
GET      | /evidence/<public_id>                    | ripe removed evidence    | unsent evidence
GET      | /evidence/<public_id>                    | ripe words evidence      | withdrawn from sight

GET      | /review                                  |                          | desk
GET      | /review/visits                           |                          | committees
GET      | /review/signatures                       |                          | committees
GET      | /review/<public_id>                      | draft case               | withdrawn from sight
GET      | /review/<public_id>                      | sent case                | case
GET      | /review/<public_id>                      | returned case            | case
GET      | /review/<public_id>                      | evaluating case          | case with a panel
GET      | /review/<public_id>                      | ripe case                | case with a panel
GET      | /review/<public_id>                      | decided case             | case
POST     | /review/<public_id>/accept               | draft case               | withdrawn from sight
POST     | /review/<public_id>/accept               | sent case                | look after, done
GET POST | /review/<public_id>/criteria/<code>      | sent case                | withdrawn from sight
GET      | /review/<public_id>/criteria/<code>      | evaluating case          | evaluate
POST     | /review/<public_id>/criteria/<code>      | evaluating case          | evaluate, done     | value={value}&note=Visto
GET POST | /review/<public_id>/decision             | draft case               | withdrawn from sight
GET      | /review/<public_id>/decision             | ripe case                | decide on a panel's word
POST     | /review/<public_id>/decision             | ripe case                | decide, done       | DECISION
GET POST | /review/<public_id>/decision             | sent case                | decide
GET      | /review/<public_id>/panel                | sent case                | look after
GET      | /review/<public_id>/panel                | evaluating case          | look after with a panel
POST     | /review/<public_id>/panel                | evaluating case          | look after with a panel, done | PANEL
GET      | /review/<public_id>/panel/<seat>/release | seat                     | look after with a panel
POST     | /review/<public_id>/panel/<seat>/release | seat                     | look after with a panel, done | reason=Viaja
GET      | /review/<public_id>/recommendation       | evaluating case          | evaluate
POST     | /review/<public_id>/recommendation       | evaluating case          | evaluate, done     | recommendation=granted
GET POST | /review/<public_id>/recommendation       | sent case                | withdrawn from sight
GET      | /review/<public_id>/return               | sent case                | look after
POST     | /review/<public_id>/return               | sent case                | look after, done   | RETURN
GET      | /review/<public_id>/return               | ripe case                | look after with a panel
POST     | /review/<public_id>/return               | ripe case                | return by the committee, done | RETURN
GET POST | /review/<public_id>/ties                 | evaluating case          | evaluate
POST     | /review/<public_id>/ties                 | evaluating case          | evaluate, done     | act=no_tie&no_tie=y
GET POST | /review/<public_id>/ties                 | sent case                | withdrawn from sight

GET      | /c/<code>                                | certificate              | open thing
GET      | /c/<code>/versions/<int(max=2147483647):number> | version           | open thing
GET      | /status/<purpose>/<int(max=2147483647):number> | status list        | open thing
GET      | /.well-known/did.json                    |                          | open
GET      | /contexts/tianguis/v1                    |                          | open
GET      | /c/<code>/proof                          | certificate              | open thing
GET      | /c/<code>/proof.json                     | certificate              | open thing
GET      | /c/<code>/qr.png                         | certificate              | open thing
GET      | /c/<code>/qr.svg                         | certificate              | open thing
GET      | /c/<code>/tag                            | certificate              | holder
GET      | /c/<code>/tag.png                        | certificate              | holder
POST     | /c/<code>/renew                          | certificate              | holder             | cause=scope
GET POST | /c/<code>/act/visit                      | certificate              | committee acts
POST     | /c/<code>/act/visit                      | certificate              | committee acts     | VISIT
GET POST | /c/<code>/act/reissue                    | certificate              | committee acts
GET      | /c/<code>/act/suspend                    | certificate              | committee acts
GET      | /c/<code>/act/restore                    | certificate              | committee acts
GET      | /c/<code>/act/withdraw                   | certificate              | committee acts
POST     | /c/<code>/act/suspend                    | certificate              | committee acts
POST     | /c/<code>/act/restore                    | certificate              | committee acts
POST     | /c/<code>/act/withdraw                   | certificate              | committee acts
POST     | /c/<code>/act/withdraw                   | certificate              | committee acts     | WITHDRAWAL
POST     | /c/<code>/rehook                         | certificate              | committee acts     | ref=prod1&seen=x
GET POST | /c/<code>/act/surrender                  | certificate              | holder
POST     | /c/<code>/act/surrender                  | certificate              | holder             | confirmed=yes&version=1&reason_code=HOLDER_REQUEST
GET POST | /c/<code>/watch                          | certificate              | open thing
GET      | /c/<code>/watch/sent                     | certificate              | open thing
GET POST | /watches/<public_id>/<key>/confirm       | watch by its mail        | open thing
GET POST | /watches/<public_id>/<key>/confirm       | watch to leave           | no key
GET POST | /watches/<public_id>/<key>/leave         | watch to leave           | open thing
GET POST | /watches/<public_id>/<key>/leave         | watch by its mail        | no key
POST     | /watches/undo                            |                          | open
GET      | /api/v1/certificates/<code>              | certificate              | open thing
POST     | /api/v1/verify                           |                          | open
GET      | /api/v1/openapi.json                     |                          | open
GET      | /api/v1/docs                             |                          | open
GET      | /healthz                                 |                          | open
GET      | /readyz                                  |                          | open
GET      | /v                                       |                          | open
GET      | /v/<code>                                | certificate              | open thing
GET      | /V/<code>                                | certificate              | open thing
GET      | /weave/<code>.svg                        | certificate              | open thing
GET      | /register                                |                          | open
GET      | /register.<kind>                         | kind of file             | open thing
GET      | /register.atom                           |                          | open
GET      | /register/snapshots                      |                          | open
GET      | /register/snapshots/<file>               | snapshot                 | open thing
GET      | /c/<code>/feed.atom                      | certificate              | open thing
GET      | /schemes                                 |                          | open
GET      | /schemes/<key>                           | scheme                   | open thing
GET      | /schemes/<key>/<version>                 | scheme                   | open thing
"""
BODIES = {
    "PANEL": "person={candidate}&seat=outsider",
    "DECISION": "outcome=refused&reasons=Falta&reason_code=CRITICAL_NOT_MET&criterion=OL-1&public_summary=No+se+hace+aqui",
    "RETURN": "reason_code=EVIDENCE_INCOMPLETE&request=Otra+foto&answer_until=2026-12-15",
    "VISIT": "confirmed=yes&visited_on=2026-11-20&peers=1&outsiders=1&seen=1&public_summary=Todo+sigue+igual",
    "WITHDRAWAL": "confirmed=yes&version=1&reason_code=CRITICAL_NOT_MET&criterion=OL-1&public_summary=Se+hace+en+otro+lugar",
}


@dataclass(frozen=True)
class Row:
    """One line of the table, for one method."""

    method: str
    route: str
    thing: str
    door: str
    sends: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.method, self.route, self.thing, self.sends) if part)


def rows() -> list[Row]:
    """The table, one row for each method."""
    found = []
    for line in TABLE.strip().splitlines():
        if line.strip():
            methods, route, thing, door, *sends = (part.strip() for part in line.split("|"))
            said = sends[0] if sends else ""
            found += [Row(method, route, thing, door, BODIES.get(said, said)) for method in methods.split()]
    return found


def expected(door: str, roles: Collection[str]) -> dict[str, str]:
    """What each of these roles meets at a door.

    Raises:
        LookupError: when the door forgets a role, or names one that is none of them.

    """
    found: dict[str, str] = {}
    for pair in DOORS[door].split(","):
        *named, outcome = pair.split()
        for name in named:
            found |= dict.fromkeys(
                {"all": roles, "people": [one for one in roles if one != "visitor"]}.get(name, [name]), outcome
            )
    if set(found) != set(roles):
        raise LookupError(f"door {door!r} and the roles differ: {set(found) ^ set(roles)}")
    return found


def missing(app: Flask, table: Collection[Row]) -> list[str]:
    """The rows to write: routes and methods that the table does not decide. Files for everybody need none."""
    decided = {(row.method, row.route) for row in table}
    return [
        f"{method} | {rule.rule} | {', '.join(sorted(rule.arguments))} | {permission_of(app, rule.endpoint)}"
        for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        if rule.endpoint not in FOR_EVERYBODY and (method, rule.rule) not in decided
    ]


def permission_of(app: Flask, endpoint: str) -> str:
    """What the route asks for, or that it asks for nothing."""
    return str(getattr(app.view_functions[endpoint], "permission", "UNGUARDED"))

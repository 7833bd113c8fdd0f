"""What is private, and who may read it.

Every column that holds text is either open (``OPEN``: words of our own, ids, and what is public by its nature) or has a line in
``PRIVATE``: the column, whose rows (a label of ``populate``; the side is added), the form that its canary takes, and its
readers. Readers are written as in ``access_table``: ``admin +-`` reads those of the own side and not those of the other side.
For rows of people themselves ``themselves`` stands for whose row it is.
"""

from collections.abc import Collection
from dataclasses import dataclass

KEEPERS = "admin catalogue coop promoter +-, rival -+"
MEMBERS = "admin catalogue payments reader +-, rival -+"
COMMITTEE = "decider decider_evaluated owner +-, decider_elsewhere -+"
UNBARRED = "decider owner +-, decider_elsewhere -+"  # who evaluated a case decides nothing in it and is shown so
READERS = {
    "nobody": "",
    "themselves": "themselves +",
    "themselves and the operator": "themselves +, operator +",
    "keepers": KEEPERS,
    "keepers and members": f"{KEEPERS}, {MEMBERS}",
    "members and vetters": f"{MEMBERS}, vetter ++",
    "vetters": "vetter ++",
    "administrators": "admin +-, rival -+",
    "applicants": KEEPERS,
    "applicants and who decides": f"{KEEPERS}, {COMMITTEE}",
    "applicants, who evaluates and who decides": f"{KEEPERS}, {COMMITTEE}, evaluator +-",
    "who decides": COMMITTEE,
    "who found it": "evaluator +-",
    "who evaluates and who decides": f"evaluator +-, {UNBARRED}",
    "applicants and both, at the end": f"{KEEPERS}, evaluator +-, {UNBARRED}",
}

# column | rows | form | readers
PRIVATE = """
users.email                 | people                      | mail   | themselves and the operator
users.handle                | people                      | text   | themselves
users.phone                 | people                      | phone  | themselves
users.password_hash         | people                      | text   | nobody
users.search_text           | people                      | text   | nobody
passkeys.name               | personal                    | text   | themselves
sign_in_failures.account    | own                         | digest | nobody
sign_in_failures.address    | own                         | digest | nobody
spent_tokens.digest         | own                         | digest | nobody
known_devices.digest        | own                         | digest | nobody
one_time_codes.digest       | own other                   | digest | nobody
one_time_codes.address      | own other                   | mail   | nobody
outbox.to                   | own other                   | mail   | nobody
outbox.subject              | own other                   | text   | nobody
outbox.text                 | own other                   | text   | nobody
outbox.html                 | own other                   | text   | nobody
outbox.unsubscribe          | own other                   | text   | nobody
watches.email               | own other                   | mail   | nobody
outbox.failure              | own other                   | text   | nobody
audit_entries.details       | own                         | insert | nobody
parties.reference           | own other                   | text   | members and vetters
invitations.name            | own other                   | text   | members and vetters
invitations.email           | own other                   | mail   | administrators
memberships.request_key     | own other                   | text   | nobody
invitations.digest          | own other                   | digest | nobody
mandates.how                | own other                   | text   | members and vetters
representation_proofs.text  | own other                   | text   | members and vetters
representation_proofs.reason| own other                   | text   | members and vetters
producers.whatsapp          | own other                   | phone  | keepers
makers.consent_how          | own other                   | text   | keepers
products.name               | unlisted                    | text   | keepers and members
products.description        | unlisted                    | text   | keepers and members
products.care               | unlisted                    | text   | keepers and members
claim_documents.details     | unlisted listed             | json   | nobody
enquiries.name              | own other                   | text   | keepers
enquiries.email             | own other                   | mail   | nobody
enquiries.phone             | own other                   | phone  | keepers
enquiries.request_key       | own other                   | text   | nobody
enquiry_messages.text       | own other                   | text   | keepers
applications.goods          | draft                       | text   | applicants
applications.goods          | sent                        | text   | applicants and who decides
applications.goods          | returned                    | text   | applicants
applications.goods          | evaluating                  | text   | applicants, who evaluates and who decides
applications.goods          | ripe                        | text   | applicants and both, at the end
applications.sent           | returned                    | said   | who decides
applications.sent           | draft sent evaluating ripe  | said   | nobody
applications.techniques     | draft                       | text   | applicants
applications.marks          | draft                       | text   | applicants
applications.makers         | draft                       | list   | applicants
applications.request_key    | draft sent evaluating ripe  | text   | nobody
answers.text                | draft                       | text   | applicants
answers.text                | sent                        | text   | applicants and who decides
answers.text                | returned                    | text   | applicants
answers.text                | evaluating                  | text   | applicants, who evaluates and who decides
answers.text                | ripe                        | text   | applicants and both, at the end
evidence.caption            | draft                       | text   | applicants
evidence.caption            | sent                        | text   | applicants and who decides
evidence.caption            | evaluating                  | text   | applicants, who evaluates and who decides
evidence.caption            | ripe                        | text   | applicants and both, at the end
evidence.text               | draft                       | text   | applicants
evidence.text               | sent                        | text   | applicants and who decides
evidence.text               | evaluating                  | text   | applicants, who evaluates and who decides
evidence.text               | ripe                        | text   | applicants and both, at the end
evidence.request_key        | draft sent evaluating ripe  | text   | nobody
stored_files.name           | draft                       | name   | applicants
stored_files.name           | sent                        | name   | applicants and who decides
stored_files.name           | evaluating ripe             | name   | applicants, who evaluates and who decides
stored_files.content        | draft                       | bytes  | applicants
stored_files.content        | sent                        | bytes  | applicants and who decides
stored_files.content        | evaluating ripe             | bytes  | applicants, who evaluates and who decides
stored_files.content        | own other                   | bytes  | vetters
returns.request             | returned                    | text   | applicants
evaluations.summary         | evaluating                  | text   | who found it
evaluations.summary         | ripe                        | text   | who evaluates and who decides
findings.note               | evaluating                  | text   | who found it
findings.note               | ripe                        | text   | who evaluates and who decides
findings.plan               | evaluating                  | text   | who found it
findings.plan               | ripe                        | text   | who evaluates and who decides
evidence.caption            | draft-gone sent-gone evaluating-gone ripe-gone | text | nobody
stored_files.content        | draft-gone sent-gone evaluating-gone ripe-gone | bytes | applicants
evidence.caption            | unsent                      | text   | applicants
stored_files.content        | unsent                      | bytes  | applicants
decisions.reasons           | decided                     | text   | applicants and who decides
decisions.agreed            | decided                     | json   | nobody
"""

# Open: ids and words of our own; what a public page shows; and what only speaks when its row does.
OPEN = """
instance_facts: name value
place_municipalities: code state_code name seat apart folded
place_localities: code municipality_code name folded
place_postal_codes: postal_code municipality_code
users: public_id name state language
consents: purpose text_version
audit_entries: act subject_kind subject_id on_behalf_of
one_time_codes: purpose
outbox: public_id name
passkeys: credential_id public_key
role_holdings: role scope
parties: public_id kind name branch state_code municipality_code municipality locality vetting search_text
stored_files: public_id kind digest content_type renditions
invitations: public_id role
mandates: public_id power
memberships: role
producers: public_id slug line story story_en languages visits
representation_proofs: public_id kind
schemes: key
ties: public_id kind
makers: public_id public_name
scheme_versions: version document digest state mark
applications: public_id subject_kind stage subject_refs state outcome cause renews
products: public_id slug state name_en description_en category materials technique community size unit state_code search_text
products: cover pictures
answers: criterion
certificates: code holder_ref holder_name subject_kind label_class goods search_text state_code municipality municipality_code successor page
claim_documents: rule
decisions: public_id outcome label_class reason_code criterion public_summary
enquiries: public_id channel language state label_state
evaluations: public_id capacity recommendation
evidence: public_id criterion kind
product_photos: public_id alt
returns: reason_code criterion
variants: public_id name
log_leaves: entry hash act certificate_code
log_nodes: hash
log_heads: root origin note
log_witnesses: vkey root line problem
certificate_act_leaves: salt
certificate_acts: kind reason_code criterion public_summary details
certificate_reminders: kind
certificate_subjects: subject_ref unhooked_why
certificate_versions: statement kid signature
version_credentials: document proof token
lost_versions: code document token
lost_places: code
status_lists: purpose origin document proof token
findings: criterion value
watches: public_id language told_state
"""


@dataclass(frozen=True)
class Secret:
    """One private column of the rows with one label."""

    table: str
    column: str
    label: str
    form: str
    readers: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column} of {self.label}"


def secrets() -> list[Secret]:
    """The table, one entry for each label and, where rows have one, each side."""
    found = []
    for line in PRIVATE.strip().splitlines():
        place, labels, form, readers = (part.strip() for part in line.split("|"))
        table, column = place.split(".")
        for label in labels.split():
            sides = [label] if label in ("own", "other", "people", "personal") else [f"own {label}", f"other {label}"]
            found += [Secret(table, column, one, form, readers) for one in sides]
    return found


def classified() -> dict[str, str]:
    """Every column that is spoken of, and in which of the two lists."""
    found: dict[str, str] = {}
    for line in OPEN.strip().splitlines():
        table, columns = line.split(":")
        found |= {f"{table}.{column}": "open" for column in columns.split()}
    return found | {f"{one.table}.{one.column}": "private" for one in secrets()}


def readers_of(secret: Secret, owner: str, roles: Collection[str]) -> set[str]:
    """Which roles may read a row; ``owner`` is whose it is where it is somebody's own.

    Raises:
        LookupError: when a line names a role that is none.

    """
    found = set()
    side = 1 if secret.label.startswith("other") else 0
    for pair in filter(None, (one.strip() for one in READERS[secret.readers].split(","))):
        *named, outcome = pair.split()
        for name in named:
            role = owner if name == "themselves" else name
            if role not in roles and role:
                raise LookupError(role)
            if outcome[min(side, len(outcome) - 1)] == "+":
                found.add(role)
    return found - {""}

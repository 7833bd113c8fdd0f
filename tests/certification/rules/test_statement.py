from dataclasses import replace
from datetime import date

from certification.rules.canonical import canonical_json, digest
from certification.rules.criteria import DecisionMode, SubjectKind
from certification.rules.statement import GrantStatement, Place, Subject, read_statement, statement

PLACE = Place("20", "Oaxaca", "546", "Teotitlán del Valle", "0001", "Teotitlán del Valle")
SUBJECT = Subject(
    kind=SubjectKind.PRODUCT_LINE,
    holder="Taller Nube Roja",
    goods=("Tapete de lana",),
    place=PLACE,
    techniques=("telar de pedal",),
    photo_digests=("ab" * 32,),
    refs=("01J0000000",),
    makers=("Aurelia Prueba",),
)
GRANT = GrantStatement(
    issuer="did:web:tianguis.example",
    code="A1B2C3D4E59",
    version=1,
    scheme_id="origen-local",
    scheme_version="1.0",
    scheme_digest="cd" * 32,
    label_class="artesania",
    mode=DecisionMode.THIRD_PARTY,
    subject=SUBJECT,
    decided_on=date(2026, 11, 20),
    valid_from=date(2026, 11, 21),
    valid_until=date(2028, 11, 20),
    surveillance_due=date(2027, 11, 21),
)


def test_the_statement_says_exactly_this() -> None:
    assert statement(GRANT) == {
        "type": "tianguis/certificate/1",
        "issuer": "did:web:tianguis.example",
        "certificate": {"code": "A1B2C3D4E59", "version": 1},
        "scheme": {"id": "origen-local", "version": "1.0", "digest": "cd" * 32, "label_class": "artesania"},
        "decision": {"mode": "third_party", "on": "2026-11-20"},
        "holder": "Taller Nube Roja",
        "subject": {
            "kind": "product_line",
            "goods": ["Tapete de lana"],
            "techniques": ["telar de pedal"],
            "place": {
                "state": {"code": "20", "name": "Oaxaca"},
                "municipality": {"code": "546", "name": "Teotitlán del Valle"},
                "locality": {"code": "0001", "name": "Teotitlán del Valle"},
            },
            "photo_digests": ["ab" * 32],
            "refs": ["01J0000000"],
        },
        "validity": {
            "from": "2026-11-21",
            "until": "2028-11-20",
            "time_zone": "America/Mexico_City",
            "days_end": "end_of_day_in_time_zone",
            "surveillance_due": "2027-11-21",
        },
        "personal": {"makers": ["Aurelia Prueba"]},
    }


def test_names_of_persons_stand_under_one_key_only() -> None:
    said = statement(GRANT)
    del said["personal"]
    assert "Aurelia" not in canonical_json(said).decode()


def test_what_is_absent_has_no_key() -> None:
    subject = replace(SUBJECT, makers=(), place=Place("20", "Oaxaca", "546", "Teotitlán del Valle"))
    said = statement(replace(GRANT, subject=subject, surveillance_due=None))
    assert "personal" not in said
    assert "locality" not in canonical_json(said).decode()
    assert "surveillance_due" not in canonical_json(said).decode()


def test_a_locality_in_words_has_no_code() -> None:
    subject = replace(SUBJECT, place=replace(PLACE, locality_code=None, locality="Loma Larga"))
    assert '"locality":{"name":"Loma Larga"}' in canonical_json(statement(replace(GRANT, subject=subject))).decode()


def test_every_fact_is_in_the_digest() -> None:
    others = [
        replace(GRANT, code="00000000000"),
        replace(GRANT, version=2),
        replace(GRANT, valid_until=date(2028, 11, 21)),
        replace(GRANT, time_zone="America/Tijuana"),
        replace(GRANT, label_class="otra"),
        replace(GRANT, subject=replace(SUBJECT, holder="Otro")),
        replace(GRANT, subject=replace(SUBJECT, makers=("Otra",))),
        replace(GRANT, subject=replace(SUBJECT, refs=())),
    ]
    assert len({digest(statement(grant)) for grant in [GRANT, *others]}) == len(others) + 1


def test_what_was_written_down_is_read_back_whole() -> None:
    plain = replace(
        GRANT, surveillance_due=None, subject=replace(SUBJECT, makers=(), place=replace(PLACE, locality=None, locality_code=None))
    )
    for grant in (GRANT, plain):
        assert read_statement(statement(grant)) == grant

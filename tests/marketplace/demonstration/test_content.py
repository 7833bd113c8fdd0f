"""People, places and goods of the demonstration market."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from certification.rules.claims import ClaimContext, check, parse_claims_guard
from certification.rules.criteria import parse_scheme
from certification.rules.scoring import check_classes
from certification.schemes.builtin import standards
from marketplace.demonstration import content as content_module
from marketplace.demonstration import illustrations
from marketplace.demonstration.content import ContentError, DemoContent, DemoProduct, ProductState, SignIn, Supply, load
from marketplace.demonstration.content.reading import build
from marketplace.demonstration.content.records import DemoVariant

ROOT = Path(__file__).parents[3]
MUNICIPALITIES = ROOT.parent / "shared" / "data" / "municipios.csv"
LANGUAGES = ROOT.parent / "shared" / "data" / "lenguas_indigenas.csv"
BRANCHES = ROOT / "certification" / "parties" / "data" / "branches.csv"
CATEGORIES = ROOT / "marketplace" / "catalogue" / "data" / "categories.csv"
GUARD = parse_claims_guard(standards()["claims_guard"])


@pytest.fixture(scope="module")
def market() -> DemoContent:
    return load()


def column(path: Path, name: str) -> set[str]:
    if not path.is_file():
        pytest.skip(f"{path.name} is not beside this checkout")
    with path.open(encoding="utf-8") as file:
        return {row[name] for row in csv.DictReader(file)}


def context_of(product: DemoProduct, market: DemoContent) -> ClaimContext:
    producer = next(one for one in market.producers if one.party.slug == product.producer)
    return ClaimContext(
        categories=frozenset({product.category}),
        declared_places=(product.locality,),
        maker_names=tuple(person.credit for person in producer.people if person.credit),
    )


def test_the_market_is_as_large_as_promised(market: DemoContent) -> None:
    assert len(market.producers) >= 16
    assert len({producer.party.cvegeo[:2] for producer in market.producers if producer.products}) >= 9
    assert len(market.products) >= 84
    assert len({product.category for product in market.products}) >= 13


def test_slugs_keys_and_names_are_told_apart(market: DemoContent) -> None:
    for words in (
        [party.slug for party in market.all_parties],
        [party.name for party in market.all_parties],
        [person.key for person in market.all_people],
        [person.name for person in market.all_people],
        [product.slug for product in market.products],
        [product.name for product in market.products],
        [product.description for product in market.products],
    ):
        assert [word for word, times in Counter(words).items() if times > 1] == []


def test_every_municipality_is_a_real_one(market: DemoContent) -> None:
    known = column(MUNICIPALITIES, "cvegeo")
    used = {party.cvegeo for party in market.all_parties} | {product.cvegeo for product in market.products}
    assert used - known == set()


def test_languages_are_groupings_of_the_list(market: DemoContent) -> None:
    known = column(LANGUAGES, "id")
    assert {one for party in market.all_parties for one in party.languages} - known == set()


def test_branches_and_categories_are_known(market: DemoContent) -> None:
    known = column(BRANCHES, "id") | column(CATEGORIES, "id")
    assert {product.category for product in market.products} - known == set()
    assert {party.branch for party in market.all_parties} - known == set()


def test_one_producer_has_a_very_long_name_and_one_has_nothing_yet(market: DemoContent) -> None:
    assert max(len(producer.party.name) for producer in market.producers) >= 76
    assert [producer.party.slug for producer in market.producers if not producer.products] == ["munecas-de-la-llovizna"]


def test_a_cooperative_credits_by_consent_three_members_who_never_sign_in(market: DemoContent) -> None:
    cooperative = next(one for one in market.producers if one.party.slug == "tejedoras-nueve-cerros")
    quiet = [person for person in cooperative.people if person.sign_in is SignIn.NEVER]
    assert (len(cooperative.people), len(quiet)) == (5, 3)
    assert all(person.credit and person.consent for person in quiet)
    assert {person.key for person in quiet} <= {product.maker for product in cooperative.products} | {"manuela-ladera"}


def test_every_maker_belongs_to_the_workshop_and_agreed_to_be_named(market: DemoContent) -> None:
    for producer in market.producers:
        named = {person.key for person in producer.people if person.credit and person.consent}
        assert {product.maker for product in producer.products} <= named, producer.party.slug


def test_someone_speaks_for_every_producer(market: DemoContent) -> None:
    people = {person.key for person in market.all_people}
    for producer in market.producers:
        admins = [person for person in producer.people if person.member_role == "admin"]
        assert admins, producer.party.slug
        assert all(person.sign_in is not SignIn.NEVER for person in admins), producer.party.slug
        assert producer.vetted.by in people
        assert producer.vetted.kind in {"document", "vouching"}


def test_mail_goes_nowhere_and_only_to_those_who_have_it(market: DemoContent) -> None:
    for person in market.all_people:
        assert (person.sign_in is SignIn.EMAIL) == person.email, person.key
        if person.email_address is not None:
            assert person.email_address.endswith("@demo.tianguis.example")
    admin = next(person for person in market.all_people if person.key == "eulalia")
    assert (admin.sign_in, admin.email_address) == (SignIn.PRINTED_CODE, None)


@pytest.mark.parametrize(
    ("role", "least"),
    [("buyer", 1), ("promoter", 1), ("operator", 1), ("vetter", 1), ("scheme_owner", 4), ("evaluator", 12), ("decider", 4)],
)
def test_every_role_has_people_who_sign_in(market: DemoContent, role: str, least: int) -> None:
    assert sum(role in person.roles and person.sign_in is not SignIn.NEVER for person in market.all_people) >= least


def test_at_least_six_producers_sign_in(market: DemoContent) -> None:
    able = {person.party for person in market.all_people if person.member_role and person.sign_in is not SignIn.NEVER}
    assert len(able) >= 6


def test_prices_are_centavos_and_supply_is_complete(market: DemoContent) -> None:
    for product in market.products:
        assert 1_000 <= product.price_centavos <= 1_000_000, product.slug
        assert product.price_centavos % 50 == 0, product.slug
        assert (product.supply is Supply.STOCK) == (product.on_hand is not None), product.slug
        assert (product.supply is Supply.MADE_TO_ORDER) == (product.lead_days is not None), product.slug
        for variant in product.variants:
            assert variant.price_centavos > 0
        if product.variants:
            assert product.price_centavos in {variant.price_centavos for variant in product.variants}, product.slug


def test_every_way_of_being_listed_occurs(market: DemoContent) -> None:
    assert {product.state for product in market.products} == set(ProductState)
    assert {product.supply for product in market.products} == set(Supply)
    assert sum(product.state is ProductState.PUBLISHED for product in market.products) >= 80
    assert sum(bool(product.variants) for product in market.products) >= 4


def test_about_half_of_the_goods_are_told_in_english_too(market: DemoContent) -> None:
    told = [product for product in market.products if product.name_en]
    assert all(bool(product.name_en) == bool(product.description_en) for product in market.products)
    assert 0.35 <= len(told) / len(market.products) <= 0.65
    stories = [producer for producer in market.producers if producer.story_en]
    assert 0.35 <= len(stories) / len(market.producers) <= 0.65


def test_stories_and_descriptions_have_a_length_that_can_be_read(market: DemoContent) -> None:
    for producer in market.producers:
        assert 3 <= len(re.findall(r"[.!?»](?:\s|$)", producer.story)) <= 8, producer.party.slug
        assert len(producer.line) <= 120
    for product in market.products:
        assert 40 <= len(product.description) <= 360, product.slug
        assert 10 <= len(product.alt) <= 140, product.slug
        assert product.seeds


def test_every_drawing_that_is_named_is_drawn(market: DemoContent) -> None:
    assert {product.kind for product in market.products} - set(illustrations.KINDS) == set()
    shown = {item.art.kind for application in market.applications for item in application.evidence if item.art}
    assert shown - set(illustrations.KINDS) - set(illustrations.EVIDENCE_KINDS) - {"place"} == set()


def test_no_listing_claims_a_protected_word(market: DemoContent) -> None:
    found = [
        (product.slug, claim.words)
        for product in market.products
        for field, text in (
            ("listing.name", product.name),
            ("listing.description", product.description),
            ("listing.name", product.name_en or ""),
            ("listing.description", product.description_en or ""),
        )
        for claim in check(field, text, context_of(product, market), GUARD)
    ]
    assert found == []


def test_the_claims_control_does_catch_a_protected_word(market: DemoContent) -> None:
    context = context_of(market.products[0], market)
    assert [claim.words for claim in check("listing.name", "Rebozo orgánico, hecho en México", context, GUARD)] == [
        "orgánico",
        "hecho en México",
    ]


def test_enquiries_are_between_a_buyer_and_the_maker_of_the_goods(market: DemoContent) -> None:
    assert len(market.enquiries) >= 4
    assert {enquiry.state for enquiry in market.enquiries} == {"open", "answered", "closed"}
    party_of = {person.key: person.party for person in market.all_people}
    goods = {product.slug: product for product in market.products}
    for enquiry in market.enquiries:
        assert enquiry.messages[0].by == enquiry.buyer
        assert [message.on for message in enquiry.messages] == sorted(message.on for message in enquiry.messages)
        answers = [message for message in enquiry.messages if message.by != enquiry.buyer]
        assert {party_of[message.by] for message in answers} <= {goods[enquiry.product].producer}
        assert bool(answers) == (enquiry.state != "open")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"name": "250 g", "price_centavos": 100, "on_hand": 1}, "here: missing weight_g"),
        ({"name": "250 g", "price_centavos": "100", "on_hand": 1, "weight_g": 1}, "here.price_centavos: '100' is no int"),
        ({"name": "x", "price_centavos": 1, "on_hand": 1, "weight_g": 1, "colour": "azul"}, "here: unknown colour"),
    ],
)
def test_a_file_that_its_record_does_not_understand_is_refused(table: dict[str, object], says: str) -> None:
    with pytest.raises(ContentError, match=re.escape(says)):
        build(DemoVariant, table, "here")


def test_the_community_scheme_is_whole_and_its_mark_has_run_out(market: DemoContent) -> None:
    (document,) = market.schemes
    text = parse_scheme(document)
    check_classes(text)
    assert text.decision.mode.value == "participatory"
    mark = document["external_mark"]
    assert isinstance(mark, dict)
    assert mark["expires_in_days"] == -48


def test_every_name_the_package_promises_is_there() -> None:
    assert all(hasattr(content_module, name) for name in content_module.__all__)

"""The API's page for people: contents on top, everything long folded, no script."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.registry.api.table import OPERATIONS, TAGS
from tests import makers


@pytest.fixture
def page(session: Session, client: FlaskClient) -> str:
    makers.certified()
    return client.get("/api/v1/docs").text


def outside_details(page: str) -> str:
    """What is seen before anything is unfolded."""
    return re.sub(r"<details><summary>(.*?)</summary>.*?</details>", r"\1", page, flags=re.DOTALL)


def test_contents_lead_to_each_section_in_their_order(page: str) -> None:
    contents = re.search(r'<nav aria-label="En esta página">(.*?)</nav>', page, re.DOTALL)
    assert contents is not None
    names = re.findall(r'href="#([a-z]+)"', contents[1])
    assert names == re.findall(r'<h2 id="([a-z]+)">', page) == ["one", "many", "states", "limits", "failures", "addresses"]


def test_every_operation_stands_in_a_fold_of_its_tag_and_nowhere_else(page: str) -> None:
    seen = outside_details(page)
    shown = [f"{one.method.upper()} {one.path}<" for one in OPERATIONS]
    assert all(page.count(one) == 1 for one in shown)
    assert not [one for one in shown if one in seen]
    assert {one.tag for one in OPERATIONS} == set(TAGS)
    for tag in TAGS:
        assert f'<span class="soft">{sum(one.tag == tag for one in OPERATIONS)}</span></summary>' in page


def test_what_a_problem_s_type_leads_to_is_not_folded(page: str) -> None:
    assert 'id="cannot_check"' in outside_details(page)

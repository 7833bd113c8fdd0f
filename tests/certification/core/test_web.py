from io import BytesIO

import pytest
from flask.testing import FlaskClient
from werkzeug.exceptions import BadRequest

from certification.core.web import after_id, cursor, position


@pytest.mark.parametrize(
    "address", ["/products/%00", "/v/%00", "/v?code=%00", "/products?q=a%00b", "/?%00=1", "/nowhere%00", "/static/x/%00.css"]
)
def test_nul_in_an_address_is_a_bad_request(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 400


@pytest.mark.parametrize(
    "form",
    [{"email": "a\x00b"}, {"e\x00mail": "a"}, {"file": (BytesIO(b"x"), "carta\x00.pdf")}],
    ids=["value", "name", "file name"],
)
def test_nul_in_a_form_is_a_bad_request(client: FlaskClient, form: dict[str, object]) -> None:
    assert client.post("/account/sign-in", data=form).status_code == 400


def test_the_same_without_nul_is_not(client: FlaskClient) -> None:
    assert client.get("/products?q=ab").status_code == 200
    assert client.get("/v?code=x").status_code == 404


@pytest.mark.parametrize("word", ["\ud800", "a\udfffb", "a\x00b"])
def test_a_position_with_what_no_database_keeps_is_none_of_ours(word: str) -> None:
    with pytest.raises(BadRequest):
        position(cursor(word, 5))
    assert position(cursor("ñandú 🧶", 5)) == ["ñandú 🧶", 5]


def test_a_position_by_number_is_one_number() -> None:
    assert (after_id(cursor(7)), after_id(None), after_id("")) == (7, None, None)
    for crafted in (cursor(), cursor("7"), cursor(7, 8), cursor(True), cursor(2**31)):  # noqa: FBT003 - what JSON may hold
        with pytest.raises(BadRequest):
            after_id(crafted)

"""Roles are held for schemes that exist."""

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from certification.accounts.models import Role, User
from tests import makers


def test_an_operator_appoints_for_schemes_that_exist_and_for_no_other(
    session: Session, client_of: Callable[[User], FlaskClient]
) -> None:
    makers.scheme_version()
    operator, person = makers.user("Opera"), makers.user("Nicanor")
    makers.role(operator, Role.OPERATOR)
    browser, path = client_of(operator), f"/account/people/{person.public_id}"
    assert '<option value="origen-local">Sello de Origen Local' in browser.get(path).text
    assert browser.post(path, data={"role": "evaluator", "scope": "sello-inventado"}).status_code == 422
    assert browser.post(path, data={"role": "evaluator", "scope": "origen-local"}).status_code == 303
    assert [(one.role, one.scope) for one in makers.fresh(session, person).roles] == [(Role.EVALUATOR, "origen-local")]
    assert "Sello de Origen Local" in browser.get("/account/people").text

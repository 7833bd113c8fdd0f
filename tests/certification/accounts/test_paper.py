"""The sheet that is printed for somebody without mail."""

from datetime import datetime

import zxingcpp
from flask import Flask
from PIL import Image, ImageDraw
from sqlalchemy.orm import Session

from certification.accounts.paper import code_sheet, squares
from certification.accounts.printed import open_account
from certification.core.db import unit_of_work


def test_the_squares_lead_to_the_page_that_takes_the_code() -> None:
    drawn = squares("http://localhost/account/code")
    picture = Image.new("L", (drawn.size * 4, drawn.size * 4), 255)
    pen = ImageDraw.Draw(picture)
    for part in drawn.path.split("M")[1:]:
        x, y = (int(number) * 4 for number in part.removesuffix("h1v1h-1z").split())
        pen.rectangle((x, y, x + 3, y + 3), fill=0)
    (read,) = zxingcpp.read_barcodes(picture)
    assert read.text == "http://localhost/account/code"


def test_the_sheet_is_kept_nowhere_and_its_address_holds_no_code(app: Flask, session: Session, at: datetime) -> None:
    with unit_of_work():
        user, code = open_account("Ñanita Xóchitl", by=None, at=at)
    with app.test_request_context():
        answer = code_sheet(user, code, back="/desk")
    page = answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store"
    assert page.count(code) == 1
    assert "Ñanita Xóchitl" in page
    assert "http://localhost/account/code<" in page

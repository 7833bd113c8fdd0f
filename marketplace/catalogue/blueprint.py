"""Where the pages of listing hang."""

from flask import Blueprint

bp = Blueprint("listings", __name__, url_prefix="/desk/listings")

"""The blueprint under which the review desk's pages hang."""

from flask import Blueprint

bp = Blueprint("review", __name__)

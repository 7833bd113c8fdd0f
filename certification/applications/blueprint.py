"""The blueprint under which the pages of applying hang."""

from flask import Blueprint

bp = Blueprint("applications", __name__)

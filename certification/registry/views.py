"""The registry's pages, hung under their addresses."""

from flask import Flask

from certification.core import edge
from certification.registry import views_verify


def init_app(app: Flask) -> None:
    """Register every page; the edge stands in front of the verify pages."""
    app.register_blueprint(views_verify.bp)
    if "edge" not in app.extensions:
        edge.init_app(app)
    views_verify.front(app, app.extensions["edge"])

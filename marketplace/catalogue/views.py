"""All pages of the catalogue, hung where they belong."""

from flask import Flask

from certification.applications.subjects import declare_subjects
from certification.core import edge
from marketplace.catalogue import blueprint, subject, views_browse, views_desk, views_photos, views_product, views_steps

PAGES = (views_browse, views_desk, views_photos, views_product, views_steps)


def init_app(app: Flask) -> None:
    """Register the shop's and the desk's pages, and tell the registry which goods may be named."""
    app.register_blueprint(views_browse.bp)
    app.register_blueprint(blueprint.bp)
    declare_subjects(app, subject.subjects)
    if "edge" not in app.extensions:
        edge.init_app(app)
    views_product.front(app, app.extensions["edge"])

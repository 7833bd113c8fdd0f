"""The registry's pages, hung under their addresses."""

from flask import Flask

from certification.core import edge
from certification.registry import (
    views_acts,
    views_certificate,
    views_credentials,
    views_deciding,
    views_doubts,
    views_feeds,
    views_proof,
    views_register,
    views_renewing,
    views_snapshots,
    views_tags,
    views_verify,
    views_visits,
)
from certification.registry.api import views as views_api
from certification.registry.api import views_docs as views_api_docs
from certification.registry.counting import label_counts
from certification.registry.watches import views as views_watches
from certification.schemes.counting import declare_counter


def init_app(app: Flask) -> None:
    """Register every page; the edge stands in front of the verify pages."""
    records = (views_verify, views_certificate, views_tags, views_credentials, views_proof)
    acts = (views_acts, views_renewing, views_visits, views_doubts, views_deciding)
    open_data = (views_register, views_snapshots, views_feeds, views_api, views_api_docs)
    for views in (*records, *acts, *open_data, views_watches):
        app.register_blueprint(views.bp)
    if "edge" not in app.extensions:
        edge.init_app(app)
    for fronted in (views_verify, views_api):
        fronted.front(app, app.extensions["edge"])
    app.extensions["csrf"].exempt(views_api.bp)  # nobody is signed in there: there is nothing to forge
    app.extensions["csrf"].exempt(views_watches.ask)  # its form asks for the token itself, and keeps what was typed
    app.extensions["csrf"].exempt(views_watches.leave)  # mail programs press it (RFC 8058): its key is the permission
    declare_counter(app, label_counts)

"""The registry's pages, hung under their addresses."""

from flask import Flask

from certification.core import edge
from certification.registry import (
    views_acts,
    views_certificate,
    views_credentials,
    views_deciding,
    views_feeds,
    views_proof,
    views_register,
    views_renewing,
    views_snapshots,
    views_verify,
)
from certification.registry.counting import label_counts
from certification.schemes.counting import declare_counter


def init_app(app: Flask) -> None:
    """Register every page; the edge stands in front of the verify pages."""
    records = (views_verify, views_certificate, views_credentials, views_proof, views_acts, views_renewing, views_deciding)
    for views in (*records, views_register, views_snapshots, views_feeds):
        app.register_blueprint(views.bp)
    if "edge" not in app.extensions:
        edge.init_app(app)
    views_verify.front(app, app.extensions["edge"])
    declare_counter(app, label_counts)

"""All pages of the review desk, for the application to register. The page that decides stands in the registry."""

from certification.applications import views_evaluating, views_panel, views_review
from certification.applications.review_blueprint import bp

__all__ = ["bp", "views_evaluating", "views_panel", "views_review"]

"""All pages of applying, for the application to register."""

from certification.applications import views_evidence, views_mine, views_wizard
from certification.applications.blueprint import bp

__all__ = ["bp", "views_evidence", "views_mine", "views_wizard"]

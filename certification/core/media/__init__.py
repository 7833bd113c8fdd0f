"""Photographs, evidence files and where they are kept."""

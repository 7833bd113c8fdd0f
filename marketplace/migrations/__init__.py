"""The schema's history, and the way from one version to the next."""

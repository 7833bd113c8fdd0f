"""The verification API: what a label is worth, for one code and for many, said to programs under ``/api/v1/``."""

"""Bridges a hospital's HIS database to the national medical-insurance platform (NHSA)."""

__version__ = "0.1.0"

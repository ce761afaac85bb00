"""Owns the checks R1 to R30, one file per theme; each registers itself."""

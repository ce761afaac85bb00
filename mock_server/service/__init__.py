"""Owns the use cases: synchronous functions over a transaction. Read, decide in the domain, write, arm, note."""

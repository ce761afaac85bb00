"""Owns the decisions: pure functions over values. No clock, no chance, no input or output, no framework."""

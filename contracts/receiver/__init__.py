"""Owns the receiver suite: whether an integrator's own webhook endpoint survives what senders really do."""

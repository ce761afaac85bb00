"""Owns the doors to network, time, chance and disk. Nothing here decides."""

"""Owns the stories (`*.arazzo.yaml`, Arazzo 1.0.1) and how they are read, played and told."""

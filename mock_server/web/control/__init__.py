"""Owns the control API under /_mock: one module for each thing that it controls. A thin skin over the use cases."""

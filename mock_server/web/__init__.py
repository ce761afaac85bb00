"""Owns HTTP: the API, the control API and the dashboard, as ASGI applications."""

"""Owns a correct receiver in Flask, WSGI and in memory: rows under one lock, and 202 for what is accepted."""

import threading
from typing import Any

from flask import Flask, jsonify, request

from tests.receiver.apps.correct import HOOK, TOKEN, Invalid, numbers, text

MEGABYTE = 1_000_000


def create_app() -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 2 * MEGABYTE
    rows: dict[str, dict[str, Any]] = {}
    lock = threading.Lock()

    @app.post(HOOK)
    def hook() -> Any:
        if request.args.get("token") != TOKEN:
            return {"error": "who are you?"}, 401
        try:
            key, row = parsed(request.get_json(force=True))
        except Invalid:
            return {"error": "this is no result"}, 422
        with lock:
            rows.setdefault(key, row)
        return {"ok": True}, 202

    @app.get("/probe")
    def probe() -> Any:
        wanted = request.args.get("trackingId") or request.args["personId"]
        row = rows.get(wanted)
        return jsonify(row) if row else ({"error": "unknown"}, 404)

    return app


def parsed(document: Any) -> tuple[str, dict[str, Any]]:
    """The id and the row."""
    if not isinstance(document, dict):
        raise Invalid
    if "trackingId" not in document:
        return text(document, "personId"), row_of(numbers(document))
    steps = document.get("providers")
    if not isinstance(steps, list) or not all(isinstance(each, dict) for each in steps):
        raise Invalid
    return text(document, "trackingId"), row_of([one for each in steps for one in numbers(each)])


def row_of(found: list[str]) -> dict[str, Any]:
    return {"state": "FOUND" if found else "NONE", "phoneNumbers": found, "appliedCount": 1}

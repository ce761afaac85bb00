"""Owns connexion's mock mode as a server; is run by the Python that connexion is installed for, with file and port."""

import sys
from pathlib import Path
from typing import Any

import uvicorn
from connexion import AsyncApp
from connexion.mock import MockResolver


def anybody(_key: str, **_more: Any) -> dict[str, str]:
    """Every key is known."""
    return {"sub": "somebody"}


if __name__ == "__main__":
    app = AsyncApp(__name__)
    app.add_api(Path(sys.argv[1]), resolver=MockResolver(mock_all=True))
    uvicorn.run(
        app,
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )

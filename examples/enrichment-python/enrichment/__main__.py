"""Owns the command line: python -m enrichment web | worker | lookup PERSON."""

import argparse
import asyncio
import json
import sqlite3
import sys
import time

import uvicorn

from enrichment import lookups
from enrichment.clodura import Clodura
from enrichment.database import Database
from enrichment.results import State
from enrichment.settings import Settings, SettingsError
from enrichment.web import create_app
from enrichment.worker import Worker

POLL = 0.2  # seconds between two looks for a result that a webhook brought


def main() -> int:
    """Run one command; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m enrichment")
    commands = parser.add_subparsers(dest="command", required=True)
    web = commands.add_parser("web", help="serve the API and take webhooks")
    web.add_argument("--host", default="127.0.0.1")
    web.add_argument("--port", type=int, default=8000)
    commands.add_parser("worker", help="send lookups and poll for lost results")
    lookup = commands.add_parser("lookup", help="look one person up and wait for the result")
    lookup.add_argument("person_id")
    arguments = parser.parse_args()
    try:
        settings = Settings.read()
    except SettingsError as error:
        print(f"enrichment: {error}", file=sys.stderr)
        return 2
    try:
        with Database(settings.database) as database:
            return _run(arguments, settings, database)
    except sqlite3.Error as error:
        print(f"enrichment: {settings.database}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _run(arguments: argparse.Namespace, settings: Settings, database: Database) -> int:
    if arguments.command == "web":
        app = create_app(settings, database, time.time)
        # The access log would hold the tokens.
        uvicorn.run(app, host=arguments.host, port=arguments.port, access_log=False)
        return 0
    if arguments.command == "worker":
        asyncio.run(_work(settings, database))
        return 0
    return asyncio.run(_look_up(settings, database, arguments.person_id))


async def _work(settings: Settings, database: Database) -> None:
    async with Clodura(settings.base_url, settings.api_key) as clodura:
        await Worker(settings, database, clodura, time.time).run()


async def _look_up(settings: Settings, database: Database, person_id: str) -> int:
    """The web process takes the webhook; this one sends, and polls."""
    row = await database.run(lambda db: lookups.enqueue(db, person_id, time.time()))
    lookup_id = row["id"]
    async with Clodura(settings.base_url, settings.api_key) as clodura:
        worker = Worker(settings, database, clodura, time.time, only=lookup_id)
        while row["state"] in (State.QUEUED, State.ASKING, State.WAITING):
            await worker.tick()
            now = await database.run(lambda db: lookups.get(db, lookup_id))
            row = now or row
            await asyncio.sleep(POLL)
    print(json.dumps(lookups.shown(row)))
    return 0 if row["state"] in (State.FOUND, State.NOT_FOUND) else 1


if __name__ == "__main__":
    sys.exit(main())

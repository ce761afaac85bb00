"""Owns the control API's calls about the whole world: health, the file, reset, snapshot and restore."""

from dataclasses import replace
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mock_server._version import __version__
from mock_server.domain.events import WorldReset
from mock_server.domain.instants import MANUAL_START
from mock_server.domain.world import ClockMode, World
from mock_server.ports import SnapshotError
from mock_server.web.control import inputs
from mock_server.web.control.problems import JsonResponse, Problem
from mock_server.web.control.query import filters
from mock_server.web.engine import Engine
from mock_server.web.wire import MIB

SNAPSHOT_LIMIT: Final = 256 * MIB
YAML: Final = "application/yaml"


async def health(engine: Engine, request: Request) -> Response:
    filters(request)
    return JsonResponse(
        {
            "status": "ok",
            "version": __version__,
            "state": engine.settings.kind_of_state,
            "clock": str((await engine.store.look()).anchor.mode),
        }
    )


async def openapi(engine: Engine, request: Request) -> Response:
    filters(request)
    return Response(engine.spec.text, media_type=YAML)


async def control(_engine: Engine, request: Request) -> Response:
    filters(request)
    return Response(files("mock_server").joinpath("control.yaml").read_bytes(), media_type=YAML)


async def reset(engine: Engine, request: Request) -> Response:
    """An empty world; a manual clock begins anew, others go on. Without a seed: the explicit one, else a fresh one."""
    filters(request)
    body = await inputs.read(request, inputs.Reset)
    before = await engine.store.look()
    seed = body.seed
    if seed is None:
        explicit = before.person_seed == before.seed
        seed = before.seed if explicit else engine.fresh_seed()
    anchor = before.anchor
    if anchor.mode is ClockMode.MANUAL:
        anchor = replace(anchor, virtual=MANUAL_START)
    person_seed = seed if body.seed is not None else before.person_seed
    await engine.timeline.restart(World(seed, person_seed, anchor))
    engine.journal.note((WorldReset(engine.store.now(), "reset"),))
    return JsonResponse({"seed": seed})


async def take_snapshot(engine: Engine, request: Request) -> Response:
    filters(request)
    return Response(await engine.snapshots.take(), media_type="application/json")


async def restore(engine: Engine, request: Request) -> Response:
    filters(request)
    raw = await inputs.read_raw(request, SNAPSHOT_LIMIT)
    try:
        restored = await engine.snapshots.restore(raw)
    except SnapshotError as error:
        field, expected = str(error).partition(": ")[0], "what GET /_mock/snapshot answered"
        detail = f"this is no snapshot: {error}"
        raise Problem(422, detail, field=field, expected=expected) from None
    engine.journal.note((WorldReset(engine.store.now(), "restored from a snapshot"),))
    return JsonResponse(restored._asdict())

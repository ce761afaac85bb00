"""Owns the control API's calls about faults: add, list, remove."""

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mock_server.domain.events import FaultAdded, FaultRemoved
from mock_server.domain.faults import Effect, Fault, FaultCounter, When
from mock_server.domain.world import World
from mock_server.web.control import inputs
from mock_server.web.control.problems import JsonResponse, Problem
from mock_server.web.control.query import filters
from mock_server.web.engine import Engine


async def add(engine: Engine, request: Request) -> Response:
    filters(request)
    body = await inputs.read(request, inputs.NewFault)
    known = [each.operation_id for each in engine.spec.operations]
    if body.when.operation_id not in (None, *known):
        expected = f"one of {', '.join(known)}"
        raise Problem(
            422,
            f"when.operationId: expected {expected}",
            field="when.operationId",
            expected=expected,
            example=inputs.NewFault.example,
        )
    world = await engine.store.change(lambda before: before.with_fault(_fault(before, body)))
    fault = world.faults[-1]
    engine.journal.note((FaultAdded(engine.store.now(), fault.fault_id),))
    return JsonResponse(await _view(engine, fault), 201)


async def list_all(engine: Engine, request: Request) -> Response:
    filters(request)
    world = await engine.store.look()
    return JsonResponse({"faults": [await _view(engine, each) for each in world.faults]})


async def remove_all(engine: Engine, request: Request) -> Response:
    filters(request)
    world = await engine.store.look()
    return await _remove(engine, {each.fault_id for each in world.faults})


async def remove(engine: Engine, request: Request) -> Response:
    filters(request)
    fault_id = request.path_params["faultId"]
    world = await engine.store.look()
    if fault_id not in {each.fault_id for each in world.faults}:
        raise Problem(404, f"there is no fault {fault_id!r}; GET /_mock/faults lists them")
    return await _remove(engine, {fault_id})


async def _remove(engine: Engine, fault_ids: set[str]) -> Response:
    def without(world: World) -> World:
        kept = tuple(each for each in world.faults if each.fault_id not in fault_ids)
        return replace(world, faults=kept)

    await engine.store.change(without)
    await engine.store.uncount(fault_ids)
    now = engine.store.now()
    engine.journal.note([FaultRemoved(now, each) for each in sorted(fault_ids)])
    return Response(status_code=204)


def _fault(world: World, body: inputs.NewFault) -> Fault:
    when, chaos = body.when, body.chaos
    effects = chaos.effects if chaos else [body.then or inputs.FaultThen()]
    return Fault(
        fault_id=f"fault-{world.faults_added + 1}",
        when=When(when.api_key, when.operation_id, when.person_id, when.nth),
        effects=tuple(map(_effect, effects)),
        times=body.times,
        rate=chaos.rate if chaos else None,
    )


def _effect(then: inputs.FaultThen) -> Effect:
    return Effect(
        status=then.status,
        headers=then.headers,
        body=then.body,
        delay_seconds=then.delay_seconds,
        disconnect=then.disconnect,
        webhook=then.webhook.hook() if then.webhook else None,
    )


async def _view(engine: Engine, fault: Fault) -> dict[str, Any]:
    when = fault.when
    wanted = {
        "apiKey": when.api_key,
        "operationId": when.operation_id,
        "personId": when.person_id,
        "nth": when.nth,
    }
    effects = [_effect_view(each) for each in fault.effects]
    counters: list[FaultCounter] = await engine.store.counted(fault.fault_id)
    return {
        "id": fault.fault_id,
        "when": {name: value for name, value in wanted.items() if value is not None},
        "times": fault.times,
        **({"then": effects[0]} if fault.rate is None else {}),
        **({} if fault.rate is None else {"chaos": {"rate": fault.rate, "effects": effects}}),
        "matched": sum(each.matched for each in counters),
        "happened": sum(each.happened for each in counters),
    }


def _effect_view(effect: Effect) -> dict[str, Any]:
    hook = effect.webhook
    webhook = hook and {
        "drop": hook.drop,
        "times": hook.times,
        "delaySeconds": hook.late_seconds,
        "early": hook.early,
        "truncate": hook.truncate,
        "contentType": hook.content_type,
        "shuffle": hook.shuffle,
        "fail": hook.fail,
    }
    return {
        "status": effect.status,
        "headers": dict(effect.headers),
        "body": effect.body,
        "delaySeconds": effect.delay_seconds,
        "disconnect": effect.disconnect,
        "webhook": webhook,
    }

"""Owns a run: the journeys in their order, until they end or must. Judges nothing."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from contracts.client import Client, TargetLost
from contracts.faults import spellings_of
from contracts.history import Absence, Ending, History, Role, Webhook
from contracts.journeys import Journey
from contracts.journeys.keys import variants
from contracts.listener import Arrival, Listener
from contracts.planning import Options, Plan, plan, setting_of
from contracts.preflight import preflight
from contracts.purse import Purse, UnexpectedCharge
from contracts.recording import Recording
from contracts.redaction import Redactor
from contracts.registry import Rule
from contracts.surroundings import Stopwatch, fresh_secret
from contracts.target import TELLING, Target
from contracts.verdicts import Reason
from contracts.visit import Visit, World

PROOF_SECONDS: Final = 15  # for a nonce to come back through the public URL
HURRIED_SECONDS: Final = 1  # for the last balance of a run that is interrupted
LAST: Final = "end"  # the journey of the last balance


@dataclass(slots=True)
class Outcome:
    """What was seen, and how it ended."""

    history: History
    calls: int = 0
    seconds: float = 0
    stopped: bool = False
    interrupted: bool = False
    notes: list[str] = field(default_factory=list)


async def run(rules: Sequence[Rule], target: Target, options: Options) -> Outcome:
    """Make the journeys and tell what was seen. Raises TargetError or ListenerError where it cannot begin."""
    redactor = Redactor(_secrets(target), fresh_secret())
    watch = Stopwatch()
    recording = Recording(setting_of(target, options), options.record, target=target.base_url)
    recording.heard = options.heard
    async with Client(target, recording, redactor, watch) as client:
        listener = Listener(target.telling_keys(), redactor, fresh_secret())
        world = World(
            target=target,
            client=client,
            recording=recording,
            purse=Purse(options.budget, options.risk),
            watch=watch,
            listener=listener if options.webhooks else None,
            seed=options.seed,
            examples=options.examples,
        )
        listener.heard = lambda arrival: recording.note(_webhook(arrival, world))
        try:
            await preflight(world)
            if options.webhooks:
                await listener.start(*options.listen, options.public_url)
                if options.public_url is not None:
                    await listener.prove(min(PROOF_SECONDS, target.timing.result_timeout_seconds))
            return await _make(plan(rules, target, options), world)
        finally:
            await listener.stop()


def _secrets(target: Target) -> list[str]:
    """Keys, what is tried that is almost one of them, and the names in profiles of known people that are no ids."""
    keys = target.keys()
    telling = [key for key in keys if len(key) >= TELLING]
    almost = [each for key in telling for each in variants(key, magic=False).values()]
    ids = target.people.ids().values()
    urls = [url for url in (target.people.found_url, target.people.none_url) if url]
    slugs = [each for url in urls for each in spellings_of(url)]
    return [
        *keys,
        *almost,
        *(each for each in slugs if not any(each in one for one in ids)),
    ]


def _webhook(arrival: Arrival, world: World) -> Webhook:
    return Webhook(
        number=sum(isinstance(each, Webhook) for each in world.recording.records),
        at=round(world.watch.now(), 4),
        label=arrival.label,
        method=arrival.method,
        path=arrival.path,
        headers=arrival.headers,
        document=arrival.document,
        text=arrival.text,
        answered=arrival.answered,
        leaks_key=arrival.leaks_key,
    )


async def _make(plan: Plan, world: World) -> Outcome:
    """All journeys of a plan; whatever ends them early is told in the outcome."""
    for absence in plan.absences:
        world.recording.note(absence)
    outcome = Outcome(world.recording.history())
    pending = {each.name for each in plan.journeys}
    reason = Reason.STOPPED
    try:
        async with asyncio.TaskGroup() as group:
            for role in {each.role for each in plan.journeys}:
                lane = [each for each in plan.journeys if each.role is role]
                group.create_task(_lane(lane, world, pending))
    except* UnexpectedCharge:
        outcome.stopped = True
        outcome.notes.append(
            f"stopped: {world.purse.unexpected} credits were charged for what should be free;"
            f" --risk {world.purse.risk} allows no more"
        )
    except* TargetLost as lost:
        reason = Reason.NO_ANSWER
        outcome.notes.append(f"the target answers no more: {_leaf(lost)}")
    except* asyncio.CancelledError:
        outcome.interrupted = True
        outcome.notes.append("interrupted")
    for name in sorted(pending):
        world.recording.note(Absence(name, reason))
    await _read_last_balance(world, hurried=outcome.interrupted)
    outcome.calls, outcome.seconds = world.client.calls, world.watch.now()
    world.recording.note(_ending(outcome))
    outcome.notes += world.recording.problems
    outcome.history = world.recording.history()
    return outcome


def _ending(outcome: Outcome) -> Ending:
    return Ending(
        outcome.stopped,
        outcome.interrupted,
        outcome.calls,
        round(outcome.seconds, 4),
        tuple(outcome.notes),
    )


def _leaf(error: BaseException) -> BaseException:
    """What a group of groups holds."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _lane(lane: Sequence[Journey], world: World, pending: set[str]) -> None:
    """The journeys of one identity, phase by phase."""
    for _, group in groupby(lane, key=lambda each: each.phase):
        async with asyncio.TaskGroup() as tasks:
            for journey in group:
                tasks.create_task(_walk(journey, world, pending))


async def _walk(journey: Journey, world: World, pending: set[str]) -> None:
    await journey.walk(Visit(world, journey.name, journey.role))
    pending.discard(journey.name)


async def _read_last_balance(world: World, *, hurried: bool) -> None:
    """As a record, if it comes; somebody who interrupts waits for nothing."""
    with contextlib.suppress(TargetLost, TimeoutError):
        async with asyncio.timeout(HURRIED_SECONDS if hurried else None):
            await Visit(world, LAST, Role.MAIN).balance("last", impatient=hurried)

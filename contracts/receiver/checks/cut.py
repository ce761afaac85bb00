"""Owns R15 and R16: bodies that end too early, and bodies that do not want to end."""

import asyncio
from typing import Final

from contracts.receiver import wire
from contracts.receiver.deliveries import Delivery
from contracts.receiver.judgement import Broken
from contracts.receiver.pace import pause
from contracts.receiver.payloads import Event
from contracts.receiver.registry import When, check
from contracts.receiver.subject import Subject

CUTS: Final = 6
AFTER_THE_CUT: Final = 2.0  # seconds that a receiver gets to answer half a body
IDLE_CHECKED: Final = 2  # deliveries while a body is promised and does not come
DRIP_SECONDS: Final = 10.0
DRIP: Final = 0.2  # seconds between two bytes
UNAFFECTED: Final = 5.0  # seconds within which the others are answered meanwhile


@check(
    "R15",
    sender="any sender that crashes or loses its network in the middle",
    facts=("WH-1", "WH-9"),
)
async def cut_short(subject: Subject) -> None:
    """A body that is cut short is no result.

    Half of the promised body and then the end of the connection, orderly or by reset: no 2xx, no effect, and
    the next whole delivery is answered.
    """
    for about, reset in (("orderly", False), ("by reset", True)):
        events = [subject.payloads.found() for _ in range(CUTS)]
        await asyncio.gather(*(_cut(subject, event, about, reset=reset) for event in events))
        whole = subject.payloads.found().delivery(
            f"a whole delivery after {CUTS} that were cut {about}"
        )
        await subject.accept(whole)
        await subject.untouched(events[0], events[0].delivery(f"half a body, ended {about}"))


async def _cut(subject: Subject, event: Event, about: str, *, reset: bool) -> None:
    whole = event.delivery(f"a body whose second half never comes (ended {about})")
    half = len(whole.body) // 2
    async with subject.connected() as connection:
        await connection.send_head(subject.payloads.signed(whole))
        await connection.write(whole.body[:half])
        if reset:
            connection.reset()
            return
        connection.end()
        answer = subject.note(whole, await connection.answer(AFTER_THE_CUT))
    if answer.accepted:
        told = f"{answer.told} for {half} of {len(whole.body)} bytes"
        raise Broken("no 2xx for half a body", told, whole)


@check(
    "R16",
    sender="a sender behind a bad network, or somebody who wishes you ill (Slowloris)",
    facts=("WH-9",),
    when=When.BESIDE,
)
async def slow_body(subject: Subject) -> None:
    """A slow body does not hold up the others.

    First a body that is promised and does not come, then one that drips, a byte each 200 ms for ten seconds.
    Meanwhile other deliveries are answered as ever. A receiver that ends the slow ones by itself does well.
    """
    try:
        await _idle(subject)
        await _dripping(subject)
    finally:
        subject.steady.set()


async def _idle(subject: Subject) -> None:
    async with subject.connected() as connection:
        await connection.send_head(subject.payloads.found().delivery())
        for _ in range(IDLE_CHECKED):
            await _unaffected(subject, "while another body is promised and does not come")


async def _dripping(subject: Subject) -> None:
    async with subject.connected() as connection:
        slow = subject.payloads.found().delivery("a body that drips")
        await connection.send_head(slow)
        drip = asyncio.create_task(_drip(connection, slow))
        try:
            while not drip.done():
                await _unaffected(subject, "while another body drips")
                subject.steady.set()
                await asyncio.wait([drip], timeout=1)
        finally:
            drip.cancel()


async def _drip(connection: wire.Connection, slow: Delivery) -> None:
    for place in range(int(DRIP_SECONDS / DRIP)):
        await connection.write(slow.body[place : place + 1])
        await pause(DRIP)


async def _unaffected(subject: Subject, about: str) -> None:
    delivery = subject.payloads.found().delivery(f"a delivery {about}")
    answer = await subject.deliver(delivery, UNAFFECTED)
    if not answer.accepted:
        raise Broken(f"2xx within {UNAFFECTED:g} s {about}", answer.told, delivery)

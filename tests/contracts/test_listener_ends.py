"""A delivery that comes in the moment in which the kit's listener ends leaves no connection open behind it."""

import asyncio
import gc
import socket
import warnings

import pytest

from contracts.listener import Listener
from contracts.redaction import Redactor


async def ended_while_somebody_connects(turns: int) -> None:
    listener = Listener((), Redactor(()), "secret")
    await listener.start("127.0.0.1", 0)
    port = int(listener.expect("job").split(":")[2].partition("/")[0])
    with socket.socket() as caller:
        caller.setblocking(False)
        caller.connect_ex(("127.0.0.1", port))
        for _ in range(turns):
            await asyncio.sleep(0)  # noqa: TID251 - a turn of the loop, not time
        await listener.stop()


@pytest.mark.parametrize("turns", range(5))
def test_what_is_accepted_in_the_last_moment_is_closed(turns: int) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        asyncio.run(ended_while_somebody_connects(turns))
        gc.collect()

    assert [str(each.message) for each in told] == []

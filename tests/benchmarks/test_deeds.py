"""What a server does is found out by asking: the fake does all of it, a bare route next to nothing."""

from benchmarks.fake import fake, yardstick
from benchmarks.peers.deeds import Waiting, deeds_of
from mock_server import ControlClient


def test_the_fake_does_everything_that_is_asked_about() -> None:
    with fake("--clock", "manual") as server:
        control = ControlClient(server.url)
        waiting = Waiting(30, elapse=lambda: control.advance(to="idle"))
        deeds = deeds_of(server, control.inbox("deeds"), waiting)

    assert set(deeds.values()) == {"yes"}, deeds


def test_a_bare_route_only_refuses_what_is_invalid() -> None:
    with yardstick() as server:
        deeds = deeds_of(server, None)

    assert [deed for deed, is_done in deeds.items() if is_done == "yes"] == [
        "refuses an invalid body"
    ], deeds

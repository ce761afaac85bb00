import pytest

from mock_server import MockServer
from scenarios.fakes import NoFake, running
from tests.web.receivers import receiving


def test_a_server_that_is_no_fake_is_told() -> None:
    with receiving(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]") as other:
        url = f"http://127.0.0.1:{other.port}"

        with pytest.raises(NoFake, match=f"--target {url}: what answers there is no fake"):
            running(url)


def test_a_fake_that_is_gone_at_the_end_of_a_story_is_told_before_the_next() -> None:
    with MockServer() as mock:
        start = running(mock.url)
        with start():
            mock.stop()

    with pytest.raises(NoFake, match="no fake answers there"), start():
        pass

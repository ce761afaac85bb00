"""Where the paths lead."""

from tests.states import MockServer


def test_the_page_is_found_without_its_last_slash(mock: MockServer) -> None:
    status, _ = mock.send("GET", "/_mock", None)

    assert status == 307

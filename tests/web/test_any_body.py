"""Whatever the body, the API answers as documented and never with 500: 20,000 bodies within the process."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.types import Message

from mock_server.bootstrap import Fake, build
from mock_server.domain.world import ClockMode
from mock_server.settings import ClockSetting, Settings
from tests.api import MATCH
from tests.fakes import FakeWebhooks

DOCUMENTED: Final = {200, 400, 402, 404, 422}
MANUAL: Final = Settings(clock=ClockSetting(ClockMode.MANUAL, 0), seed=1, self_check=True)


class Client:
    """Calls the application as a server does, on a loop of its own."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake
        self._loop = asyncio.new_event_loop()
        self.seen: Counter[int] = Counter()

    def close(self) -> None:
        self._loop.close()

    def post(self, body: bytes, path: str = MATCH, key: str = "max") -> tuple[int, Any]:
        sent: list[Message] = []
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "headers": [(b"x-api-key", key.encode()), (b"content-type", b"application/json")],
        }

        async def receive() -> Message:
            return {"type": "http.request", "body": body}

        async def send(message: Message) -> None:
            sent.append(message)

        self._loop.run_until_complete(self._fake.app(scope, receive, send))
        start, content = sent
        self.seen[start["status"]] += 1
        return start["status"], json.loads(content["body"])

    @property
    def problems(self) -> list[str]:
        check = self._fake.engine.self_check
        assert check is not None
        return list(check.problems)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A fake without a network, with accounts that may ask as often as they like."""
    client = Client(build(MANUAL, webhooks=FakeWebhooks()))
    for plan in ("max", "prospect"):
        account = {"plan": plan, "apiKey": plan, "credits": 10**9, "requestsPerMinute": 10**9}
        client.post(orjson.dumps(account), "/_mock/accounts")
    yield client
    client.close()


json_values: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
person_ids: Final = st.one_of(
    st.sampled_from(["mock-found", "mock-none", "mock-unknown", "mock-found-wiza", "mock-status-422"]),
    st.from_regex(r"mock-(found|none|status-\d{3}|x)(-(after|hook)-[a-z0-9.]{1,9}){0,3}", fullmatch=True),
    st.text(max_size=300),
)  # fmt: skip
profiles: Final = st.one_of(
    st.builds(
        "{}://{}linkedin.com{}{}{}".format,
        st.sampled_from(["http", "https", "HTTPS", "ftp"]),
        st.sampled_from(["", "www.", "de.", "www.de.", "m."]),
        st.sampled_from(["/in/", "/sales/lead/", "/company/", "/pub/", "/IN/", "/in//"]),
        st.text(max_size=40) | st.sampled_from(["mock-found", "%00", "%20", "%ff", "a" * 2030]),
        st.sampled_from(["", "/", "?a=b", "/?a=b", "#x", "/en"]),
    ),
    st.text(max_size=60),
)
urls: Final = st.one_of(
    st.sampled_from([
        "http://127.0.0.1:9/x", "https://example.com/hook?a=b", "HTTP://[::1]:1/", "http://a:0",
        "http://user:pass@host/", "http://x:99999/", "http://", "ftp://x/", "//x", "http://ä.example/ü",
    ]),
    st.text(max_size=60).map("http://{}".format),
)  # fmt: skip
flags: Final = st.booleans()
fields: Final[dict[str, st.SearchStrategy[Any]]] = {
    "personId": person_ids,
    "linkedinUrl": profiles,
    "revealPhoneNumberViaPartners": flags,
    "webhookUrl": urls,
}
right: Final = st.fixed_dictionaries({}, optional=fields)
wrong: Final = st.fixed_dictionaries(
    {},
    optional={
        **{name: strategy | json_values for name, strategy in fields.items()},
        "x": json_values,
    },
)
documents: Final = st.one_of(right, wrong, json_values).map(
    lambda document: json.dumps(document).encode()
)
bodies: Final = st.one_of(
    documents,
    documents,
    documents,
    st.tuples(documents, st.integers(0, 60), st.binary(max_size=4)).map(
        lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] :]
    ),
    st.binary(max_size=60),
)


VARIANTS: Final = 32
SPLITS: Final = tuple(n / 13 for n in range(13))


def variants(body: bytes) -> Iterator[bytes]:
    """The body, and others that are almost it."""
    yield body
    for share in SPLITS:
        at = int(len(body) * share)
        yield body[:at]
        yield body[:at] + b'"' + body[at:]
    yield b"[" + body + b"]"
    yield b'{"personId":' + body + b"}"
    yield b'{"personId":"mock-found","webhookUrl":' + body + b"}"
    yield b'{"personId":"mock-found","x":' + body + b"}"
    yield body + body


def examples(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


def is_answered_as_documented(client: Client, body: bytes) -> bool:
    status, document = client.post(body)
    assert status in DOCUMENTED, body
    assert client.problems == [], body
    return set(document) == (
        {"trackingId", "message"} if status == 200 else {"statusCode", "error", "message"}
    )


@examples(20_000 // VARIANTS)
@given(bodies)
def test_any_of_20_000_bodies_is_answered_as_documented(client: Client, body: bytes) -> None:
    made = list(variants(body))
    assert len(made) == VARIANTS
    assert all(is_answered_as_documented(client, each) for each in made)


@pytest.mark.soak
@examples(10_000)
@given(bodies)
def test_any_of_very_many_bodies_is_answered_as_documented(client: Client, body: bytes) -> None:
    for each in variants(body):
        assert is_answered_as_documented(client, each)


@examples(100)
@given(right.filter(lambda document: {"personId", "linkedinUrl"} & set(document)))
def test_what_is_accepted_is_searched_and_sent_as_documented(
    client: Client, document: dict[str, Any]
) -> None:
    flags = {"revealPhoneNumberViaPartners": True, "webhookUrl": "http://a.example/"}
    for plan in ("max", "prospect"):
        client.post(orjson.dumps(document | flags), key=plan)
    status, _ = client.post(b'{"seconds":100}', "/_mock/clock/advance")

    assert status == 200
    assert client.problems == []


def test_the_bodies_reach_every_documented_answer(client: Client) -> None:
    @examples(150)
    @given(bodies)
    def each_is_answered(body: bytes) -> None:
        client.post(body)

    client.seen.clear()
    each_is_answered()
    assert set(client.seen) >= {200, 400, 404, 422}

"""Whatever dies when: each found job is charged exactly once, and its webhook comes at least once."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from copy import copy
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import httpx
import pytest
from typing_extensions import override

from mock_server.adapters.sqlite import StateFile
from mock_server.adapters.sqlite.file import Batch
from mock_server.bootstrap import Fake, build
from mock_server.domain.credits import LedgerEntry
from mock_server.domain.jobs import Job, JobState
from mock_server.domain.world import ClockMode
from mock_server.settings import ClockSetting, Settings
from tests.api import MATCH, TRACK
from tests.builders import HOOK_URL, every_job, spec
from tests.fakes import FakeWebhooks
from tests.mirrored import assert_mirrored

T = TypeVar("T")
KEY = "test_key_crash"
CREDITS = 1_000
PEOPLE = ("mock-found-wiza", "mock-none", "mock-found-hook-twice", "mock-found-hook-fail-1")


class Killed(Exception):
    """The process is gone."""


class DyingFile(StateFile):
    """Dies before or after its n-th commit: what the disk holds at that moment is all that is left of it."""

    def __init__(self, path: str, *, power: bool, dies_at: int, after: bool, grave: Path) -> None:
        super().__init__(path, power=power)
        self._dies_at, self._after, self._grave = dies_at, after, grave
        self.commits = 0

    @override
    def _commit(self, batch: Batch) -> None:
        self.commits += 1
        if self.commits < self._dies_at:
            super()._commit(batch)
            return
        if self.commits == self._dies_at:
            if self._after:
                super()._commit(batch)
            self._grave.mkdir()
            for each in self.path.parent.glob(f"{self.path.name}*"):
                if not each.name.endswith("-shm"):  # it is rebuilt from the log
                    shutil.copy(each, self._grave)
        raise Killed

    @override
    def reopen(self) -> None:
        raise Killed


class Story(NamedTuple):
    """What the outside saw before the end."""

    accepted: list[str]
    tracked: list[str]  # told to be finished


async def told(fake: Fake) -> Story:
    """A few jobs and all that comes of them, until an answer is 503 or the end is reached."""
    story = Story([], [])
    transport = httpx.ASGITransport(fake.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        with suppress(httpx.HTTPStatusError):
            opened: dict[str, Any] = {"plan": "max", "apiKey": KEY, "credits": CREDITS}
            (await client.post("/_mock/accounts", json=opened)).raise_for_status()
            for person in PEOPLE:
                body: dict[str, Any] = {"personId": person, "webhookUrl": f"{HOOK_URL}/{person}"}
                body |= {"revealPhoneNumberViaPartners": True}
                answer = await client.post(MATCH, json=body, headers={"X-API-KEY": KEY})
                story.accepted.append(answer.raise_for_status().json()["trackingId"])
                (await client.post("/_mock/clock/advance", json={"seconds": 7})).raise_for_status()
            (await client.post("/_mock/clock/advance", json={"to": "idle"})).raise_for_status()
            for tracking_id in story.accepted:
                answer = await client.get(f"{TRACK}{tracking_id}", headers={"X-API-KEY": KEY})
                if answer.raise_for_status().json().get("status") != "processing":
                    story.tracked.append(tracking_id)
    return story


class Ending(NamedTuple):
    finished_before: list[str]  # when the server came back
    jobs: list[Job]
    entries: list[LedgerEntry]
    left: int


async def carried_on(fake: Fake) -> Ending:
    """What becomes of a file that was left behind."""
    store = fake.engine.store
    is_done = [job.tracking_id for job in await every_job(store, copy) if is_finished(job)]
    transport = httpx.ASGITransport(fake.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        (await client.post("/_mock/clock/advance", json={"to": "idle"})).raise_for_status()
        accounts = (await client.get("/_mock/accounts")).json()["accounts"]
    left = accounts[0]["credits"] if accounts else CREDITS
    return Ending(is_done, await every_job(store, copy), await store.ledger(KEY), left)


def is_finished(job: Job) -> bool:
    return job.state is JobState.FINISHED


def settings(directory: Path) -> Settings:
    return Settings(state=str(directory / "state"), clock=ClockSetting(ClockMode.MANUAL, 0), seed=1)


def lived(fake: Fake, what: Callable[[Fake], Awaitable[T]]) -> T:
    """Run it as a server does, from start to shutdown."""

    async def live() -> T:
        inbox, outbox = asyncio.Queue[Any](), asyncio.Queue[Any]()
        app: Any = fake.app
        task = asyncio.ensure_future(app({"type": "lifespan", "state": {}}, inbox.get, outbox.put))
        await inbox.put({"type": "lifespan.startup"})
        assert (await outbox.get())["type"] == "lifespan.startup.complete"
        result = await what(fake)
        await inbox.put({"type": "lifespan.shutdown"})
        await task
        return result

    return asyncio.run(live())


def dying(directory: Path, webhooks: FakeWebhooks, **how: Any) -> tuple[Story, int]:
    """The story until the file dies, and how many commits that took."""
    files: list[DyingFile] = []

    def opened(path: str, *, power: bool) -> StateFile:
        files.append(DyingFile(path, power=power, grave=directory / "grave", **how))
        return files[-1]

    try:
        fake = build(settings(directory), spec=spec(), webhooks=webhooks, open_file=opened)
    except Killed:
        return Story([], []), 1
    return lived(fake, told), files[0].commits


def test_without_a_death_the_story_is_whole(tmp_path: Path) -> None:
    webhooks = FakeWebhooks()

    story, commits = dying(tmp_path, webhooks, dies_at=10**6, after=True)

    assert (len(story.accepted), story.tracked) == (len(PEOPLE), story.accepted)
    assert commits > 20


@pytest.mark.parametrize("after", [False, True], ids=["before a commit", "after a commit"])
def test_whatever_commit_it_dies_at_all_is_charged_once_and_delivered(
    tmp_path: Path, after: bool
) -> None:
    died = 0
    for n in count(1):
        directory = tmp_path / str(n)
        directory.mkdir()
        webhooks = FakeWebhooks()
        story, commits = dying(directory, webhooks, dies_at=n, after=after)
        if commits < n:
            break
        died += 1
        fake = build(settings(directory / "grave"), spec=spec(), webhooks=webhooks)
        ending = lived(fake, carried_on)
        assert_all_is_well(story, ending, webhooks)
        assert_mirrored(str(directory / "grave" / "state"), fake.engine.store)

    print(
        f"died {'after' if after else 'before'} each of {died} commits: nothing lost, nothing charged twice"
    )
    assert died > 20


def assert_all_is_well(story: Story, ending: Ending, webhooks: FakeWebhooks) -> None:
    jobs = {job.tracking_id: job for job in ending.jobs}
    assert set(story.accepted) <= set(jobs), "an accepted job was lost"
    assert all(is_finished(job) and not job.pending for job in ending.jobs)
    assert set(story.tracked) <= set(ending.finished_before), "a poll went backwards"
    found = {name for name, job in jobs.items() if "none" not in job.person.person_id}
    assert Counter(each.tracking_id for each in ending.entries) == dict.fromkeys(found, 1)
    assert ending.left == CREDITS + sum(each.amount for each in ending.entries)
    delivered = {post.url for post in webhooks.sent}
    assert {job.webhook_url for job in ending.jobs} == delivered, (
        "a webhook came for no job, or none"
    )

"""A lookup from the question to the number, whatever the API and the network do on the way."""

import sqlite3
from collections.abc import Iterator

import pytest
from tests.application import Application, locked

from mock_server import Account, MockServer

MINUTE = 60


def test_a_webhook_brings_the_number(application: Application, clodura_mock: MockServer) -> None:
    lookup = application.reveal("mock-found-wiza")
    assert application.state(lookup) == "waiting"

    clodura_mock.advance(10)

    assert application.state(lookup) == "found"
    assert len(application.lookup(lookup)["phoneNumbers"]) == 1


def test_nobody_has_a_number(application: Application, clodura_mock: MockServer) -> None:
    lookup = application.reveal("mock-none")

    clodura_mock.advance(MINUTE)

    assert application.state(lookup) == "notFound"
    assert application.status()["spent"] == 0


def test_a_person_who_does_not_exist_is_answered_at_once(application: Application) -> None:
    assert application.state(application.reveal("mock-unknown")) == "notFound"


def test_a_lost_webhook_is_made_up_for_by_polling(
    application: Application, clodura_mock: MockServer
) -> None:
    lookup = application.reveal("mock-found-hook-drop")
    clodura_mock.advance(MINUTE)

    application.work()

    assert application.state(lookup) == "found"


def test_polling_goes_on_while_the_search_does(
    application: Application, clodura_mock: MockServer
) -> None:
    lookup = application.reveal("mock-found-after-90-hook-drop")
    clodura_mock.advance(MINUTE)
    application.work()
    assert application.state(lookup) == "waiting"

    clodura_mock.advance(MINUTE)
    application.work()

    assert application.state(lookup) == "found"


def test_a_webhook_after_the_poll_changes_nothing(
    application: Application, clodura_mock: MockServer, account: Account
) -> None:
    application.reveal("mock-found-hook-late-600")
    clodura_mock.advance(MINUTE)
    application.work()

    clodura_mock.advance(to="idle")

    (job,) = account.jobs()
    assert [each["outcome"] for each in job["deliveries"]] == ["delivered"]
    assert application.probe(trackingId=job["trackingId"])["appliedCount"] == 1


def test_a_webhook_before_the_answer_to_the_match_is_taken(application: Application) -> None:
    assert application.state(application.reveal("mock-found-hook-early")) == "found"


@pytest.mark.parametrize("person", ["mock-found-hook-twice", "mock-found-hook-fail-2"])
def test_a_webhook_that_comes_again_is_counted_once(
    application: Application, clodura_mock: MockServer, account: Account, person: str
) -> None:
    application.reveal(person)

    clodura_mock.advance(to="idle")

    (job,) = account.jobs()
    assert len(job["deliveries"]) > 1
    assert {each["statusCode"] for each in job["deliveries"]} == {204}
    assert application.probe(trackingId=job["trackingId"])["appliedCount"] == 1


def test_a_webhook_that_is_cut_comes_again_whole(
    application: Application, clodura_mock: MockServer
) -> None:
    lookup = application.reveal("mock-found-hook-truncated")

    clodura_mock.advance(to="idle")

    assert application.state(lookup) == "found"


def test_results_in_disorder_find_their_lookups(
    application: Application, clodura_mock: MockServer, account: Account
) -> None:
    first = application.reveal("mock-found-hook-shuffled")
    second = application.reveal("mock-found-wiza")

    clodura_mock.advance(to="idle")

    numbers = [
        job["result"]["providers"][-1]["phoneNumbers"] for job in account.jobs() if job["result"]
    ]
    assert [application.lookup(each)["phoneNumbers"] for each in (first, second)] == numbers


def test_a_person_is_paid_for_once_however_many_ask(
    application: Application, clodura_mock: MockServer, account: Account
) -> None:
    first = application.reveal("mock-found")
    clodura_mock.advance(to="idle")

    assert application.reveal("mock-found") == first
    assert len(account.jobs()) == 1


def test_our_ledger_is_cloduras(
    application: Application, clodura_mock: MockServer, account: Account
) -> None:
    for person in ("mock-found", "mock-found-findymail-hook-twice", "mock-none", "mock-unknown"):
        application.reveal(person)
    clodura_mock.advance(to="idle")

    ours = [(each["provider"], -each["credits"]) for each in application.status()["ledger"]]
    theirs = [(each["provider"], each["amount"]) for each in account.ledger()]

    assert sorted(ours) == sorted(theirs)


def test_a_charge_that_no_result_explains_is_told(
    application: Application, clodura_mock: MockServer, account: Account
) -> None:
    application.work()  # notes the balance
    application.reveal("mock-found")
    clodura_mock.advance(to="idle")
    account.change(credits=account.credits() - 7)

    application.work()

    (notice,) = application.status()["notices"]
    assert "9983 credits are left, and not 9990" in notice


@pytest.mark.parametrize("times", [1, 3])
def test_a_throttled_lookup_waits_as_long_as_it_is_told(
    application: Application, clodura_mock: MockServer, account: Account, times: int
) -> None:
    account.change(requestsPerMinute=1)
    waiting = [application.ask(f"mock-found-after-{n}") for n in range(1, times + 2)]

    for _ in waiting:
        application.work()
        sent = len(account.jobs())
        application.work()
        assert len(account.jobs()) == sent, "it should send nothing before Retry-After is over"
        clodura_mock.advance(MINUTE)
    application.work()

    assert [application.state(each) for each in waiting] == ["found"] * len(waiting)


def test_the_worker_outlives_a_database_that_is_locked(
    application: Application, account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    application.ask("mock-found")
    with locked(application.settings.database):
        application.work_until(lambda: "database is locked" in caplog.text)

    application.work_until(lambda: bool(account.jobs()))


def test_a_tracking_id_that_is_given_twice_loses_no_lookup(
    application: Application, clodura_mock: MockServer, account: Account
) -> None:
    clodura_mock.fault(
        {"status": 200, "body": {"trackingId": "t-1", "message": "queued"}},
        when={"apiKey": account.api_key, "operationId": "revealPhone"},
    )

    lookups = [application.reveal(person) for person in ("mock-found", "mock-found-wiza")]

    assert [application.state(each) for each in lookups] == ["waiting", "asking"]


def test_a_webhook_of_a_tracking_id_that_another_lookup_has_is_taken(
    application: Application, clodura_mock: MockServer, account: Account
) -> None:
    clodura_mock.fault(
        {"status": 200, "body": {"trackingId": "t-1", "message": "queued"}},
        when={"apiKey": account.api_key, "operationId": "revealPhone"},
    )
    _, second = [application.reveal(person) for person in ("mock-found", "mock-found-wiza")]
    nothing = {"trackingId": "t-1", "status": "success", "providers": []}

    with sqlite3.connect(application.settings.database) as database:
        ((token,),) = database.execute("SELECT token FROM lookups WHERE id = ?", (second,))
    database.close()

    assert application.deliver(nothing, token) == 204
    assert application.state(second) == "notFound"


class TestWithoutCredits:
    @pytest.fixture
    def account(self, clodura_mock: MockServer) -> Iterator[Account]:
        poor = clodura_mock.account(credits=12)
        yield poor
        poor.remove()

    def test_sending_stops_and_the_owner_is_told(
        self, application: Application, clodura_mock: MockServer, account: Account
    ) -> None:
        application.reveal("mock-found")
        clodura_mock.advance(to="idle")
        refused = application.reveal("mock-found-wiza")
        application.reveal("mock-none")

        assert application.state(refused) == "queued"
        assert application.status()["held"].startswith("402 ")
        assert len(application.status()["notices"]) == 1
        assert len(clodura_mock.requests(api_key=account.api_key, status=402)) == 1

    def test_it_goes_on_by_itself_once_there_are_credits_again(
        self, application: Application, clodura_mock: MockServer, account: Account
    ) -> None:
        account.change(credits=0)
        lookup = application.reveal("mock-found")
        clodura_mock.advance(10 * MINUTE)
        application.work()
        assert application.state(lookup) == "queued"

        account.top_up(100)
        clodura_mock.advance(10 * MINUTE)
        application.work()
        clodura_mock.advance(to="idle")

        assert application.state(lookup) == "found"

    def test_a_search_that_runs_out_of_credits_costs_nothing(
        self, application: Application, clodura_mock: MockServer
    ) -> None:
        lookup = application.reveal("mock-found-findymail")

        clodura_mock.advance(to="idle")

        assert application.state(lookup) == "outOfCredits"
        assert application.status()["spent"] == 0


class TestOnAProspectPlan:
    @pytest.fixture
    def account(self, clodura_mock: MockServer) -> Iterator[Account]:
        prospect = clodura_mock.account(plan="prospect")
        yield prospect
        prospect.remove()

    def test_the_document_without_a_tracking_id_finds_its_lookup(
        self, application: Application, clodura_mock: MockServer
    ) -> None:
        lookup = application.reveal("mock-found")

        clodura_mock.advance(to="idle")

        assert application.state(lookup) == "found"
        assert application.status()["spent"] == 1

    def test_a_lost_webhook_is_made_up_for_by_polling(
        self, application: Application, clodura_mock: MockServer
    ) -> None:
        lookup = application.reveal("mock-found-hook-drop")
        clodura_mock.advance(MINUTE)

        application.work()

        assert application.state(lookup) == "found"


class TestWhenTheApiIsInTrouble:
    def test_a_match_that_was_refused_is_sent_again(
        self, application: Application, clodura_mock: MockServer, account: Account
    ) -> None:
        clodura_mock.fault({"status": 503}, when={"apiKey": account.api_key}, times=2)
        lookup = application.ask("mock-found")

        for _ in range(4):
            application.work()
            clodura_mock.advance(10 * MINUTE)

        assert application.state(lookup) == "found"

    @pytest.mark.parametrize(
        ("person", "state"), [("mock-found", "found"), ("mock-found-hook-drop", "lost")]
    )
    def test_a_worker_that_died_before_the_answer_never_sends_it_again_but_waits_for_its_webhook(
        self,
        application: Application,
        clodura_mock: MockServer,
        account: Account,
        person: str,
        state: str,
    ) -> None:
        match = {"apiKey": account.api_key, "operationId": "revealPhone"}
        clodura_mock.fault({"delaySeconds": 30}, when=match, times=1)
        lookup = application.ask(person)
        application.work_until(lambda: bool(account.jobs()))

        for _ in range(9):
            clodura_mock.advance(10 * MINUTE)
            application.work()

        assert application.state(lookup) == state
        assert len(account.jobs()) == 1
        told = [each for each in application.status()["notices"] if "it may be paid for" in each]
        assert len(told) == (state == "lost")

    def test_a_key_that_is_no_longer_good_stops_it_until_the_owner_says_so(
        self, application: Application, clodura_mock: MockServer, account: Account
    ) -> None:
        account.change(apiAccess=False)
        lookup = application.reveal("mock-found")
        account.change(apiAccess=True)
        clodura_mock.advance(60 * MINUTE)
        application.work()
        assert application.state(lookup) == "queued"

        assert application.http.post("/resume").status_code == 204
        application.work()

        assert application.state(lookup) == "waiting"

    def test_a_request_that_is_wrong_is_not_tried_again(
        self, application: Application, clodura_mock: MockServer, account: Account
    ) -> None:
        lookup = application.reveal("mock-status-422")
        application.work()

        assert application.state(lookup) == "refused"
        assert len(clodura_mock.requests(api_key=account.api_key, status=422)) == 1

"""The dashboard in a real Chromium: what its user does, and sees come of it."""

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from mock_server import MockServer
from tests.api import credits, match
from tests.e2e.conftest import Opens
from tests.e2e.dashboards import Dashboard
from tests.e2e.worlds import lively


def reveal(mock: MockServer, person: str, inbox: str = "crm", key: str = "test_max_t") -> str:
    body = {
        "personId": person,
        "revealPhoneNumberViaPartners": True,
        "webhookUrl": mock.inbox(inbox).url,
    }
    tracking_id: str = match(mock, body, key).body["trackingId"]
    return tracking_id


def test_a_match_is_sent_from_the_form_and_its_webhook_arrives(dashboard: Dashboard) -> None:
    page = dashboard.open("try")
    page.get_by_label("Person").select_option("found-wiza")

    dashboard.press("Send")
    expect(page.locator(".detail")).to_contain_text("asking Clodura")
    dashboard.press("+1 s")
    expect(page.locator(".detail")).to_contain_text("asking SignalHire")
    dashboard.press("Next")
    expect(page.locator(".detail")).to_contain_text("asking Enrichlayer")
    dashboard.press("Idle")

    expect(page.get_by_role("heading", name="Webhook 1")).to_be_visible()
    body = page.get_by_role("region", name="Body of webhook 1")
    expect(body).to_contain_text('"provider": "Wiza"')
    expect(page.locator(".detail")).to_contain_text("found · 14 cr")
    expect(page.locator(".detail")).to_contain_text("delivered · 200")
    assert [each["personId"] for each in dashboard.mock.jobs()] == ["mock-found-wiza"]


def test_the_form_sends_modifiers_a_profile_and_a_receiver_that_fails(dashboard: Dashboard) -> None:
    page = dashboard.open("try")
    page.get_by_label("Person").select_option("found-leadmagic")
    page.get_by_label("Search takes").fill("90")
    page.get_by_role("combobox", name="Webhook").select_option("hook-twice")
    page.get_by_label("Receiver").select_option("500,500,200")
    expect(page.locator("output")).to_have_text("mock-found-leadmagic-after-90-hook-twice")
    dashboard.press("Send")
    dashboard.press("Idle")
    expect(page.get_by_role("heading", name="Webhook 4")).to_be_visible()

    page.get_by_label("Person").select_option("")
    page.get_by_label("Id or LinkedIn profile").fill("https://www.linkedin.com/in/mock-found/")
    dashboard.press("Send")
    expect(page.get_by_role("heading", name="Webhook 4")).to_have_count(0)
    expect(page.locator(".detail")).to_contain_text("asking Clodura")

    people = [each["personId"] for each in dashboard.mock.jobs()]
    assert people == ["mock-found-leadmagic-after-90-hook-twice", "mock-found"]


def test_a_refusal_is_shown_with_its_reason(dashboard: Dashboard) -> None:
    page = dashboard.open("try")
    page.get_by_label("Account").select_option("test_exhausted")

    with page.expect_response(lambda each: each.status == 402):
        dashboard.press("Send")

    expect(page.locator(".detail")).to_contain_text("balance 0, the cheapest provider costs 10")
    dashboard.complaints.clear()  # a browser calls every 4xx an error


def test_the_curl_line_does_the_same(dashboard: Dashboard) -> None:
    page = dashboard.open("try")
    page.get_by_label("Key", exact=True).fill("test_max_o'brien")
    line = page.get_by_role("region", name="The same with curl").inner_text()

    subprocess.run(["bash", "-c", line], check=True, capture_output=True)

    assert [each["personId"] for each in dashboard.mock.jobs("test_max_o'brien")] == [
        "mock-found-wiza"
    ]


def test_a_fault_is_added_bites_and_is_removed(dashboard: Dashboard) -> None:
    page = dashboard.open("faults")
    expect(page.get_by_text("Nothing goes wrong")).to_be_visible()
    page.get_by_label("Status").fill("503")
    dashboard.press("Add fault")
    expect(page.get_by_text("every call of revealPhone: answers 503")).to_be_visible()

    dashboard.visit("try")
    dashboard.press("Send")
    expect(page.locator(".detail .pill")).to_have_text("503")
    expect(page.locator(".detail")).to_contain_text("503: a fault of the control API")
    dashboard.visit("faults")
    expect(page.get_by_text("fitted 1 call, happened 1")).to_be_visible()
    dashboard.press("Remove fault-1")
    expect(page.get_by_text("Nothing goes wrong")).to_be_visible()
    dashboard.visit("try")
    dashboard.press("Send")
    expect(page.locator(".detail .pill").first).to_have_text("200")

    dashboard.complaints.clear()  # of the 503


def test_a_share_of_calls_can_be_given_a_fault_of_the_webhook(dashboard: Dashboard) -> None:
    page = dashboard.open("faults")
    page.get_by_label("Share of the calls").fill("20")
    page.get_by_label("Webhook").select_option("twice")
    dashboard.press("Add fault")

    expect(
        page.get_by_text("20 % of the calls of revealPhone: sends the webhook 2 times")
    ).to_be_visible()
    (fault,) = dashboard.mock.faults()
    assert fault["chaos"]["effects"][0]["webhook"]["times"] == 2


def test_a_job_moves_on_the_timeline_while_it_is_looked_at(dashboard: Dashboard) -> None:
    page = dashboard.open()
    expect(page.get_by_text("No jobs yet")).to_be_visible()
    dashboard.mock.inbox("crm").answer_with(500, 200)

    reveal(dashboard.mock, "mock-found-signalhire")
    expect(dashboard.row("mock-found-signalhire, key ending ax_t, asking Clodura")).to_be_visible()
    dashboard.mock.advance(1)
    expect(dashboard.row("asking SignalHire")).to_be_visible()
    dashboard.mock.advance(3)

    expect(dashboard.row("found · 12 cr, retry in 5 s")).to_be_visible()
    expect(page.locator(".row .countdown")).to_have_text("in 5 s")
    dashboard.mock.advance(2)
    expect(page.locator(".row .countdown")).to_have_text("in 3 s")
    dashboard.mock.advance(3)
    expect(dashboard.row("found · 12 cr, delivered · 200")).to_be_visible()
    expect(page.locator(".bar.found, .bar.nobody")).to_have_count(2)
    expect(page.locator(".hook.failed, .hook.delivered")).to_have_count(2)


def test_what_events_tell_is_what_the_list_tells(dashboard: Dashboard) -> None:
    page = dashboard.open()
    page.set_viewport_size({"width": 1200, "height": 2600})
    lively(dashboard.mock)
    count = len(dashboard.mock.jobs())
    expect(dashboard.rows()).to_have_count(count)
    expect(page.locator("[data-clock=time]")).to_have_text(dashboard.mock.clock()["now"][11:23])
    drawn = "() => [...document.querySelectorAll('.row')].map(row => row.ariaLabel + row.innerHTML)"
    seen = page.evaluate(drawn)

    page.reload()
    dashboard.live()
    expect(dashboard.rows()).to_have_count(count)

    assert page.evaluate(drawn) == seen


def test_the_timeline_is_filtered(dashboard: Dashboard) -> None:
    lively(dashboard.mock)
    page = dashboard.open()

    page.get_by_role("button", name=re.compile("Webhook failed 1")).click()
    expect(dashboard.rows()).to_have_count(1)
    expect(dashboard.row("given up after 5")).to_be_visible()
    page.get_by_role("button", name=re.compile("Out of credits")).click()
    expect(dashboard.row("key ending _low, out of credits")).to_be_visible()
    page.get_by_role("searchbox").fill("kofi")
    expect(page.get_by_text("No job is like that")).to_be_visible()
    dashboard.press("Show all")

    expect(page.get_by_role("button", name=re.compile("All"), pressed=True)).to_be_visible()
    expect(dashboard.row("mock-found-wiza").first).to_be_visible()


def test_the_timeline_is_zoomed_and_moved(dashboard: Dashboard) -> None:
    lively(dashboard.mock)
    page = dashboard.open()
    ticks = page.locator(".axis .tick text").all_text_contents()

    dashboard.press("Fit all")
    whole = page.locator(".axis .tick text").all_text_contents()
    dashboard.press("Zoom in")
    closer = page.locator(".axis .tick text").all_text_contents()
    page.get_by_role("listbox").focus()
    page.keyboard.press("ArrowLeft")
    earlier = page.locator(".axis .tick text").all_text_contents()
    dashboard.press("Fit rows")

    assert page.locator(".axis .tick text").all_text_contents() == ticks
    assert len({tuple(each) for each in (ticks, whole, closer, earlier)}) == 4


def test_a_job_is_shown_with_all_that_is_known_of_it(dashboard: Dashboard) -> None:
    tracking_id = reveal(dashboard.mock, "mock-found-signalhire")
    dashboard.mock.advance(to="idle")
    page = dashboard.open(f"jobs/{tracking_id}")

    steps = page.get_by_role("region", name="Steps")
    expect(steps.get_by_role("row")).to_have_count(3)
    expect(page.locator(".charge")).to_contain_text("12 credits")
    expect(page.locator(".charge")).to_contain_text("SignalHire found a number")
    for name in ("Multi-provider payload", "Standard payload", "What track answers"):
        expect(page.get_by_role("region", name=name)).to_contain_text("+1")
    page.locator("summary", has_text="#1").click()
    headers = page.get_by_role("region", name="Headers of attempt 1")
    expect(headers).to_contain_text("Content-Type: application/json")
    expect(page.get_by_role("region", name="Request body")).to_contain_text("mock-found-signalhire")
    expect(page.locator(".request")).to_contain_text("200: the job is queued (RES-1)")


def test_a_webhook_is_sent_again_and_what_is_open_stays_open(dashboard: Dashboard) -> None:
    tracking_id = reveal(dashboard.mock, "mock-found")
    dashboard.mock.advance(to="idle")
    page = dashboard.open(f"jobs/{tracking_id}")
    page.get_by_role("region", name="Steps").focus()

    dashboard.press("Send webhook again")
    dashboard.told("The webhook is due now")

    expect(page.locator("summary", has_text="#2")).to_contain_text("delivered · 200")
    expect(page.locator("summary", has_text="#2")).to_contain_text("asked for by the control API")
    assert len(dashboard.mock.inbox("crm").messages()) == 2


def test_request_and_webhook_are_copied_as_lines_of_curl(opens: Opens) -> None:
    dashboard = opens(permissions=["clipboard-read", "clipboard-write"])
    tracking_id = reveal(dashboard.mock, "it's $HOME `me`", key="test_max_copy")
    dashboard.mock.advance(to="idle")
    page = dashboard.open(f"jobs/{tracking_id}")

    for name in ("Copy request as curl", "Copy webhook as curl"):
        dashboard.press(name)
        dashboard.told("Copied")
        line = page.evaluate("() => navigator.clipboard.readText()")
        subprocess.run(["bash", "-c", line], check=True, capture_output=True)

    jobs = dashboard.mock.jobs("test_max_copy")
    first, second = dashboard.mock.inbox("crm").messages()
    assert [each["personId"] for each in jobs] == ["it's $HOME `me`"] * 2
    assert first["body"] == second["body"]


def test_a_line_of_curl_never_holds_the_key_of_another_account(opens: Opens) -> None:
    dashboard = opens(permissions=["clipboard-read", "clipboard-write"])
    page = dashboard.open()
    tracking_id = reveal(dashboard.mock, "mock-found", key="test_max_same")
    dashboard.visit(f"jobs/{tracking_id}")
    dashboard.press("Copy request as curl")
    dashboard.told("Copied")
    alone = page.evaluate("() => navigator.clipboard.readText()")

    dashboard.mock.account(api_key="another_same")
    dashboard.visit("accounts")
    expect(dashboard.row("another_same")).to_be_visible()
    dashboard.visit("requests")
    dashboard.row("the job is queued").click()
    dashboard.press("Copy as curl")
    dashboard.told("Copied")
    page.wait_for_function(
        "async before => (await navigator.clipboard.readText()) !== before", arg=alone
    )

    assert "X-API-KEY: test_max_same" in alone
    assert "X-API-KEY: YOUR-KEY" in page.evaluate("() => navigator.clipboard.readText()")


def test_a_job_that_is_not_there_is_told(dashboard: Dashboard) -> None:
    page = dashboard.open("jobs/nobody%20knows")

    expect(page.get_by_text("This job is not there")).to_be_visible()
    expect(page.get_by_text("no job has the trackingId 'nobody knows'")).to_be_visible()
    dashboard.complaints.clear()  # of the 404


def test_an_account_is_added_topped_up_and_charged(dashboard: Dashboard) -> None:
    page = dashboard.open("accounts")
    page.get_by_text("Add an account").click()
    page.get_by_label("Key", exact=True).fill("acme")
    page.get_by_label("Credits", exact=True).fill("30")
    dashboard.press("Add account")
    expect(page.get_by_role("heading", name="acme", level=1)).to_be_visible()
    expect(page.locator(".detail .big")).to_contain_text("30")

    reveal(dashboard.mock, "mock-found", key="acme")
    dashboard.mock.advance(1)
    expect(page.locator(".detail .big")).to_contain_text("20")
    expect(page.locator(".window")).to_contain_text("1 of 300")
    page.get_by_label("Credits", exact=True).last.fill("100")
    dashboard.press("Top up")

    expect(page.locator(".detail .big")).to_contain_text("120")
    expect(page.get_by_role("region", name="Ledger")).to_contain_text("Clodura found a number")
    expect(page.locator(".chart circle")).to_have_count(2)
    assert dashboard.mock.call("GET", "/accounts/acme")["credits"] == 120


def test_an_account_that_cannot_be_is_refused_with_the_reason(dashboard: Dashboard) -> None:
    dashboard.mock.account("max", api_key="taken")
    page = dashboard.open("accounts")
    page.get_by_text("Add an account").click()
    page.get_by_label("Key", exact=True).fill("taken")

    dashboard.press("Add account")

    dashboard.told("the key 'taken' has an account already")
    dashboard.complaints.clear()  # of the 409


def test_the_journal_is_filtered_and_each_request_explained(dashboard: Dashboard) -> None:
    mock = dashboard.mock
    reveal(mock, "mock-found", key="test_max_a")
    match(mock, {"personId": "mock-none"}, "test_max_b")
    credits(mock, "test_max_b")
    page = dashboard.open("requests")
    expect(dashboard.rows()).to_have_count(3)

    page.get_by_label("Status").select_option("4xx")
    expect(dashboard.rows()).to_have_count(1)
    dashboard.row("partners are off and Clodura has no number").click()
    expect(page.locator(".detail")).to_contain_text("(RES-3, ERR-404)")
    expect(page.get_by_role("region", name="Request body")).to_contain_text("mock-none")
    page.get_by_label("Status").select_option("")
    page.get_by_label("Operation").select_option("getCredits")
    expect(dashboard.rows()).to_have_count(1)
    credits(mock, "test_max_c")
    expect(dashboard.rows()).to_have_count(2)
    page.get_by_role("searchbox").fill("test_max_b")
    page.get_by_role("searchbox").press("Enter")

    expect(dashboard.rows()).to_have_count(1)


def test_the_clock_is_chosen_and_moved(dashboard: Dashboard) -> None:
    page = dashboard.open()
    reveal(dashboard.mock, "mock-found")
    expect(page.locator("[data-clock=pending]")).to_have_text("1 waiting, the next in 1 s")
    dashboard.press("+1 min")
    expect(page.locator("[data-clock=time]")).to_have_text("00:01:00.000")
    expect(page.locator("[data-clock=pending]")).to_have_text("nothing is waiting")
    dashboard.told("2 done, 1 webhook sent")

    page.get_by_label("Virtual seconds in a real one").fill("120")
    page.locator("label", has_text="Scaled").click()
    expect(page.get_by_role("radio", name="Scaled")).to_be_checked()
    page.wait_for_function(
        "() => document.querySelector('[data-clock=time]').textContent > '00:01:10'"
    )

    assert (dashboard.mock.clock()["mode"], dashboard.mock.clock()["rate"]) == ("scaled", 120)
    page.locator("label", has_text="Manual").click()
    expect(page.get_by_role("radio", name="Manual")).to_be_checked()
    assert dashboard.mock.clock()["mode"] == "manual"


def test_a_clock_that_another_moves_is_followed(dashboard: Dashboard) -> None:
    page = dashboard.open()

    told = dashboard.mock.advance(3600)["now"]
    assert told[11:23] == "01:00:00.000", f"the server told {told}"
    expect(page.locator("[data-clock=time]")).to_have_text("01:00:00.000")
    dashboard.mock.set_clock("scaled", 0.001)

    expect(page.get_by_role("radio", name="Scaled")).to_be_checked()


def test_the_world_is_saved_emptied_and_loaded(dashboard: Dashboard, tmp_path: Path) -> None:
    lively(dashboard.mock)
    count = len(dashboard.mock.jobs())
    page = dashboard.open("snapshot")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save snapshot").click()
    saved.value.save_as(tmp_path / "world.json")

    dashboard.press("Reset …")
    dashboard.press("No")
    assert len(dashboard.mock.jobs()) == count
    dashboard.press("Reset …")
    dashboard.press("Yes, empty it")
    dashboard.told("An empty world")
    dashboard.visit("")
    expect(page.get_by_text("No jobs yet")).to_be_visible()
    dashboard.visit("snapshot")
    page.get_by_label("File").set_input_files(tmp_path / "world.json")
    dashboard.press("Load")
    dashboard.told(f"{count} jobs")
    dashboard.visit("")

    expect(page.get_by_role("button", name=f"All {count}")).to_be_visible()


def test_a_file_that_is_no_snapshot_is_refused_and_changes_nothing(
    dashboard: Dashboard, tmp_path: Path
) -> None:
    (tmp_path / "x.json").write_text("<script>no</script>")
    page = dashboard.open("snapshot")
    page.get_by_label("File").set_input_files(tmp_path / "x.json")

    dashboard.press("Load")

    dashboard.told("this is no snapshot")
    dashboard.complaints.clear()  # of the 422


@pytest.mark.parametrize("closed", ["jobs", "accounts"])
def test_an_account_that_goes_takes_its_jobs_from_the_page(
    dashboard: Dashboard, closed: str
) -> None:
    reveal(dashboard.mock, "mock-found", key="test_max_gone")
    route = "" if closed == "jobs" else "accounts"
    dashboard.open(route)
    expect(dashboard.rows()).to_have_count(1)

    dashboard.mock.call("DELETE", "/accounts/test_max_gone")

    expect(dashboard.rows()).to_have_count(0)

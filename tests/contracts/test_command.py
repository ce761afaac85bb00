"""The command line of the contract kit, as its users call it."""

import json
import re
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from contracts.registry import RULES
from contracts.session import _status
from mock_server import MockServer
from mock_server.cli import app
from tests.contracts.bugs import BUGS
from tests.contracts.museum import exhibited
from tests.e2e.servers import served

RUNNER = CliRunner()
KEY = "live-secret-key-81f2"


def told(*words: object, env: dict[str, str] | None = None) -> Result:
    """What the command says, on one line of any length."""
    return RUNNER.invoke(
        app, ["contract", *map(str, words)], env={"COLUMNS": "200", "K": KEY, **(env or {})}
    )


def said(result: Result) -> str:
    return " ".join(f"{result.stdout} {result.stderr}".split())


def report_in(folder: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads((folder / "report.json").read_text("utf-8"))
    return document


@pytest.fixture(scope="module")
def mock() -> Iterator[MockServer]:
    with MockServer(clock="x60", seed=1) as mock:
        mock.account(api_key=KEY, requests_per_minute=100_000)
        yield mock


@pytest.fixture
def target(mock: MockServer, tmp_path: Path) -> Path:
    path = tmp_path / "target.toml"
    path.write_text(
        f"""
        [target]
        base_url = "{mock.url}"
        [[identity]]
        role = "main"
        plan = "max"
        key_env = "K"
        [people]
        found = "mock-found"
        none = "mock-none"
        unknown = "mock-unknown"
        [timing]
        result_timeout_seconds = 20
        settle_seconds = 0.1
        """
    )
    return path


def test_our_fake_keeps_every_rule_and_all_reports_are_written(tmp_path: Path) -> None:
    done = told("--report", tmp_path, "--record", tmp_path / "run.jsonl", "--seed", "7")

    assert done.exit_code == 0, said(done)
    report = report_in(tmp_path)
    verdicts = {rule["verdict"] for rule in report["rules"]}  # type: ignore[attr-defined]
    assert verdicts == {"passed"}
    assert (tmp_path / "report.html").exists()
    again = told("--recheck", tmp_path / "run.jsonl", "--report", tmp_path / "again")
    assert again.exit_code == 0
    assert f"reports in {tmp_path / 'again'}" in said(again)
    assert f"PASSED: {len(RULES)} passed" in said(again)
    assert "there went from others: 1 of standard" in said(done), (
        "the price of a number on Prospect"
    )


def test_people_who_wait_are_told_what_is_going_on_and_pipes_are_not() -> None:
    terminal, pipe = StringIO(), StringIO()
    for file in (terminal, pipe):
        console = Console(file=file, force_terminal=file is terminal)
        with _status(console, "looking at the target") as update:
            update("more")

    assert "more" in terminal.getvalue()
    assert pipe.getvalue() == ""


def test_a_budget_of_nothing_spends_nothing(mock: MockServer, target: Path) -> None:
    before = mock.account().balance()
    ledger = mock.call("GET", f"/accounts/{KEY}/ledger")["entries"]

    done = told(target, "--profile", "full", "--budget", "0")

    assert done.exit_code == 3
    assert mock.call("GET", f"/accounts/{KEY}/ledger")["entries"] == ledger
    assert before == {"remainingCredits": 10_000}


def test_a_budget_below_the_worst_case_buys_nothing_and_says_so(
    mock: MockServer, target: Path
) -> None:
    ledger = mock.call("GET", f"/accounts/{KEY}/ledger")["entries"]

    done = told(target, "--profile", "full", "--budget", "15")

    assert done.exit_code == 3
    assert "nothing was bought" in said(done)
    assert "may cost 20 credits, and of the budget of 15 only 15 are left" in said(done)
    assert mock.call("GET", f"/accounts/{KEY}/ledger")["entries"] == ledger


def test_a_budget_that_the_free_profile_does_not_use_is_told(target: Path) -> None:
    done = told(target, "--budget", "15", "--rules", "BIL-001")

    assert done.exit_code == 0
    assert "--profile full spends it" in said(done)


def test_one_key_is_judged_as_far_as_it_goes_with_honest_skips(
    target: Path, tmp_path: Path
) -> None:
    done = told(target, "--report", tmp_path / "out")

    assert done.exit_code == 0, said(done)
    rules = {each["id"]: each for each in report_in(tmp_path / "out")["rules"]}  # type: ignore[attr-defined]
    assert rules["TEN-001"]["reason"] == "needs:other"
    assert rules["BIL-004"]["reason"] == "profile"
    assert rules["REQ-001"]["verdict"] == "passed"


def test_no_key_appears_in_any_output_report_or_recording(target: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = told(
        target, "--profile", "full", "--budget", "100", "--report", out, "--record", out / "r"
    )

    assert done.exit_code == 0, said(done)
    texts = [said(done), *(each.read_text("utf-8") for each in out.iterdir())]
    assert len(texts) == 5
    assert not [text[:80] for text in texts if KEY.lower() in text.lower()]
    assert not re.search(r"\+1\d{10}", "".join(texts))


def test_a_target_that_charges_for_refusals_is_stopped_after_the_first(tmp_path: Path) -> None:
    bug = next(each for each in BUGS if each.name == "refusals_cost")
    with exhibited(bug.tampering) as target:
        path = tmp_path / "target.toml"
        path.write_text(
            f'[target]\nbase_url = "{target.base_url}"\n'
            '[[identity]]\nrole = "main"\nplan = "max"\nkey_env = "K"\n'
            '[people]\nnone = "mock-none"\n[timing]\nsettle_seconds = 0.1\nresult_timeout_seconds = 20\n'
        )
        done = told(path, "--report", tmp_path / "out", env={"K": target.main.key})

    assert done.exit_code == 4, said(done)
    report = report_in(tmp_path / "out")
    failed = [each["id"] for each in report["rules"] if each["verdict"] == "failed"]  # type: ignore[attr-defined]
    assert failed == ["BIL-010"]
    assert report["credits"] == {"before": 10_000, "after": 9_999, "spent": 1}
    assert "stopped" in said(done)


def test_what_is_risked_lets_the_run_go_on(tmp_path: Path) -> None:
    bug = next(each for each in BUGS if each.name == "refusals_cost")
    with exhibited(bug.tampering) as target:
        path = tmp_path / "target.toml"
        path.write_text(
            f'[target]\nbase_url = "{target.base_url}"\n'
            '[[identity]]\nrole = "main"\nplan = "max"\nkey_env = "K"\n[timing]\nsettle_seconds = 0.1\n'
        )
        done = told(path, "--risk", "1000", "--rules", "BIL-010", env={"K": target.main.key})

    assert done.exit_code == 1, said(done)


def test_an_expected_failure_does_not_fail_the_run_and_a_surprise_is_told(
    target: Path, tmp_path: Path
) -> None:
    known = tmp_path / "known.toml"
    known.write_text('[[expected]]\nrule = "TRK-005"\nreason = "x"\ndate = 2026-01-31\n')

    done = told(target, "--expected-failures", known, "--rules", "TRK-*")

    assert done.exit_code == 0
    assert "TRK-005 passes, though it is expected to fail" in said(done)


@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["run", "dry"])
def test_a_pattern_that_fits_no_rule_is_told_and_without_another_nothing_ran(
    target: Path, dry: tuple[str, ...]
) -> None:
    nothing = told(target, "--rules", "NOPE-*", *dry)
    some = told(target, "--rules", "NOPE-*", "--rules", "AUTH-001", *dry)

    assert nothing.exit_code == (0 if dry else 5)
    assert some.exit_code == 0, said(some)
    for done in (nothing, some):
        assert "--rules 'NOPE-*' fits no rule; clodura-kit explain lists them" in said(done)


def test_a_recheck_tells_of_a_pattern_that_fits_no_rule(target: Path, tmp_path: Path) -> None:
    told(target, "--rules", "AUTH-001", "--record", tmp_path / "run")

    done = told("--recheck", tmp_path / "run", "--rules", "NOPE-*")

    assert done.exit_code == 5
    assert "--rules 'NOPE-*' fits no rule" in said(done)


def test_without_webhooks_their_rules_are_skipped(target: Path, tmp_path: Path) -> None:
    done = told(target, "--no-webhook", "--report", tmp_path / "out")

    assert done.exit_code == 0, said(done)
    rules = report_in(tmp_path / "out")["rules"]
    hooks = [each for each in rules if each["area"] == "WHK"]  # type: ignore[attr-defined]
    assert {each["reason"] for each in hooks} <= {
        "no_webhook",
        "profile",
        "needs:standard",
        "needs:low",
    }
    assert not [each for each in hooks if each["verdict"] == "passed"]


def test_without_webhooks_nothing_is_bought_for_rules_that_are_about_them(
    mock: MockServer, target: Path
) -> None:
    ledger = mock.call("GET", f"/accounts/{KEY}/ledger")["entries"]
    asked = (target, "--no-webhook", "--rules", "WHK-001", "--profile", "full", "--budget", "60")

    done = told(*asked)

    assert done.exit_code == 5, said(done)
    assert "no_webhook: WHK-001" in said(done)
    assert mock.call("GET", f"/accounts/{KEY}/ledger")["entries"] == ledger


def test_an_address_that_is_our_fake_gets_magic_keys_and_people(mock: MockServer) -> None:
    done = told(mock.url, "--rules", "REQ-001", "--rules", "LIM-*", "--rules", "BIL-014")

    assert done.exit_code == 0, said(done)
    assert "8 passed" in said(done)


def test_an_address_with_a_key_is_judged_by_it(mock: MockServer) -> None:
    done = told(mock.url, "--key-env", "K", "--plan", "max", "--rules", "AUTH-00[1-6]")

    assert done.exit_code == 0, said(done)


def test_a_dry_run_tells_rules_calls_and_the_worst_case_and_sends_nothing(
    mock: MockServer, target: Path
) -> None:
    mock.call("DELETE", "/requests")

    done = told(target, "--profile", "full", "--budget", "40", "--dry-run")

    assert done.exit_code == 0
    assert "at worst 40 credits within a budget of 40; nothing was sent" in said(done)
    assert "BIL-004" in said(done)
    assert mock.requests() == []


def test_a_dry_run_of_the_fake_knows_every_role() -> None:
    done = told("--dry-run")

    assert done.exit_code == 0
    assert "a fake of this process" in said(done)
    assert "any budget" in said(done)


def test_a_wrong_dry_run_is_a_usage_error() -> None:
    assert told("nowhere.toml", "--dry-run").exit_code == 2


@contextmanager
def _answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_handled, args=(connection, answer), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    stop.set()
    listener.close()


def _handled(connection: socket.socket, answer: Callable[[socket.socket], None]) -> None:
    with connection:
        try:
            connection.recv(65536)
            answer(connection)
        except OSError:
            return


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


def _hangs(connection: socket.socket) -> None:
    connection.recv(1)  # until the other side gives up


def _drips(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"content-length: 1000000\r\n\r\n")
    pause = threading.Event()
    for _ in range(200):
        connection.sendall(b"1")
        pause.wait(0.05)


def _floods(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"content-length: 99000000\r\n\r\n")
    for _ in range(99):
        connection.sendall(b"1" * 1_000_000)


def _is_no_http(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def _breaks_off(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _is_something_else(connection: socket.socket) -> None:
    page = b"<h1>nginx</h1>"
    head = b"HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\nconnection: close\r\n"
    connection.sendall(head + b"content-length: %d\r\n\r\n" % len(page) + page)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (_hangs, "no whole answer within 1 s"),
        (_drips, "no whole answer within 1 s"),
        (_floods, "more than 1 MiB"),
        (_is_no_http, "does not speak HTTP"),
        (_breaks_off, "the connection failed (ReadError)"),
        (_is_something_else, "does not look like the API"),
    ],
)
def test_a_target_that_is_none_is_one_clear_line(
    answer: Callable[[socket.socket], None], complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "target.toml"
    with _answering(answer) as url:
        path.write_text(
            f'[target]\nbase_url = "{url}"\n[[identity]]\nrole = "main"\nplan = "max"\nkey_env = "K"\n'
            f"[timing]\nresult_timeout_seconds = {1 if answer in {_hangs, _drips} else 20}\n"
        )
        done = told(path)

    assert done.exit_code == 2
    assert complaint in said(done)
    assert said(done).count("clodura-kit:") == 1


def test_a_target_that_is_down_is_one_clear_line() -> None:
    done = told("http://127.0.0.1:9", "--key-env", "K")

    assert done.exit_code == 2
    assert "nobody answers there" in said(done)


def test_a_key_that_is_refused_is_told(mock: MockServer) -> None:
    done = told(mock.url, "--key-env", "K", "--rules", "BIL-001", env={"K": "wrong-key-1"})

    assert done.exit_code == 2
    assert "the key of the main identity is answered 401" in said(done)


def test_a_manual_clock_would_wait_for_ever() -> None:
    with MockServer(clock="manual") as still:
        done = told(still.url)

    assert done.exit_code == 2
    assert "its clock is manual" in said(done)


def test_a_manual_clock_is_known_where_the_control_api_is_closed_too() -> None:
    with served("--clock", "manual", "--control-token", "tok-123-secret") as still:
        done = told(still.url)

    assert done.exit_code == 2
    assert "its clock is manual" in said(done)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--profile", "cheap"], "--profile is free or full"),
        (["--plan", "gold"], "'gold' is no plan"),
        (["--key-env", "K"], "the fake has accounts of its own"),
        (["nowhere"], "'nowhere': there is no such file; a target is fake, an address"),
        (["nowhere.toml"], "nowhere.toml: No such file"),
        (["nowhere.toml", "--plan", "max"], "the target file tells plans"),
        (["nowhere.toml", "--key-env", "K"], "the target file names them"),
        (["ftp://x"], "is no address of an API"),
        (["http://127.0.0.1:9"], "--key-env NAME says which variable"),
        (["http://127.0.0.1:9", "--key-env", "NOT_SET"], "is empty or not set"),
        (
            ["https://api.example", "--key-env", "K", "--budget", "20"],
            "confirm it with --yes-spend",
        ),
        (["https://api.example", "--key-env", "K"], "give --public-url URL"),
        (["--listen", "nonsense"], "--listen is HOST:PORT"),
        (["--listen", "127.0.0.1:99999"], "--listen is HOST:PORT"),
        (["--listen", "203.0.113.1:0"], "cannot listen on 203.0.113.1:0"),
        (["--public-url", "nonsense"], "is no address"),
        (["--public-url", "http://127.0.0.1:9/hooks", "--no-webhook"], "either --public-url"),
        (["--public-url", "http://127.0.0.1:9/hooks"], "does not lead to --listen"),
        (["--expected-failures", "none.toml"], "none.toml"),
        (["--recheck", "none.jsonl"], "none.jsonl"),
        (["--recheck", "none.jsonl", "--record", "x.jsonl"], "exclude each other"),
        (["--record", "/nowhere/x.jsonl"], "/nowhere/x.jsonl"),
        (["--report", "/dev/null/x"], "--report /dev/null/x"),
    ],
)
def test_what_cannot_be_is_told_with_code_2(words: list[str], complaint: str) -> None:
    done = told(*words)

    assert done.exit_code == 2, said(done)
    assert complaint in said(done)
    assert done.exception is None or isinstance(done.exception, SystemExit)


def test_a_public_url_that_leads_back_is_used(target: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = f"127.0.0.1:{port}"

    done = told(
        target, "--listen", own, "--public-url", f"http://localhost:{port}/", "--rules", "WHK-00*"
    )

    assert done.exit_code == 0, said(done)


def test_the_help_shows_an_example() -> None:
    assert "Example:" in told("--help").stdout


def without(module: str, command: str = "contract") -> subprocess.CompletedProcess[str]:
    """The command where a module cannot be imported."""
    code = f"import sys; sys.modules[{module!r}] = None; from mock_server.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, command], capture_output=True, text=True, check=False
    )


def test_without_the_extra_it_is_told_what_to_install() -> None:
    done = without("httpx")

    assert done.returncode == 2
    assert done.stderr.strip() == (
        "clodura-kit: the contract kit is not installed: pip install 'clodura-kit[contract]'"
    )


def test_a_module_of_our_own_that_is_missing_is_no_missing_extra() -> None:
    assert "contracts.session" in without("contracts.session").stderr
    assert "contracts.explaining" in without("contracts.explaining", "explain").stderr


def test_a_report_that_cannot_be_written_is_told(target: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "report.json").mkdir(parents=True)

    done = told(target, "--rules", "BIL-001", "--report", tmp_path / "out")

    assert done.exit_code == 2
    assert "Is a directory" in said(done)


def test_whoever_stops_reading_has_the_reports_all_the_same(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mock_server", "contract", "--rules", "AUTH-001"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, "--report", str(tmp_path)], stdout=full, stderr=subprocess.PIPE, check=False
        )

    assert done.returncode == 2, done.stderr
    assert {each["id"] for each in report_in(tmp_path)["rules"]} == {"AUTH-001"}  # type: ignore[attr-defined]


def test_a_recording_that_breaks_off_ends_no_run(target: Path, tmp_path: Path) -> None:
    done = told(target, "--rules", "BIL-001", "--record", "/dev/full", "--report", tmp_path / "out")

    assert done.exit_code == 0, said(done)
    assert "--record /dev/full: No space left on device; the recording ends there" in said(done)
    assert report_in(tmp_path / "out")["verdict"] == "passed"


def _says_that_it_is_a_mock(connection: socket.socket) -> None:
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nx-mock: x\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]"
    )


def _hangs_up(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"x-mock: x\r\ncontent-length: 99\r\n\r\n")


@pytest.mark.parametrize("answer", [_says_that_it_is_a_mock, _hangs_up])
def test_a_stranger_with_our_header_is_taken_for_a_fake_without_a_clock(
    answer: Callable[[socket.socket], None],
) -> None:
    with _answering(answer) as url:
        done = told(url, "--rules", "BIL-001")

    assert done.exit_code == 2, said(done)


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "localhost:0"])
def test_a_target_elsewhere_needs_a_way_here_however_wide_is_listened(listen: str) -> None:
    done = told("https://api.example", "--key-env", "K", "--listen", listen, "--dry-run")

    assert done.exit_code == 2, said(done)
    assert "give --public-url URL" in said(done)


def test_a_name_to_listen_at_may_be_one_that_the_target_knows() -> None:
    done = told("https://api.example", "--key-env", "K", "--listen", "this.example:0", "--dry-run")

    assert done.exit_code == 0, said(done)


def test_a_dry_run_of_a_running_fake_plans_what_the_run_makes(mock: MockServer) -> None:
    mock.call("DELETE", "/requests")

    done = told(mock.url, "--dry-run")

    assert done.exit_code == 0, said(done)
    assert "nobody-url" in said(done)
    assert "not made: bought (profile)" in said(done)
    assert "needs:" not in said(done)
    assert "nothing was sent but a look, without a key" in said(done)
    assert [(each["operationId"], each["key"]) for each in mock.requests()] == [
        ("getCredits", None)
    ]


def test_a_dry_run_with_a_key_sends_nothing(mock: MockServer) -> None:
    mock.call("DELETE", "/requests")

    done = told(mock.url, "--key-env", "K", "--dry-run")

    assert done.exit_code == 0, said(done)
    assert "; nothing was sent BIL" in said(done).replace("AUTH-001", "BIL")
    assert mock.requests() == []


def test_no_proxy_stands_between_the_kit_and_a_fake_of_this_machine(
    mock: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    done = told(mock.url, "--rules", "BIL-001")

    assert done.exit_code == 0, said(done)

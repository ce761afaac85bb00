"""What a page in a real browser can do to a fake that runs beside it."""

import json
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from tests.e2e.chromium import chromium
from tests.e2e.servers import Served, served

STRANGER = """<!doctype html><pre id="seen"></pre><script>
const seen = [];
const told = () => { document.getElementById("seen").textContent = seen.join(" "); };
const call = async (name, path, options) => {
  try { seen.push(name + ":" + (await fetch(BASE + path, options)).status); }
  catch { seen.push(name + ":blocked"); }
  told();
};
(async () => {
  const plain = {"Content-Type": "text/plain"};
  const body = JSON.stringify({plan: "max", apiKey: "test_key_stranger"});
  await call("read", "/_mock/accounts", {});
  await call("json", "/_mock/accounts", {method: "POST", headers: {"Content-Type": "application/json"}, body});
  await call("simple", "/_mock/accounts", {method: "POST", mode: "no-cors", headers: plain, body});
  await call("reset", "/_mock/reset", {method: "POST", mode: "no-cors"});
  await call("inbox", "/_mock/inbox/x", {method: "POST", mode: "no-cors", body: "{}"});
  await call("delete", "/_mock/requests", {method: "DELETE"});
  seen.push("done"); told();
})();
</script>"""


def dom(url: str, profile: Path, *options: str) -> str:
    """The page as it stands once its scripts have come to rest."""
    command = [
        chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={profile}", "--virtual-time-budget=15000", "--dump-dom", *options, url,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


@pytest.fixture
def fake() -> Iterator[Served]:
    with served("--clock", "manual", "--seed", "1") as server:
        yield server


@pytest.fixture
def stranger(fake: Served) -> Iterator[str]:
    """A page of another origin, which tries what it can."""
    page = STRANGER.replace("BASE", json.dumps(fake.url)).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def snapshot(fake: Served) -> bytes:
    with urllib.request.urlopen(f"{fake.url}/_mock/snapshot", timeout=10) as answer:
        content: bytes = answer.read()
    return content


def test_a_page_of_another_origin_changes_and_reads_nothing(
    fake: Served, stranger: str, tmp_path: Path
) -> None:
    before = snapshot(fake)

    seen = dom(stranger, tmp_path)

    assert "done</pre>" in seen, f"the page did not come to its end: {seen}"
    assert "read:blocked" in seen, "another origin's page could read the answer"
    assert "json:blocked" in seen
    assert "delete:blocked" in seen
    assert snapshot(fake) == before, "another origin's page changed the world"


def test_a_host_name_that_was_bound_to_this_machine_reads_nothing(
    fake: Served, tmp_path: Path
) -> None:
    port = fake.url.rpartition(":")[2]
    rebound = "--host-resolver-rules=MAP rebound.test 127.0.0.1"

    seen = dom(f"http://rebound.test:{port}/_mock/accounts", tmp_path, rebound)

    assert "rebound.test" in seen, f"the page was not reached: {seen}"
    assert "accounts&quot;" not in seen
    assert '"accounts"' not in seen
    assert "not this machine" in seen

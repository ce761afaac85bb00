"""The dashboard's files as they are served: complete, of one origin, under a strict policy."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

import mock_server
from mock_server.web.control.guard import COOKIE
from mock_server.web.control.page import MEDIA_TYPES
from tests.web.control.described import CheckedServer

FOLDER = Path(mock_server.__file__).parent / "web" / "dashboard"
FILES = sorted(each.name for each in FOLDER.iterdir())
MODULES = [each for each in FILES if each.endswith(".js")]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["/", *(f"/dashboard/{each}" for each in FILES)])
def test_every_file_is_served_under_the_strict_policy(mock: CheckedServer, path: str) -> None:
    answer = mock.exchange("GET", f"/_mock{path}", None, {})

    name = path.rpartition("/")[2] or "index.html"
    assert answer.body == (FOLDER / name).read_bytes()
    assert answer.headers["content-type"] == MEDIA_TYPES[Path(name).suffix]
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "name", ["nowhere.js", "..%2F..%2F__init__.py", "..%5Cpage.py", "%2Fetc%2Fpasswd", "main.js%00"]
)
def test_there_are_no_other_files(mock: CheckedServer, name: str) -> None:
    status, problem = mock.ask("GET", f"/dashboard/{name}")

    assert status == 404
    assert "no file" in problem["detail"] or "there is no" in problem["detail"]


def test_with_a_token_the_files_need_the_cookie_of_the_page() -> None:
    server = CheckedServer(clock="manual")
    server._settings = replace(server._settings, control_token="t0ken")
    with server as mock:
        server._token = None
        without = mock.ask("GET", "/dashboard/main.js")[0]
        brought = mock.ask("GET", "/dashboard/main.js", Cookie=f"{COOKIE}=t0ken")[0]

    assert (without, brought) == (401, 200)


def test_the_page_has_nothing_inline_that_the_policy_would_refuse() -> None:
    page = text("index.html")

    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", page) == []


def test_every_file_is_asked_for_by_another() -> None:
    page = re.findall(r'/_mock/dashboard/([\w.-]+)"', text("index.html"))
    imported = {
        found for each in MODULES for found in re.findall(r' from "\./([\w.-]+)";', text(each))
    }

    assert {"index.html", *page, *imported} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_no_file_speaks_of_another_host(name: str) -> None:
    said = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text(name)))

    assert said <= {"http://www.w3.org"}, "the name space of drawings is the one exception"


@pytest.mark.parametrize("name", MODULES)
def test_no_module_makes_markup_or_code_of_text(name: str) -> None:
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setTimeout\(['\"]|srcdoc"

    assert re.findall(ways, text(name)) == []


@pytest.mark.parametrize("name", [*MODULES, "dashboard.css"])
def test_the_first_line_says_what_the_file_owns(name: str) -> None:
    assert re.match(r"(//|/\*) Owns ", text(name))

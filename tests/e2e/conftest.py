"""Owns the fixtures of browser tests: one Chromium per module, one page per test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from mock_server import MockServer
from tests.e2e.chromium import chromium
from tests.e2e.dashboards import Dashboard

PATIENCE = (
    20_000  # milliseconds until a condition is given up; a test never waits for less to happen
)
Opens = Callable[..., Dashboard]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"], timeout=120_000
        )
        yield launched
        launched.close()


@pytest.fixture
def opens(browser: Browser, mock: MockServer) -> Iterator[Opens]:
    """Makes pages of the test's fake; options are those of a browser's context."""
    with ExitStack() as stack:

        def made(server: MockServer = mock, **context: Any) -> Dashboard:
            dashboard = Dashboard(browser, server, **context)
            stack.callback(dashboard.close)
            return dashboard

        yield made


@pytest.fixture
def dashboard(opens: Opens) -> Dashboard:
    return opens()

"""Owns where a real browser is found; without one its tests are skipped, or fail where they are required."""

import os
import shutil

import pytest


def chromium() -> str:
    """The path of Debian's (or another) Chromium."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    if os.environ.get("CLODURA_KIT_BROWSER") == "required":
        pytest.fail("no Chromium here, and CLODURA_KIT_BROWSER says that it is required")
    pytest.skip("no Chromium here: the browser's tests did NOT run")

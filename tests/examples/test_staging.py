"""The staging mock is not run here; what can be read of it is right."""

import json
import re
from typing import Any

import yaml

from tests.examples.commands import parse
from tests.examples.processes import EXAMPLES, ROOT

STAGING = EXAMPLES / "staging"
COMPOSE: Any = yaml.safe_load((STAGING / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (STAGING / "Dockerfile").read_text(encoding="utf-8")
NGINX = (STAGING / "nginx.conf").read_text(encoding="utf-8")


def test_each_file_says_that_it_is_not_run_here() -> None:
    for path in STAGING.iterdir():
        assert "NOT RUN" in path.read_text(encoding="utf-8").splitlines()[0], path.name


def test_the_commands_are_ones_that_there_are() -> None:
    (entry,) = re.findall(r"^ENTRYPOINT (.*)$", DOCKERFILE, re.MULTILINE)
    (default,) = re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)

    parse([*json.loads(entry), *json.loads(default)])
    parse([*json.loads(entry), *COMPOSE["x-mock"]["command"]])


def test_the_build_finds_its_files() -> None:
    build = COMPOSE["x-mock"]["build"]
    context = (STAGING / build["context"]).resolve()

    assert context == ROOT
    assert context / build["dockerfile"] == STAGING / "Dockerfile"


def test_nginx_sends_to_the_hosts_that_there_are_and_listens_where_it_is_published() -> None:
    services = COMPOSE["services"]
    hosts = re.findall(r"^\s*server (\S+):4020\b", NGINX, re.MULTILINE)
    (listens,) = re.findall(r"^\s*listen (\d+);", NGINX, re.MULTILINE)

    assert hosts == [name for name, service in services.items() if "build" in service]
    assert services["nginx"]["ports"] == [f"127.0.0.1:4020:{listens}"]
    assert NGINX.count("{") == NGINX.count("}")


def test_both_hosts_share_the_database() -> None:
    database = COMPOSE["services"]["database"]["environment"]
    user, name = database["POSTGRES_USER"], database["POSTGRES_DB"]

    assert f"--state=postgresql://{user}@database/{name}" in COMPOSE["x-mock"]["command"]
    assert COMPOSE["x-mock"]["environment"]["PGPASSWORD"] == database["POSTGRES_PASSWORD"]

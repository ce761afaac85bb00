"""A target file is read strictly, and says what to write instead."""

import re
from pathlib import Path

import pytest

from contracts.history import Role
from contracts.target import TargetError, Timing, is_loopback, load_target

ENVIRONMENT = {
    "K": "live-key-1",
    "EMPTY": " ",
    "ODD": "a b",
    "CLODURA_API_KEY": "live-key-2",
    "CLODURA_FREE_KEY": "live-key-3",
}
GOOD = """
[target]
base_url = "http://127.0.0.1:4020/"
[[identity]]
role = "main"
plan = "max"
key_env = "K"
"""


def loaded(folder: Path, text: str) -> object:
    path = folder / "target.toml"
    path.write_text(text, "utf-8")
    return load_target(path, ENVIRONMENT)


def test_the_example_of_the_documentation_can_be_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "contract.md").read_text("utf-8")
    text = next(
        each for each in re.findall(r"```toml\n(.*?)```", page, re.DOTALL) if "[target]" in each
    )

    path = tmp_path / "target.toml"
    path.write_text(text, "utf-8")
    target = load_target(path, ENVIRONMENT)

    assert set(target.identities) == {Role.MAIN, Role.THROTTLED}
    assert target.identities[Role.THROTTLED].requests_per_minute == 10
    assert target.timing == Timing(180, 5)
    assert len(target.people.given()) == 6
    assert not target.is_loopback


def test_little_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "target.toml"
    path.write_text(GOOD, "utf-8")
    target = load_target(path, ENVIRONMENT)

    assert target.base_url == "http://127.0.0.1:4020"
    assert target.main.key == "live-key-1"
    assert "live-key-1" not in repr(target)
    assert target.is_loopback


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[target]", "[target", "this is no TOML"),
        ("[target]", "[targets]", "the file has no targets"),
        ("[target]", "target = 1\n[x]", "the file has no x"),
        ('base_url = "http://127.0.0.1:4020/"', "", "needs base_url"),
        ("base_url", "url", "[target] has no url"),
        ("http://127.0.0.1:4020/", "127.0.0.1", "is no address"),
        ("http://127.0.0.1:4020/", "http://127.0.0.1:0", "is no address"),
        ("http://127.0.0.1:4020/", "http://[::1", "is no address"),
        ("http://127.0.0.1:4020/", "http://user:pw@host", "neither user nor query"),
        ("[[identity]]", "[identity]", "at least one [[identity]]"),
        ('role = "main"', 'role = "boss"', "'boss' is none of main, standard"),
        ('role = "main"', 'role = "other"', 'one [[identity]] needs role = "main"'),
        ('plan = "max"', "", "None is no plan"),
        ('plan = "max"', 'plan = ["max"]', "['max'] is no plan"),
        ('role = "main"', 'role = ["main"]', "['main'] is none of main, standard"),
        ('key_env = "K"', 'key_env = ["K"]', "a key is given by the name of a variable"),
        ('key_env = "K"', 'key_env = "K"\n[timing]\nsettle_seconds = nan', "a number of seconds"),
        ('key_env = "K"', 'key_env = "K"\n[timing]\nsettle_seconds = inf', "a number of seconds"),
        ('plan = "max"', 'plan = "gold"', "'gold' is no plan: free_forever"),
        ('key_env = "K"', "", "a key is given by the name of a variable"),
        ('key_env = "K"', 'key = "live"', "[[identity]] has no key;"),
        ('key_env = "K"', 'key_env = "NOT_SET"', "NOT_SET is empty or not set"),
        ('key_env = "K"', 'key_env = "EMPTY"', "EMPTY is empty or not set"),
        ('key_env = "K"', 'key_env = "ODD"', "ODD holds no key"),
        ('key_env = "K"', 'key_env = "K"\nrequests_per_minute = 0', "whole number from 1"),
        ('key_env = "K"', 'key_env = "K"\n[people]\nfound = 7', "[people] found is a text"),
        ('key_env = "K"', 'key_env = "K"\n[people]\nnobody = "x"', "[people] has no nobody"),
        ('key_env = "K"', 'key_env = "K"\n[timing]\nsettle_seconds = 0', "a number of seconds"),
        (
            'key_env = "K"',
            'key_env = "K"\n[[identity]]\nrole = "main"\nplan = "max"\nkey_env = "K"',
            "two identities",
        ),
        (
            'key_env = "K"',
            'key_env = "K"\n[[identity]]\nrole = "other"\nplan = "max"\nkey_env = "K"',
            "main and other have the same key",
        ),
    ],
)
def test_a_wrong_file_says_what_to_write(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    with pytest.raises(TargetError) as told:
        loaded(tmp_path, GOOD.replace(old, new))

    assert complaint in str(told.value)
    assert "target.toml: " in str(told.value)


def test_tables_that_are_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"target is a table"):
        loaded(
            tmp_path,
            'target = "x"\n' + GOOD.replace('[target]\nbase_url = "http://127.0.0.1:4020/"', ""),
        )


def test_identities_that_are_no_tables_are_told(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"identities are written as \[\[identity\]\]"):
        loaded(tmp_path, 'identity = ["x"]\n[target]\nbase_url = "http://127.0.0.1:4020/"')


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("a.localhost", True),
        ("::1", True),
        ("api.clodura.ai", False),
        ("10.0.0.1", False),
    ],
)
def test_this_machine_is_known_by_name(host: str, here: bool) -> None:
    assert is_loopback(host) is here

"""What the server plays by is told as its file has it."""

from pathlib import Path

from mock_server import MockServer
from mock_server.spec import load_spec
from tests.web.control.described import CheckedServer


def test_the_rules_are_those_of_the_file(mock: CheckedServer) -> None:
    _, told = mock.ask("GET", "/rules")

    rules = load_spec().rules
    assert [each["name"] for each in told["plans"]] == list(rules.plans)
    assert [(each["name"], each["price"]) for each in told["providers"]] == [
        (each.name, each.price) for each in rules.providers
    ]
    assert told["statuses"]["insufficientCredits"] == "Insufficient Credits"
    assert set(told["testKeys"]) >= {"test_max", "test_prospect_pro", "test_throttled"}
    (reveal,) = (each for each in told["operations"] if each["operationId"] == "revealPhone")
    assert reveal == {
        "operationId": "revealPhone",
        "method": "POST",
        "path": "/api/v1/search/people/phone/match",
        "errors": [400, 401, 402, 403, 404, 422, 429],
    }


def test_a_provider_that_a_user_adds_is_told(tmp_path: Path) -> None:
    last = "    - {name: Findymail, price: 20, seconds: 3, partner: true}\n"
    text = load_spec().text.decode().replace(last, f"{last}{last.replace('Findymail', 'Lusha')}")
    file = tmp_path / "openapi.yaml"
    file.write_text(text)

    with MockServer(spec=file) as mock:
        told = mock.call("GET", "/rules")

    assert told["providers"][-1] == {"name": "Lusha", "price": 20, "seconds": 3, "partner": True}

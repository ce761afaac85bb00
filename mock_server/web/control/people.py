"""Owns the control API's calls about people: declare one, list the declared."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mock_server.domain.events import PersonDeclared
from mock_server.domain.people import Declared, Person, slug_of
from mock_server.web.control import inputs
from mock_server.web.control.problems import JsonResponse, Problem
from mock_server.web.control.query import filters
from mock_server.web.engine import Engine

MAX_LENGTH: Final = 256


async def declare(engine: Engine, request: Request) -> Response:
    filters(request)
    person_id = _person_id(request)
    body = await inputs.read(request, inputs.NewPerson)
    person = Person(
        person_id, body.first_name, body.last_name, _numbers(engine, body.numbers), body.seconds
    )
    slug = slug_of(body.linkedin_url) if body.linkedin_url else None
    declared = Declared(person, slug, body.api_key, body.linkedin_url)
    await engine.store.change(lambda world: world.with_person(declared))
    engine.journal.note((PersonDeclared(engine.store.now(), person_id),))
    return JsonResponse(_view(declared))


async def list_all(engine: Engine, request: Request) -> Response:
    filters(request)
    world = await engine.store.look()
    return JsonResponse({"people": [_view(each) for each in world.people.values()]})


def _person_id(request: Request) -> str:
    person_id: str = request.path_params["personId"]
    if not 1 <= len(person_id) <= MAX_LENGTH:
        expected = f"an id of 1 to {MAX_LENGTH} characters at the end of the path"
        raise Problem(
            422,
            f"personId: expected {expected}",
            field="personId",
            expected=expected,
            example="p-1",
        )
    return person_id


def _numbers(engine: Engine, numbers: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    names = {each.name.lower(): each.name for each in engine.spec.rules.providers}
    for provider in numbers:
        if provider.lower() not in names:
            expected = f"the name of a provider: {', '.join(names.values())}"
            raise Problem(
                422,
                f"numbers.{provider}: expected {expected}",
                field=f"numbers.{provider}",
                expected=expected,
                example=inputs.NewPerson.example,
            )
    return {names[provider.lower()]: tuple(each) for provider, each in numbers.items()}


def _view(declared: Declared) -> dict[str, object]:
    person = declared.person
    return {
        "personId": person.person_id,
        "linkedinUrl": declared.linkedin_url,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "numbers": {provider: list(each) for provider, each in person.numbers.items()},
        "seconds": person.seconds,
        "apiKey": declared.api_key,
    }

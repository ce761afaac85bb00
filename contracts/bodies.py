"""Owns the Hypothesis strategies for bodies of a match: valid ones, and ones with a single fault."""

from collections.abc import Mapping
from typing import Any, Final

from hypothesis import HealthCheck, Phase, example, given, seed, settings
from hypothesis import strategies as st

from contracts.faults import FORMS, SALES, SLUG

FLAG: Final = "revealPhoneNumberViaPartners"
_JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)
_NO_TEXT: Final = _JSON.filter(lambda value: value is not None and not isinstance(value, str))
_NO_FLAG: Final = _JSON.filter(lambda value: value is not None and not isinstance(value, bool))
_SLUGS: Final = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=30)

PERSON_IDS: Final = st.text(min_size=1, max_size=256).filter(lambda text: bool(text.strip()))
PROFILES: Final = st.builds(
    lambda form, slug: form.replace("SLUG", slug), st.sampled_from(sorted(FORMS.values())), _SLUGS
)
NO_PROFILES: Final = st.one_of(
    st.builds(
        lambda form, slug: form.replace("SLUG", slug),
        st.sampled_from(sorted(SALES.values())),
        _SLUGS,
    ),
    st.text(max_size=40).filter(lambda text: "linkedin" not in text.lower()),
)
NO_URLS: Final = st.text(max_size=40).filter(
    lambda text: not text.strip().lower().startswith("http")
)


def valid_bodies(
    webhook_url: str, people: st.SearchStrategy[str] = PERSON_IDS
) -> st.SearchStrategy[dict[str, Any]]:
    """Bodies that every rule of the request allows; `people` are the ids to choose from."""
    whom = st.fixed_dictionaries({"personId": people}) | st.fixed_dictionaries(
        {"linkedinUrl": PROFILES}
    )
    how = st.sampled_from(
        [{}, {FLAG: False}, {"webhookUrl": webhook_url}, {FLAG: True, "webhookUrl": webhook_url}]
    )
    further = st.dictionaries(st.text(min_size=1, max_size=8).map("x-{}".format), _JSON, max_size=2)
    return st.builds(lambda a, b, c: {**c, **a, **b}, whom, how, further)


def faulty_bodies(safe: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Bodies with exactly one fault, otherwise `safe`."""
    bare = {name: value for name, value in safe.items() if name != "personId"}

    def but(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries(fields).map(lambda drawn: {**safe, **drawn})

    return st.one_of(
        but(personId=_NO_TEXT),
        but(**{FLAG: _NO_FLAG}),
        but(webhookUrl=_NO_TEXT | NO_URLS),
        st.fixed_dictionaries({"linkedinUrl": _NO_TEXT | NO_PROFILES}).map(
            lambda drawn: {**bare, **drawn}
        ),
        _JSON.filter(lambda value: not isinstance(value, dict)),
        st.dictionaries(st.text(max_size=8).map("x-{}".format), _JSON, max_size=3),
    )


def drawn(safe: Mapping[str, Any], count: int, chosen: int) -> list[Any]:
    """So many faulty bodies, the known traps first; the same for the same seed. Calls nothing, shrinks nothing."""
    found: list[Any] = []

    @seed(chosen)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(faulty_bodies(safe))
    def collect(body: Any) -> None:
        found.append(body)

    for trap in traps(safe):
        collect = example(trap)(collect)
    collect()
    return found


def traps(safe: Mapping[str, Any]) -> list[Any]:
    """Bodies that implementations are known to stumble over, one fault each."""
    bare = {name: value for name, value in safe.items() if name != "personId"}
    url = "https://www.linkedin.com/sales/people/SLUG".replace("SLUG", SLUG)
    return [
        {**safe, FLAG: "false"},
        {**safe, FLAG: 0},
        {**safe, "personId": ["x"]},
        {**safe, "webhookUrl": "//example.com/hook"},
        {**safe, "webhookUrl": "\x00"},
        {**safe, "webhookUrl": "\ud800"},
        {**bare, "linkedinUrl": "\u202ehttps://www.linkedin.com/in/x"},
        {**bare, "linkedinUrl": f" {url}"},
        {**bare, "linkedinUrl": {"url": url}},
        [],
        0,
        False,
    ]

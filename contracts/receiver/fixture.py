"""Owns the suite as a Python function, for the fixture `clodura_receiver_suite`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypedDict
from urllib.parse import urljoin

from typing_extensions import Unpack

from contracts.receiver.hooks import Hooks
from contracts.receiver.probe import Probe, Record, record_of
from contracts.receiver.serving import served
from contracts.receiver.trial import Options, Trial
from contracts.reports import Report
from contracts.reports.junit import told
from contracts.verdicts import Exit, Result, Verdict

Application = Callable[..., Any]
Asked = Callable[..., Mapping[str, Any] | None]


class Further(TypedDict, total=False):
    """What the command's options say, by their names in Python."""

    probe_cmd: str
    drive: str
    restart_cmd: str
    break_cmd: str
    fix_cmd: str
    allow_hosts: Sequence[str]
    rules: Sequence[str]
    expected_failures: str | Path
    seed: int
    spec: str | Path


class ReceiverBroken(AssertionError):
    """A check failed, or none ran. `report` has it all."""

    def __init__(self, report: Report) -> None:
        found = [each for each in report.results if each.counts_as_failed()]
        found += [each for each in report.results if each.verdict is Verdict.INCONCLUSIVE]
        super().__init__("\n\n".join([report.verdict, *map(_told, found)]))
        self.report = report


class ReceiverSuite:
    """Runs the checks against an application or a URL."""

    def __call__(
        self,
        target: str | Application,
        path: str = "/",
        *,
        probe: str | Asked | None = None,
        **further: Unpack[Further],
    ) -> Report:
        """Run them and return the report; raises ReceiverBroken unless it comes to `passed`.

        `target` is the URL of a receiver, or an ASGI or WSGI application, which is then served on a loopback port and
        whose receiver is at `path`. `probe` is a URL, a path of the application, or a function that takes
        `tracking_id` and `person_id`, one of which is None, and returns `{"state", "phoneNumbers", "appliedCount"}`.
        """
        _check(further)
        with ExitStack() as stack:
            base = target if isinstance(target, str) else stack.enter_context(served(target))
            url = base if isinstance(target, str) else urljoin(base, path)
            report = _run(_options(url, probe, further))
        if report.exit is not Exit.PASSED:
            raise ReceiverBroken(report)
        return report


def _check(further: Further) -> None:
    """Raises TypeError: an option that is misspelt would be one that does nothing."""
    known = list(Further.__annotations__)
    if unknown := sorted(set(further) - set(known)):
        message = (
            f"there is no option {', '.join(unknown)}; there are path, probe, {', '.join(known)}"
        )
        raise TypeError(message)
    for name in ("rules", "allow_hosts"):
        if isinstance(further.get(name), str):
            message = f"{name} is a list of texts, such as [{further[name]!r}]"
            raise TypeError(message)


def _options(url: str, probe: str | Asked | None, further: Further) -> Options:
    hooks = Hooks(*(further.get(name) for name in ("restart_cmd", "break_cmd", "fix_cmd")))  # type: ignore[arg-type]  # all three are text
    return Options(
        url=url,
        probe=urljoin(url, probe) if isinstance(probe, str) else None,
        probe_cmd=further.get("probe_cmd"),
        asked=None if probe is None or isinstance(probe, str) else _asking(probe),
        drive=further.get("drive"),
        hooks=hooks,
        allow_hosts=further.get("allow_hosts", ()),
        rules=further.get("rules", ()),
        expected_failures=_path(further.get("expected_failures")),
        seed=further.get("seed"),
        spec=_path(further.get("spec")),
    )


def _path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)


def _run(options: Options) -> Report:
    """In a thread of its own: a test may be run by an event loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(Trial(options).run).result()


def _asking(probe: Asked) -> Probe:
    async def ask(query: Mapping[str, str]) -> Record:
        ids = {"tracking_id": query.get("trackingId"), "person_id": query.get("personId")}
        return record_of(await asyncio.to_thread(probe, **ids))

    return ask


def _told(result: Result) -> str:
    return f"{result.id} {result.title}: {result.verdict}\n{told(result)}"

"""Owns what the web's parts work with: the fake, wired."""

from collections.abc import Callable
from dataclasses import dataclass

from mock_server.journal import Journal
from mock_server.ports import Chronicle, Inboxes, Snapshots, Store, Timeline, Waiting
from mock_server.settings import Settings
from mock_server.spec import Spec
from mock_server.web.recorder import Recorder
from mock_server.web.self_check import SelfCheck


@dataclass(frozen=True, slots=True)
class Engine:
    """One fake. `fresh_seed` draws a seed; `self_check` is None where answers are not checked."""

    settings: Settings
    spec: Spec
    store: Store
    timeline: Timeline
    waiting: Waiting
    journal: Journal
    chronicle: Chronicle
    inboxes: Inboxes
    snapshots: Snapshots
    recorder: Recorder
    self_check: SelfCheck | None
    fresh_seed: Callable[[], int]

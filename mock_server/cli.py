"""Owns the command line: arguments, exit codes and printing. Decides nothing."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast
from urllib.parse import quote

import click
from click.shell_completion import get_completion_class
from typing_extensions import override

from contracts.command import contract, explain
from contracts.receiver.command import receiver
from mock_server._version import __version__
from mock_server.collecting import Collector
from mock_server.settings import (
    DEFAULT_PORT,
    MEMORY,
    POSTGRESQL,
    RETENTION,
    SQLITE,
    ClockSetting,
    Settings,
    SettingsError,
    control_token_of,
    durability_of,
    host_of,
    state_of,
)
from scenarios.command import replay

if TYPE_CHECKING:
    import socket
    from io import TextIOWrapper

    from mock_server.bootstrap import Access, Fake

USAGE = 2  # the exit code of a wrong option, a broken file, a taken port
INTERRUPTED = 130
PIPE_CLOSED = 141  # what a shell tells of a command that SIGPIPE ended
_FULL: Final = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)

SHELLS = ("bash", "zsh", "fish")
FILE = click.Path(path_type=Path)


@contextmanager
def _told_apart() -> Iterator[None]:
    """Ctrl-C and a reader that went away have exit codes of their own: 1 is a failed rule."""
    try:
        yield
    except KeyboardInterrupt:
        raise click.exceptions.Exit(INTERRUPTED) from None
    except (BrokenPipeError, SystemExit) as ended:
        if BrokenPipeError not in (type(ended), type(ended.__context__)):  # rich makes one an exit
            raise
        raise click.exceptions.Exit(PIPE_CLOSED) from None


class _InOrder(click.Group):
    """Lists the commands in the order of their use."""

    @override
    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with _told_apart():
            return super().make_context(*args, **extra)

    @override
    def invoke(self, ctx: click.Context) -> Any:
        with _told_apart():
            return super().invoke(ctx)

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def _show_completion(context: click.Context, _option: click.Parameter, shell: str | None) -> None:
    if shell is not None:
        script = get_completion_class(shell)
        assert script is not None
        print(script(context.command, {}, "clodura-kit", "_CLODURA_KIT_COMPLETE").source())
        context.exit()


@click.group(
    "clodura-kit",
    cls=_InOrder,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.version_option(
    __version__, prog_name="clodura-kit", message="%(prog)s %(version)s", help="Tell the version."
)
@click.option(
    "--show-completion",
    type=click.Choice(SHELLS),
    is_eager=True,
    expose_value=False,
    callback=_show_completion,
    help="Print what completes commands and options in a shell, for its start-up file.",
)
def app() -> None:
    """A mock server and contract-testing kit for Clodura's Reveal Phone API: offline, no account, no credits."""


def main() -> None:
    """Run the command and end the process; what a terminal cannot show is a question mark there."""
    output = cast("TextIOWrapper", sys.stdout)
    output.reconfigure(errors="replace")
    try:
        try:
            app(prog_name="clodura-kit")
        finally:
            output.flush()
    except BrokenPipeError:
        _drop(output)
        sys.exit(PIPE_CLOSED)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        _drop(output)
        print(f"clodura-kit: the output cannot be written: {error.strerror}", file=sys.stderr)
        sys.exit(USAGE)


def _drop(output: "TextIOWrapper") -> None:
    """What is still to be written goes nowhere: Python would try it again at its end, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with suppress(OSError):
        os.dup2(nowhere, output.fileno())
    os.close(nowhere)


@app.command(
    short_help="Start the fake.",
    epilog="Example: clodura-kit serve --clock x60 --seed 1   (a minute of the API's time passes in a second)",
)
@click.option("--host", default="127.0.0.1", metavar="H", help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(min=0, max=65535),
    default=DEFAULT_PORT,
    metavar="N",
    help="Port to listen on; 0 takes a free one and prints it.",
)
@click.option(
    "--spec",
    type=FILE,
    metavar="FILE",
    help="An openapi.yaml of your own, instead of the packaged one.",
)
@click.option(
    "--state",
    default=MEMORY,
    metavar="memory|PATH|postgresql://…",
    help="Where jobs and credits live: in memory, in a SQLite file, or in PostgreSQL, shared by many.",
)
@click.option(
    "--durability",
    default="process",
    metavar="process|power",
    help="What a stored state survives; memory survives neither.",
)
@click.option(
    "--clock",
    metavar="real|manual|x60",
    help="How time goes: real, by hand, or 60 times as fast. [default: as the state has it, else real]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**63 - 1),
    metavar="N",
    help="Makes ids, people and chaos the same in each run.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    metavar="N",
    help="Processes; more than one needs --state postgresql://…",
)
@click.option(
    "--webhook-targets",
    multiple=True,
    metavar="private|loopback|any|PATTERN",
    help="Where webhooks may go; may be repeated. [default: private]",
)
@click.option(
    "--allow-host",
    multiple=True,
    metavar="H",
    help="A further Host name that the control API answers to; may be repeated.",
)
@click.option(
    "--control-token",
    metavar="T",
    help="What the control API asks for; made up if you listen beyond loopback.",
)
@click.option("--tls-cert", type=FILE, metavar="FILE", help="Certificate, to serve HTTPS.")
@click.option("--tls-key", type=FILE, metavar="FILE", help="The certificate's key.")
@click.option(
    "--retention",
    type=click.IntRange(min=1),
    default=RETENTION,
    metavar="N",
    help="Finished jobs that are kept.",
)
@click.option("--self-check", is_flag=True, help="Check each answer and webhook against the file.")
@click.option("--log", metavar="text|json", help="Print each request and event. [default: neither]")
def serve(
    host: str,
    port: int,
    spec: Path | None,
    state: str,
    durability: str,
    clock: str | None,
    seed: int | None,
    workers: int,
    webhook_targets: tuple[str, ...],
    allow_host: tuple[str, ...],
    control_token: str | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    retention: int,
    self_check: bool,
    log: str | None,
) -> None:
    """Start the fake: it accepts, searches, charges and delivers as the paid API would."""
    try:
        settings = Settings(
            host=host_of("--host", host),
            port=port,
            spec=spec,
            state=state_of(state),
            durability=_durability(durability),
            clock=None if clock is None else ClockSetting.parse(clock),
            seed=seed,
            webhook_targets=tuple(webhook_targets or ("private",)),
            allow_hosts=tuple(host_of("--allow-host", each).lower() for each in allow_host),
            control_token=None if control_token is None else control_token_of(control_token),
            retention=retention,
            self_check=self_check,
            tls=_tls(tls_cert, tls_key),
            log=_log(log),
        )
    except SettingsError as error:
        _stop(str(error))
    if workers > 1 and settings.kind_of_state != POSTGRESQL:
        why = (
            "several processes need a state that they share: --state postgresql://…, or one process"
        )
        _stop(f"--workers {workers}: {why}")
    if settings.durability == "power" and settings.kind_of_state != SQLITE:
        _tell(
            "--durability power changes nothing: it is for a file (--state PATH);"
            " memory is lost with the process, and PostgreSQL has settings of its own"
        )
    _serve(settings, workers)


for each in (contract, receiver, replay, explain):
    app.add_command(each)


def _serve(settings: Settings, workers: int) -> None:
    from mock_server.bootstrap import access_of, build
    from mock_server.serving import Server, ServingError, bind, run
    from mock_server.spec import SpecError

    def started() -> None:
        if workers == 1:  # only now a signal ends it in order
            _tell_where(settings, listener, fake, access)
        collector.begin()

    collector = Collector()
    access = access_of(settings)
    try:
        fake = build(settings, token=access.token, hosts=access.hosts)
        listener = bind(settings.host, settings.port)
        server = Server(fake.app, tls=settings.tls, started=started, answered=collector.answered)
    except (SpecError, ServingError, ValueError, OSError) as error:
        _stop(str(error))
    _raise_limit_of_files()
    if workers > 1:
        _tell_where(settings, listener, fake, access)
        _serve_with_others(workers, settings, access, listener)
    elif settings.log:
        from mock_server.console import told

        with told(fake.engine.journal, settings.log):
            run(server, listener)
    else:
        run(server, listener)


def _tell_where(
    settings: Settings, listener: "socket.socket", fake: "Fake", access: "Access"
) -> None:
    url = _url(settings, listener.getsockname()[1])
    print(_banner(fake, url, access.token), flush=True)


def _serve_with_others(
    workers: int, settings: Settings, access: "Access", listener: "socket.socket"
) -> None:
    from mock_server.workers import Workers, work

    Workers(workers, partial(work, settings, access), listener).run()


def _banner(fake: "Fake", url: str, token: str | None) -> str:
    rules, world = fake.engine.spec.rules, fake.engine.store.world
    keys = " ".join(f"test_{name}" for name in (*rules.plans, *rules.test_keys))
    control = f"\n  control    Authorization: Bearer {token}" if token else ""
    secure = " -k" if url.startswith("https") else ""
    match = f"{url}/api/v1/search/people/phone/match"
    settings = fake.engine.settings
    state = f"\n  state      {settings.state}" if settings.kind_of_state == SQLITE else ""
    body = (
        '{"personId": "mock-found-wiza", "revealPhoneNumberViaPartners": true, '
        f'"webhookUrl": "{url}/_mock/inbox/demo"}}'
    )
    return f"""\
clodura-kit {__version__} serves Clodura's Reveal Phone API at {url}
  keys       {keys}  (each also with _anything at its end)
  people     mock-found mock-found-wiza mock-none mock-unknown mock-status-402 ...
  clock      {world.anchor.mode}, seed {world.seed}{state}
  dashboard  {url}/_mock/{f"?token={quote(token)}" if token else ""}{control}

  curl{secure} {match} \\
    -H 'X-API-KEY: test_max' -H 'Content-Type: application/json' \\
    -d '{body}'

Ctrl-C stops it."""


def _url(settings: Settings, port: int) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - read, not bound
    scheme = "https" if settings.tls else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host and '[' not in host else host}:{port}"


def _durability(text: str) -> str:
    try:
        return durability_of(text)
    except SettingsError:
        _stop(f"--durability is process or power, not {text!r}")


def _tls(certificate: Path | None, key: Path | None) -> tuple[str, str] | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        missing = "--tls-key" if key is None else "--tls-cert"
        _stop(f"{missing} is missing: --tls-cert and --tls-key belong together")
    for path in (certificate, key):
        if not path.is_file():
            _stop(f"{path}: there is no such file")
    return str(certificate), str(key)


def _log(form: str | None) -> str | None:
    if form not in (None, "text", "json"):
        _stop(f"--log is text or json, not {form!r}")
    return form


def _raise_limit_of_files() -> None:
    """As many connections at once as the system allows."""
    try:
        import resource
    except ImportError:  # pragma: no cover - Windows has no such limit
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # a system that tells more than it allows
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _stop(problem: str) -> NoReturn:
    _tell(problem)
    sys.exit(USAGE)


def _tell(problem: str) -> None:
    print(f"clodura-kit: {problem}", file=sys.stderr)

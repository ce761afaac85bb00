"""Owns the control API's calls about jobs: list, read, send the webhook again."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mock_server.domain.jobs import Job, JobState
from mock_server.ports import Keys, Tx
from mock_server.service.deliver import redeliver
from mock_server.service.views import Document, job_details, job_view
from mock_server.web.control.problems import JsonResponse, Problem
from mock_server.web.control.query import filters, one_of, whole
from mock_server.web.engine import Engine

MOST: Final = 1_000_000


async def list_all(engine: Engine, request: Request) -> Response:
    """Oldest first; `limit` keeps the newest."""
    given = filters(request, "apiKey", "state", "limit")
    state = one_of(given, "state", [str(each) for each in JobState])
    limit = whole(given, "limit", MOST, MOST)
    rules, now = engine.spec.rules, engine.store.now()

    def wanted(job: Job) -> bool:
        return given.get("apiKey", job.api_key) == job.api_key and state in (None, str(job.state))

    jobs = await engine.store.jobs(wanted, limit, lambda job: job_view(rules, job, now))
    return JsonResponse({"jobs": jobs})


async def read(engine: Engine, request: Request) -> Response:
    filters(request)
    return JsonResponse(await engine.store.transact(_read_only(request), _view))


async def details(engine: Engine, request: Request) -> Response:
    filters(request)
    return JsonResponse(await engine.store.transact(_read_only(request), _details))


async def send_again(engine: Engine, request: Request) -> Response:
    filters(request)
    keys = Keys(tracking_id=request.path_params["trackingId"])
    return JsonResponse(await engine.store.transact(keys, _sent_again), 202)


def _view(tx: Tx) -> Document:
    return job_view(tx.rules, _existing(tx), tx.now)


def _details(tx: Tx) -> Document:
    return job_details(tx.rules, _existing(tx))


def _existing(tx: Tx) -> Job:
    if tx.job is None:
        raise Problem(
            404, f"no job has the trackingId {tx.keys.tracking_id!r}, or it was forgotten"
        )
    return tx.job


def _sent_again(tx: Tx) -> Document:
    job = _existing(tx)
    if not redeliver(tx):
        is_finished = job.state is JobState.FINISHED
        why = "its request named no webhookUrl" if is_finished else "it is not finished"
        raise Problem(409, f"the job {job.tracking_id} has no webhook to send again: {why}")
    return _view(tx)


def _read_only(request: Request) -> Keys:
    tracking_id = request.path_params["trackingId"]
    return Keys(tracking_id=tracking_id, reads_job=True, reads_account=True)

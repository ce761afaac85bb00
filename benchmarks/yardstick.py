"""Owns the yardstick (b): a bare Starlette route that reads JSON and answers with a JSONResponse, under uvicorn.

It is run as a file, `python yardstick.py PORT`, so that a cold start of it imports nothing else.
"""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

MATCH = "/api/v1/search/people/phone/match"


async def match(request: Request) -> JSONResponse:
    document = await request.json()
    if "personId" not in document and "linkedinUrl" not in document:
        message = "personId or linkedinUrl is required."
        return JSONResponse({"statusCode": 400, "error": "Bad Request", "message": message}, 400)
    return JSONResponse({"trackingId": "0123abcd-0123-4abc-a123-0123456789ab", "status": "queued"})


app = Starlette(routes=[Route(MATCH, match, methods=["POST"])])

if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )

"""The witness as an HTTP service: two posts for senders, pages of plain text for people."""

import asyncio
import json
import sqlite3
import ssl
import sys
import time
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cardd.log import get_logger
from cardd.witness.book import Book
from cardd.witness.judge import Answer, Judge
from cardd.witness.pages import overview, page_of
from cardd.witness.protocol import ADD_CHECKPOINT, ADD_KEY, LARGEST_BODY, Known, period_of
from cardd.witness.settings import WitnessKey, WitnessSettings

MOST_CONNECTIONS = 256
IDLE_SECONDS = 75
"""A connection without a request is kept so long: senders come each minute."""


class Service:
    """Answers requests one after the other: each is one short transaction."""

    def __init__(
        self, settings: WitnessSettings, key: WitnessKey, book: Book, now_s: Callable[[], float] = time.time
    ) -> None:
        self._settings, self._key, self._book, self._now_s = settings, key, book, now_s
        self._judge = Judge(book, settings.names, key.verifier_key, key.sign, now_s)
        self._one = asyncio.Lock()

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route(ADD_CHECKPOINT, self._add_checkpoint, methods=["POST"]),
                Route(ADD_KEY, self._add_key, methods=["POST"]),
                Route("/state/{origin:path}", self._state),
                Route("/", self._overview),
                Route("/{origin:path}", self._page),
            ]
        )

    async def _add_checkpoint(self, request: Request) -> Response:
        return await self._post(request, with_key=False)

    async def _add_key(self, request: Request) -> Response:
        return await self._post(request, with_key=True)

    async def _post(self, request: Request, *, with_key: bool) -> Response:
        body = b""
        try:
            async for part in request.stream():
                body += part
                if len(body) > LARGEST_BODY:
                    return PlainTextResponse("too long\n", 413)
        except ClientDisconnect:
            return PlainTextResponse("", 400)
        async with self._one:
            try:
                answer = await asyncio.to_thread(self._judge.answer, body, with_key=with_key)
            except sqlite3.Error as error:
                get_logger().error("not_stored", problem=type(error).__name__)
                return PlainTextResponse("cannot be stored now\n", 503)
        _report(answer)
        return Response(answer.body, answer.status, media_type=answer.kind)

    async def _state(self, request: Request) -> Response:
        """For senders: what we have of a log, so that they know where to go on."""
        origin = request.path_params["origin"]
        async with self._one:
            log = await asyncio.to_thread(self._book.log, origin)
        if log is None or origin not in self._settings.names:
            return PlainTextResponse("this log is not registered here\n", 404)
        known = Known(log.size, period_of(log.key), log.key.public)
        return Response(known.encode(), media_type="application/json")

    async def _overview(self, _: Request) -> Response:
        async with self._one:
            text = await asyncio.to_thread(overview, self._settings, self._key.verifier_key, self._book, self._now_s())
        return PlainTextResponse(text)

    async def _page(self, request: Request) -> Response:
        async with self._one:
            text = await asyncio.to_thread(
                page_of, request.path_params["origin"], self._settings, self._book, self._now_s()
            )
        return PlainTextResponse(text or "there is no such page\n", 404 if text is None else 200)


def _report(answer: Answer) -> None:
    if answer.conflict is not None:
        get_logger().error("log_contradicts_itself", problem=answer.conflict, remedy="cardd-witness show")


class Server(uvicorn.Server):
    """Says on which port it listens, as one line of JSON, once it does."""

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        for server in self.servers:
            for each in server.sockets:
                host, port = each.getsockname()[:2]
                sys.stdout.write(json.dumps({"listening": host, "port": port}) + "\n")
        sys.stdout.flush()


def run(settings: WitnessSettings, key: WitnessKey, book: Book) -> None:
    """Serve until SIGTERM or SIGINT. Raises `OSError`, `ssl.SSLError` for files of `[tls]` that cannot be used."""
    config = uvicorn.Config(
        Service(settings, key, book).app(),
        host=settings.listen,
        port=settings.port,
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=5,
        ssl_certfile=settings.tls.certificate,
        ssl_keyfile=settings.tls.key,
        ssl_ca_certs=str(settings.tls.client_ca),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
    )
    config.load()
    assert config.ssl is not None
    config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    Server(config).run()

"""A server that listens, in a thread of this process, and a proxy before it that hands on late and in pieces."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn
from servers import settings_of
from starlette.applications import Starlette

from map4.server.app import SERVICES, make_app


@contextmanager
def listening(app: Starlette, port: int = 0) -> Iterator[int]:
    """A server of this application; gives its port, which is a free one unless it is said."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            app.state.changes.end()  # as the server does by itself that the command starts
            server.should_exit = True
            thread.join()


def serving(library: Path | str, *music: Path, port: int = 0, **how: Any) -> AbstractContextManager[int]:
    """A server of a library, as `listening`. how: services, or as for `settings_of`"""
    services = how.pop("services", SERVICES)
    return listening(make_app(settings_of(library, *music, **how), services=services), port)


@contextmanager
def buffering_proxy(port: int, *, cut_after: int) -> Iterator[int]:
    """A proxy that gathers what comes and hands it on every now and then; it cuts each connection off after so many
    bytes of answer, in the middle of whatever it is."""
    loop = asyncio.new_event_loop()
    found: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            back.write(await reader.readuntil(b"\r\n\r\n"))
            gathered, sent = b"", 0
            while sent < cut_after and not there.at_eof() and not reader.at_eof():
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.02):
                        while len(gathered) < 4096 and (part := await there.read(4096)):
                            gathered += part
                writer.write(gathered[: cut_after - sent])
                sent += len(gathered)
                gathered = b""
                await writer.drain()
        for stream in (writer, back):
            stream.close()

    async def start() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        found.append(server.sockets[0].getsockname()[1])

    loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
        loop.call_soon_threadsafe(loop.stop)
        thread.join()

"""`map4 mcp`: serve an assistant."""

from __future__ import annotations

import sys
from functools import partial

import click

from map4.cli.exits import Exit
from map4.cli.session import Map4Command, Session
from map4.version import Packages


@Map4Command.of(Exit.INTERRUPTED, Exit.TERMINATED, done="stdin was closed")
@click.option("--allow-writes", is_flag=True, help="Allow the assistant to set values and store lists.")
def mcp(allow_writes: bool) -> None:
    """Serve the library to an assistant (MCP on stdio).

    An assistant such as Claude Desktop starts this command; to set it up, see docs/scripting.md. It can search, find
    similar tracks, make and show playlists, compare, and analyse files. Without --allow-writes, nothing is changed;
    files never are. With --user, that account's rights apply. Requires map4's extra mcp.

    \b
    map4 mcp
    map4 --library ~/dj.map4 mcp --allow-writes
    map4 --user ann mcp
    """
    with Packages("mcp").needed():
        from map4.extras.mcp.answers import McpSettings
        from map4.extras.mcp.stdio import serve_stdio

    session = Session.current()
    if sys.stdin.isatty():
        session.info("waiting for an assistant on stdin, which usually starts this command; Ctrl-C ends it")
    settings = McpSettings(
        open_library=partial(session.open_library, create=False, writer="assistant"),
        allow_writes=allow_writes,
        config={name: setting.value for name, setting in session.config.values().items()},
        actor=session.actor,
        **session.workers,
    )
    serve_stdio(settings)

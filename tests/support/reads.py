"""Everything that only reads a library; and a note of each statement that would write to it."""

import shlex
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from command_runs import run_inside
from every_command import LEAST
from made_library import database_of
from rights import NEEDS, A
from route_examples import Call, calls
from starlette.testclient import TestClient

from map4.duplicates.store.copies import AlikeRecordings
from map4.server.settings import API

_WORDS = ("BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "DROP", "ALTER")

NO_READS = {"accounts revoke t-0000000000000000", "demo --remove none"}
COMMANDS = (
    *(typed for typed in LEAST["viewer"] if typed not in NO_READS),
    *(typed for typed in LEAST["admin"] if "--dry-run" in typed or "--list" in typed),
    "search --jsonl", "search is:copy", "search --count has:cues", "stats --query is:copy", "doctor --json",
    "playlist --query bpm:1.. --vary 14", "duplicates --kind versions --kind likely", f"set {A} bpm=99 --dry-run",
    "accounts", "accounts audit", "accounts export other", "scan --dry-run .", "config", "library verify",
    f"similar --by hamms {A}", f"similar --by mix {A}", "playlist --query bpm:1.. --curve wave",
    *(f"export --to {name} -o -" for name in ("csv", "json", "jsonl", "html", "rekordbox", "traktor")),
)  # fmt: skip
"""Commands that only read, as they are typed in the library of `fill_for_every_command`."""

WRITING_ROUTES = {
    ("GET", "/backup"): "the audit log names whoever takes a copy of the library",
    ("POST", "/tokens"): "makes a token",
    ("POST", "/tokens/{token}/rotate"): "renews a token",
    ("DELETE", "/tokens/{token}"): "ends a token",
    ("PUT", "/users/{user}/password"): "changes a password",
    ("DELETE", "/auth/session"): "ends a session",
    ("POST", "/auth/login"): "begins a log-in",
    ("POST", "/auth/session"): "begins a session",
    ("POST", "/auth/refresh"): "renews a log-in",
}
"""Routes that are GET or need no more than "read", and write all the same: why."""


def compare_recordings(path: Path) -> None:
    """Find the copies, as a scan does at its end."""
    with database_of(path) as database:
        AlikeRecordings(database).bring_up_to_date()


@contextmanager
def noted_writes(path: Path) -> Iterator[list[str]]:
    """Note what connections that this process opens meanwhile write to the library, or try to."""
    noted: list[str] = []
    connect = sqlite3.connect

    def note(statement: str) -> None:
        words = " ".join(statement.split())
        if words.upper().startswith(_WORDS) and " TEMP " not in words and " temp." not in words:
            noted.append(words[:200])

    def traced(*arguments: Any, **more: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **more)
        if any(Path(file) == path for _, _, file in connection.execute("PRAGMA database_list") if file):
            connection.set_trace_callback(note)
        return connection

    with mock.patch.object(sqlite3, "connect", traced):
        yield noted


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program holds the lock for writing, as a long import does."""
    with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, isolation_level=None)) as other:
        other.set_trace_callback(None)
        other.execute("BEGIN IMMEDIATE")
        yield


def run_reading_commands(library: Path | str) -> dict[str, tuple[int, str]]:
    """The exit code and the output of each."""
    done = {
        typed: run_inside(*shlex.split(typed), "--no-input", library=library)
        for typed in COMMANDS  # type: ignore[arg-type]
    }
    return {typed: (run.returncode, run.stdout) for typed, run in done.items()}


def reading_calls() -> list[Call]:
    """The examples of all routes that only read."""
    names = {(call.route.method, call.route.path): call for call in calls()}
    assert WRITING_ROUTES.keys() <= names.keys()
    return [
        call
        for name, call in names.items()
        if (name[0] == "GET" or NEEDS[name] in (None, "read")) and name not in WRITING_ROUTES
    ]


def answer_reading_routes(client: TestClient, names: Mapping[str, str]) -> dict[str, int]:
    """The status of each answer."""
    statuses = {}
    for call in reading_calls():
        parts, query, body = call.named(names)
        path = call.route.path.format(**parts)
        address = path if call.route.is_root else API + path
        answer = client.request(call.route.method, address, params=query, json=body)
        statuses[f"{call.route.method} {call.route.path}"] = answer.status_code
    return statuses


def named_examples(client: TestClient, music: Path) -> dict[str, str]:
    """The names that examples of routes are about; makes a list and jobs."""
    client.app.state.changes.end()  # type: ignore[attr-defined]  # so that nothing is followed for ever
    names = {"music": str(music)}
    for name, file in (("a", "two"), ("b", "one")):
        [names[name]] = client.get(f"{API}/search", params={"q": file, "limit": 1}).json()["ids"]
    for call in calls():
        if call.makes:
            parts, query, body = call.named(names)
            answer = client.post(API + call.route.path.format(**parts), params=query, json=body)
            names[call.makes] = answer.json()["id"]
    return names

"""How long a library in Postgres takes to answer, beside the file that holds the same; and whether both say the same.

    python benchmarks/postgres.py LIBRARY [--repeat 5] [--only WORD …] [--buffers 1GB] [--json FILE]

LIBRARY is one of `synthetic_library.py` or `multiplied_library.py`. It is copied into a server of its own, which needs
Debian's package postgresql and ends with this program. Each question is asked in one process by both stores in turn:
first once, then `--repeat` times, of which the median and the 95th percentile count: by the clock, and of the processor
in both processes, as other work may run beside it. A list is what a query finds with all that a table shows of it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from measure import REPOSITORY, machine

from map4.extras.postgres.connection import connect
from map4.extras.postgres.store import PostgresStore
from map4.music.query.context import QueryContext
from map4.music.query.parser import parse_query
from map4.search.store import SqlTableRows
from map4.store.database import scalar
from map4.store.sqlite_store import SqliteStore

sys.path.append(str(REPOSITORY / "tests"))
from extras.postgres.postgres_server import ABSENT, running_postgres

SEARCHES = (
    "limit:20", "limit:20 offset:50000", "gutan limit:100", "a limit:100", "artist:gu limit:50", "is:any gu limit:50",
    '"gutan fin" limit:50', "title:=gutan limit:20", "comment:promo limit:20", "path:/music limit:50",
    "bpm:120..128 key:8A genre:house limit:100", "key:~8A limit:100", "genre:=House energy:9.. limit:100",
    "sort:bpm- limit:100", "sort:artist limit:100", "sort:title- limit:50 offset:200", "sort:added- limit:100",
    "sort:rating- limit:100", "bpm:120..128 sort:key limit:100", "genre:house sort:artist limit:100",
    "is:doubtful limit:100", "is:set limit:50", "is:failed limit:50", "added:-2w limit:50", "^genre:house limit:50",
    "has:mark limit:50", "mood:dark limit:50", "year:1999 sort:bpm limit:50", "bpm:~174 limit:50",
    "codec:flac limit:50",
)  # fmt: skip
"""What is asked while somebody waits: a page of what is found."""
LISTS = (
    "genre:house", "bpm:120..128 key:~8A", "genre:techno energy:8.. sort:bpm", "year:1990..1999 sort:artist",
    "added:-1y sort:added-", "artist:gu sort:album,track",
)  # fmt: skip
_COLUMNS = ("artist", "title", "album", "genre", "bpm", "key", "energy", "duration", "year", "rating", "plays")
HERE = QueryContext(now=datetime(2026, 6, 15, 12, tzinfo=UTC))


def questions() -> dict[str, Callable[[Any], Any]]:
    """What each is called, and how it is asked of a store."""

    def ids(text: str) -> Callable[[Any], Any]:
        return lambda store: store.search.file_ids(parse_query(text), HERE)

    def listed(text: str) -> Callable[[Any], Any]:
        return lambda store: store.part(SqlTableRows).values(
            store.search.file_ids(parse_query(text), HERE), _COLUMNS, HERE
        )

    def counted(text: str) -> Callable[[Any], Any]:
        return lambda store: store.search.count(parse_query(text), HERE)

    every = parse_query("")
    return {
        **{f"search {text}": ids(text) for text in SEARCHES},
        **{f"list {text}": listed(text) for text in LISTS},
        **{f"count {text}": counted(text) for text in ("", "gu", "genre:house bpm:120..128", "is:any")},
        "all, in order of albums": ids("sort:album"),
        "tallies": lambda store: store.search.tallies(every, HERE),
        "columns": lambda store: len(store.search.columns(every, HERE)),
        "known columns": lambda store: store.part(SqlTableRows).known(
            ("title", "label", "mark", "mood", "plays", "comment"), HERE
        ),
        "order of a table": lambda store: bytes(
            store.part(SqlTableRows).order(parse_query("sort:genre,bpm").sort, HERE)
        )[:800],
        "ratings": lambda store: store.search.ratings(),
    }


class _Asked:
    """A store, and how long it takes: the processor's time of this process and of the server's that answers it."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self._answers: int | None = None
        if isinstance(store, PostgresStore):
            with store.database.reading() as connection:
                self._answers = scalar(connection, "SELECT pg_backend_pid()")

    def _cpu_s(self) -> float:
        if self._answers is None:
            return time.process_time()
        return time.process_time() + int(Path(f"/proc/{self._answers}/schedstat").read_text().split()[0]) / 1e9

    def timed(self, ask: Callable[[Any], Any]) -> tuple[float, float, Any]:
        """How long by the clock, and by the processor; and the answer."""
        cpu_s, began = self._cpu_s(), time.perf_counter()
        answer = ask(self.store)
        return time.perf_counter() - began, self._cpu_s() - cpu_s, answer


def measured(stores: dict[str, _Asked], names: list[str], repeat: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        ask = questions()[name]
        one: dict[str, Any] = {}
        answers = []
        for kind, asked in stores.items():
            answers.append(asked.timed(ask)[2])
            times = np.array([asked.timed(ask)[:2] for _ in range(repeat)]) * 1000.0
            for what, of in zip(("clock", "cpu"), times.T, strict=True):
                figures = {"median": np.median(of), "p95": np.percentile(of, 95)}
                one |= {f"{kind}_{what}_{figure}_ms": round(float(ms), 1) for figure, ms in figures.items()}
        one["same"] = answers[0] == answers[1]
        found[name] = one
        shown = "  ".join(f"{kind} {one[f'{kind}_cpu_median_ms']:8.1f} ms" for kind in stores)
        print(f"{name:<48} {shown}  {'' if one['same'] else 'NOT THE SAME'}", flush=True)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", nargs="+", metavar="WORD", help="questions with one of these in their names")
    parser.add_argument("--buffers", default="1GB", help="memory that the server shares")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if ABSENT is not None:
        print(ABSENT, file=sys.stderr)
        return 1
    names = [name for name in questions() if not given.only or any(word in name for word in given.only)]
    with ExitStack() as stack:
        address = stack.enter_context(running_postgres(shared_buffers=given.buffers, work_mem="64MB")).database()
        began = time.perf_counter()
        PostgresStore.copy_from(str(given.library), address, lambda done, of: None)
        copied_s = time.perf_counter() - began
        print(f"copied in {copied_s:.0f} s; load {os.getloadavg()[0]:.1f}", flush=True)
        with closing(connect(address)) as connection:
            connection.execute(b"VACUUM ANALYZE")  # which servers do by themselves
        stores = {
            "file": _Asked(stack.enter_context(closing(SqliteStore(str(given.library))))),
            "postgres": _Asked(stack.enter_context(closing(PostgresStore(address)))),
        }
        found = measured(stores, names, given.repeat)
    report = {"machine": machine(), "load": os.getloadavg()[0], "copied_s": round(copied_s, 1), "questions": found}
    for what in ("search", "list", ""):
        for by in ("clock", "cpu"):
            times = [one[f"postgres_{by}_p95_ms"] for name, one in found.items() if name.startswith(what)]
            shown = f"p95 {np.percentile(times, 95):.0f} ms, the slowest {max(times):.0f} ms" if times else "not asked"
            print(f"{what or 'every question'}, {by}: {shown}")
    if given.json is not None:
        given.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0 if all(one["same"] for one in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

"""`library restore` in another process, beside a server that is asked all the time."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from libraries import file_id
from playlist_library import make_playlist_library
from servers import client_of
from starlette.testclient import TestClient

from map4 import Library

pytestmark = pytest.mark.world

RESTORES = """
import sys
from map4 import Library
for line in sys.stdin:
    Library.care.restore(line.strip(), sys.argv[1])
    print("done", flush=True)
"""
FEW, MANY = 3, 12


def count(client: TestClient, etag: str = "") -> tuple[int, str, int]:
    answer = client.get(
        "/api/v1/search", params={"q": "", "limit": 50}, headers={"if-none-match": etag} if etag else {}
    )
    tracks = len(answer.json()["tracks"]) if answer.status_code == 200 else -1
    return answer.status_code, answer.headers.get("etag", ""), tracks


def test_a_server_answers_with_what_was_there_or_what_is(tmp_path: Path) -> None:
    backups = {}
    for tracks in (FEW, MANY):
        library = make_playlist_library(tmp_path / f"{tracks}.map4", tracks=tracks)
        backups[tracks] = tmp_path / f"{tracks}.bak"
        with Library.open(library) as opened:
            opened.care.backup(backups[tracks])
    library = tmp_path / f"{MANY}.map4"
    seen: Counter[int] = Counter()
    with (
        client_of(library) as client,
        ThreadPoolExecutor(1) as other,
        subprocess.Popen(
            [sys.executable, "-c", RESTORES, str(library)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as restoring,
    ):
        assert restoring.stdin is not None
        assert restoring.stdout is not None
        _, etag, before = count(client)
        assert before == MANY
        for tracks in (FEW, MANY, FEW):
            restoring.stdin.write(f"{backups[tracks]}\n")
            restoring.stdin.flush()
            done = other.submit(restoring.stdout.readline)
            # One write only: a restore gives up on a library that is written to all the time, and says so.
            seen[client.put(f"/api/v1/tracks/{file_id(1)}", json={"rating": 4}).status_code] += 1
            while not done.done():
                status, _, found = count(client)
                seen[status] += 1
                assert found in (before, tracks)
            assert done.result() == "done\n"
            # At once: an answer that was kept, and what a browser has of it, count no more.
            status, new, found = count(client, etag)
            assert (status, found) == (200, tracks)
            etag, before = new, tracks
        restoring.stdin.close()
    assert seen.keys() == {200}
    assert Library.care.verify(library).is_sound

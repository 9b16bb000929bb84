"""Several processes that renew, use, make and end credentials of one library: nobody waits in vain, nothing is lost."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from map4 import Library
from map4.accounts.store.accounts import SqlAccounts

pytestmark = pytest.mark.contract

PROCESSES, LEFT = 3, 3
WORK = """
import json, sys
from datetime import UTC, datetime, timedelta
from map4 import Library
from map4.errors import WrongCredentialError

path, shared, own, turns, left = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
begun = datetime.now(UTC)
with Library.open(path) as library:
    credentials = library.credentials
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        found = {"shared": credentials.renew(shared).secret}
    except WrongCredentialError as error:
        found = {"refused": str(error)}
    for turn in range(turns):
        own = credentials.renew(own).secret
        made = credentials.add(f"token {turn}", account="Ann")
        credentials.touch({one.id: begun + timedelta(seconds=turn) for one in credentials.all()})
        if turn >= left:
            credentials.remove(made.credential.id)
        if turn % 10 == 0:
            credentials.rotate_key()
            credentials.sweep()
print(json.dumps({**found, "own": own, "last": f"{begun + timedelta(seconds=turns - 1):%Y-%m-%dT%H:%M:%SZ}"}))
"""


def _at_once(path: Path, shared: str, own: Sequence[str], turns: int) -> list[dict[str, str]]:
    """What each process printed at its end; all begin at the same moment."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORK, str(path), shared, secret, str(turns), str(LEFT)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for secret in own
    ]  # fmt: skip
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=120) for process in processes]
    assert [(process.returncode, errors) for process, (_, errors) in zip(processes, ends, strict=True)] == [
        (0, "")
    ] * PROCESSES
    return [json.loads(output) for output, _ in ends]


@pytest.mark.parametrize("turns", [5, pytest.param(100, marks=pytest.mark.world)])
def test_concurrent_processes_lose_no_credentials(tmp_path: Path, turns: int) -> None:
    path = tmp_path / "library.map4"
    with Library.open(path) as library:
        library._store.part(SqlAccounts).add("Ann", "user", None, datetime(2026, 1, 1, tzinfo=UTC))
        shared, *own = (library.credentials.begin_login("Ann") for _ in range(1 + PROCESSES))
    ends = _at_once(path, shared.secret, [credential.secret for credential in own], turns)
    with Library.open(path) as library:
        # Of several who show the same refresh token at once, one gets the next; nobody's log-in ends.
        [renewed] = [result["shared"] for result in ends if "shared" in result]
        assert [result["refused"].startswith("this refresh token was just renewed") for result in ends if
                "refused" in result] == [True] * (PROCESSES - 1)  # fmt: skip
        found = library.credentials.all()
        assert Counter(credential.kind for credential in found) == {"token": PROCESSES * LEFT, "login": 1 + PROCESSES}
        last = max(result["last"] for result in ends)
        assert {credential.last_used_at for credential in found if credential.kind == "login"} == {last}
        log = Counter(entry.action for entry in library.accounts.audit(limit=1000).entries)
        assert log == {
            "logged-in": 1 + PROCESSES, "token-added": PROCESSES * turns, "token-removed": PROCESSES * (turns - LEFT),
            "key-rotated": PROCESSES * -(-turns // 10),
        }  # fmt: skip
        for secret in (renewed, *(result["own"] for result in ends)):
            assert library.credentials.renew(secret).secret != secret
    assert Library.care.verify(path).is_sound

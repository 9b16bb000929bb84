"""Plans over HTTP, and their jobs in this process."""

from pathlib import Path
from typing import Any

import pytest
from schemas import validate
from starlette.testclient import TestClient

from map4.errors import Map4Error
from map4.library import Library
from map4.plugins import inline_lanes

API = "/api/v1"


class Heard:
    """What a job tells."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def __call__(self, what: str, value: Any) -> None:
        self.told.append((what, value))

    def progress(self, done: int, total: int, path: str | None = None) -> None:
        self.told.append(("progress", (done, total)))


def planned(client: TestClient, kind: str, body: Any, status: int = 201, **headers: str) -> Any:
    answer = client.post(f"{API}/plans/{kind}", json=body, headers=headers)
    assert answer.status_code == status, answer.text
    if status == 201:
        assert answer.headers["location"] == f"{API}/plans/{answer.json()['id']}"
        validate(answer.json())
    return answer.json()


def begun(client: TestClient, plan: Any, status: int = 202, **headers: str) -> Any:
    answer = client.post(f"{API}/plans/{plan['id']}", json={}, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


def carried_out(path: Path, plan: Any, heard: Heard | None = None) -> Any:
    """What the job of a plan does."""
    with Library.open(path, lanes=inline_lanes) as library:
        return library.plans.carry_out(plan["id"], heard or Heard())


def refused(path: Path, plan: Any) -> str:
    """Why the job of a plan can't be done."""
    with pytest.raises(Map4Error) as raised:
        carried_out(path, plan)
    return str(raised.value)


class Killed(BaseException):
    """Ends a job like kill -9."""


class KilledAfter(Heard):
    """Kills the job after some lines."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._left = lines

    def __call__(self, what: str, value: Any) -> None:
        super().__call__(what, value)
        self._left -= what == "line"
        if not self._left:
            raise Killed

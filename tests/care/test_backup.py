"""A backup as a download."""

from __future__ import annotations

from pathlib import Path

from servers import client_of

from map4.care import routes as backup
from map4.library import Library

ADDRESS = "/api/v1/backup"


def test_a_backup_can_be_restored_and_leaves_nothing_behind(made: Path, tmp_path: Path) -> None:
    with client_of(made) as client:
        before = {one.name for one in made.parent.iterdir()}
        answer = client.get(ADDRESS)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith('attachment; filename="map4-')
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert {one.name for one in made.parent.iterdir()} == before
    copy, other = tmp_path / "copy.map4", tmp_path / "other.map4"
    copy.write_bytes(answer.content)
    Library.care.restore(copy, other)
    with Library.open(made) as library, Library.open(other) as restored:
        assert restored.count() == library.count() > 0
        assert [one.action for one in library.accounts.audit().entries] == ["library-copied"]


def test_one_is_made_at_a_time(made: Path) -> None:
    with client_of(made) as client, backup._making:
        answer = client.get(ADDRESS)
        assert (answer.status_code, "try again" in answer.json()["detail"]) == (503, True)
    with client_of(made) as client:
        assert client.get(ADDRESS).status_code == 200

"""`map4 tags prefer`: which source of a field goes first."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from command_runs import run_inside
from libraries import audio_id, put_imported, put_track
from schemas import validated

from map4.store.file.database import SqliteDatabase


def test_preferred_source_is_shown_tried_set_and_reset(tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    with closing(SqliteDatabase(str(path))) as database, database.transaction() as connection:
        put_track(connection, 1, title="Tune", artist="Ann", genre="House")
        put_imported(connection, audio_id(1), genre="Techno")

    def ran(*words: str) -> str:
        return run_inside("tags", "prefer", *words, library=path).stdout

    def genre() -> list[str]:
        return " ".join(ran("genre").splitlines()[-1].split()).split(" ", 2)

    assert genre() == ["genre", "tag", "(usual) 1 provider 0, imported 1"]
    assert ran("genre", "imported", "--dry-run").splitlines() == ["Ann – Tune: House → Techno"]
    assert genre()[1:] == ["tag", "(usual) 1 provider 0, imported 1"]
    done = run_inside("tags", "prefer", "genre", "imported", library=path)
    assert "genre: imported goes first; 1 track now shows another value" in done.stderr
    assert genre()[1:] == ["imported", "1 tag 1, provider 1"]
    change = validated(ran("genre", "usual", "--json"), "source-change")
    assert (change["first"], change["before"], change["count"]) == (None, "imported", 1)
    assert validated(ran("--json"), "sources")["fields"][0]["field"] == "artist"
    assert run_inside("tags", "prefer", "bpm", "tag", library=path).returncode == 2
    assert run_inside("tags", "prefer", "--dry-run", library=path).returncode == 2

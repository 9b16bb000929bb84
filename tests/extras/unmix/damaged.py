"""Calls of a damaged library: see `tests/torture/damage.py`."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from libraries import audio_id

from map4 import Library
from map4.extras.unmix.records import Passage, PlayedTrack, Unmixed

FIRST, SECOND = "/music/5.mp3", "/music/6.mp3"
BEGAN = datetime(2026, 1, 2, tzinfo=UTC)
NOT_CALLED = {
    "unmix", "unmix_events", "sets.began", "sets.check_chapters", "sets.require_chapters", "sets.write_chapters",
}  # fmt: skip


def recorded(*paths: str) -> Unmixed:
    """A set in which tracks of the library are heard, a minute each."""
    heard = (
        Passage(start_s=at, end_s=at + 60.0, track=PlayedTrack(path=path, audio_id=audio_id(5)), track_start_s=0.0,
                track_end_s=60.0, speed=1.0, pitch=1.0, certainty=0.9)
        for at, path in zip((0.0, 60.0), paths, strict=True)
    )  # fmt: skip
    return Unmixed(path="/music/set.mp3", duration_s=120.0, compared=1, tracks=tuple(heard))


def _keep_and_undo(library: Library) -> object:
    library.sets.keep(recorded(FIRST, SECOND), BEGAN)
    return library.sets.undo(library.sets.step_of(recorded(FIRST, SECOND), BEGAN) or 1)


def calls(tmp_path: Path) -> dict[str, Callable[[Library], object]]:
    return {
        "sets.tracklist": lambda library: library.sets.tracklist(recorded(FIRST, SECOND)),
        "sets.check_keep": lambda library: library.sets.check_keep(),
        "sets.check_write": lambda library: library.sets.check_write(tmp_path / "set.cue"),
        "sets.write": lambda library: library.sets.write(recorded(FIRST, SECOND), tmp_path / "set.html", force=True),
        "sets.file": lambda library: library.sets.file(recorded(FIRST, SECOND), "cue").name,
        "sets.save": lambda library: library.sets.save(recorded(FIRST, SECOND), "Recorded", force=True),
        "sets.keep": lambda library: library.sets.keep(recorded(FIRST, SECOND), BEGAN),
        "sets.step_of": lambda library: library.sets.step_of(recorded(FIRST, SECOND), BEGAN),
        "sets.undo": _keep_and_undo,
    }

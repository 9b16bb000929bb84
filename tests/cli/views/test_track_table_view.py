"""Tracks as a table: columns, their widths, and what a narrow terminal does without."""

import io

import pytest
from rich.console import Console

from map4.cli.views.columns import TrackTable, fit_text, print_rows, stars
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.core.music.track.track_columns import TrackCells


@pytest.mark.parametrize("width", [20, 80])
def test_table_fits_terminals_wider_than_38_columns(width: int) -> None:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    table = TrackTable(console)
    track = Track(path="/music/" + "名" * 100 + ".mp3", state="missing")
    for _ in range(120):
        table.write(TrackCells(track))
    table.flush()
    table.flush()
    shown = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(shown) == 121
    assert all(len(line) + line.count("名") <= max(width, 38) for line in shown)
    assert "… (missing)" in shown[1]


def test_state_follows_the_name_and_text_is_cut_by_columns() -> None:
    rows = []
    for state in ("ok", "missing", "failed", "pending"):
        console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
        table = TrackTable(console)
        track = Track(path="/a.mp3", state=state, tags=Tags(title="Sky", genre="House"))  # type: ignore[arg-type]
        table.write(TrackCells(track))
        table.flush()
        head, row = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
        assert row[head.index("genre") :] == "House"
        rows.append(row[: head.index("BPM")].strip())
    assert rows == ["Sky", "Sky (missing)", "Sky (failed)", "Sky (not analysed)"]
    assert fit_text("名前名前", 5) == "名前…"
    assert fit_text("a\x1bb", 9) == "a\ufffdb"
    console = Console(file=io.StringIO(), width=5, color_system=None)
    print_rows(console, [["a", "名", "x"], ["bbb", "c", "y\x1by"]])
    assert console.file.getvalue() == "a    名  x\nbbb  c   y\ufffdy\n"  # type: ignore[attr-defined]


def test_queried_fields_of_dj_programs_have_columns() -> None:
    every = {"rating", "plays", "played", "cues"}
    rows = {}
    for width, also in ((80, every), (80, {"played", "bpm"}), (60, every), (120, every), (30, every)):
        console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
        table = TrackTable(console, also=also)
        values = ImportedValues(
            rating=4.5, play_count=12, last_played="2026-01-31T22:15:00", cues=(CuePoint(position_s=1.0),)
        )
        for imported in (values, ImportedValues(play_count=0), None):
            table.write(TrackCells(Track(path="/a.mp3", state="ok", imported=imported)))
        table.flush()
        rows[width, len(also)] = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert all(len(line) <= max(width, 36) for (width, _), shown in rows.items() for line in shown)
    head, first, never, unknown = rows[80, 4]
    assert head.split()[3:] == ["BPM", "key", "rating", "plays", "played", "cues", "genre"]
    assert first.split() == ["a.mp3", "★★★★½", "12", "2026-01-31", "1"]
    assert (never.split(), unknown.split()) == (["a.mp3", "0", "never"], ["a.mp3"])
    assert rows[80, 2][0].split()[3:] == ["BPM", "key", "E", "time", "played", "genre"]
    assert rows[60, 4][0].split()[3:] == ["BPM", "key", "rating", "plays", "genre"]
    assert rows[120, 4][0].split()[3:] == ["BPM", "key", "E", "time", "rating", "plays", "played", "cues", "genre"]
    assert rows[30, 4][0].split()[3:] == ["BPM", "key", "genre"]
    assert [stars(value) for value in (0.0, 0.3, 3.2, 4.75, 5.0)] == ["☆☆☆☆☆", "½☆☆☆☆", "★★★☆☆", "★★★★★", "★★★★★"]


def test_tracks_with_equal_names_are_shown_with_their_paths() -> None:
    def track(path: str, audio: str, title: str) -> Track:
        return Track(path=path, state="ok", audio_id=f"a1-{audio}", tags=Tags(artist="Ann", title=title))

    shown = rows_of(
        track("/music/House/Ann/sky.mp3", "1", "Sky"),
        track("/music/Ann/fire.mp3", "2", "Fire"),
        track("/music/Incoming/x.mp3", "1", "sky (copy)"),
        track("/music/CD 1/01.mp3", "3", "Intro"),
        track("/music/CD 2/01.mp3", "4", "intro "),
        track("/music/Ann/snow.mp3", "5", "Snow"),
        track("/music/Ann/snow (1).mp3", "5", "Snow"),
    )
    assert [line.rstrip() for line in shown] == [
        "Ann – Sky", "  same audio, copy 1 of 2: House/Ann/sky.mp3",
        "Ann – Fire",
        "Ann – sky (copy)", "  same audio, copy 2 of 2: Incoming/x.mp3",
        "Ann – Intro", "  CD 1/01.mp3",
        "Ann – intro", "  CD 2/01.mp3",
        "Ann – Snow", "  same audio, copy 1 of 2: snow.mp3",
        "Ann – Snow", "  same audio, copy 2 of 2: snow (1).mp3",
    ]  # fmt: skip
    assert max(map(len, shown)) <= 80
    untagged = [Track(path=f"/music/{name}", state="ok", audio_id="a1-1") for name in ("1.ogg", "x/2.ogg")]
    copies = [line.rstrip() for line in rows_of(*untagged)]
    assert copies == ["1.ogg", "  same audio, copy 1 of 2", "2.ogg", "  same audio, copy 2 of 2: x/2.ogg"]
    tracks = [
        Track(path=f"/music/{number}/x.mp3", state="ok", audio_id=f"a1-{number % 300}", tags=Tags(title=str(number)))
        for number in range(301)
    ]
    shown = rows_of(*tracks)
    assert shown[0] == "0"
    assert [line for line in shown if "same audio" in line] == ["  same audio, copy 2 of 2: 300/x.mp3"]
    assert shown[-1] == "  same audio, copy 2 of 2: 300/x.mp3"


def rows_of(*tracks: Track) -> list[str]:
    """What a table of 80 columns shows of tracks, below its head."""
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    table = TrackTable(console)
    for track in tracks:
        table.write(TrackCells(track))
    table.flush()
    return console.file.getvalue().splitlines()[1:]  # type: ignore[attr-defined]

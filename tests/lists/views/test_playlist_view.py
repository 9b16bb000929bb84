"""What a terminal says of a playlist."""

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from made_tracks import made_track
from report_tracks import transition_of
from rich.cells import cell_len
from rich.console import Console

from map4.core.music.lists.limits import Relaxation, Rule
from map4.core.music.lists.listed import ListedPick, Missing
from map4.core.music.lists.quality import ListQuality, positions_text
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing.compatibility import SwingPart
from map4.core.music.track.track import Track
from map4.lists.playlist.playlist import Pick, Playlist
from map4.lists.playlist.request import ListRequest
from map4.lists.views.playlist import LEVELS, ListTable, lane, missing_sentence


def test_line_has_start_time_transition_and_energy() -> None:
    assert lane(0.0, 1.0) == "●" + " " * (LEVELS - 2) + "│"
    assert lane(0.5, 0.5).strip() == "◉"
    assert lane(None, None) == " " * LEVELS
    assert lane(1.0, None) == " " * (LEVELS - 1) + "●"
    lines, _ = listed(80, ONE, TWO, picks=[FIRST, steps("harmonic")])
    head, first, second = lines
    assert head.split() == ["#", "artist", "–", "title", "start", "time", "BPM", "±%", "key", "mix", "energy"]
    assert first.split() == ["1", "Ann", "–", "Sky", "0:00", "3:04", "120.0", "8A", "◉"]
    # It starts where the first one ends.
    assert second.split()[-9:] == ["3:04", "3:04", "126.0", "-4.7", "12B", "0.58", "●", "│", "!"]
    gone = Track(path="/gone.mp3", state="missing")
    lines, _ = listed(80, ONE, gone, TWO)
    assert "120.0" in lines[1]
    assert lines[2].split()[:2] == ["2", "gone.mp3"]
    assert lines[3].split().count("0:00") == 0
    assert len([cell for cell in lines[3].split() if ":" in cell]) == 1  # its own length alone


def listed(width: int, *tracks: Track, picks: Sequence[ListedPick] = ()) -> tuple[list[str], list[str]]:
    """The lines of a table of a list, and those of its legend."""
    console = Console(file=io.StringIO(), width=width, color_system=None)
    table = ListTable(console, notation="camelot")
    for track, pick in Tracklist(tracks=tracks, picks=picks).listed():
        table.write(track, pick)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text.splitlines(), table.legend()


def steps(*rules: Rule) -> ListedPick:
    """What a list says of a track that follows another, and leaves these limits."""
    relaxed = tuple(Relaxation(rule=rule, asked=None, given=None) for rule in rules)
    return ListedPick(energy_target=0.9, transition=transition_of(0.58, change_percent=4.96), relaxed=relaxed)


ONE = made_track("one.mp3", 120.0, "8A", 0.5, artist="Ann", title="Sky", genre="House")
TWO = made_track("two.mp3", 126.0, "12B", 0.7, artist="Inês Caldeira", title="Guarda-Chuva")
FIRST = ListedPick(energy_target=0.5)


def test_narrow_terminal_drops_columns_and_wide_letters_fit() -> None:
    for width, columns in (
        (130, "start time BPM ±% key mix energy genre"),
        (80, "start time BPM ±% key mix energy"),
        (60, "start BPM ±% key mix E"),
        (40, "BPM key mix"),
    ):
        lines, legend = listed(width, ONE, TWO, picks=[FIRST, steps("harmonic")])
        assert lines[0].split()[4:] == columns.split()
        assert max(map(cell_len, [*lines, *legend])) <= width
        assert "Inês Cald" in lines[2]
        assert "!" in lines[2].split()
        assert "!" not in lines[1]
        assert ("House" in lines[1]) == ("genre" in columns)
    title = "\U0001f600 オトナブルー\x1b[31m"
    wide = made_track("w.mp3", 120.0, "12A", 0.9, artist="新しい学校のリーダーズ", title=title)
    wide = replace(wide, analysis=replace(wide.analysis, duration_s=16_000.0))
    for width in (40, 60, 80, 120):
        lines, _ = listed(width, *[wide] * 30, picks=[steps("harmonic")] * 30)
        assert max(map(cell_len, lines)) <= width
        assert len({cell_len(line.partition("120.0")[0]) for line in lines[1:]}) == 1  # the columns stand
        assert all("\x1b" not in line for line in lines)
    shown = [line.partition("266:40")[0].split("…")[-1].strip() for line in listed(80, *[wide] * 30)[0]]
    assert [shown[place] for place in (1, 2, 4, 30)] == ["0:00", "4:26:40", "13 h 20", "128 h"]


def test_relaxed_limits_are_explained_with_ranges_of_positions() -> None:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    table = ListTable(console, notation="camelot", explain=True)
    relaxed = (
        Relaxation(rule="harmonic", asked="flexible", given=None), Relaxation(rule="artist_gap", asked=4, given=1),
    )  # fmt: skip
    reasons = ("+5.0 % tempo", "relaxed: harmonic flexible → any")
    table.write(TWO, replace(steps(), relaxed=relaxed, reasons=reasons))
    lines = [line.strip() for line in console.file.getvalue().splitlines()[2:]]  # type: ignore[attr-defined]
    assert lines == ["+5.0 % tempo", "relaxed: key (flexible → any)", "relaxed: artist (4 → 1)"]
    cases = [([3], "3"), ([3, 4], "3, 4"), ([3, 4, 5], "3–5"), ([1, 2, 5, 6, 7, 9], "1, 2, 5–7, 9"),
    ([*range(1, 40, 2)], "1, 3, 5, 7, 9, 11, 13, 15 and 12 more"), ([*range(43, 105)], "43–104")]  # fmt: skip
    assert [(positions, positions_text(positions)) for positions, _ in cases] == cases


def test_missing_tracks_are_explained_with_the_option_to_change() -> None:
    def sentence(missing: Missing, **options: Any) -> str:
        made = Playlist(request=ListRequest(**options).settled(), picks=(), quality=None, missing=missing)
        return missing_sentence(made, missing)

    assert sentence(Missing(unused=0, blockers={})).startswith("0 tracks instead of 20: there are no other")
    assert "breaks more than one limit" in sentence(Missing(unused=7, blockers={}), minutes=90)
    both = sentence(Missing(unused=9, blockers={"artist_gap": 2, "harmonic": 3}))
    assert "9 tracks are left, but outside these limits: artist 2 (a smaller --artist-gap), key 3 " in both
    assert "more than one limit 4; --relax" in both
    tempo = Missing(unused=1, blockers={"tempo_policy": 1})
    assert sentence(tempo, tolerance=0.01).endswith("--tolerance); --relax also relaxes the limits you gave")
    assert "key 1 (--harmonic off)" in sentence(replace(tempo, blockers={"harmonic": 1}), harmonic="creative")
    assert "tempo 1 (a larger --tolerance)" in sentence(tempo, policy="creative")
    assert sentence(tempo).endswith(
        "1 track is left, but outside these limits: tempo 1 (too far away for every --policy); --relax allows more"
    )


def test_summary_lists_weak_steps() -> None:
    weak = ListQuality(
        tempo=100.0, harmony=75.0, transitions=79.9, genre=None, energy=100.0, limits=67.0, data=100.0,
        weak_steps={"harmonic": (4,), "artist_gap": (4, 7, 8, 9), "album_gap": (4, 7, 8, 9), "tempo_drift": (12,)},
    )  # fmt: skip
    picks = tuple(Pick(position=number, track=Track(path=f"/{number}", state="ok")) for number in range(1, 13))
    made = Playlist(request=ListRequest().settled(), picks=picks, quality=weak)

    def lines_of(playlist: Playlist) -> Sequence[str]:
        return playlist.to_tracklist().words(with_parts=True)

    assert lines_of(made) == [
        "12 tracks, 0:00, quality 84 of 100",
        "tempo 100, harmony 75, transitions 79, energy 100, limits 67",
        "5 weak steps: 4 key; 4, 7–9 artist, album; 12 tempo drift",
    ]
    playlist = replace(made, quality=replace(weak, weak_steps={"sound": (2,)}))
    assert lines_of(playlist)[-1] == "1 weak step: 2 sound"
    good = replace(made, quality=replace(weak, weak_steps={}))
    assert lines_of(good)[0] == "12 tracks, 0:00, quality 84 of 100, all limits kept"
    assert lines_of(replace(good, quality=None)) == ["12 tracks, 0:00"]
    swung = replace(transition_of(0.97), swing=SwingPart(change=0.2))
    poor = [replace(pick, transition=swung) if pick.position in (4, 6) else pick for pick in picks]
    assert lines_of(replace(good, picks=poor))[-1] == "all limits kept; 2 poor mixes: 4, 6"
    assert lines_of(replace(made, picks=poor))[-1].endswith("12 tempo drift; 1 poor mix: 6")
    table = ListTable(Console(file=io.StringIO()), notation="camelot", weak=())
    table.write(picks[3].track, poor[3])
    assert table.legend()[-1].endswith("!: weak step or poor mix")

"""What a terminal says of a playlist."""

from __future__ import annotations

from typing import Any

from map4.cli.views.playlist import LANE_WIDTH, lane, missing_sentence, summary_lines
from map4.domain.playlist.options import PlaylistOptions
from map4.domain.playlist.playlist import Missing, Pick, Playlist, Relaxation
from map4.domain.track import Track


def test_the_lane_shows_where_energy_is_and_was_wanted() -> None:
    assert lane(0.0, 1.0) == "●" + " " * (LANE_WIDTH - 2) + "│"
    assert lane(0.5, 0.5).strip() == "◉"
    assert lane(None, None) == " " * LANE_WIDTH
    assert lane(1.0, None) == " " * (LANE_WIDTH - 1) + "●"


def test_what_was_missing_is_a_sentence_that_helps() -> None:
    def said(missing: Missing, **options: Any) -> str:
        made = Playlist(seeds=(), options=PlaylistOptions(**options), picks=(), quality=None, missing=missing)
        return missing_sentence(made, missing)

    assert said(Missing(unused=0, blockers={})).startswith("0 tracks instead of 20 picks: there are no more")
    assert "breaks more than one limit" in said(Missing(unused=7, blockers={}), n=None, minutes=90)
    both = said(Missing(unused=9, blockers={"artist_gap": 2, "harmonic": 3}))
    assert "artist gap keeps out 2 (a smaller --artist-gap), harmonic keeps out 3 (--harmonic creative or off)" in both


def test_the_summary_names_what_was_relaxed_and_where() -> None:
    relaxed = tuple(Relaxation(position=i, rule="harmonic", asked="strict", given="off") for i in range(2, 12))
    picks = tuple(
        Pick(position=i, track=Track(path=f"/{i}.mp3", state="ok"), relaxed=relaxed[i - 2 : i - 1] if i > 1 else ())
        for i in range(1, 12)
    )
    made = Playlist(seeds=(), options=PlaylistOptions(), picks=picks, quality=None)
    first, second, third = summary_lines(made)
    assert first == "11 tracks, 0:00"
    assert second == "relaxed: harmonic at 2, 3, 4, 5, 6, 7, 8, 9 ..."
    assert third == "--explain says more; --no-relax would end the list at the first of them"
    # Who has it explained need not be told that it can be.
    assert summary_lines(made, explained=True)[2] == "--no-relax would end the list at the first of them"


def test_the_summary_names_what_failed() -> None:
    parts = {"tempo": 100.0, "harmony": 75.0, "transitions": 79.9, "genre": None, "energy": 100.0, "limits": 62.5}
    picks = tuple(Pick(position=number, track=Track(path=f"/{number}", state="ok")) for number in (1, 2))
    bad = {"overall": 79.9, **parts, "failed": ["overall", "harmony"]}
    made = Playlist(seeds=(), options=PlaylistOptions(), picks=picks, quality=bad)
    assert summary_lines(made)[0] == (
        "2 tracks, 0:00; quality 79 (tempo 100, harmony 75, transitions 79, energy 100, limits 62), "
        "does not pass: overall, harmony"
    )
    good = Playlist(seeds=(), options=PlaylistOptions(), picks=picks, quality={**bad, "overall": 80.0, "failed": []})
    assert summary_lines(good)[0].endswith(
        "quality 80 (tempo 100, harmony 75, transitions 79, energy 100, limits 62), passes"
    )

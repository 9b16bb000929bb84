"""A set on the clock of a terminal."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from made_tracks import made_track
from rich.cells import cell_len

from map4.core.music.lists.listed import ListedPick
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.track.track import Track
from map4.exports.figures.set_clock import Bar, Joint
from map4.exports.report.setlist import running_order, set_bars
from map4.lists.views.set_clock import LEAST_WIDTH, joint_text, set_block, set_view

JOINT = Joint(
    rating="poor",
    compatibility=0.58,
    lines=("poor 0.58", "9A → 2B clash", "+5.0 % tempo"),
    short=("9A→2B", "+5.0 %"),
    sentence="poor 0.58: 9A → 2B clash, +5.0 % tempo, energy 5 → 6",
)


def tracks(count: int) -> list[Track]:
    keys = ("8A", "9A", "2B")
    return [
        made_track(f"{i}.mp3", 120.0 + i % 60, keys[i % 3], 0.3 + 0.1 * (i % 4), artist="Ann", title=f"Song {i}")
        for i in range(count)
    ]


def lines(count: int, width: int, wanted: float | None = None) -> list[str]:
    picks = [ListedPick(energy_target=wanted)] * count
    bars = set_bars(running_order(Tracklist(tracks=tracks(count), picks=picks)), "camelot")
    return set_view(bars, width=width).plain.split("\n")


def test_sets_fill_one_row_or_several() -> None:
    shown = lines(3, 80, wanted=0.55)
    assert shown[0] == ""
    assert shown[1].split()[0] == "0:00"
    assert [line.split() and line.split()[0] for line in shown[2:5]] == ["6", "5", "4"]
    assert "┄" in shown[2]
    upper, deck, other, lower = shown[-4:]
    assert upper.startswith("   1 Ann – Song 0  ")
    assert "3 Ann – Song 2" in upper
    assert lower.strip() == "2 Ann – Song 1"
    # What leads to a track stands on the other deck, above or below it.
    assert deck.index("8A") == other.index("─") + 2
    assert deck[deck.index("8A") - 2] == "●"
    for count, width, rows in ((12, 80, 2), (12, 120, 2), (40, 80, 7), (200, 80, 20)):
        shown = lines(count, width)
        assert sum(not line for line in shown) == rows
        assert max(map(cell_len, shown)) <= width
        for number in (1, count):
            assert any(f"{number} A" in line for line in shown)


@settings(max_examples=15)
@given(st.integers(LEAST_WIDTH, 130), st.lists(st.floats(0.0, 900.0), min_size=1, max_size=20), st.floats(0.0, 99.0))
def test_set_clock_never_exceeds_its_width(width: int, lengths: list[float], overlap_s: float) -> None:
    joint = replace(JOINT, overlap_s=overlap_s)
    bars = [
        Bar(
            number=place + 1,
            name="銀河ラジオ",
            mark="",
            starts_s=sum(lengths[:place]),
            sounds_s=length + overlap_s,
            energy=0.5,
            joint=joint if place else None,
        )
        for place, length in enumerate(lengths)
    ]
    assert all(cell_len(line) <= width for line in set_view(bars, width=width).plain.split("\n"))


def test_set_clock_has_fitting_joints_a_legend_and_the_weakest_transitions() -> None:
    texts = {joint_text(JOINT, room).plain for room in range(80)}
    assert {"▲ " + JOINT.sentence, "▲ 9A → 2B clash +5.0 % tempo", "▲ 9A→2B +5.0 %", "▲ 9A→2B", "▲", ""} <= texts
    assert all(cell_len(joint_text(JOINT, room).plain) <= room for room in range(80))
    shown = set_block(Tracklist(tracks=tracks(4)), "camelot", width=80).plain
    assert "● excellent  ○ good  △ fair  ▲ poor   ━ energy\n" in shown
    weak = shown.partition("Weakest transitions\n")[2].splitlines()
    assert [line.split()[:2] for line in weak] == [["2-3", "▲"], ["3-4", "▲"]]
    narrow = set_block(Tracklist(tracks=tracks(4)), "camelot", width=LEAST_WIDTH).plain.partition("Weakest")[2]
    assert max(map(cell_len, narrow.splitlines())) <= LEAST_WIDTH
    assert "needs a wider terminal" in set_block(Tracklist(tracks=tracks(4)), "camelot", width=30).plain

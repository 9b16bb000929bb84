"""Statistics as a terminal shows them."""

import io

import pytest
from lanes import sampled
from rich.cells import cell_len
from rich.console import Console

from map4.core.music.analysis.key import ALL_KEYS
from map4.stats.records import Bin, Distribution, Statistics
from map4.stats.views.stats import stats_view


@pytest.mark.parametrize(
    ("width", "count", "has_bars"), sampled([(80, 7, False), (80, 123_456, False), (40, 7, True)], every=2)
)
def test_key_table_is_complete_at_any_width(width: int, count: int, has_bars: bool) -> None:
    nothing = Distribution()
    found = Statistics(
        tracks=24 * count, hours=1.0, tempo=nothing, loudness=nothing, doubtful_tempo=0, doubtful_key=0, with_genre=0,
        keys={key.camelot: count for key in ALL_KEYS}, energy={}, genres={}, codecs={}, qualities={}, years={},
        added={},
    )  # fmt: skip
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(stats_view(found, notation="camelot", width=width, everything=True))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    words = shown.split()
    assert sorted(word for word in words if word in {key.camelot for key in ALL_KEYS}) == sorted(found.keys)
    assert words.count(f"{count:,}") == 24
    assert ("━" in shown) is has_bars
    assert max(map(len, shown.splitlines())) <= width


def test_counts_are_aligned_in_columns_with_comparable_bars() -> None:
    nothing = Distribution()
    found = Statistics(
        tracks=400, hours=30.0, tempo=nothing, loudness=nothing, doubtful_tempo=0, doubtful_key=0, with_genre=400,
        keys={"8A": 3}, energy={level: 10 * level for level in range(1, 11)}, codecs={"mp3": 9, "flac": 3},
        genres={f"Genre {n}": 20 - n for n in range(20)}, qualities={"lossless": 7},
        years=dict.fromkeys(range(1990, 2000), 4), ratings={3: 2}, added={f"2025-{n:02}": n for n in range(1, 13)},
    )  # fmt: skip
    shown: dict[int, list[str]] = {}
    for width in (40, 80, 120, 200):
        console = Console(file=io.StringIO(), width=width, color_system=None)
        console.print(stats_view(found, notation="camelot", width=width, everything=True))
        shown[width] = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
        assert max(map(cell_len, shown[width])) <= width
    assert len(shown[40]) > len(shown[80]) > len(shown[120]) >= len(shown[200])
    for lines in shown.values():
        text = " ".join(lines)
        for name in ("energy level", "genres", "years", "ratings", "formats", "quality", "added to the library", "8A"):
            assert name in text
        (rest,) = [line for line in lines if "8 others" in line]
        assert rest.split("8 others")[1].split()[0] == "36"  # without a bar
    bars = [line.count("━") for line in shown[40] if line.startswith("Genre")]
    assert bars == sorted(bars, reverse=True)
    assert bars[0] > 15


@pytest.mark.parametrize("width", [40, 200])
def test_statistics_of_any_library_fit_a_screen(width: int) -> None:
    values = Distribution(
        known=90_000, low=66.0, median=122.0, high=174.0,
        bins=tuple(Bin(low=60.0 + 5 * n, high=65.0 + 5 * n, count=n * 100) for n in range(25)),
    )  # fmt: skip
    many = {f"Genre with a long name {n}": 10_000 - n for n in range(400)}
    found = Statistics(
        tracks=100_000, hours=6_789.5, tempo=values, loudness=values, doubtful_tempo=4_000, doubtful_key=12_345,
        with_genre=99_000, keys={key.camelot: 4_000 for key in ALL_KEYS}, energy={n: 100 * n for n in range(1, 11)},
        genres=many, codecs={"mp3": 90_000, "flac": 10_000}, qualities={"lossless": 100_000},
        years=dict.fromkeys(range(1950, 2026), 1000), ratings=dict.fromkeys(range(6), 500),
        added={f"2025-{n:02}": 1_000 for n in range(1, 13)},
        states={"ok": 100_000, "failed": 30, "missing": 400, "pending": 5}, failures={"corrupt": 10, "too_short": 20},
        stale=7,
    )  # fmt: skip
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(stats_view(found, notation="camelot", width=width))
    shown = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(shown) <= 24
    assert max(map(cell_len, shown)) <= width
    labels = [line[:10].strip() for line in shown[shown.index("") + 1 : -2]]
    assert [label for label in labels if label.islower()][:10] == [
        "tempo", "keys", "energy", "loudness", "genres", "years", "ratings", "added", "formats", "quality",
    ]  # fmt: skip
    assert shown[0].rstrip() == "100,000 tracks, 6,789 hours"
    assert "map4 stats --all" in shown[-1] + shown[-2]


def test_lines_count_unnamed_and_unknown_values() -> None:
    nothing = Distribution()
    found = Statistics(
        tracks=30, hours=0.5, tempo=nothing, loudness=nothing, doubtful_tempo=0, doubtful_key=2, with_genre=25,
        keys={"8A": 3, "9A": 17, "1B": 0}, energy={1: 1, 5: 8}, codecs={}, qualities={},
        years={1999: 1, 1991: 2, 2020: 1}, added={}, genres={f"Genre {n}": 1 for n in range(25)},
    )  # fmt: skip
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(stats_view(found, notation="openkey", width=80))
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    assert lines[0] == "30 tracks, 30 minutes"
    assert "keys      2m 17, 1m 3 (10 unknown, 2 in doubt)" in lines
    assert "energy    1 ▁   █      10 (21 unknown)" in lines
    assert "years     2020s 1, 1990s 3 (26 unknown)" in lines
    [genres] = [line for line in lines if line.startswith("genres")]
    named = genres.count("Genre ")
    assert genres.endswith(f" and {25 - named} more (5 unknown)")
    assert not any(line.startswith(("tempo", "loudness", "added", "ratings")) for line in lines)

"""`map4 compare`: what a person sees at any width, what a script gets, and what is said of mistakes."""

import io
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from conftest import Run
from lanes import sampled
from made_tracks import made_track
from rich.console import Console

from map4.compare.use import compare_tracks
from map4.compare.views import comparison_view
from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.mixing.many import PairDistribution
from map4.core.music.track.track import Track
from map4.core.schemas import schema_text

SAMPLE = PairDistribution(tracks=50, similarities=(np.arange(1000) + 0.5) / 1000)
ONE = made_track("one.mp3", 120.0, "8A", 0.42, hamms=0.5, artist="Nadia Vellum", title="Velvet Undertow", genre="House")
TWO = made_track("two.mp3", 61.2, "9A", 0.55, hamms=(0.8,) * 11 + (None,), artist="X")
SILENT = made_track("silent\x1b[2J.wav")
MANY = [made_track(f"{i:02}.mp3", 90.0 + i, ALL_KEYS[i % 24].camelot, i % 10 / 10, hamms=i / 40) for i in range(40)]


def shown(tracks: list[Track], width: int = 80, *, ascii_only: bool = False, with_hamms: bool = False) -> list[str]:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii" if ascii_only else "utf-8", errors="replace")
    console = Console(file=stream, width=width, color_system=None)
    found = compare_tracks(tracks, sample=SAMPLE)
    console.print(comparison_view(found, notation="camelot", width=console.width, with_hamms=with_hamms))
    stream.flush()
    lines = stream.buffer.getvalue().decode().splitlines()  # type: ignore[attr-defined]
    assert all(len(line) <= width for line in lines)
    return lines


@pytest.mark.parametrize("width", sampled([20, 60], every=2))
@pytest.mark.parametrize("tracks", [[ONE, TWO], [ONE, TWO, SILENT], MANY], ids=["two", "three", "many"])
def test_narrow_terminal_shortens_words_but_keeps_all_lines(tracks: list[Track], width: int) -> None:
    lines = shown(tracks, width)
    assert len(lines) > 10


def test_two_tracks_are_compared_side_by_side_in_any_width() -> None:
    text = "\n".join(shown([ONE, TWO], 40, with_hamms=True))
    assert "120.0" in text
    assert text.count("0.50") == 12
    assert "━" not in text
    assert "alike    – too little is known" in "\n".join(shown([ONE, SILENT]))
    lines = shown([ONE, TWO])
    assert lines[1].strip("│ ") == "mix      95 % excellent: tempo and key fit"
    assert sum("━" in line for line in lines) == 0
    lines = shown([ONE, TWO], with_hamms=True)
    assert {len(line) for line in lines} == {80}
    text = "\n".join(line.strip("│ ") for line in lines)
    for expected in (
        "Nadia Vellum – Velvet Un",
        "two.mp3",  # without a title, the file's name
        "BPM                  120.0                      61.2",
        "key                  8A                         9A",
        "energy, 1-10         4                          6",
        "genre                House                      –",
        "danceability         ━━━━━━━━━━           0.50  ━━━━━━━━━━━━━━━━     0.80",
        "tempo   40 of 40  120.0 → 61.2 BPM, fader -2.0 % x2",
        "key     35 of 40  8A → 9A, neighbour",
        "energy  20 of 20  4 → 6",
        "alike    82 % good, by HAMMS",
        "more so than 82 % of the pairs in your library",
    ):
        assert expected in text
    assert "more so than over 99 % of the pairs" in "".join(shown([ONE, ONE]))
    assert sum("━" in line for line in lines) == 12
    assert next(line for line in lines if "dynamic range" in line).split()[-2] == "–"


def test_three_tracks_make_a_matrix_an_order_and_pairs() -> None:
    lines = shown([ONE, TWO, SILENT])
    assert lines[0].rstrip() == "Best order"
    assert lines[1].split() == ["#", "artist", "–", "title", "BPM", "key", "E", "mix", "fader", "key", "step", "fits"]
    start = lines.index(next(line for line in lines if line.startswith("Each pair, numbered as above")))
    matrix = lines[start + 1 : start + 5]
    assert [line[:15].split() for line in matrix] == [
        ["1", "2", "3"], ["1", "·", "95", "50"], ["2", "82", "·", "50"], ["3", "–", "–", "·"],
    ]  # fmt: skip
    text = "\n".join(lines)
    assert "\x1b" not in text
    assert lines[3].split()[-6:] == ["95", "-2.0", "%", "x2", "neighbour", "both"]
    assert "energy   rising: 4 6 –" in text
    assert "mix      73 % fair on average" in text
    assert "Upper right: how well the two mix, in %" in text
    assert "Lower left: how alike they are by HAMMS" in " ".join(text.split())
    # In the order given the first mixes with the last alone.
    far = made_track("far.mp3", 150.0, "2B", 0.1, hamms=0.1)
    lines = shown([ONE, far, TWO])
    order = [line.split()[:2] for line in lines[2:5]]
    assert [number for number, _ in order] == ["1", "2", "3"]
    names = [" ".join(line.split()[4:]) for line in lines if line.split()[1:2] and line.split()[0] in "123"][-3:]
    assert [name.split()[0] for name in names] == [name for _, name in order]
    found = compare_tracks([ONE, far, TWO], sample=SAMPLE)
    total = {frozenset((pair.a, pair.b)): pair.compatibility.total for pair in found.pairs}
    [first] = [line.split() for line in lines if line.split()[:2] == ["1", "·"]]
    assert first[2:4] == [f"{100 * total[frozenset((found.order[0], other))]:.0f}" for other in found.order[1:]]
    wide = made_track("wide.mp3", 161.6, "8A", 0.42)
    text = "\n".join(shown([ONE, wide]))
    assert "the key fits, the tempo does not" in text
    assert "120.0 → 161.6 BPM, fader -25.7 %" in text
    assert "harmonic" not in text + "\n".join(shown([ONE, wide, TWO]))
    text = "\n".join(shown(MANY))
    assert "Best of 780 pairs (--json has all)" in text
    assert "Best order found (too many tracks to try every order)" in text
    assert "Each pair, numbered as above" in "\n".join(shown(MANY, 200))


def test_command_compares_known_and_unknown_files_and_playlists(inside: Run, music: Path, tmp_path: Path) -> None:
    assert inside("scan", "-q", music / "sub").returncode == 0
    tmp_path.joinpath("set.m3u8").write_text("music/one.wav\nmusic/sub/four.wav\n", encoding="utf-8")
    done = inside("compare", "--json", tmp_path / "set.m3u8", music / "two.wav", music / "one.wav")
    assert (done.returncode, done.stderr) == (0, "")
    record = json.loads(done.stdout)
    jsonschema.Draft202012Validator(json.loads(schema_text("comparison"))).validate(record)
    assert [Path(track["path"]).name for track in record["tracks"]] == ["one.wav", "four.wav", "two.wav"]
    assert [track["cached"] for track in record["tracks"]] == [False, True, False]
    assert len(record["order"]["tracks"]) == 3
    assert record["percentile_sample"] is None
    # Nothing was kept of it.
    assert json.loads(inside("library", "info", "--json").stdout)["analyses"] == 1


def test_query_selects_tracks_and_paths_are_printed_in_best_order(inside: Run, music: Path) -> None:
    assert inside("scan", "-q", music).returncode == 0
    best = json.loads(inside("compare", "--json", "--query", "").stdout)
    paths = [best["tracks"][place]["path"] for place in best["order"]["tracks"]]
    assert len(paths) == 4
    assert inside("compare", "--paths", "--query", "").stdout.splitlines() == paths
    none = inside("compare", "--query", "bpm:299..300")
    assert (none.returncode, none.stdout) == (4, "")
    assert none.stderr == (
        "map4: no track matches; two are needed to compare ('map4 search' shows what a query finds)\n"
    )
    result = inside("compare", "--query", "one", music / "one.wav", music / "unknown.wav")
    assert result.returncode == 4
    assert "unknown.wav: does not exist and is not in the library\nmap4: only one track matches" in result.stderr
    # What the library knows of a file counts also when the file is gone.
    music.joinpath("two.wav").unlink()
    gone = inside("compare", "--jsonl", music / "one.wav", music / "two.wav")
    assert (gone.returncode, len(gone.stdout.splitlines())) == (0, 2)


def test_failed_file_is_reported_and_the_others_compared(inside: Run, music: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"no audio" * 100)
    done = inside("compare", music / "one.wav", broken, music / "two.wav")
    assert done.returncode == 3
    assert f"map4: {broken}: " in done.stderr
    assert "one.wav" in done.stdout
    assert "mix      " in done.stdout
    assert not (tmp_path / "library.map4").exists()  # asking makes no library
    alone = inside("compare", music / "one.wav", broken)
    assert (alone.returncode, alone.stdout) == (4, "")
    assert alone.stderr.startswith("map4: fewer than two tracks are left to compare: ")
    assert str(broken) in alone.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name two FILEs or more, or a --query: map4 compare one.mp3 two.mp3"),
        (["one.wav"], "2 to 100 different tracks can be compared, but 1 was named"),
        (["one.wav", "./one.wav"], "but 1 was named"),
        (["--query", "shade:red"], "shade"),
        (["nowhere.m3u"], "there is no playlist "),
    ],
)
def test_wrong_usage_is_refused_with_a_reason(inside: Run, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    done = inside("compare", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr


def test_more_than_a_hundred_are_refused_before_any_is_read(inside: Run, tmp_path: Path) -> None:
    for number in range(101):
        tmp_path.joinpath(f"{number}.wav").touch()
    done = inside("compare", tmp_path)
    assert done.returncode == 2
    assert "but 101 were named" in done.stderr

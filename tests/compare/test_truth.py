"""Measured tempi and keys beside published tables: which tables are read, what is matched, and how it is scored."""

import json
from pathlib import Path

import pytest
from conftest import Run
from stored import put_track

from map4.compare.truth import TruthComparison, read_truth
from map4.core.store.sql_store import Store
from map4.errors import FileError, NothingFoundError, UsageError

# The forms of public tables: own values, their heads and separators.
TABLES = {
    "own": "artist,title,bpm,key,genre\nAnn,One,128,8A,House\n",
    "semicolons and decimal commas": "Artist;Title;Expected BPM;Key\nAnn;One;128,0;Am\n",
    "Beatport": "Title,Mix Name,Artists,Label,Genre,BPM,Key\nOne,Original Mix,Ann,Lab,House,128,A Minor\n",
    "lab": "track\ttruth_bpm\ttruth_key\nAnn - One\t128 BPM\tA min\n",
    "key data set": "ID\tMANUAL KEY\tC\n777\tA minor\t2\n",
    "other programs' keys": "777\t21\t8A\tA minor\n",
    "tempo_eval": "data/audio/777.LOFI.wav\t128.01\n",
    "Mixxx": "| Label | Expected BPM | Actual |\n|---|---|---|\n| [One - Ann](https://a.example/x) | 128.00 | 64 |\n",
}


@pytest.fixture
def filled(store: Store) -> Store:
    """A house track that is right, jungle at half its tempo and a fifth off, and a file that is not analysed."""
    house = {"bpm": 128.0, "tempo_confidence": 0.95, "key": "8A", "artist": "Ann", "title": "One"}
    put_track(store, 1, path="/music/777.LOFI.mp3", genre="House", **house)
    put_track(store, 2, path="/music/b/two.flac", bpm=86.0, tempo_confidence=0.93, key="9A", artist="Bo", title="Two")
    put_track(store, 3, path="/music/c/two.mp3", bpm=100.0, tempo_confidence=0.5, artist="Cy", title="Three")
    put_track(store, 4, path="/music/late.mp3", artist="Di", title="Late", analysed=False)
    return store


@pytest.mark.parametrize("form", TABLES)
def test_row_of_a_public_table_is_read_and_found_in_each_form(filled: Store, form: str) -> None:
    [row] = read_truth(TABLES[form])
    assert row.truth_bpm in (None, 128.0, 128.01)
    assert row.truth_key is None or row.truth_key.camelot == "8A"
    comparison = TruthComparison.of(filled, TABLES[form])
    assert (comparison.compared, comparison.left_out, comparison.worst) == (1, (), ())
    assert comparison.genres[0].genre == "House"


def test_scores_are_by_genre_with_what_is_sure_and_the_worst(filled: Store) -> None:
    table = (
        "file,artist,title,bpm,key,genre\n"
        "777.LOFI.mp3,,,130,8A,House\n"
        "b\\two.wav,,,172,8A,Jungle\n"
        ",Cy,Three,0,-,\n"
        ",Cy,Three,,A minor / C minor,\n"
        "two.mp3,,,100,,\n"
        ",Di,Late,120,,\n"
        "gone.mp3,Ed,Gone,120,,\n"
    )
    comparison = TruthComparison.of(filled, table)
    whole, tempo, key = comparison.all, comparison.all.tempo, comparison.all.key
    assert (whole.genre, comparison.rows, comparison.compared) == (None, 7, 3)
    assert (tempo.tracks, tempo.right, tempo.near, tempo.sure, tempo.sure_right) == (3, 2 / 3, 1.0, 2, 0.5)
    assert (key.tracks, key.right, key.near) == (2, 0.5, 0.75)
    jungle = next(score for score in comparison.genres if score.genre == "Jungle")
    assert (jungle.tempo.right, jungle.tempo.near, jungle.key.near) == (0.0, 1.0, 0.5)
    [worst] = comparison.worst
    assert (worst.line, worst.tempo, worst.key_relation) == (3, "x1/2", "fifth")
    assert [(row.line, row.left_out) for row in comparison.left_out] == [
        (4, "no_value"), (5, "no_value"), (7, "not_analysed"), (8, "no_track"),
    ]  # fmt: skip


def test_name_of_several_recordings_is_left_out_unless_its_folder_decides(filled: Store) -> None:
    put_track(filled, 5, path="/music/d/two.mp3", bpm=90.0, artist="Cy", title="Three")
    comparison = TruthComparison.of(filled, "file,bpm\ntwo.mp3,100\nc/two.mp3,100\n")
    assert [(row.text, row.left_out) for row in comparison.left_out] == [("two.mp3", "several_tracks")]
    assert comparison.all.tempo.right == 1.0
    with pytest.raises(NothingFoundError, match="1 several tracks"):
        TruthComparison.of(filled, "artist,title,bpm\nCy,Three,100\n")


def test_folder_of_annotations_is_a_table_whose_later_folders_correct_it(filled: Store, tmp_path: Path) -> None:
    for name, text in {
        "annotations/tempo/777.LOFI.bpm": "64.0",
        "annotations/key/777.LOFI.key": "A minor\n",
        "annotations_v2/tempo/777.LOFI.bpm": "#@format: tempo\ttimestamp(float)\tbpm(float)\ntempo 0 128.2\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    score = TruthComparison.of(filled, tmp_path).all
    assert (score.tempo.right, score.key.right) == (1.0, 1.0)


def test_bad_tables_are_refused_with_what_they_lack(filled: Store, tmp_path: Path) -> None:
    for text in (
        "",
        "\n\n",
        "a,b\nx,y\n",
        "artist,bpm\nAnn,128\n",
        "title,year\nOne,1999\n",
        "title,bpm\n",
        "table.csv",
    ):
        with pytest.raises(UsageError, match="the table needs rows"):
            TruthComparison.of(filled, text)
    with pytest.raises(UsageError, match="not valid CSV"):
        TruthComparison.of(filled, f"title,bpm\n{'x' * 200_000},128\n")
    with pytest.raises(FileError, match=r"gone\.csv can't be read"):
        TruthComparison.of(filled, tmp_path / "gone.csv")


def test_command_prints_scores_or_json_and_refuses_files(inside: Run, music: Path, tmp_path: Path) -> None:
    assert inside("scan", music).returncode == 0
    (tmp_path / "table.csv").write_text("file,bpm\none.wav,120\ntwo.wav,170\nnone.wav,90\n")
    shown = inside("compare", "--truth", tmp_path / "table.csv")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "2 of 3 rows compared, 1 left out" in shown.stdout
    assert "no track: none.wav" in shown.stdout
    record = json.loads(inside("compare", "--truth", tmp_path / "table.csv", "--json").stdout)
    assert (record["schema"], record["beta"], record["all"]["tempo"]["tracks"]) == ("map4/truth/1", True, 2)
    assert "leave out FILE" in inside("compare", "--truth", tmp_path / "table.csv", "one.wav").stderr

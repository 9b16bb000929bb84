"""`map4 tags`: the tags of files, and which source of a field goes first."""

import json
from contextlib import closing
from pathlib import Path

import mutagen.id3
import mutagen.wave
from conftest import Run
from libraries import audio_id, put_imported, put_track
from schemas import validate, validated

from map4.core.store.file.database import SqliteDatabase


def tagged(path: Path, **frames: str) -> None:
    """Give a file tags, such as TIT2="First"."""
    wave = mutagen.wave.WAVE(path)
    if wave.tags is None:
        wave.add_tags()
    for name, text in frames.items():
        wave.tags.add(getattr(mutagen.id3, name)(encoding=3, text=text))
    wave.save()


def test_sources_are_listed_with_the_value_in_force_marked(inside: Run, own_scanned: Path) -> None:
    path = own_scanned / "one.wav"
    tagged(path, TIT2="First", TPE1="Ann", TBPM="60", TKEY="Am")
    inside("scan")
    assert inside("set", path, "key=Em").returncode == 0

    shown = inside("tags", "show", path)
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert (shown.returncode, shown.stderr) == (0, "")
    assert lines[0] == "Ann – First"
    assert "field tag measured set by you" in lines
    assert "title * First" in lines
    assert any(line.startswith("bpm 60.00 * 120.0") for line in lines)
    assert any(line.startswith("key 8A") and line.endswith("* 9A") for line in lines)
    assert "bpm: what was measured counts before the tag (setting analysis.prefer)" in lines
    assert "key: you set it, which overrides all other sources" in lines
    assert any(line.startswith("not known: album; genre; year") for line in lines)
    assert "* Em" in inside("tags", "show", path, "--key-notation", "musical").stdout


def test_shown_tags_are_read_again_without_escape_sequences(inside: Run, own_scanned: Path) -> None:
    path = own_scanned / "one.wav"
    tagged(path, TIT2="Changed since the scan")
    record = validated(inside("tags", "show", path, "--jsonl").stdout, "tags")
    assert record["fields"]["title"]["value"] == "Changed since the scan"
    assert record["fields"]["bpm"]["counts"] == "measured"
    tagged(own_scanned / "one.wav", TIT2="red \x1b[31m")
    assert "\x1b[31m" not in inside("tags", "show", own_scanned / "one.wav", "--color", "never").stdout


def test_several_files_by_path_query_and_words(inside: Run, own_scanned: Path) -> None:
    tagged(own_scanned / "two.wav", TIT2="Velvet Undertow")
    inside("scan")
    document = validated(inside("tags", "show", own_scanned, "--json").stdout, "tags-list")
    names = [Path(validate(track)["path"]).name for track in document["tracks"]]
    assert names == ["one.wav", "four.wav", "three.wav", "two.wav"]
    [record] = inside("tags", "show", "velvet undertow", "--jsonl").stdout.splitlines()
    assert json.loads(record)["path"] == str(own_scanned / "two.wav")
    assert "Velvet Undertow" in inside("tags", "show", "--query", "title:velvet").stdout
    assert inside("tags", "show", "--query", "title:none").returncode == 4


def test_tags_of_a_file_outside_the_library_are_shown(inside: Run, own_scanned: Path, tmp_path: Path) -> None:
    stray = tmp_path / "stray.wav"
    stray.write_bytes((own_scanned / "one.wav").read_bytes())
    tagged(stray, TIT2="Stray")
    record = validated(inside("tags", "show", stray, "--jsonl", "--library", tmp_path / "none.map4").stdout)
    assert (record["state"], record["audio_id"]) == ("pending", None)
    assert record["fields"]["title"] == {
        "value": "Stray", "counts": "tag", "why": "no other source has it",
        "tag": "Stray", "measured": None, "imported": None, "user": None, "labels": None, "can_set": True,
    }  # fmt: skip
    assert not (tmp_path / "none.map4").exists()


def test_beatport_tags_are_recognised_only_by_their_mark(inside: Run, own_scanned: Path) -> None:
    for name, frames, head, shop in (
        ("one.wav", {"TENC": "Encoded by Beatport"}, "field beatport tag measured", "Beatport"),
        ("two.wav", {"COMM": "Purchased at Beatport.com"}, "field beatport tag measured", "Beatport"),
        ("three.wav", {"COMM": "number 3 of the Beatport charts"}, "field tag measured", None),
    ):
        tagged(own_scanned / name, TIT2="First", TBPM="126", **frames)
        lines = [" ".join(line.split()) for line in inside("tags", "show", own_scanned / name).stdout.splitlines()]
        assert head in lines
        assert validated(inside("tags", "show", own_scanned / name, "--jsonl").stdout)["sold_by"] == shop


def test_missing_files_are_reported(inside: Run, own_scanned: Path) -> None:
    path, gone = own_scanned / "one.wav", own_scanned / "gone.wav"
    tagged(path, TIT2="First")
    inside("scan")
    path.unlink()
    known = inside("tags", "show", path, gone)  # what the library remembers of the first
    assert "First" in known.stdout
    assert known.returncode == 3
    assert known.stderr == f"map4: {gone}: does not exist and is not in the library (vanished)\n"
    none = inside("tags", "show", gone, "--json")
    assert (none.returncode, json.loads(none.stdout)["tracks"]) == (4, [])
    assert inside("tags", "show").returncode == 2


def test_preferred_source_is_shown_tried_set_and_reset(inside: Run, tmp_path: Path) -> None:
    with closing(SqliteDatabase(str(tmp_path / "library.map4"))) as database, database.transaction() as connection:
        put_track(connection, 1, title="Tune", artist="Ann", genre="House")
        put_imported(connection, audio_id(1), genre="Techno")

    def ran(*words: str) -> str:
        return inside("tags", "prefer", *words).stdout

    def genre() -> list[str]:
        return " ".join(ran("genre").splitlines()[-1].split()).split(" ", 2)

    assert genre() == ["genre", "tag", "(usual) 1 provider 0, imported 1"]
    assert ran("genre", "imported", "--dry-run").splitlines() == ["Ann – Tune: House → Techno"]
    assert genre()[1:] == ["tag", "(usual) 1 provider 0, imported 1"]
    done = inside("tags", "prefer", "genre", "imported")
    assert "genre: imported goes first; 1 track now shows another value" in done.stderr
    assert genre()[1:] == ["imported", "1 tag 1, provider 1"]
    change = validated(ran("genre", "usual", "--json"), "source-change")
    assert (change["first"], change["before"], change["count"]) == (None, "imported", 1)
    assert validated(ran("--json"), "sources")["fields"][0]["field"] == "artist"
    assert inside("tags", "prefer", "bpm", "tag").returncode == 2
    assert inside("tags", "prefer", "--dry-run").returncode == 2

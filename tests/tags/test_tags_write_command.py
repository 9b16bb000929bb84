"""`map4 tags write` and `map4 tags undo`: what is told, what is asked, and how it ends."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import Run
from schemas import validate, validated
from tagged_files import known, stuffed

from map4.cli.main import cli
from map4.core.audio.tags import read_tags
from map4.errors import NothingFoundError
from map4.tags.use import Tagging


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A folder with two files that the library of this test knows."""
    folder = tmp_path / "music"
    folder.mkdir()
    known(tmp_path / "library.map4", stuffed(folder / "a.mp3"), stuffed(folder / "b.flac"))
    return folder


def test_write_and_undo_print_their_changes(inside: Run, music: Path) -> None:
    shown = inside("tags", "write", music / "a.mp3", "--bpm", "--key", "--energy")
    assert shown.returncode == 0
    assert shown.stdout == (
        f"{music / 'a.mp3'}\n"
        "  key             none → F#m  (measured, 90 % sure)\n"
        "  energy          none → 7  (measured)\n"
    )
    first, last = shown.stderr.splitlines()
    assert first == "kept as tagged: 1 value (--overwrite writes over them)"
    assert re.fullmatch(r"1 file written; 'map4 .*tags undo tags-20[-0-9]+' takes it back", last)
    listed = inside("tags", "undo", "--list")
    assert listed.stdout.endswith("  1 file: key, energy\n")
    planned = inside("tags", "undo", "--dry-run")
    assert (planned.returncode, planned.stderr) == (0, "1 file would be restored\n")
    undone = inside("tags", "undo", "--yes")
    assert (undone.returncode, undone.stderr) == (0, "1 file restored\n")
    assert undone.stdout == f"{music / 'a.mp3'} restored\n"
    assert inside("tags", "undo", "--list").stdout.endswith("(undone)\n")
    again = inside("tags", "undo")
    assert (again.returncode, again.stderr) == (4, "map4: there is nothing to undo\n")


def test_dry_run_and_json(inside: Run, music: Path) -> None:
    planned = inside("tags", "write", music, "--key", "--dry-run", "--json")
    document = validated(planned.stdout, "tag-write")
    assert (document["dry_run"], document["journal"]) == (True, None)
    assert [validate(file)["state"] for file in document["files"]] == ["planned", "planned"]
    assert planned.stderr == "2 files would be written\n"
    written = [json.loads(line) for line in inside("tags", "write", music, "--key", "--jsonl").stdout.splitlines()]
    assert [validate(file)["state"] for file in written] == ["written", "written"]
    assert written[0]["fields"] == [
        {"name": "key", "state": "write", "old": None, "new": "F#m", "source": "measured", "confidence": 0.9}
    ]
    listed = validated(inside("tags", "undo", "--list", "--json").stdout, "undo-steps")["steps"]
    lines = inside("tags", "undo", "--list", "--jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == listed
    undone = validated(inside("tags", "undo", listed[0]["name"], "--json").stdout, "undo")
    assert (undone["done"], [validate(file)["state"] for file in undone["files"]]) == (2, ["restored"] * 2)


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        (("--gain", "album"), ["album_gain"]),
        (("--gain", "album", "--gain", "track"), ["gain", "album_gain"]),
        (("--marks", "grouping", "--bpm"), ["bpm", "grouping_marks"]),
        (("--track", "--label"), ["track", "disc_number", "label", "catalog_number"]),
    ],
)
def test_options_name_the_fields_to_write(
    inside: Run, music: Path, options: tuple[str, ...], fields: list[str]
) -> None:
    shown = inside("tags", "write", music / "a.mp3", *options, "--dry-run", "--jsonl")
    assert [field["name"] for field in json.loads(shown.stdout)["fields"]] == fields


def test_keys_have_the_notation_of_the_setting_and_no_field_writes_nothing(
    inside: Run, music: Path, tmp_path: Path
) -> None:
    camelot = inside("tags", "write", music / "a.mp3", "--key", "--dry-run", env={"MAP4_TAGS_KEY_NOTATION": "camelot"})
    assert "none → 11A  (measured" in camelot.stdout
    shown = inside("tags", "write", music / "a.mp3", "--key", "--dry-run", env={"MAP4_KEY_NOTATION": "openkey"})
    assert "none → F#m  (measured" in shown.stdout
    shown = inside("tags", "write", music)
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert "field to write differs not sure same not known" in lines
    assert "bpm 0 2 0 0 0" in lines
    assert "track disc-number 0 0 0 0 2" in lines
    assert "comment-prefix 2 0 0 0 0" in lines
    assert "marks grouping 0 0 0 0 2" in lines
    assert (shown.returncode, shown.stderr) == (0, "nothing was written; name what to write: --bpm --key …\n")
    assert not (tmp_path / "library.map4.journals").exists()


def test_skipped_files_are_reported_and_the_others_written(inside: Run, music: Path) -> None:
    (music / "a.mp3").chmod(0o444)
    result = inside("tags", "write", music, music / "none.mp3", "--key")
    assert result.returncode == 3
    assert f"map4: {music / 'a.mp3'}: is read-only; 'chmod u+w' allows it; left alone\n" in result.stderr
    assert "none.mp3: does not exist and is not in the library" in result.stderr
    with (music / "b.flac").open("ab") as file:
        file.write(b"\0")
    undone = inside("tags", "undo")
    assert (undone.returncode, undone.stdout) == (3, "")
    assert "b.flac: has changed since; 'map4 scan' reads it again; left alone\n" in undone.stderr


def test_writing_without_changes_exits_with_4(inside: Run, music: Path) -> None:
    assert inside("tags", "write", music, "--energy", "-q").returncode == 0
    nothing = inside("tags", "write", music, "--energy")
    assert (nothing.returncode, nothing.stderr) == (4, "map4: nothing to write\n")
    unsure = inside("tags", "write", music, "--bpm", "--at-least", "0.95")
    assert unsure.stderr == "kept as tagged: 2 values (--overwrite writes over them)\nmap4: nothing to write\n"
    assert inside("tags", "write", "--query", "artist:nobody", "--key").returncode == 4
    assert inside("tags", "undo", "tags-1").returncode == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["write"], "Name FILEs or a --query"),
        (["write", "--query", " ", "--key"], "An empty --query would write every file"),
        (["write", "a.mp3", "--at-least", "2"], "'2' is not a number from 0 to 1"),
        (["undo", "tags-1", "--list"], "--list takes no JOURNAL"),
        (["write", "a.mp3", "--json", "--jsonl"], "can't be used together"),
    ],
)
def test_wrong_usage_is_refused(inside: Run, music: Path, arguments: list[str], message: str) -> None:
    result = inside("tags", *arguments)
    assert result.returncode == 2
    assert message in result.stderr


def test_many_files_are_written_only_after_a_yes(music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.tags.commands.write.UNCONFIRMED", 1)
    monkeypatch.setenv("MAP4_LIBRARY", str(tmp_path / "library.map4"))

    def run(*more: str, **settings: Any) -> Any:
        return CliRunner().invoke(cli, ["tags", "write", str(music), "--key", *more], **settings)

    refused = run()
    assert refused.exit_code == 2
    assert "More than 1 files are written only after confirmation; use --yes" in refused.stderr
    monkeypatch.setattr(
        "map4.cli.session.Session.confirm", lambda session, question, refusal: "up to 2" not in question
    )
    assert isinstance(run().exception, NothingFoundError)
    assert read_tags(str(music / "b.flac")).key is None
    assert run("--yes").exit_code == 0
    assert read_tags(str(music / "b.flac")).key == "F#m"


@pytest.mark.world
def test_write_lists_other_files_with_the_same_audio(inside: Run, music: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copy(music / "a.mp3", tmp_path / "copy.mp3"))
    known(tmp_path / "library.map4", copy)
    inside("set", copy, "energy=9")
    for option in ("--dry-run", "--yes"):
        shown = inside("tags", "write", music, "--energy", option)
        assert shown.stdout == (
            f"{music / 'a.mp3'}\n"
            "  energy          none → 9  (set by you)\n"
            f"  set by you also for: {copy} (same audio)\n"
            f"{music / 'b.flac'}\n"
            "  energy          none → 7  (measured)\n"
        )
        inside("tags", "undo")
    document = validated(inside("tags", "write", music, "--energy", "--json", "-n").stdout, "tag-write")
    assert [file["also"] for file in document["files"]] == [[str(copy)], []]


def test_stop_names_written_files_and_the_undo(inside: Run, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopping(*arguments: Any) -> Any:
        if len(calls) == 1:
            raise KeyboardInterrupt
        calls.append(arguments)
        return usual(*arguments)

    calls, usual = list[Any](), Tagging._known
    before = {path: path.read_bytes() for path in music.iterdir()}
    with monkeypatch.context() as patched:
        patched.setattr(Tagging, "_known", stopping)
        stopped = inside("tags", "write", "--key", "--energy", music)
    assert stopped.returncode == 130
    [journal] = re.findall(r"stopped; 1 file written; 'map4 tags undo (\S+)' restores them", stopped.stderr)
    assert {path: path.read_bytes() for path in music.iterdir()} != before
    assert inside("tags", "undo", journal).returncode == 0
    assert {path: path.read_bytes() for path in music.iterdir()} == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--keep-times",), "--keep-times has no effect without a field to write"),
        (("--title", "--album", "--at-least", ".5"), "--at-least has no effect on title, album"),
    ],
)
def test_options_without_effect_are_refused(inside: Run, music: Path, options: tuple[str, ...], words: str) -> None:
    refused = inside("tags", "write", music, *options)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert words in refused.stderr

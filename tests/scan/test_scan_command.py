"""`map4 scan`, from files to lines of JSON and exit codes."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run, write_clicks


def lines(result: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def summary(inside: Run, *arguments: object, **settings: object) -> dict[str, object]:
    result = inside("scan", "--json", *arguments, **settings)
    return json.loads(result.stdout)


@pytest.mark.contract
def test_second_scan_uses_stored_analyses(map4: Run, inside: Run, music: Path) -> None:
    first = map4("scan", music)
    assert (first.returncode, first.stdout) == (0, "")
    assert first.stderr.startswith("4 files: 4 analysed (")
    second = summary(inside, music)
    assert (second["found"], second["unchanged"], second["analysed"]) == (4, 4, 0)


def test_jsonl_has_a_line_a_file_and_the_summary_last(inside: Run, music: Path) -> None:
    records = lines(inside("scan", "--jsonl", music))
    assert [record["schema"] for record in records] == ["map4/track/1"] * 4 + ["map4/scan-summary/1"]
    assert {(record["state"], record["change"], record["cached"]) for record in records[:4]} == {
        ("ok", "analysed", False)
    }
    again = lines(inside("scan", "--jsonl", music))
    assert {(record["change"], record["cached"]) for record in again[:4]} == {("unchanged", True)}
    fresh = sorted(records[:4], key=lambda record: str(record["path"]))
    known = sorted(again[:4], key=lambda record: str(record["path"]))
    volatile = {"change": None, "cached": None}
    assert [record | volatile for record in fresh] == [record | volatile for record in known]


def test_changed_and_shards_select_files(inside: Run, music: Path) -> None:
    inside("scan", music)
    part = [summary(inside, "--shard", f"{number}/2") for number in (1, 2)]
    assert (sum(tally["found"] for tally in part), [tally["missing"] for tally in part]) == (4, [0, 0])
    assert inside("scan", "--shard", "3/2", music).returncode == 2
    write_clicks(music / "five.wav", 75)
    records = lines(inside("scan", "--jsonl", "--changed", music))
    assert [Path(str(record["path"])).name for record in records[:-1]] == ["five.wav"]


def test_without_a_path_the_folders_scanned_before_are_scanned(inside: Run, music: Path) -> None:
    nothing = inside("scan")
    assert nothing.returncode == 2
    assert "no folder has been scanned yet; name one: map4 scan" in nothing.stderr
    inside("scan", music)
    assert summary(inside)["unchanged"] == 4


def test_a_touched_file_costs_no_analysis_and_a_changed_one_does(inside: Run, music: Path) -> None:
    inside("scan", music)
    os.utime(music / "one.wav", (1, 1))
    os.utime(music / "sub" / "four.wav", (4e9, 4e9))  # by a clock that was ahead
    write_clicks(music / "two.wav", 101)
    (music / "three.wav").chmod(0o600)
    found = summary(inside, music)
    assert (found["analysed"], found["unchanged"], found["retagged"]) == (1, 3, 0)


def test_missing_paths_and_empty_folders_are_refused(inside: Run, tmp_path: Path) -> None:
    for line in (["nowhere"], ["nowhere", "nor here"], ["nowhere", "--dry-run"], ["--files-from", "-"]):
        result = inside("scan", *line, input="nowhere\n", cwd=tmp_path)
        assert (result.returncode, result.stdout) == (2, "")
        assert f"no such folder or file: {tmp_path / 'nowhere'}" in result.stderr
    assert inside("scan").returncode == 2
    assert inside("analyze", tmp_path / "nowhere.mp3").returncode == 4
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty").mkdir()
    result = inside("scan", tmp_path / "empty")
    assert result.returncode == 4
    assert result.stderr.splitlines()[-1] == f"map4: no audio files found in {tmp_path / 'empty'}"
    again = inside("scan")
    assert (again.returncode, "in the folders scanned before" in again.stderr) == (4, True)


def test_missing_known_folder_gets_a_hint_about_its_drive(inside: Run, music: Path, tmp_path: Path) -> None:
    inside("scan", music)
    music.rename(tmp_path / "elsewhere")
    away = inside("scan", music)
    assert (away.returncode, "is its drive connected?" in away.stderr) == (2, True)
    assert "connected" not in inside("scan", tmp_path / "typo").stderr
    assert json.loads(inside("library", "info", "--json").stdout)["files"]["ok"] == 4


def test_dry_run_creates_no_library_and_quiet_prints_nothing(inside: Run, music: Path, tmp_path: Path) -> None:
    assert summary(inside, "--dry-run", music)["planned"] == 4
    assert [path.name for path in tmp_path.iterdir()] == ["music"]
    result = inside("scan", "-q", music)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_first_scan_prints_the_next_commands_on_a_terminal(inside: Run, music: Path, tmp_path: Path) -> None:
    library = tmp_path / "my music.map4"
    first = inside("--library", library, "scan", music, env={"FORCE_COLOR": "1", "TERM": "xterm"})
    assert f"next: map4 --library '{library}' search (" in first.stderr
    assert "playlist --seed FILE" in first.stderr
    again = inside("--library", library, "scan", music, env={"FORCE_COLOR": "1", "TERM": "xterm"})
    assert "next: " not in again.stderr


def test_missing_path_is_one_record_and_others_are_scanned(inside: Run, music: Path) -> None:
    result = inside("scan", "--jsonl", music / "nowhere", music / "one.wav")
    assert result.returncode == 3
    records = lines(result)
    assert [record["error"] and record["error"]["kind"] for record in records[:-1]] == ["vanished", None]  # type: ignore[index]
    assert [record["change"] for record in records[:-1]] == ["not_found", "analysed"]
    assert {name: records[-1][name] for name in ("found", "analysed", "failed", "not_found")} == {
        "found": 1, "analysed": 1, "failed": 0, "not_found": 1,
    }  # fmt: skip
    assert f"{music / 'nowhere'}: does not exist" in result.stderr
    assert "1 file: 1 analysed, 1 path not found (" in result.stderr
    ahead = inside("scan", "--dry-run", music / "nowhere", music / "nor here", music / "one.wav")
    assert (ahead.returncode, "1 file: 0 would be read, 1 unchanged, 2 paths not found" in ahead.stderr) == (3, True)


def test_options_and_a_list_on_stdin_select_files(inside: Run, music: Path) -> None:
    write_clicks(music / "flac.flac", 77)
    assert summary(inside, "--dry-run", music)["planned"] == 5
    assert summary(inside, "--dry-run", "--ext", "FLAC", music)["planned"] == 1
    assert summary(inside, "--dry-run", "--no-recursive", music)["planned"] == 4
    assert summary(inside, "--dry-run", "--exclude", "t*.wav", "--exclude", "sub/", music)["planned"] == 2
    assert summary(inside, "--dry-run", "--max", "2", music)["planned"] == 2
    result = inside("scan", "--files-from", "-", "--json", input=f"{music}/one.wav\n\n{music}/two.wav\r\n")
    assert json.loads(result.stdout)["analysed"] == 2
    result = inside("scan", "--files-from", "-", "--json", input=f"{music}/one.wav\0{music}/three.wav\0")
    assert (json.loads(result.stdout)["analysed"], json.loads(result.stdout)["unchanged"]) == (1, 1)
    assert inside("scan", "--files-from", "-", input="").returncode == 4


@pytest.mark.world
def test_force_and_max_age_analyse_again(inside: Run, music: Path) -> None:
    inside("scan", music)
    assert summary(inside, "--force", music)["analysed"] == 4
    assert summary(inside, "--max-age", "1d", music)["analysed"] == 0
    assert inside("scan", "--max-age", "soon", music).returncode == 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux file systems keep any bytes as a name")
def test_files_with_names_outside_utf8_are_scanned(inside: Run, music: Path) -> None:
    odd = os.fsencode(music) + b"/caf\xe9 \xff.wav"
    os.rename(music / "one.wav", odd)
    result = inside("scan", "--jsonl", music)
    assert result.returncode == 0
    (record,) = [record for record in lines(result) if "path_bytes" in record]
    import base64

    assert base64.b64decode(str(record["path_bytes"])) == odd
    assert "caf" in str(record["path"])
    assert summary(inside, music)["unchanged"] == 4


def test_unreadable_folder_is_reported_once(inside: Run, music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = os.scandir

    def scandir(path: str) -> object:
        if is_locked and str(path) == str(music / "sub"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return usual(path)

    monkeypatch.setattr("map4.scan.walk.os.scandir", scandir)
    is_locked = True
    first = inside("scan", music)
    assert (first.returncode, "sub: can't be read" in first.stderr) == (3, True)
    again = inside("scan", music)
    assert (again.returncode, "can't be read" in again.stderr, "1 failed before" in again.stderr) == (0, False, True)
    assert inside("scan", music, "--retry-failed").returncode == 3
    assert inside("scan", music / "sub").returncode == 3  # named by the user
    assert summary(inside, music)["known_failed"] == 1
    is_locked = False
    assert summary(inside, music)["known_failed"] == 0
    is_locked = True
    assert inside("scan", music).returncode == 3


def test_long_scan_without_a_terminal_shows_signs_of_life(
    inside: Run, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("map4.scan.commands.scan._MANY_TO_DO", 4)
    assert inside("scan", music).stderr.splitlines()[0] == "map4: 0 of 4 files done"
    assert "done" not in inside("scan", music).stderr
    monkeypatch.setattr("map4.scan.commands.scan._LINE_EVERY_S", 0.0)
    assert "map4: 3 of 4 files done" in inside("scan", music, "--force").stderr
    assert inside("scan", music, "--force", "-q").stderr == ""

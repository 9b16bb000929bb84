"""`map4 analyze`: what it prints, and in which order."""

import json
from pathlib import Path

from conftest import Run, write_clicks

from map4.core.music.track.track import Track
from map4.scan.scan import in_order


def test_analyze_json_is_the_track_or_a_document_in_order(inside: Run, music: Path) -> None:
    first, second = music / "one.wav", music / "two.wav"
    track = json.loads(inside("analyze", "--json", first).stdout)
    assert (track["schema"], track["path"], track["cached"]) == ("map4/track/1", str(first), False)
    both = json.loads(inside("analyze", "--json", second, first).stdout)
    assert [(t["path"], t["cached"]) for t in both["tracks"]] == [(str(second), False), (str(first), True)]
    assert "beats_s" not in track
    with_beats = json.loads(inside("analyze", "--json", "--beats", first).stdout)
    again = json.loads(inside("analyze", "--json", "--beats", "--force", first).stdout)
    assert with_beats["beats_s"] == again["beats_s"]
    (music / "broken.wav").write_bytes(b"RIFF")
    chosen = [music / name for name in ("two.wav", "broken.wav", "sub", "one.wav")]
    result = inside("analyze", "--json", *chosen)
    found = [(Path(t["path"]).name, t["state"]) for t in json.loads(result.stdout)["tracks"]]
    assert found == [("two.wav", "ok"), ("broken.wav", "failed"), ("four.wav", "ok"), ("one.wav", "ok")]
    assert (result.returncode, result.stderr.count("\n"), "broken.wav" in result.stderr) == (3, 1, True)


def test_analysed_tracks_follow_the_order_of_arguments() -> None:
    paths = ["/m/b/2", "/m/a", "/m/b/1", "/m/ab", "/m/a/x/1", "/m/c/1", "/elsewhere"]
    ordered = in_order([Track(path=path, state="ok") for path in paths], ["/m/c", "/m/b/2", "/m/a", "/m/b", "/m/b/2"])
    assert [track.path for track in ordered] == [
        "/m/c/1", "/m/b/2", "/m/a", "/m/a/x/1", "/m/b/1", "/elsewhere", "/m/ab",
    ]  # fmt: skip


def test_empty_folders_and_short_files_are_not_analysed(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    shown = inside("analyze", tmp_path / "empty")
    assert (shown.returncode, shown.stdout) == (4, "")
    assert shown.stderr == f"map4: no audio files found in {tmp_path / 'empty'}\n"
    result = inside("analyze", "--csv", tmp_path / "empty")
    assert (result.returncode, result.stdout.startswith("path,artist")) == (4, True)
    result = inside("analyze", "--json", write_clicks(tmp_path / "short.wav", seconds=0.3))
    assert (result.returncode, json.loads(result.stdout)["error"]["kind"]) == (3, "too_short")


def test_analyze_no_store_leaves_no_trace_and_prints_no_controls(inside: Run, music: Path) -> None:
    assert json.loads(inside("analyze", "--no-store", "--json", music / "one.wav").stdout)["state"] == "ok"
    assert inside("library", "info").returncode == 4
    inside("scan", music / "two.wav")
    inside("analyze", "--no-store", music / "one.wav")
    assert json.loads(inside("library", "info", "--json").stdout)["files"]["ok"] == 1
    evil = music / "\x1b[31mred\x07\u202e.wav"
    (music / "one.wav").rename(evil)
    result = inside("analyze", evil)
    assert result.returncode == 0
    assert not set(result.stdout) & {"\x1b", "\x07", "\u202e"}


def test_analyze_shows_a_panel_within_80_columns_and_plain_in_a_pipe(inside: Run, music: Path) -> None:
    result = inside("analyze", music / "one.wav")
    assert result.returncode == 0
    assert "\x1b" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    for word in ("tempo", "key", "energy", "loudness", "length", "HAMMS"):
        assert word in result.stdout
    for option in ("--hamms", "-v"):
        assert "danceability" in inside("analyze", option, music / "one.wav").stdout
    assert "danceability" not in result.stdout
    colours = inside("analyze", "--color", "always", music / "one.wav")
    assert "\x1b[" in colours.stdout
    assert "\x1b[3" not in inside("analyze", "--color", "always", music / "one.wav", env={"NO_COLOR": "1"}).stdout


def test_options_without_effect_are_refused(inside: Run, scanned: Path) -> None:
    for flag, others in (("--beats", ((), ("--csv",))), ("--cues", (("--paths",),)), ("--hamms", (("--json",),))):
        for other in others:
            refused = inside("analyze", scanned, flag, *other)
            assert (refused.returncode, refused.stdout) == (2, "")
            assert f"{flag} has an effect only on" in refused.stderr

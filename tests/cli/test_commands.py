"""The command line's own promises: help, typos, completion, settings, schemas, output forms."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import click
import jsonschema
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from conftest import REPOSITORY, Run

from map4.cli.commands.analyze import in_order
from map4.cli.commands.completion import SHELLS, completion_script
from map4.cli.main import COMMANDS, cli
from map4.cli.options import Age, Seconds, Session
from map4.cli.output import printable, printable_lines
from map4.domain.track import Track
from map4.errors import QueryError
from map4.schemas import kinds, schema_text

COMPLETION_FILES = {"bash": "map4.bash", "zsh": "map4.zsh", "fish": "map4.fish", "powershell": "map4.ps1"}


def validate(document: dict[str, object]) -> None:
    kind = re.fullmatch(r"map4/([a-z-]+)/1", str(document["schema"]))
    assert kind is not None
    jsonschema.Draft202012Validator(json.loads(schema_text(kind[1]))).validate(document)


def test_alone_it_shows_three_examples(map4: Run) -> None:
    result = map4()
    assert result.returncode == 0
    assert len(re.findall(r"^  map4 ", result.stdout, re.MULTILINE)) == 3


QUERIES = [
    f"{command} --query gnere:x"
    for command in (
        "stats", "doctor", "similar a.mp3", "export -o x.csv", "set bpm=90", "compare", "classify", "playlist",
        "playlist refresh a.m3u8", "playlist fill a.m3u8",
    )
]  # fmt: skip


@pytest.mark.parametrize("line", [*QUERIES, "search gnere:x", "playlist --exclude gnere:x"])
def test_a_slip_in_a_query_is_told_also_where_there_is_no_library(line: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--library", str(tmp_path / "none.map4"), *line.split()])
    assert isinstance(result.exception, QueryError)
    assert result.exception.exit_code == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_with_exit_codes_within_80_columns(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"], terminal_width=80)
    assert result.exit_code == 0
    assert "Exit codes:" in result.output
    assert max(map(len, result.output.splitlines())) <= 80
    # The line in `map4 --help` is the command's own first line.
    assert COMMANDS[name][1] in " ".join(result.output.split())


def test_typos_get_a_suggestion(map4: Run) -> None:
    for arguments, suggestion in (
        (["scna"], "'scan'"),
        (["scan", "--jsnol"], "--jsonl"),
        (["schema", "trak"], "'track'"),
    ):
        result = map4(*arguments)
        assert (result.returncode, suggestion in result.stderr) == (2, True)


def test_global_options_work_before_and_after_the_command(map4: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.map4"
    before = json.loads(map4("--library", other, "config", "--json").stdout)
    after = json.loads(map4("config", "--json", "--library", other).stdout)
    assert before == after
    assert before["settings"]["library"] == {"value": str(other), "origin": "command line"}


def test_version_is_the_packages_own(map4: Run) -> None:
    import map4 as package

    assert map4("--version").stdout == f"map4 {package.__version__}\n"
    assert f'version = "{package.__version__}"' in (REPOSITORY / "pyproject.toml").read_text()


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys; sys.argv = ['map4', '--help']\n"
        "from map4.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(sorted({'numpy', 'scipy', 'rich', 'av', 'soundfile', 'librosa', 'mutagen'} & set(sys.modules)))"
    )
    result = subprocess.run([os.sys.executable, "-c", code], capture_output=True, text=True, check=True)  # type: ignore[attr-defined]
    assert result.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_files_are_current(shell: str) -> None:
    assert (REPOSITORY / "completions" / COMPLETION_FILES[shell]).read_text() == completion_script(shell)


@pytest.mark.parametrize(
    ("shell", "variables"),
    [
        ("bash", {"COMP_WORDS": "map4 sc", "COMP_CWORD": "1"}),
        ("zsh", {"COMP_WORDS": "map4 sc", "COMP_CWORD": "1"}),
        ("fish", {"COMP_WORDS": "map4 sc", "COMP_CWORD": "sc"}),
        ("powershell", {"COMP_WORDS": "map4 sc", "COMP_CWORD": "1"}),
    ],
)
def test_completion_answers(map4: Run, shell: str, variables: dict[str, str]) -> None:
    result = map4(env={"_MAP4_COMPLETE": f"{shell}_complete", **variables})
    assert "scan" in result.stdout
    assert "schema" in result.stdout
    assert "cache" not in result.stdout


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("map4 import --from re", ["rekordbox", "rekordbox-db"]),
        ("map4 export --to s", ["serato"]),
        ("map4 playlist --as vi", ["virtualdj"]),
        ("map4 playlist order --as vi", ["virtualdj"]),
        ("map4 playlist --preset pe", ["peak_time"]),
    ],
)
def test_values_of_options_are_completed(words: str, values: list[str]) -> None:
    *args, incomplete = words.split()[1:]
    found = ShellComplete(cli, {}, "map4", "_MAP4_COMPLETE").get_completions(args, incomplete)
    assert [item.value for item in found] == values


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_valid_for_their_shell(shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    script = REPOSITORY / "completions" / COMPLETION_FILES[shell]
    assert subprocess.run([program, "-n", script], capture_output=True, check=False).returncode == 0


def test_fish_shows_descriptions_whole_and_files_with_commas(tmp_path: Path) -> None:
    program = shutil.which("fish")
    if program is None:
        pytest.skip("fish is not installed")
    (tmp_path / "Vol,3").mkdir()
    (tmp_path / "Vol,3" / "one.xml").touch()
    (tmp_path / "map4").write_text('#!/bin/sh\nprintf "plain,import\\tTake over lists, cue points\\nfile,Vol,3/\\n"\n')
    (tmp_path / "map4").chmod(0o755)
    script = REPOSITORY / "completions" / COMPLETION_FILES["fish"]
    answer = subprocess.run(
        [program, "--no-config", "-c", f"source '{script}'; complete -C 'map4 im'; complete -C 'map4 Vol,3/'"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)},
    )  # fmt: skip
    assert answer.stdout.splitlines() == ["import\tTake over lists, cue points", "Vol,3/one.xml"]


def test_config_shows_where_each_value_comes_from(map4: Run, tmp_path: Path) -> None:
    file = tmp_path / "map4.toml"
    file.write_text('[scan]\njobs = 3\nexclude = ["*.tmp"]\n[output]\nkey_notation = "openkey"\n')
    found = json.loads(map4("config", "--json", "--config", file, env={"MAP4_JOBS": "2"}).stdout)
    validate(found)
    assert found["settings"]["scan.jobs"] == {"value": 2, "origin": "environment (MAP4_JOBS)"}
    assert found["settings"]["scan.exclude"] == {"value": ["*.tmp"], "origin": str(file)}
    assert found["settings"]["output.color"] == {"value": "auto", "origin": "default"}
    shown = map4("config", "--config", file)
    assert f"output.key_notation = openkey\n    how keys are shown; from {file}" in shown.stdout


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[scan]\njbos = 3\n", "did you mean scan.jobs?"),
        ("[scan]\njobs = 0\n", "from 1"),
        ("[scan]\ntimeout = -1\n", "from 0.1 to 1e+06"),
        ("[scan]\ntimeout = inf\n", "from 0.1 to 1e+06"),
        ("[analysis]\nprefer = ['tag']\n", "must order"),
        ("[output]\ncolor = 'pink'\n", "one of auto"),
        ("scan = [", "not valid TOML"),
        ("[analysis]\ndecoder = 'nowhere'\n", "module:callable"),
    ],
)
def test_a_wrong_setting_says_what_is_wrong(
    map4: Run, tmp_path: Path, music: Path, content: str, complaint: str
) -> None:
    file = tmp_path / "map4.toml"
    file.write_text(content)
    result = map4("scan", music, "--config", file)
    assert (result.returncode, complaint in result.stderr) == (2, True)


def test_a_configuration_that_is_not_there_is_wrong_usage(map4: Run, tmp_path: Path) -> None:
    assert map4("config", "--config", tmp_path / "absent.toml").returncode == 2


def test_schemas_are_valid_and_listed(map4: Run) -> None:
    assert map4("schema").stdout.split() == kinds()
    for kind in kinds():
        document = json.loads(map4("schema", kind).stdout)
        jsonschema.Draft202012Validator.check_schema(document)
        assert document["$id"] == f"map4/{kind}/1"


def test_every_document_and_line_fits_its_schema(map4: Run, music: Path, tmp_path: Path) -> None:
    (music / "broken.ogg").write_bytes(b"OggS" + b"\0" * 200)
    documents = [json.loads(line) for line in map4("scan", "--jsonl", music).stdout.splitlines()]
    one = music / "one.wav"
    commands: list[tuple[str | Path, ...]] = [
        ("analyze", "--json", one),
        ("analyze", "--json", "--beats", one, music / "two.wav"),
        ("analyze", "--json", music / "broken.ogg"),
        ("compare", "--json", one, music / "two.wav"),
        ("stats", "--json"),
        ("doctor", "--json"),
        ("scan", "--json", music),
        ("cache", "info", "--json"),
        ("cache", "verify", "--json"),
        ("config", "--json"),
        ("set", "--json", "--dry-run", one, "bpm=87"),
        ("classify", "--json", "--dry-run"),
    ]
    documents += [json.loads(map4(*command).stdout) for command in commands]
    for form in ("--json", "--jsonl"):
        documents.append(json.loads(map4("search", "--list", "-", form, input="Nobody - Nothing\n").stdout))
    documents += [json.loads(line) for line in map4("doctor", "--jsonl").stdout.splitlines()]
    documents += map(json.loads, map4("classify", "--provider", "keywords", "--jsonl").stdout.splitlines())
    (music / "one.wav").unlink()
    documents += [json.loads(line) for line in map4("scan", "--jsonl", music).stdout.splitlines()]
    for document in documents:
        validate(document)
    elsewhere = {"similar", "similar-list"}  # tests/cli/test_similar.py
    elsewhere |= {kind for kind in kinds() if "list" in kind or kind == "pick"} - {"wanted-list"}  # test_playlist_lists
    elsewhere |= {"export", "export-summary", "export-history"}  # tests/cli/test_export.py
    elsewhere |= {"import-summary", "import-history"}  # tests/cli/test_import.py
    assert {document["schema"].split("/")[1] for document in documents} == set(kinds()) - elsewhere


def test_analyze_json_is_the_track_and_several_are_a_document(map4: Run, music: Path) -> None:
    one, two = music / "one.wav", music / "two.wav"
    track = json.loads(map4("analyze", "--json", one).stdout)
    assert (track["schema"], track["path"], track["cached"]) == ("map4/track/1", str(one), False)
    both = json.loads(map4("analyze", "--json", two, one).stdout)
    assert [(t["path"], t["cached"]) for t in both["tracks"]] == [(str(two), False), (str(one), True)]
    assert "beats_s" not in track
    with_beats = json.loads(map4("analyze", "--json", "--beats", one).stdout)
    again = json.loads(map4("analyze", "--json", "--beats", "--force", one).stdout)
    assert with_beats["beats_s"] == again["beats_s"]


def test_analyze_of_several_keeps_their_order_whatever_fails(map4: Run, music: Path) -> None:
    (music / "broken.wav").write_bytes(b"RIFF")
    chosen = [music / name for name in ("two.wav", "broken.wav", "sub", "one.wav")]
    result = map4("analyze", "--json", *chosen)
    found = [(Path(t["path"]).name, t["state"]) for t in json.loads(result.stdout)["tracks"]]
    assert found == [("two.wav", "ok"), ("broken.wav", "failed"), ("four.wav", "ok"), ("one.wav", "ok")]
    assert (result.returncode, result.stderr.count("\n"), "broken.wav" in result.stderr) == (3, 1, True)


def test_order_of_arguments() -> None:
    paths = ["/m/b/2", "/m/a", "/m/b/1", "/m/ab", "/m/a/x/1", "/m/c/1", "/elsewhere"]
    ordered = in_order([Track(path=path, state="ok") for path in paths], ["/m/c", "/m/b/2", "/m/a", "/m/b", "/m/b/2"])
    assert [track.path for track in ordered] == [
        "/m/c/1", "/m/b/2", "/m/a", "/m/a/x/1", "/m/b/1", "/elsewhere", "/m/ab",
    ]  # fmt: skip


def test_analyze_of_an_empty_folder_finds_nothing(map4: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    shown = map4("analyze", tmp_path / "empty")
    assert (shown.returncode, shown.stdout, "no audio files" in shown.stderr) == (4, "", True)
    result = map4("analyze", "--csv", tmp_path / "empty")
    assert (result.returncode, result.stdout.startswith("path,artist")) == (4, True)


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1e12", "0", "-1", "0.05", "soon", ""])
def test_seconds_that_nobody_can_wait_are_wrong_usage(value: str) -> None:
    with pytest.raises(click.BadParameter, match="seconds"):
        Seconds().convert(value, None, None)
    assert [Seconds().convert(text, None, None) for text in ("0.1", "1e6", "30")] == [0.1, 1e6, 30.0]


@pytest.mark.parametrize("value", ["999999w", "36526d", "999999999d", "1e5d", "3", "\u0663d", "-1d", ""])
def test_ages_beyond_a_century_are_wrong_usage(value: str) -> None:
    with pytest.raises(click.BadParameter):
        Age().convert(value, None, None)
    ages = [Age().convert(text, None, None) for text in ("90m", "1.5 D", "5217w", timedelta(hours=1))]
    assert ages == [timedelta(minutes=90), timedelta(hours=36), timedelta(weeks=5217), timedelta(hours=1)]


def test_limits_reach_the_commands(music: Path) -> None:
    for arguments in (["analyze", "--timeout", "inf"], ["scan", "--max-age", "999999w"]):
        assert CliRunner().invoke(cli, [*arguments, str(music)]).exit_code == 2


def test_a_group_alone_shows_its_help(map4: Run) -> None:
    alone = map4("cache")
    assert (alone.returncode, alone.stderr) == (0, "")
    assert alone.stdout == map4("cache", "--help").stdout
    assert "\ufffd" not in alone.stdout


def test_a_message_of_several_lines_keeps_them(map4: Run) -> None:
    result = map4("completion")
    assert (result.returncode, "\ufffd" in result.stderr) == (2, False)
    assert "\n    bash,\n" in result.stderr
    assert printable_lines("a\x1b\n\tb") == "a\ufffd\n    b"


def test_a_list_of_names_ended_by_nul_says_how_to_read_it(map4: Run) -> None:
    result = map4("analyze", "--files-from", "-", input="a.wav\0b.wav\0")
    assert (result.returncode, "--files-from0" in result.stderr) == (2, True)


def test_no_colour_is_no_style_at_all() -> None:
    session = Session({"color": "never"})
    with session.out.capture() as captured:
        session.out.print("x", style="bold red")
    assert captured.get() == "x\n"


def test_analyze_csv(map4: Run, music: Path) -> None:
    result = map4("analyze", "--csv", music / "one.wav", music / "two.wav", text=False)
    rows = list(csv.DictReader(io.StringIO(result.stdout.decode("utf-8"))))
    assert [Path(row["path"]).name for row in rows] == ["one.wav", "two.wav"]
    assert (rows[0]["state"], rows[0]["artist"], rows[0]["codec"]) == ("ok", "", "pcm")
    assert result.stdout.count(b"\r\n") == 3


def test_analyze_no_store_leaves_no_trace(map4: Run, music: Path) -> None:
    assert json.loads(map4("analyze", "--no-store", "--json", music / "one.wav").stdout)["state"] == "ok"
    assert map4("cache", "info").returncode == 4
    map4("scan", music / "two.wav")
    map4("analyze", "--no-store", music / "one.wav")
    assert json.loads(map4("cache", "info", "--json").stdout)["files"]["ok"] == 1


def test_verbose_names_the_files(map4: Run, music: Path) -> None:
    assert map4("scan", "-v", music).stderr.count("analysed ") == 5  # four files and the summary
    assert map4("scan", "-v", music).stderr.count(".wav") == 0
    assert map4("-vv", "scan", music).stderr.count(".wav") == 4


def test_analyze_shows_a_panel_within_80_columns_and_plain_in_a_pipe(map4: Run, music: Path) -> None:
    result = map4("analyze", music / "one.wav")
    assert result.returncode == 0
    assert "\x1b" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    for word in ("tempo", "key", "energy", "loudness", "danceability", "dynamic range"):
        assert word in result.stdout
    colours = map4("analyze", "--color", "always", music / "one.wav")
    assert "\x1b[" in colours.stdout
    assert "\x1b[3" not in map4("analyze", "--color", "always", music / "one.wav", env={"NO_COLOR": "1"}).stdout


def test_analyze_of_a_broken_file_says_why(map4: Run, music: Path) -> None:
    (music / "broken.flac").write_bytes(b"fLaC")
    result = map4("analyze", music / "broken.flac", music / "one.wav")
    assert (result.returncode, "broken.flac" in result.stderr, "one.wav" in result.stdout) == (3, True, True)
    assert map4("analyze").returncode == 2


def test_a_name_can_not_steer_the_terminal(map4: Run, music: Path) -> None:
    evil = music / "\x1b[31mred\x07\u202e.wav"
    (music / "one.wav").rename(evil)
    result = map4("analyze", evil)
    assert result.returncode == 0
    assert not set(result.stdout) & {"\x1b", "\x07", "\u202e"}
    assert printable("a\x1b[2Jb\u2066c\udcff") == "a\ufffd[2Jb\ufffdc\ufffd"


def test_no_traceback_reaches_a_user_unless_wanted(map4: Run, music: Path) -> None:
    # A decoder that can be loaded but is no decoder is a failure of each file, not of the run.
    result = map4("scan", music, env={"MAP4_DECODER": "json:dumps"})
    assert (result.returncode, "Traceback" in result.stderr) == (3, False)

"""`map4 search` and the output forms that every reading command shares."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import click
import jsonschema
import pytest
from click.testing import CliRunner
from conftest import Run
from libraries import audio_id, put_track, put_user_value
from rich.console import Console

from map4.cli.line_template import FORMAT_FIELDS, Template, clock
from map4.cli.main import cli
from map4.cli.track_output import Output, TrackWriter, reading_options
from map4.cli.views.track_table import TrackTable, fit_text, listed, stars
from map4.domain.cues import CuePoint
from map4.domain.imported import ImportedValues
from map4.domain.track import Track, display_path
from map4.infra.sqlite.database import Database
from map4.schemas import schema_text

ODD = os.fsdecode(b"/music/\xff odd\nname.mp3")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Five tracks in the library that the `map4` fixture uses."""
    path = tmp_path / "library.map4"
    database = Database(str(path))
    with database.transaction() as connection:
        put_track(connection, 1, bpm=127.998, key="8A", energy=0.71, artist="Björk", title="Jóga", genre="Electronic",
                  codec="mp3", sample_rate_hz=44100, channels=2, payload_bytes=1000)  # fmt: skip
        put_track(connection, 2, bpm=87.0, key="9A", tempo_confidence=0.2, artist="A" * 80, title="名前" * 30)
        put_track(connection, 3, bpm=100.0, artist="Zed", title="Own", duration_s=3725.0)
        put_track(connection, 4, path="/music/untitled.wav")
        put_track(connection, 5, artist="\x1b[31mred", title="x")
        odd = (os.fsencode(ODD), display_path(ODD), audio_id(5))
        connection.execute("UPDATE files SET path = ?, display = ? WHERE audio_id = ?", odd)
        put_user_value(connection, audio_id(3), "bpm", "50")
    database.close()
    return path


def lines(text: str) -> list[str]:
    return text.splitlines()


@pytest.mark.usefixtures("library")
def test_a_table_for_people_within_80_columns(map4: Run) -> None:
    result = map4("search", "path:/music/1.mp3", "or", "zed", "or", "bpm:87")
    assert result.returncode == 0
    assert result.stdout == (
        "artist – title                            BPM    key    E    time   genre\n"
        "Björk – Jóga                            128.0     8A    7    3:20   Electronic\n"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA…    87.0?    9A         3:20\n"
        "Zed – Own                                50.0*             1:02:05\n"
    )
    assert result.stderr == "3 tracks\n"


@pytest.mark.usefixtures("library")
def test_one_document_lines_and_csv_hold_the_same_tracks(map4: Run) -> None:
    document = json.loads(map4("search", "--json").stdout)
    jsonschema.validate(document, json.loads(schema_text("tracks")))
    for track in document["tracks"]:
        jsonschema.validate(track, json.loads(schema_text("track")))
    assert [json.loads(line) for line in lines(map4("search", "--jsonl").stdout)] == document["tracks"]
    rows = list(csv.DictReader(io.StringIO(map4("search", "--csv", text=False).stdout.decode())))
    assert [row["bpm"] for row in rows] == ["127.998", "87.0", "50.0", "", ""]
    assert [row["path"] for row in rows] == [track["path"] for track in document["tracks"]]


@pytest.mark.usefixtures("library")
def test_paths_keep_their_bytes(map4: Run) -> None:
    result = map4("search", "-0", "sort:path-", text=False)
    assert result.stdout.split(b"\0")[0] == os.fsencode(ODD)
    assert result.stdout.count(b"\0") == 5
    assert map4("search", f'path:"{ODD}"', "-0", text=False).stdout == os.fsencode(ODD) + b"\0"
    assert map4("search", "--paths", "bpm:128", text=False).stdout == b"/music/1.mp3\n"


@pytest.mark.usefixtures("library")
def test_a_line_of_ones_own(map4: Run) -> None:
    form = "{artist:.6} - {title}\\t{bpm:.1f} {key} {year:5}|{time}"
    result = map4("search", "-f", form, "bpm:128 or zed", "--key-notation", "musical")
    assert result.stdout == "Björk - Jóga\t128.0 Am      |3:20\nZed - Own\t50.0       |1:02:05\n"
    wrong = map4("search", "-f", "{artits}")
    assert (wrong.returncode, "did you mean {artist}?" in wrong.stderr, wrong.stdout) == (2, True, "")


@pytest.mark.usefixtures("library")
def test_nothing_matched_is_4_and_still_a_document(map4: Run) -> None:
    for form, expected in (("--json", {"schema": "map4/tracks/1", "tracks": []}),):
        result = map4("search", form, "nobody")
        assert (result.returncode, json.loads(result.stdout), "no track matches" in result.stderr) == (
            4,
            expected,
            True,
        )
    assert map4("search", "--csv", "nobody").stdout.startswith("path,artist,")
    assert (map4("search", "nobody").stdout, map4("-q", "search", "zed").stderr) == ("", "")


def test_without_a_library_scan_is_named(map4: Run) -> None:
    result = map4("search", "x")
    assert (result.returncode, "map4 scan" in result.stderr) == (4, True)


@pytest.mark.usefixtures("library")
def test_a_query_that_can_not_be_read_shows_the_place(map4: Run) -> None:
    result = map4("search", "zed", "bmp:128")
    assert (result.returncode, result.stdout) == (2, "")
    assert lines(result.stderr)[1:] == ["  zed bmp:128", "      ^^^^^^^"]


def test_what_looks_like_an_option_is_explained() -> None:
    result = CliRunner().invoke(cli, ["search", "bpm:120", "-genre:trance"])
    assert (result.exit_code, "write ^genre:trance" in result.output) == (2, True)
    assert "--jsonl" in CliRunner().invoke(cli, ["search", "--jsnol"]).output


@pytest.mark.usefixtures("library")
def test_the_rule_of_harmony_and_the_order_of_sources_count(map4: Run) -> None:
    assert lines(map4("search", "key:~10A", "--paths", "--harmonic", "strict").stdout) == ["/music/2.mp3"]
    assert len(lines(map4("search", "key:~10A", "--paths").stdout)) == 2
    prefer = {"MAP4_PREFER": "tag,imported,measured"}
    assert map4("search", "tempo-confidence:..0.5", "--paths", env=prefer).stdout == "/music/2.mp3\n"


def test_two_forms_at_once_are_wrong_usage(map4: Run, music: Path) -> None:
    for arguments in (["search", "--json", "--csv"], ["analyze", "--paths", "-f", "{bpm}", music / "one.wav"]):
        result = map4(*arguments)
        assert (result.returncode, "choose one" in result.stderr, result.stdout) == (2, True, "")


def test_analyze_has_the_same_forms(map4: Run, music: Path) -> None:
    one, two = music / "one.wav", music / "two.wav"
    assert map4("analyze", "--paths", two, one).stdout == f"{two}\n{one}\n"
    assert map4("analyze", "-f", "{file} {state}", one).stdout == "one.wav ok\n"


# ---- pieces --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{bpm", "expected '}'"),
        ("}", "Single '}'"),
        ("{}", "no field {}"),
        ("{artist.upper}", "no field"),
        ("{artist!r}", "does not fit"),
        ("{artist:.1f}", "which is text; such as {artist:>20}"),
        ("{bpm:s}", "which is a number; such as {bpm:.1f}"),
        ("{bpm:{year}}", "does not fit"),
        ("{title:99999999}", "does not fit"),
    ],
)
def test_templates_that_can_not_be_filled(text: str, complaint: str) -> None:
    with pytest.raises(click.UsageError) as caught:
        Template.read(text)
    assert complaint in caught.value.message


def test_every_field_of_a_template_can_be_filled_when_nothing_is_known() -> None:
    template = Template.read("".join(f"<{{{name}}}>" for name in FORMAT_FIELDS) + "{{}}")
    filled = template.fill(Track(path="/a/b.mp3", state="pending").to_record())
    assert filled.count("<>") == len(FORMAT_FIELDS) - 4  # path, file, folder and state are always known
    assert filled.endswith("{}")
    assert Template.read("[{title:5}][{bpm:>6.1f}]").fill(Track(path="/a", state="ok").to_record()) == "[     ][      ]"


def test_lengths() -> None:
    assert [clock(s) for s in (0, 5.4, 59.6, 3599.4, 3725)] == ["0:00", "0:05", "1:00", "59:59", "1:02:05"]


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_a_table_fits_its_terminal_where_there_is_room_at_all(width: int) -> None:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    table = TrackTable(console)
    record = Track(path="/music/" + "名" * 100 + ".mp3", state="missing").to_record()
    for _ in range(120):
        table.write(record)
    table.flush()
    table.flush()
    shown = lines(console.file.getvalue())  # type: ignore[attr-defined]
    assert len(shown) == 121
    assert all(len(line) + line.count("名") <= max(width, 38) for line in shown)
    assert shown[1].endswith("missing")


def test_a_narrow_table_does_without_length_and_energy() -> None:
    heads = []
    for width in (80, 55, 40):
        console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
        table = TrackTable(console)
        table.write(Track(path="/a.mp3", state="ok").to_record())
        table.flush()
        heads.append(lines(console.file.getvalue())[0].split()[3:])  # type: ignore[attr-defined]
    assert heads == [["BPM", "key", "E", "time", "genre"], ["BPM", "key", "E", "genre"], ["BPM", "key", "genre"]]


def test_what_a_query_asks_of_dj_programs_has_columns() -> None:
    every = {"rating", "plays", "played", "cues"}
    rows = {}
    for width, also in ((80, every), (80, {"played", "bpm"}), (60, every), (120, every), (30, every)):
        console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
        table = TrackTable(console, also=also)
        values = ImportedValues(
            rating=4.5, play_count=12, last_played="2026-01-31T22:15:00", cues=(CuePoint(position_s=1.0),)
        )
        for imported in (values, ImportedValues(play_count=0), None):
            table.write(Track(path="/a.mp3", state="ok", imported=imported).to_record())
        table.flush()
        rows[width, len(also)] = lines(console.file.getvalue())  # type: ignore[attr-defined]
    assert all(len(line) <= max(width, 36) for (width, _), shown in rows.items() for line in shown)
    head, first, never, unknown = rows[80, 4]
    assert head.split()[3:] == ["BPM", "key", "rating", "plays", "played", "cues", "genre"]
    assert first.split() == ["a.mp3", "★★★★½", "12", "2026-01-31", "1"]
    assert (never.split(), unknown.split()) == (["a.mp3", "0", "never"], ["a.mp3"])
    assert rows[80, 2][0].split()[3:] == ["BPM", "key", "E", "time", "played", "genre"]
    assert rows[60, 4][0].split()[3:] == ["BPM", "key", "rating", "plays", "genre"]
    assert rows[120, 4][0].split()[3:] == ["BPM", "key", "E", "time", "rating", "plays", "played", "cues", "genre"]
    assert rows[30, 4][0].split()[3:] == ["BPM", "key", "genre"]
    assert [stars(value) for value in (0.0, 0.3, 3.2, 4.75, 5.0)] == ["☆☆☆☆☆", "½☆☆☆☆", "★★★☆☆", "★★★★★", "★★★★★"]


def test_text_is_cut_by_columns_and_can_not_steer() -> None:
    assert fit_text("名前名前", 5) == "名前…"
    assert fit_text("a\x1bb", 9) == "a\ufffdb"
    assert listed([["a", "名", "x"], ["bbb", "c", "yy"]]) == ["a    名  x", "bbb  c   yy"]


def test_a_command_may_offer_some_forms_only() -> None:
    @click.command()
    @reading_options("json", "csv")
    def command(output: Output) -> None:
        click.echo(f"{output.form}")

    runner = CliRunner()
    assert runner.invoke(command, []).output == "None\n"
    assert runner.invoke(command, ["--csv"]).output == "csv\n"
    assert runner.invoke(command, ["--jsonl"]).exit_code == 2
    assert TrackWriter is not None


def test_every_field_is_in_the_help() -> None:
    from map4.domain.query.fields import FIELDS, IS_WORDS

    text = CliRunner().invoke(cli, ["search", "--help"], terminal_width=80).output
    words = set(text.replace("|", " ").replace(":", " ").replace("[", " ").split())
    assert set(FIELDS) <= words
    assert set(IS_WORDS) - {"ok"} <= words


# ---- lists ---------------------------------------------------------------------------------------


LIST = "Björk - Joga\nZed - Own (Live)\nNobody - Nothing\n"


@pytest.mark.usefixtures("library")
def test_a_list_says_what_is_there_and_what_is_not(map4: Run, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(LIST, encoding="utf-8")
    shown = map4("search", "--list", tmp_path / "list.txt")
    assert (shown.returncode, shown.stderr) == (4, "1 found, 1 uncertain, 1 missing\n")
    assert shown.stdout == (
        "found     100%  Björk - Joga\n                /music/1.mp3\n"
        "uncertain  85%  Zed - Own (Live)\n                /music/3.mp3\n"
        "missing         Nobody - Nothing\n"
    )
    document = json.loads(map4("search", "--list", "-", "--json", input=LIST).stdout)
    jsonschema.validate(document, json.loads(schema_text("wanted-list")))
    records = [json.loads(line) for line in lines(map4("search", "--list", "-", "--jsonl", input=LIST).stdout)]
    for record in records:
        jsonschema.validate(record, json.loads(schema_text("wanted")))
    assert [{**line, "schema": "map4/wanted/1"} for line in document["lines"]] == records
    assert [record["path"] for record in records] == ["/music/1.mp3", "/music/3.mp3", None]
    rows = list(csv.DictReader(io.StringIO(map4("search", "--list", "-", "--csv", input=LIST).stdout)))
    assert [(row["verdict"], row["certainty"]) for row in rows] == [
        ("found", "1.0"),
        ("uncertain", "0.85"),
        ("missing", ""),
    ]


@pytest.mark.usefixtures("library")
def test_a_list_is_looked_for_among_what_a_query_leaves(map4: Run) -> None:
    result = map4("search", "bpm:..60", "--list", "-", "--paths", input="Björk - Jóga\nZed - Own\n")
    assert (result.returncode, result.stdout, result.stderr) == (
        4,
        "/music/3.mp3\n",
        "1 found, 0 uncertain, 1 missing\n",
    )
    assert map4("search", "--list", "-", "-0", input="untitled\n").stdout == "/music/untitled.wav\0"


@pytest.mark.usefixtures("library")
def test_a_list_that_is_none(map4: Run, tmp_path: Path) -> None:
    for source, text, complaint in (
        ("-", "\n# nothing\n", "no line 'artist - title'"),
        ("-", "a\0b", "NUL"),
        (str(tmp_path / "absent"), None, "can't be read"),
    ):
        result = map4("search", "--list", source, input=text)
        assert (result.returncode, complaint in result.stderr) == (2, True)
    assert "no -f" in map4("search", "--list", "-", "-f", "{path}", input="x\n").stderr

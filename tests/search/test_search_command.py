"""`map4 search`: queries, what is printed, and lists of wanted tracks."""

import csv
import io
import json
import os
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import Run
from extra_cases import of_extras
from libraries import audio_id, put_track, put_user_value
from schemas import validate

from map4.cli.main import cli
from map4.core.base.paths import display_path
from map4.core.store.file.database import SqliteDatabase

ODD = os.fsdecode(b"/music/\xff odd\nname.mp3")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Five tracks in the library that the `map4` fixture uses."""
    path = tmp_path / "library.map4"
    database = SqliteDatabase(str(path))
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


def test_count_prints_only_the_number(inside: Run, library: Path) -> None:
    found = inside("search", "--count", "bpm:80..130")
    assert (found.returncode, found.stdout, found.stderr) == (0, "2\n", "")
    for words in (("xyzzy",), ("--", "-xyzzy")):
        none = inside("search", "--count", *words)
        assert (none.returncode, none.stdout) == (4, "0\n")
    refused = inside("search", "--count", "--json")
    assert (refused.returncode, refused.stdout) == (2, "")


@pytest.mark.usefixtures("library")
def test_table_paths_and_lines_have_their_form(inside: Run) -> None:
    result = inside("search", "path:/music/1.mp3", "or", "zed", "or", "bpm:87")
    assert result.returncode == 0
    assert result.stdout == (
        "artist – title                            BPM    key    E    time   genre\n"
        "Björk – Jóga                            128.0     8A    7    3:20   Electronic\n"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA…    87.0?    9A         3:20\n"
        "Zed – Own                                50.0*             1:02:05\n"
    )
    assert result.stderr == "3 tracks\n"
    result = inside("search", "-0", "sort:path-", text=False)
    assert result.stdout.split(b"\0")[0] == os.fsencode(ODD)
    assert result.stdout.count(b"\0") == 5
    assert inside("search", f'path:"{ODD}"', "-0", text=False).stdout == os.fsencode(ODD) + b"\0"
    assert inside("search", "--paths", "bpm:128", text=False).stdout == b"/music/1.mp3\n"
    form = "{artist:.6} - {title}\\t{bpm:.1f} {key} {year:5}|{time}"
    result = inside("search", "-f", form, "bpm:128 or zed", "--key-notation", "musical")
    assert result.stdout == "Björk - Jóga\t128.0 Am      |3:20\nZed - Own\t50.0       |1:02:05\n"
    wrong = inside("search", "-f", "{artits}")
    assert (wrong.returncode, "did you mean {artist}?" in wrong.stderr, wrong.stdout) == (2, True, "")


@pytest.mark.usefixtures("library")
def test_table_shows_second_tempi_where_they_fit(inside: Run, tmp_path: Path) -> None:
    database = SqliteDatabase(str(tmp_path / "library.map4"))
    with database.transaction() as connection:
        put_track(connection, 6, bpm=174.0, half_confidence=0.3, artist="Doo", title="Two")
        put_track(connection, 7, bpm=174.0, half_confidence=0.1, artist="Doo", title="One")
    database.close()
    assert lines(inside("search", "doo", "or", "bpm:87").stdout) == [
        "artist – title                              BPM    key    E    time   genre",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA…            87.0?    9A         3:20",
        "Doo – Two                         174.0 or 87.0                3:20",
        "Doo – One                                 174.0                3:20",
    ]
    assert "Doo – Two               174.0 " in inside("search", "two", env={"COLUMNS": "60"}).stdout
    [track] = json.loads(inside("search", "two", "--json").stdout)["tracks"]
    assert track["tempo"]["second"] == {"bpm": 87.0, "confidence": 0.3}


@pytest.mark.usefixtures("library")
def test_json_jsonl_and_csv_contain_the_same_tracks(inside: Run) -> None:
    document = json.loads(inside("search", "--json").stdout)
    validate(document)
    for track in document["tracks"]:
        validate(track)
    assert [json.loads(line) for line in lines(inside("search", "--jsonl").stdout)] == document["tracks"]
    rows = list(csv.DictReader(io.StringIO(inside("search", "--csv", text=False).stdout.decode())))
    assert [row["bpm"] for row in rows] == ["127.998", "87.0", "50.0", "", ""]
    assert [row["path"] for row in rows] == [track["path"] for track in document["tracks"]]
    assert inside("set", rows[0]["path"], "title==1+1").returncode == 0
    [row] = csv.DictReader(inside("search", "--csv", "title:1+1").stdout.splitlines())
    assert row["title"] == "'=1+1"


@pytest.mark.usefixtures("library")
def test_empty_results_exit_with_4_also_by_an_offset(inside: Run) -> None:
    for form, expected in (("--json", {"schema": "map4/tracks/1", "tracks": []}),):
        result = inside("search", form, "nobody")
        assert (result.returncode, json.loads(result.stdout)) == (4, expected)
        assert "no track matches" in result.stderr
    assert inside("search", "--csv", "nobody").stdout.startswith("path,artist,")
    assert (inside("search", "nobody").stdout, inside("-q", "search", "zed").stderr) == ("", "")
    assert inside("search", "offset:99").stderr == "map4: no track matches\n"


def test_negated_term_like_an_option_gets_a_hint() -> None:
    result = CliRunner().invoke(cli, ["search", "bpm:120", "-genre:trance"])
    assert (result.exit_code, "write ^genre:trance" in result.output) == (2, True)


@pytest.mark.usefixtures("library")
def test_searches_use_keys_sources_order_and_repeatable_shuffles(inside: Run) -> None:
    assert lines(inside("search", "key:9A,10A,11A", "--paths").stdout) == ["/music/2.mp3"]
    assert len(lines(inside("search", "key:~10A", "--paths").stdout)) == 2
    prefer = {"MAP4_PREFER": "tag,imported,measured"}
    assert inside("search", "tempo-confidence:..0.5", "--paths", env=prefer).stdout == "/music/2.mp3\n"

    def found(*arguments: str) -> list[str]:
        return inside("search", "has:bpm", "-f", "{bpm:.0f}", *arguments).stdout.split()

    assert found() == ["128", "87", "50"]  # by path
    assert found("--sort", "tempo") == ["50", "87", "128"]
    assert found("--sort", "artist-") == found("--sort", "-artist") == ["50", "128", "87"]
    assert found("--sort", "bpm, artist") == found("sort:bpm") == ["50", "87", "128"]
    slip = inside("search", "--sort", "bmp")
    assert (slip.returncode, "did you mean bpm?" in slip.stderr) == (2, True)
    first = inside("search", "--shuffle", "7", "-f", "{title}")
    assert first.stdout
    assert inside("search", "sort:random", "shuffle:7", "-f", "{title}").stdout == first.stdout
    assert inside("search", "--shuffle", "often").returncode == 2
    assert "--count prints only a number" in inside("search", "--shuffle", "3", "--count").stderr


# ---- lists ---------------------------------------------------------------------------------------


LIST = "Björk - Joga\nZed - Own (Live)\nNobody - Nothing\n"


@pytest.mark.usefixtures("library")
def test_wanted_list_shows_found_uncertain_and_missing_tracks(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(LIST, encoding="utf-8")
    shown = inside("search", "--list", tmp_path / "list.txt")
    assert (shown.returncode, shown.stderr) == (4, "1 found, 1 uncertain, 1 missing\n")
    assert shown.stdout == (
        "found     100 %  Björk - Joga\n                 /music/1.mp3\n"
        "uncertain  85 %  Zed - Own (Live)\n                 /music/3.mp3\n"
        "missing          Nobody - Nothing\n"
    )
    document = json.loads(inside("search", "--list", "-", "--json", input=LIST).stdout)
    validate(document)
    records = [json.loads(line) for line in lines(inside("search", "--list", "-", "--jsonl", input=LIST).stdout)]
    for record in records:
        validate(record)
    assert [{**line, "schema": "map4/wanted/1"} for line in document["lines"]] == records
    assert [record["path"] for record in records] == ["/music/1.mp3", "/music/3.mp3", None]
    rows = list(csv.DictReader(io.StringIO(inside("search", "--list", "-", "--csv", input=LIST).stdout)))
    assert [(row["verdict"], row["certainty"]) for row in rows] == [
        ("found", "1.0"),
        ("uncertain", "0.85"),
        ("missing", ""),
    ]


@pytest.mark.usefixtures("library")
def test_wanted_list_finds_no_title_with_another_number(inside: Run, library: Path) -> None:
    with closing(SqliteDatabase(str(library))) as database, database.transaction() as connection:
        put_track(connection, 6, artist="Orchestra", title="Symphony No. 5")
    wanted = "Orchestra - Symphony No. 6\nOrchestra - Symphony Nr. V\n"
    shown = inside("search", "--list", "-", "--jsonl", input=wanted).stdout
    assert [json.loads(line)["verdict"] for line in lines(shown)] == ["uncertain", "found"]


@pytest.mark.usefixtures("library")
def test_wanted_list_is_searched_within_a_query_if_valid(inside: Run, tmp_path: Path) -> None:
    result = inside("search", "bpm:..60", "--list", "-", "--paths", input="Björk - Jóga\nZed - Own\n")
    assert (result.returncode, result.stdout) == (4, "/music/3.mp3\n")
    assert result.stderr == "1 found, 0 uncertain, 1 missing\n"
    assert inside("search", "--list", "-", "-0", input="untitled\n").stdout == "/music/untitled.wav\0"
    for source, text, complaint in (
        ("-", "\n# nothing\n", "no line 'artist - title'"),
        ("-", "a\0b", "NUL"),
        (str(tmp_path / "absent"), None, "can't be read"),
    ):
        result = inside("search", "--list", source, input=text)
        assert (result.returncode, complaint in result.stderr) == (2, True)
    assert "not support -f" in inside("search", "--list", "-", "-f", "{path}", input="x\n").stderr


@pytest.mark.usefixtures("library")
def test_query_errors_are_marked_and_likely_slips_explained(inside: Run) -> None:
    slip = inside("search", "bpm>120")
    assert (slip.returncode, slip.stdout) == (2, "")
    assert slip.stderr.splitlines()[1:] == ["  bpm>120", "  ^^^^^^^"]
    either = inside("search", "zed | nobody")
    assert (either.returncode, either.stderr.splitlines()[1:]) == (2, ["  zed | nobody", "  ^^^^^^^^^^^^"])
    # A word that may be text ends as text does.
    nothing = inside("search", "zed AND nobody")
    assert nothing.returncode == 4
    assert nothing.stderr == "map4: no track matches; 'AND' is text here; all terms must hold anyway\n"


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    "line",
    [
        "search", "stats --query", "set bpm=90 --query", "export -o found.csv --query",
    ],
)  # fmt: skip
def test_commands_explain_query_words_read_as_text(inside: Run, line: str) -> None:
    nothing = inside(*line.split(), "bpm 300-310")
    message = "no track matches; 'bpm 300-310' is text here; for the field bpm write bpm:300..310"
    assert (nothing.returncode, message in nothing.stderr) == (4, True)


@pytest.mark.parametrize("line", ["search", *(line for lines in of_extras("SELECTING") for line in lines)])
def test_library_without_tracks_is_reported_as_empty(inside: Run, tmp_path: Path, line: str) -> None:
    (tmp_path / "empty").mkdir()
    inside("scan", tmp_path / "empty")
    nothing = inside(*line.split())
    assert nothing.returncode == 4
    assert "no track is analysed and present; 'map4 scan FOLDER' adds some" in nothing.stderr


@pytest.mark.usefixtures("library")
def test_a_library_without_analyses_is_not_called_empty(inside: Run) -> None:
    inside("library", "prune", "--analyses", "-y")
    for words in (("search",), ("similar", "daft"), ("duplicates",), ("export", "--to", "csv", "-o", "-")):
        assert "no track is analysed and present; " in inside(*words).stderr, words
    assert inside("search", "is:any", "--count").stdout == "5\n"

"""`map4 playlist check`, and what is said of lists that can't be read or written."""

import csv
import io
from pathlib import Path

import pytest
from conftest import Run
from list_libraries import FRIDAY, FRIDAY_MAP
from schemas import validated


def test_check_prints_quality_weak_transitions_and_remedies(inside: Run, friday: Path) -> None:
    result = inside("playlist", "check", friday, *FRIDAY_MAP)
    assert result.returncode == 0
    assert result.stdout.splitlines()[:5] == [
        "Friday: 4 of 8 tracks (1 uncertain, 1 unknown, 1 gone, 1 url), 16:00",
        "quality  38 of 100 (policy flexible, harmonic flexible)",
        "         tempo 33, harmony 33, transitions 33, genre 66, energy 46, limits 33",
        "steps    2 weak steps: 2, 3 tempo, key, poor mix; 3 energy step",
        "mixes    0.42 on average, poor",
    ]
    assert "weakest transitions" in result.stdout
    assert "replace 2: the list mixes 0.420 -> 0.984 by Bob – Fire" in result.stdout
    assert "swap 1 and 2: the list mixes 0.420 -> 0.711" in result.stdout
    assert "         cut\n" in result.stdout
    assert "in another order (the best possible): quality 38 -> 68\n" in result.stdout
    assert "         mixes 0.42 -> 0.71 on average\n" in result.stdout
    *report, command = result.stdout.splitlines()
    assert max(map(len, report)) <= 80
    assert command == f"         map4 playlist order {friday}"
    assert result.stderr.splitlines() == [
        f"map4: {friday}, entry 5: http://radio.example/x: a stream, skipped",
        f"map4: {friday}, entry 6: Bob - Fire: may be /music/Bob/Fire.mp3 (tags, certainty 0.75; see --certainty)",
        f"map4: {friday}, entry 7: /music/Hal/Gone.mp3: is in the library, but its file is gone",
        f"map4: {friday}, entry 8: No [2J - Body: not found in the library",
    ]


def test_strict_option_exits_with_3_for_a_list_that_does_not_pass(inside: Run, friday: Path, good: Path) -> None:
    failed = inside("playlist", "check", "--strict", friday, *FRIDAY_MAP)
    assert failed.returncode == 3
    assert failed.stderr.splitlines()[-1] == (
        "map4: --strict: below their marks: tempo 33 (90), harmony 33 (90), transitions 33 (75), genre 66 (70), "
        "energy 46 (70), limits 33 (90); 3 entries not found"
    )
    result = inside("playlist", "check", "--strict", good)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[1] == "quality  99 of 100 (policy flexible, harmonic flexible)"
    assert "weakest" not in result.stdout
    good.write_text(good.read_text() + "\nhttp://radio.example/x\n")
    assert inside("playlist", "check", "--strict", good).returncode == 0  # a stream is no track that is missing


def test_check_is_printed_as_json_jsonl_and_csv_also_from_stdin(inside: Run, friday: Path) -> None:
    document = validated(inside("playlist", "check", friday, *FRIDAY_MAP, "--json", "--no-suggestions").stdout)
    assert document["counts"] == {"entries": 8, "found": 4, "uncertain": 1, "unknown": 1, "gone": 1, "url": 1}
    lines = [validated(line) for line in inside("playlist", "check", friday, "--jsonl").stdout.splitlines()]
    assert [line["position"] for line in lines] == list(range(1, 9))
    rows = list(csv.DictReader(io.StringIO(inside("playlist", "check", friday, *FRIDAY_MAP, "--csv").stdout)))
    assert [(row["from"], row["to"], row["key_relation"]) for row in rows] == [
        ("1", "2", "clash"), ("2", "3", "clash"), ("3", "4", "same"),
    ]  # fmt: skip
    result = inside("playlist", "check", "-", input="/music/Ann/Sky.mp3\n/music/Bob/Fire.mp3")
    assert (result.returncode, result.stdout.splitlines()[0]) == (0, "-: 2 of 2 tracks, 8:00")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["check", "Saturday"], 4, "neither a stored list nor a file Saturday"),
        (["check", "friday.m3u8", "--path-map", "nonsense"], 2, "does not map folders"),
        (["check", "friday.m3u8", "--certainty", "2"], 2, "'2' is not a number from 0 to 1"),
        (["order", "friday.m3u8", "-o", "x.doc"], 2, "the suffix of x.doc names no format"),
        (["--seed", "friday.m3u8", "-n", "2", "--json", "--explain"], 2, "--explain writes for a terminal"),
        (["--seed", "friday.m3u8", "-n", "2", "-o", "-", "--as", "pls", "--explain"], 2, "--explain writes"),
        (["show", "friday.m3u8", "-o", "-", "--as", "pls", "--figures"], 2, "--figures draws for a terminal"),
        (["check", "friday.m3u8", "--csv", "--weakest", "1"], 2, "have no effect on --csv"),
        (["check", "friday.m3u8", "--jsonl", "--no-suggestions"], 2, "have no effect on --jsonl"),
        (["order", "friday.m3u8", "-o", "-", "--as", "pls", "--json"], 2, "can't be used together"),
        (["order", "friday.m3u8", "--as", "pls"], 2, "--as needs a file"),
        (["show", "friday.m3u8", "--relative-to", "."], 2, "--relative-to needs a file"),
        (["order", "friday.m3u8", "--force"], 2, "--force replaces a list or a file"),
        (["order", "friday.m3u8", "-o", "-", "--force"], 2, "--force replaces a list or a file"),
        (["--seed", "a.mp3", "--force"], 2, "--force replaces a list or a file"),
        (["live", "Friday", "--force"], 2, "--force replaces a list: give a QUERY"),
        (["order", "friday.m3u8", "-o", "song.mp3", "--as", "pls", "--force"], 2, "a music file name"),
        (["order", "friday.m3u8", "-o", "friday.m3u8"], 1, "was not written from this library"),
        (["merge"], 2, "Missing argument 'LIST...'"),
        (["delete", "Saturday"], 4, "no stored list 'Saturday'"),
        (["list"], 4, "no list is stored yet"),
    ],
)  # fmt: skip
def test_errors_have_their_exit_code_and_message(
    inside: Run, friday: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, message: str
) -> None:
    monkeypatch.chdir(friday.parent)
    result = inside("playlist", *arguments)
    assert (result.returncode, message in " ".join(result.stderr.split())) == (code, True), result.stderr
    assert "Traceback" not in result.stderr
    assert friday.read_text() == FRIDAY

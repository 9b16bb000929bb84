"""`map4 playlist order|fill|merge|list|show|delete`."""

import csv
import io
import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from command_runs import typed
from conftest import Run
from lanes import sampled
from list_libraries import FRIDAY_MAP, put_songs, song
from schemas import validated

from map4.cli.main import cli
from map4.core.base.actor import SCOPES_OF, Actor
from map4.library import Library

DELETED = ("--restore", "deleted")


def test_an_order_is_written_again_and_never_over_an_edited_file(inside: Run, friday: Path) -> None:
    target = friday.parent / "set.m3u8"
    arguments = ("playlist", "order", friday, *FRIDAY_MAP, "-o", target, "--relative-to", friday.parent)
    first = inside(*arguments)
    assert (first.returncode, first.stdout) == (3, "")  # some entries were not found
    assert f"{target}: 4 tracks" in first.stderr
    assert "the best order there is: mean mix 0.42 before, 0.71 now" in first.stderr
    assert "\nbefore: quality 38 of 100 (tempo 33, harmony 33, " in first.stderr
    assert "; 2 weak steps: 2, 3 tempo, key, poor mix; 3 energy step\n" in first.stderr
    assert "\nnow: quality " in first.stderr
    assert target.read_text().splitlines()[:2] == ["#EXTM3U", "#PLAYLIST:Friday"]
    assert os.path.relpath("/music/Ann/Sky.mp3", friday.parent) in target.read_text()
    assert inside(*arguments).returncode == 3
    target.write_text("edited")
    assert inside(*arguments).returncode == 1
    assert target.read_text() == "edited"
    assert inside(*arguments, "--force", "-q").returncode == 3
    assert target.read_text().startswith("#EXTM3U")


def test_a_list_is_refreshed_and_filled(inside: Run, friday: Path, good: Path) -> None:
    result = inside("playlist", "fill", "--refresh", friday, *FRIDAY_MAP, "--paths")
    assert (result.returncode, result.stdout.split()[0]) == (4, "/music/Ann/Sky.mp3")  # so few tracks can't replace all
    assert "2: /music/Fay/Polka.mp3 does not fit: now " in result.stderr
    assert "1 track fewer than requested" in result.stderr
    whole = inside("playlist", "fill", "--refresh", good, "--save", "Fresh")
    assert (whole.returncode, whole.stdout, "5 tracks, 0 of them new; mean mix 0.98" in whole.stderr) == (0, "", True)
    refused = inside("playlist", "fill", "--refresh", good, "-n", "4")
    assert (refused.returncode, "--refresh keeps the length" in refused.stderr) == (2, True)
    good.write_text("/music/Ann/Sky.mp3\n/music/Bob/Fire.mp3")
    filled = inside("playlist", "fill", good, "-n", "4", "--prefer", "bpm:120..", "--jsonl")
    assert filled.returncode == 0
    picks = [validated(line) for line in filled.stdout.splitlines()]
    assert [pick["position"] for pick in picks] == [1, 2, 3, 4]
    assert "preferred: bpm:120.." in picks[-1]["reasons"]
    assert inside("playlist", "fill", good).returncode == 2
    assert inside("playlist", "fill", good, "-n", "2").returncode == 2
    # Of the others, one is a third slower than any.
    short = inside("playlist", "fill", good, "-n", "7", "--paths")
    assert (short.returncode, len(short.stdout.split())) == (4, 6)
    assert "1 track fewer than requested" in short.stderr
    assert short.stderr.endswith("; loosen all limits with --relax, or scan more music\n")
    relaxed = inside("playlist", "fill", good, "--minutes", "60", "--relax", "--query", "bpm:1..")
    assert " tracks fewer than requested: nothing else in the library fits; loosen --query, or scan" in relaxed.stderr
    assert "\nmap4: about " in relaxed.stderr
    whole = inside("playlist", "fill", good, "-n", "7", "--relax", "--paths")
    assert (whole.returncode, len(whole.stdout.split())) == (0, 7)
    assert inside("playlist", "fill", friday, "-n", "6", "-q").returncode == 3


def test_lists_are_stored_shown_and_deleted(inside: Run, good: Path) -> None:
    saved = inside("playlist", "merge", good, "--save", "Friday night")
    assert (saved.returncode, saved.stdout) == (0, "")
    document = validated(inside("playlist", "list", "--json").stdout)
    assert [(playlist["name"], playlist["tracks"]) for playlist in document["lists"]] == [("Friday night", 5)]
    assert validated(inside("playlist", "list", "--jsonl").stdout)["present"] == 5
    assert inside("playlist", "list", "--csv").stdout.splitlines()[1].startswith("Friday night,5,5,1200.0,0.976,")
    assert inside("playlist", "list").stdout.splitlines()[1].split()[:5] == ["Friday", "night", "5", "20:00", "0.98"]
    assert inside("playlist", "show", "friday night", "--paths").stdout.count("\n") == 5
    assert inside("playlist", "check", "--strict", "Friday night").returncode == 0
    deleted = inside("playlist", "delete", "nope", "Friday night")
    assert deleted.returncode == 4
    assert deleted.stderr.splitlines()[0].startswith("map4: there is no stored list 'nope'")
    assert deleted.stderr.splitlines()[1].startswith("deleted 'Friday night'; to bring it back: map4 ")
    assert deleted.stderr.endswith(" playlist versions 'Friday night' --restore deleted\n")
    assert inside("playlist", "list").returncode == 4


def test_list_is_shown_on_the_clock(inside: Run, good: Path, tmp_path: Path) -> None:
    shown = inside("playlist", "show", good, "--starts", "2026-11-02T23:58", "-f", "{start} {starts_at}")
    assert shown.stdout.splitlines()[:2] == [
        f"{at[11:]} {datetime.fromisoformat(at).astimezone().isoformat()}"
        for at in ("2026-11-02T23:58:00", "2026-11-03T00:02:00")
    ]
    assert " 00:02 " in inside("playlist", "show", good, "--starts", "2026-11-02T23:58").stdout.splitlines()[2]
    out = tmp_path / "clock.m3u8"
    assert inside("playlist", "show", good, "--starts", "14:00", "-o", out).returncode == 0
    assert "T14:04:00" in out.read_text().split("#EXTINF")[1]
    assert inside("playlist", "check", out).returncode == 0
    assert inside("playlist", "show", good, "--starts", "later").returncode == 2


def test_deleted_list_is_shown_and_restored(inside: Run, good: Path) -> None:
    for source in (good, "Friday"):
        assert inside("playlist", "merge", source, "--save", "Friday", "--force").returncode == 0
    assert inside("playlist", "list", "--deleted").returncode == 4  # the same tracks again
    inside("playlist", "delete", "Friday")
    [gone] = validated(inside("playlist", "list", "--deleted", "--json").stdout)["lists"]
    days = datetime.fromisoformat(gone["kept_until"]) - datetime.fromisoformat(gone["deleted_at"])
    assert (gone["name"], gone["tracks"], days) == ("Friday", 5, timedelta(days=30))
    header, line = inside("playlist", "list", "--deleted").stdout.splitlines()
    assert header.split() == ["name", "tracks", "deleted", "kept", "until", "id"]
    assert [line.split()[0], line.split()[1], line.split()[-1]] == ["Friday", "5", gone["id"]]
    good.write_text("/music/Ann/Sky.mp3")
    inside("playlist", "merge", good, "--save", "Friday")
    taken = inside("playlist", "versions", "Friday", *DELETED)
    assert taken.returncode == 2
    assert "already exists (1 track); bring the deleted one back under another name, with --as NAME" in taken.stderr
    assert "'Before' is back" in inside("playlist", "versions", "friday", *DELETED, "--as", "Before").stderr
    assert inside("playlist", "show", "Before", "--paths").stdout.count("\n") == 5
    assert "no list 'Friday' was deleted" in inside("playlist", "versions", "Friday", *DELETED).stderr
    assert inside("playlist", "merge", "Before", "--save", "Friday", "--force").returncode == 0
    assert validated(inside("playlist", "list", "--deleted", "--jsonl").stdout)["tracks"] == 1
    assert inside("playlist", "list", "--deleted", "--history").returncode == 2


@pytest.mark.parametrize("command", [["show"], ["fill", "-n", "6"]])
def test_list_commands_write_the_same_table_to_a_file(inside: Run, good: Path, command: list[str]) -> None:
    table = inside("playlist", *command, good, "--csv")
    assert table.returncode == 0, table.stderr
    target = good.parent / "table.csv"
    assert inside("playlist", *command, good, "-o", target).returncode == 0
    assert target.read_bytes().decode().replace("\r\n", "\n") == table.stdout
    head, *rows = csv.reader(table.stdout.splitlines())
    first, second = (dict(zip(head, row, strict=True)) for row in rows[:2])
    assert [first[name] for name in ("position", "starts_s", "compatibility", "genre")] == ["1", "0.0", "", "House"]
    assert [second[name] for name in ("position", "starts_s", "relaxed")] == ["2", "240.0", ""]
    assert 0.9 < float(second["compatibility"]) <= 1.0
    assert float(second["tempo_change_percent"]) == pytest.approx(0.82)


def stored_paths(inside: Run, name: str) -> list[str]:
    return inside("playlist", "show", name, "--paths").stdout.split()


@pytest.mark.parametrize(
    "arguments",
    [["--seed", "/music/Ann/Sky.mp3", "-n", "2"], ["merge", "other.m3u8"], ["fill", "other.m3u8", "-n", "3"]],
)
def test_stored_list_is_replaced_only_with_force(inside: Run, good: Path, arguments: list[str]) -> None:
    (good.parent / "other.m3u8").write_text("/music/Cat/Rain.mp3\n/music/Bob/Fire.mp3\n/x/none.mp3")
    assert inside("playlist", "merge", good, "--save", "Friday").returncode == 0
    before = stored_paths(inside, "Friday")
    refused = inside("playlist", *arguments, "--save", "friday", "-o", "new.m3u8", cwd=good.parent)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        "map4: the stored list 'Friday' already exists (5 tracks); choose another name, or replace it with --force\n"
    )
    assert not (good.parent / "new.m3u8").exists()
    assert stored_paths(inside, "Friday") == before
    forced = inside("playlist", *arguments, "--save", "friday", "--force", cwd=good.parent)
    assert "stored as 'friday'; to see it: map4 playlist show friday" in forced.stderr
    assert stored_paths(inside, "Friday") != before


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
@pytest.mark.parametrize(("answer", "code", "tracks"), [("y", 0, 1), ("n", 2, 5)])
def test_terminal_confirms_replacing_a_list(inside: Run, good: Path, answer: str, code: int, tracks: int) -> None:
    (good.parent / "one.m3u8").write_text("/music/Cat/Rain.mp3")
    assert inside("playlist", "merge", good, "--save", "Friday night").returncode == 0
    with typed(f"{answer}\n") as terminal:
        done = inside("playlist", "merge", good.parent / "one.m3u8", "--save", "Friday night", stdin=terminal)
    assert done.returncode == code
    assert "Replace the stored list 'Friday night' (5 tracks)?" in done.stderr
    assert ("to see it: map4 playlist show 'Friday night'" in done.stderr) == (code == 0)
    assert inside("playlist", "show", "Friday night", "--paths").stdout.count("\n") == tracks


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
@pytest.mark.parametrize(
    ("answers", "options", "code", "left"),
    [("yn", [], 4, ["Sunday"]), ("", ["--yes"], 0, []), ("", ["--no-input"], 0, [])],
)
def test_terminal_confirms_deleting_a_list(
    inside: Run, good: Path, answers: str, options: list[str], code: int, left: list[str]
) -> None:
    for name in ("Friday", "Sunday"):
        inside("playlist", "merge", good, "--save", name)
    with typed("".join(f"{answer}\n" for answer in answers)) as terminal:
        done = inside("playlist", "delete", "friday", "sunday", *options, stdin=terminal)
    assert (done.returncode, done.stderr.count("Delete the stored list 'Friday'?")) == (code, len(answers) // 2)
    assert ("map4: 'Sunday' stays" in done.stderr) == bool(left)
    rows = inside("playlist", "list", "--csv").stdout.splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == left


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
@pytest.mark.usefixtures("good")
def test_aborted_prompt_ends_its_line(inside: Run) -> None:
    with typed("\x04") as terminal:
        done = inside("library", "prune", "--analyses", stdin=terminal)
    assert done.returncode == 130
    assert done.stderr.endswith(" [y/N]: \n")


@pytest.mark.contract
def test_names_outside_the_locale_are_matched_by_bytes(map4: Run, tmp_path: Path) -> None:
    put_songs(tmp_path / "library.map4", [song("/music/Zoë.mp3", "Zoë", "Sky", 122.0, "8A", 0.5)])
    (tmp_path / "set.m3u8").write_text("/music/Zoë.mp3\n", encoding="utf-8")
    shown = map4(
        "playlist", "show", tmp_path / "set.m3u8", "--csv", env={"LC_ALL": "C", "PYTHONUTF8": "0", "LANG": "C"}
    )
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.splitlines()[1].startswith("1,/music/")


def test_many_missing_entries_are_counted_instead_of_listed(inside: Run, friday: Path) -> None:
    friday.write_text("/music/Ann/Sky.mp3\n" + "".join(f"/x/{n}.mp3\n" for n in range(30)))
    result = inside("playlist", "show", friday)
    assert (result.returncode, result.stderr.count("not found in the library")) == (3, 10)
    assert "20 more entries were left out" in result.stderr
    assert inside("playlist", "show", friday, "-v").stderr.count("not found in the library") == 30


def test_list_names_ignore_case_and_a_typo_gets_a_suggestion(inside: Run, good: Path) -> None:
    inside("playlist", "merge", good, "--save", "Ärger am Freitag")
    assert inside("playlist", "show", "äRGER am freitag", "--paths").returncode == 0
    for arguments in (("show", "Arger am Freitag"), ("delete", "Ärger am Freitga"), ("check", "Ärger am Fretag")):
        slip = inside("playlist", *arguments)
        assert (slip.returncode, "did you mean Ärger am Freitag?\n" in slip.stderr) == (4, True), slip.stderr
    assert "'map4 playlist list' shows the stored lists" in inside("playlist", "show", "xyz").stderr


@pytest.mark.parametrize(
    ("typed", "hint"),
    sampled(
        [
            (["Friday"], "'map4 playlist show Friday' shows the stored list."),
            (["Warm", "up"], "'map4 playlist show 'Warm up'' shows the stored list."),
            (["shwo", "Friday"], "There is no command 'playlist shwo'. Did you mean 'map4 playlist show'?"),
            (["Fridy"], "there is no stored list 'Fridy'; did you mean Friday? Give tracks with --seed."),
            (["Sky"], "'map4 playlist list' shows the stored lists; give tracks with --seed."),
        ],
        every=2,
    ),
)
def test_list_name_in_place_of_a_sub_command_gets_a_hint(inside: Run, good: Path, typed: list[str], hint: str) -> None:
    inside("playlist", "merge", good, "--save", "Friday")
    inside("playlist", "merge", good, "--save", "Warm up")
    result = inside("playlist", *typed)
    assert (result.returncode, result.stdout) == (2, "")
    assert hint in result.stderr


def test_imported_lists_are_shown_with_their_folders_and_named_by_them(inside: Run, good: Path) -> None:
    track = '<TRACK TrackID="1" Name="Sky" Artist="Ann" Location="file://localhost/music/Ann/Sky.mp3"/>'
    warmup = '<NODE Name="{}" Type="0"><NODE Name="Warmup" Type="1" KeyType="0"><TRACK Key="1"/></NODE></NODE>'
    xml = good.parent / "rb.xml"
    xml.write_text(
        f'<DJ_PLAYLISTS Version="1.0.0"><COLLECTION Entries="1">{track}</COLLECTION><PLAYLISTS>'
        f'<NODE Type="0" Name="ROOT">{warmup.format("2023")}{warmup.format("2024")}</NODE></PLAYLISTS></DJ_PLAYLISTS>'
    )
    assert inside("import", xml).returncode == 0
    lines = [line.split() for line in inside("playlist", "list").stdout.splitlines()]
    assert [lines[0][-1], lines[1][0], lines[1][-1], lines[2][:2], lines[2][-1]] == [
        "folder", "Warmup", "2023", ["Warmup", "(2024)"], "2024",
    ]  # fmt: skip
    assert inside("playlist", "show", "2024/warmup", "--paths").stdout == "/music/Ann/Sky.mp3\n"
    assert inside("export", "--playlist", "2024/Warmup", "-o", good.parent / "out.csv").returncode == 0
    assert "deleted 'Warmup (2024)'" in inside("playlist", "delete", "2024/Warmup").stderr
    assert inside("playlist", "show", "2024/Warmup").returncode == 4
    args = ["--library", str(good.parent / "library.map4"), "playlist", "delete"]
    found = ShellComplete(cli, {}, "map4", "_MAP4_COMPLETE").get_completions(args, "2023/")
    assert [item.value for item in found] == ["2023/Warmup"]


def test_lists_show_their_owner_and_can_be_shared(inside: Run, friday: Path) -> None:
    assert inside("playlist", "order", friday, *FRIDAY_MAP, "--save", "Ours").returncode == 3
    assert "whose" not in inside("playlist", "list").stdout
    refused = inside("playlist", "share", "Ours", "read")
    assert (refused.returncode, "'Ours' belongs to everybody" in refused.stderr) == (2, True)
    path = json.loads(inside("library", "info", "--json").stdout)["library"]
    ann = Actor(id=7, name="Ann", scopes=SCOPES_OF["user"])
    with Library.open(path, actor=ann) as library:
        library.lists.copy("Ours", "Hers")
        library.lists.share("Hers", "read")
    rows = [line.rsplit("  ", 1) for line in inside("playlist", "list").stdout.splitlines()]
    assert [(row[0].split()[0], row[1]) for row in rows] == [
        ("name", "whose"), ("Hers", "7, shared to read"), ("Ours", "everybody")
    ]  # fmt: skip
    shared = inside("playlist", "share", "hers", "edit")  # who sits at this machine is an admin
    assert (shared.returncode, shared.stderr) == (0, "'Hers' is editable by everybody\n")
    rows = [*csv.DictReader(io.StringIO(inside("playlist", "list", "--csv").stdout))]
    assert [(row["owner"], row["sharing"]) for row in rows] == [("", "edit"), ("local", "edit")]
    assert inside("playlist", "share", "None", "read").returncode == 4


@pytest.mark.parametrize(("folder", "is_said"), [("elsewhere", True), (".", False), ("./elsewhere/..", False)])
def test_odd_relative_paths_are_reported(inside: Run, friday: Path, tmp_path: Path, folder: str, is_said: bool) -> None:
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / folder / "list.m3u8"
    commands = [
        ("playlist", "show", friday, *FRIDAY_MAP, "-o", target, "--relative-to", tmp_path, "--force"),
        ("export", "-o", target, "--relative-to", tmp_path, "--force"),
    ]
    for command in commands:
        assert ("players look for these paths beside the list" in inside(*command).stderr) == is_said

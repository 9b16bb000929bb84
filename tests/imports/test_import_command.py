"""`map4 import`, most of it in this process; a few runs are real ones."""

import json
import os
from pathlib import Path

import pytest
import rekordbox_sticks as sticks
import serato_files as serato
from audio_files import make, noise
from conftest import Run, write_clicks
from libraries import execute
from list_libraries import HOUSE, put_songs, song
from schemas import validated

SKY, FIRE = "/music/Ann/Sky.mp3", "/music/Bob/Fire.mp3"


@pytest.fixture(autouse=True)
def library(tmp_path: Path) -> Path:
    return put_songs(tmp_path / "library.map4", HOUSE)


@pytest.fixture
def friday(tmp_path: Path) -> Path:
    """Two tracks that the library has, and one of another machine."""
    path = tmp_path / "Friday.m3u8"
    path.write_text(f"#EXTM3U\n{FIRE}\n#EXTINF:200,Zed - Nowhere\n/Volumes/USB/Zed/Nowhere.mp3\n{SKY}\n")
    return path


def test_imported_list_is_stored_and_unmatched_entries_reported(inside: Run, friday: Path) -> None:
    result = inside("import", friday)
    assert (result.returncode, result.stdout) == (0, "")
    assert "Zed - Nowhere (/Volumes/USB/Zed/Nowhere.mp3): not found in the library" in result.stderr
    assert "--path-map '/Volumes/USB/Zed=FOLDER'" in result.stderr
    assert result.stderr.endswith(f"{friday} (lists): 2 of 3 tracks found; added: 1 list\n")
    shown = inside("playlist", "show", "Friday", "--paths")
    assert shown.stdout.splitlines() == [FIRE, SKY]
    assert inside("import", friday).stderr.endswith("2 of 3 tracks found; unchanged\n")
    (friday.parent / "Saturday.m3u8").write_text(f"{SKY}\n")
    assert inside("import", friday.parent / "Saturday.m3u8").stderr.endswith("found; added: 1 list\n")


def test_history_and_waiting_entries_are_listed(inside: Run, friday: Path) -> None:
    assert inside("import", "waiting").returncode == 4
    inside("import", friday)
    lines = inside("import", "history").stdout.splitlines()
    assert lines[0].split() == ["imported", "format", "tracks", "found", "file"]
    assert lines[1].split()[-4:] == ["lists", "3", "2", str(friday)]
    both = inside("import", "waiting", "--csv", "--json")
    assert (both.returncode, both.stdout, "choose one" in both.stderr) == (2, "", True)
    assert inside("import", "waiting").stdout == "Zed - Nowhere (/Volumes/USB/Zed/Nowhere.mp3)\n"


def test_json_summary_has_changes_and_forget_keeps_lists(inside: Run, friday: Path) -> None:
    document = validated(inside("import", friday, "--json", "--dry-run").stdout, "import-summary")
    assert (document["matched"], document["dry_run"], document["lists"]) == (2, True, ["Friday"])
    assert inside("import", "history").returncode == 4
    document = validated(inside("import", friday, "--json").stdout, "import-summary")
    waiting = {"location": "/Volumes/USB/Zed/Nowhere.mp3", "artist": "Zed", "title": "Nowhere", "duration_s": 200.0}
    assert (document["changed"], document["waiting"]) == (2, [waiting])
    history = validated(inside("import", "history", "--json").stdout, "import-history")
    assert history["waiting"] == [waiting]
    [entry] = history["imports"]  # type: ignore[misc]
    assert (entry["path"], entry["format"], entry["tracks"], entry["matched"]) == (str(friday), "lists", 3, 2)
    inside("import", friday)
    assert inside("import", "forget", "--yes", friday).returncode == 0
    assert inside("import", "history").returncode == 4
    shown = inside("playlist", "show", "Friday", "--paths")
    assert shown.stdout.splitlines() == [FIRE, SKY]
    assert "entry 2: Zed - Nowhere: not found in the library" in shown.stderr
    found = inside("import", "forget", friday)
    assert (found.returncode, "nothing was imported from" in found.stderr) == (4, True)


def test_damaged_file_keeps_the_values_of_its_last_import(inside: Run, music: Path, tmp_path: Path) -> None:
    inside("scan", music)
    stick = tmp_path / "STICK"
    stick.mkdir()
    rows = [sticks.track_row(n, title=f"Track {n}", file_path=f"/Contents/{n}.mp3") for n in range(1, 200)]
    sticks.write_stick(stick, {sticks.TRACKS: rows})
    inside("import", stick)
    file = stick / "PIONEER" / "rekordbox" / "export.pdb"
    file.write_bytes(file.read_bytes()[:12_288])
    again = inside("import", stick)
    assert again.returncode == 1
    assert "it is damaged: 21 tracks can be read, but the last import had 199, which are kept" in again.stderr
    [known] = json.loads(inside("import", "history", "--json").stdout)["imports"]
    assert known["tracks"] == 199
    refused = inside("import", "forget", stick)
    assert (refused.returncode, "add --yes" in refused.stderr) == (2, True)
    inside("import", "forget", stick, "--yes")
    assert "of 21 tracks" in inside("import", stick).stderr


def test_truncated_crate_does_not_shorten_its_list(inside: Run, tmp_path: Path) -> None:
    crate = tmp_path / "Jam.crate"
    (tmp_path / "Twice.m3u8").write_text(f"{SKY}\n{FIRE}\n{SKY}\n")
    inside("import", tmp_path / "Twice.m3u8")
    inside("export", "--playlist", "Twice", "-o", crate)
    inside("playlist", "delete", "Twice")
    inside("import", crate)
    whole = crate.read_bytes()
    crate.write_bytes(whole[:-30])
    again = inside("import", crate)
    assert (again.returncode, inside("playlist", "show", "Jam", "--paths").stdout.split()) == (1, [SKY, FIRE, SKY])
    assert (
        "it is damaged: the list 'Jam' has only 2 readable tracks, and 3 here, which are kept; to import it as "
        "it is now, delete the list first" in again.stderr
    )
    inside("playlist", "delete", "Jam")
    assert "2 of 2 tracks found" in inside("import", crate).stderr


def test_several_files_are_imported_at_once(inside: Run, friday: Path, tmp_path: Path) -> None:
    (tmp_path / "Saturday.m3u8").write_text(f"{SKY}\n")
    some = inside("import", friday, tmp_path / "none.xml", tmp_path / "Saturday.m3u8")
    assert (some.returncode, f"there is no file {tmp_path / 'none.xml'}" in some.stderr) == (3, True)
    assert [playlist["name"] for playlist in json.loads(inside("playlist", "list", "--json").stdout)["lists"]] == [
        "Friday",
        "Saturday",
    ]
    forget = inside("import", "forget", friday, tmp_path / "Saturday.m3u8")
    assert (forget.returncode, "unexpected extra argument" in forget.stderr) == (2, True)


@pytest.mark.parametrize(
    ("name", "way"),
    [("a.wpl", "save it there as M3U"), ("b.ASX", "save it in your player as M3U"), ("datafile.edb", "as XML")],
)
def test_unsupported_library_gets_a_hint_to_convert_it(inside: Run, tmp_path: Path, name: str, way: str) -> None:
    (tmp_path / name).write_text("<smil>")
    refused = inside("import", tmp_path / name)
    assert (refused.returncode, way in refused.stderr) == (1, True)


def test_rekordbox_stick_is_imported_with_phrases_and_history(inside: Run, tmp_path: Path) -> None:
    stick, place = tmp_path / "USB", "/PIONEER/USBANLZ/P016/0000875E/ANLZ0000.DAT"
    row = sticks.track_row(1, title="Sky", file_path="/Contents/Ann/Sky.mp3", analyze_path=place, tempo=12800)
    history = {sticks.HISTORIES: [sticks.named(1, "HISTORY 001")]}
    history[sticks.HISTORY_ENTRIES] = [sticks.history_entry_row(1, 1, 1)]
    lists = {sticks.TREE: [sticks.tree_row(1, "Friday")], sticks.ENTRIES: [sticks.entry_row(1, 1, 1)]}
    sticks.write_stick(stick, {sticks.TRACKS: [row], **lists, **history})
    phrases = sticks.phrases_tag(1, 97, [(1, 1), (33, 5)], is_masked=True)
    beats = sticks.beats_tag(sticks.steady_beats(120, 200))
    sticks.write_analysis(stick, place, sticks.analysis(beats), sticks.analysis(phrases))

    done = inside("import", stick, "--path-map", f"{stick}/Contents=/music")
    assert (done.returncode, "(rekordbox-usb): 1 of 1 track" in done.stderr) == (0, True)
    assert inside("playlist", "show", "Friday", "--paths").stdout == f"{SKY}\n"
    assert "HISTORY 001" in inside("playlist", "list", "--history").stdout
    record = json.loads(inside("search", "--jsonl", "title:sky").stdout)
    assert [phrase["role"] for phrase in record["imported"]["structure"]["phrases"]] == ["intro", "drop"]
    assert record["structure"] is None


def test_added_values_are_counted(inside: Run, tmp_path: Path) -> None:
    own = tmp_path / "own.xml"
    inside("set", "--query", "sky", "bpm=87", "key=8A")
    inside("export", "--to", "rekordbox", "-o", own)
    count = 7

    ahead = inside("import", own, "--dry-run")
    assert f"{count} of {count} tracks found; would be added: {count} BPM values, " in ahead.stderr
    document = validated(inside("import", own, "--json").stdout, "import-summary")
    assert (document["values"]["bpm"], document["values"]["cues"]) == (count, 0)
    assert inside("import", own).stderr.endswith(f"{count} of {count} tracks found; unchanged\n")

    own.write_text(own.read_text().replace('AverageBpm="87.00"', 'AverageBpm="88.00"'))
    assert inside("import", own).stderr.endswith(" keys (new for 1 track)\n")


def test_names_and_dates_of_a_program_are_found_and_written_again(inside: Run, library: Path, tmp_path: Path) -> None:
    execute(library, "UPDATE files SET artist = NULL, title = NULL, album = NULL WHERE display = ?", (SKY,))
    attribute = (
        'Name="My Song"',
        'Artist="My Artist"',
        'Composer="Bea"',
        'DateAdded="2019-08-23"',
        'Colour="0xFF0000"',
    )
    track = f'<TRACK TrackID="1" Location="file://localhost{SKY}" {" ".join(attribute)}/>'
    xml = tmp_path / "rekordbox.xml"
    xml.write_text(f"<DJ_PLAYLISTS Version='1.0.0'><COLLECTION>{track}</COLLECTION></DJ_PLAYLISTS>")
    document = validated(inside("import", xml, "--json").stdout, "import-summary")
    values = document["values"]
    assert isinstance(values, dict)
    assert {name for name, count in values.items() if count} == {"names", "dates", "color"}
    for query in ("my artist", "composer:bea added:2019", "color:red", 'title:="my song"'):
        assert inside("search", query, "--paths").stdout.splitlines() == [SKY], query
    record = validated(inside("search", "my artist", "--jsonl").stdout, "track")
    assert (record["tags"]["artist"], record["imported"]["artist"]) == (None, "My Artist")  # type: ignore[index]
    assert inside("search", "my song", "-f", "{artist}: {title}, {composer}").stdout == "My Artist: My Song, Bea\n"
    again = tmp_path / "again.xml"
    inside("export", "-o", again, "--query", "my artist")
    written = again.read_text()
    assert [attribute for attribute in attribute if attribute not in written] == []


def test_second_import_without_matches_is_reported_and_a_missing_file(
    inside: Run, library: Path, tmp_path: Path
) -> None:
    library.unlink()
    result = inside("import", tmp_path / "typo.xml")
    assert (result.returncode, "there is no file" in result.stderr, list(tmp_path.iterdir())) == (4, True, [])
    (listed := tmp_path / "usb.m3u8").write_text("/Volumes/USB/one/Gone.mp3\n")
    assert "0 of 1 track found; added: 1 list\n" in inside("import", listed).stderr
    again = inside("import", listed)
    assert "0 of 1 track found; nothing new: none of its files is in the library yet" in again.stderr
    assert again.returncode == 4
    (empty := tmp_path / "empty.m3u8").write_text("#EXTM3U\n")
    for _ in range(2):
        errors = inside("import", empty).stderr
    assert "0 of 0 tracks found; unchanged" in errors


def test_folder_mapped_later_matches_waiting_entries(inside: Run, tmp_path: Path) -> None:
    listed = tmp_path / "usb.m3u8"
    listed.write_text("/Volumes/USB/one/Fire.mp3\n/Volumes/USB/two/Sky.mp3\n")
    found = inside("import", listed)
    assert (found.returncode, "they are kept" in found.stderr) == (4, True)
    joined = inside("import", "--path-map", "/Volumes/USB/two=/music/Ann")
    assert joined.returncode == 0
    assert "1 imported entry found its file" in joined.stderr
    assert "1 imported track still without a file" in joined.stderr
    assert inside("playlist", "show", "usb", "--paths").stdout.splitlines() == [SKY]
    document = validated(
        inside("import", "--path-map", "/Volumes/USB/two=/music/Ann", "--json").stdout, "import-matches"
    )
    assert document | {"schema": ""} == {"schema": "", "tracks": 0, "replaced": 0, "by_hand": 0, "waiting": 1}
    again = inside("import", "--path-map", "/Volumes/USB/two=/music/Ann")
    assert (again.returncode, "no imported track found its file" in again.stderr) == (4, True)


def test_path_map_is_remembered_for_the_next_import(inside: Run, tmp_path: Path) -> None:
    listed = tmp_path / "usb 1.m3u8"
    listed.write_text("/Volumes/USB/one/Fire.mp3\n/Volumes/USB/two/Sky.mp3\n")
    asked = f"map4 import '{listed}' --path-map '/Volumes/USB=FOLDER'"
    assert asked in inside("import", listed).stderr
    result = inside("import", listed, "--path-map", "/Volumes/USB/two=/music/Ann")
    assert "as the last time" not in result.stderr
    again = inside("import", listed, "--json")
    document = validated(again.stdout, "import-summary")
    maps = [{"from": "/Volumes/USB/two", "to": "/music/Ann"}]
    assert (document["path_maps"], document["remembered_path_maps"], document["changed_lists"]) == (maps, True, 0)
    message = "--path-map as the last time: /Volumes/USB/two=/music/Ann (--no-path-map forgets it)"
    assert message in again.stderr
    assert again.stderr.endswith("1 of 2 tracks found; unchanged\n")
    assert validated(inside("import", "history", "--json").stdout, "import-history")["imports"][0]["path_maps"] == maps
    assert "as the last time" not in inside("import", listed, "--no-path-map").stderr
    assert "as the last time" not in inside("import", listed).stderr


def test_files_waiting_for_a_scan_are_shown_with_local_paths(inside: Run, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "unscanned.mp3").touch()
    listed = tmp_path / "x.m3u8"
    listed.write_text("/Volumes/USB/unscanned.mp3\n")
    errors = inside("import", listed, "--path-map", f"/Volumes/USB={tmp_path / 'new'}").stderr
    assert f"files are there that were not scanned yet: map4 scan {tmp_path / 'new'}" in errors
    assert "another name" not in errors


def test_path_map_can_contain_the_home_folder(inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/music")
    monkeypatch.setenv("USERPROFILE", "/music")
    listed = tmp_path / "usb.m3u8"
    listed.write_text("/Volumes/USB/two/Sky.mp3\n")
    assert "1 of 1 track found" in inside("import", listed, "--path-map", "/Volumes/USB/two=~/Ann").stderr


def test_scan_matches_a_waiting_entry(inside: Run, tmp_path: Path) -> None:
    listed = tmp_path / "new.m3u8"
    listed.write_text(f"{tmp_path}/music/click.wav\n")
    assert inside("import", listed).returncode == 4
    (tmp_path / "music").mkdir()
    write_clicks(tmp_path / "music" / "click.wav")
    scanned = inside("scan", tmp_path / "music")
    assert (scanned.returncode, "1 imported entry found its file" in scanned.stderr) == (0, True)
    shown = inside("playlist", "show", "new", "--paths")
    assert shown.stdout == f"{tmp_path}/music/click.wav\n"
    assert "imported" not in inside("scan", tmp_path / "music").stderr


def test_undo_of_an_aired_log_deletes_its_plays(inside: Run, tmp_path: Path) -> None:
    log, copy = tmp_path / "aired.csv", tmp_path / "copy.csv"
    log.write_text("Artist,Title,Played at\nAnn,Sky,2026-11-01 10:00:00\nZed,Nowhere,2026-11-01 10:04:00\n")
    copy.write_text(log.read_text() + "Ann,Sky,2026-11-02 10:00:00\n")

    def played() -> str:
        return inside("search", "-f", "{plays}", "plays:1..").stdout.strip()

    assert [inside("import", log).returncode, inside("import", copy).returncode, played()] == [0, 0, "2"]
    kept = inside("import", "forget", "--yes", copy)
    assert (kept.returncode, played()) == (0, "2")
    assert f"1 play kept; to delete them: map4 import forget --plays {copy}" in kept.stderr
    assert "2 plays stay, as another import or a player reported the same" in kept.stderr
    assert "--yes" in inside("import", "forget", "--plays", copy).stderr
    [place] = [line.split()[0] for line in inside("undo").stdout.splitlines() if "copy.csv: forgotten, 3 plays" in line]
    undone = inside("undo", place, "--yes")
    assert (undone.returncode, "1 play deleted" in undone.stderr, played()) == (0, True, "1")
    assert "2 plays deleted" in inside("undo", "1", "--yes").stderr
    assert (played(), inside("undo").returncode) == ("", 4)


@pytest.mark.parametrize(
    "options",
    [(), ("--from", "lists"), ("--dry-run",), ("history", "waiting"), ("history", "x.m3u8"), ("forget",),
     ("forget", "x.m3u8", "--dry-run"), ("x.m3u8", "--path-map", "nonsense"), ("waiting", "--from", "lists"),
     ("--path-map", "/a=/b", "--certainty", "0.5"), ("--no-path-map",),
     ("x.m3u8", "--path-map", "/a=/b", "--no-path-map")],
)  # fmt: skip
def test_invalid_options_are_refused(inside: Run, options: tuple[str, ...]) -> None:
    assert inside("import", *options).returncode == 2


def test_unreadable_files_are_refused(inside: Run, tmp_path: Path) -> None:
    missing = inside("import", tmp_path / "no.xml")
    assert (missing.returncode, "there is no file" in missing.stderr) == (4, True)
    (tmp_path / "x.bin").write_bytes(bytes(range(256)))
    unknown = inside("import", tmp_path / "x.bin")
    assert (unknown.returncode, "('map4 scan' reads music, and " in unknown.stderr) == (1, True)
    assert "name the format serato-tags" in unknown.stderr
    (tmp_path / "nothing.xml").touch()
    assert "this file is empty" in inside("import", tmp_path / "nothing.xml").stderr
    near = inside("import", tmp_path / "x.bin", "--from", "list")
    assert (near.returncode, "did you mean lists?" in near.stderr) == (2, True)
    (tmp_path / "empty.m3u8").write_text("#EXTM3U\n")
    empty = inside("import", tmp_path / "empty.m3u8")
    assert "Traceback" not in empty.stderr
    assert empty.returncode in (0, 4)
    folder = inside("import", tmp_path, "--from", "rekordbox")
    assert (folder.returncode, "is a folder; name the file in it" in folder.stderr) == (1, True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes, which this system has not")
@pytest.mark.parametrize("options", [(), ("--from", "rekordbox")])
def test_a_pipe_is_refused_at_once(inside: Run, tmp_path: Path, options: tuple[str, ...]) -> None:
    os.mkfifo(tmp_path / "pipe.xml")
    result = inside("import", tmp_path / "pipe.xml", *options)
    assert (result.returncode, "it is a pipe, a socket or a device" in result.stderr) == (1, True)


def test_control_characters_of_names_are_not_printed(inside: Run, tmp_path: Path) -> None:
    listed = tmp_path / "x.m3u8"
    listed.write_text(f"{SKY}\n#EXTINF:9,[red]Zed\x1b[31m - \u202eNo\n/a/\x1b[2Jno.mp3\n")
    found = inside("import", listed)
    assert "\x1b" not in found.stderr
    assert "[red]Zed" in found.stderr
    waiting = inside("import", "waiting").stdout
    assert "\x1b" not in waiting
    assert "[red]Zed" in waiting


def test_serato_s_tags_are_read_of_several_paths(inside: Run, library: Path, tmp_path: Path) -> None:
    blocks = {"Serato Markers2": serato.markers2(serato.entries(((0, 500, 0xCC0000, "Drop"),)))}
    folder = tmp_path / "music"
    folder.mkdir()
    music, plain = serato.put(make(folder / "a.flac", noise(0.2)), blocks), make(tmp_path / "plain.flac", noise(0.2))
    nothing = inside("import", "--from", "serato-tags", plain)
    assert (nothing.returncode, f"{plain} holds no tags of Serato's" in nothing.stderr) == (4, True)
    waits = inside("import", "--from", "serato-tags", music)
    assert (waits.returncode, "is in the library yet" in waits.stderr) == (4, True)
    assert f"files are there that were not scanned yet: map4 scan {folder}" in waits.stderr
    put_songs(library, [song(str(music), "Zoe", "New", 115.0, "8A", 0.5, audio_id=f"a1-{'f' * 32}")])
    some = inside("import", "--from", "serato-tags", folder, tmp_path / "none", music)
    assert (some.returncode, f"there is no file {tmp_path / 'none'}" in some.stderr) == (3, True)
    assert f"{folder} (serato-tags): 1 of 1 track found; " in some.stderr
    assert f"{music} (serato-tags): 1 of 1 track found; " in some.stderr
    assert inside("search", "has:cues", "--paths").stdout.splitlines() == [str(music)]


def test_histories_are_listed_apart_from_lists(inside: Run, friday: Path, tmp_path: Path) -> None:
    assert inside("playlist", "list", "--history").returncode == 4
    played = tmp_path / "2023-01-28.m3u"
    notes = "#EXTVDJ:<lastplaytime>{}</lastplaytime><artist>{}</artist><title>{}</title>\n{}\n"
    played.write_text(
        notes.format(1674884385, "Bob", "Fire", "netsearch://dz1") + notes.format(1674884510, "Ann", "Sky", SKY)
    )
    result = inside("import", played)
    assert result.stderr.endswith("2 of 2 tracks found; added: 2 play counts, 1 history\n")
    assert inside("import", played).stderr.endswith("2 of 2 tracks found; unchanged\n")
    inside("import", friday)

    assert [line.split()[0] for line in inside("playlist", "list").stdout.splitlines()] == ["name", "Friday"]
    header, row = inside("playlist", "list", "--history").stdout.splitlines()
    name = " ".join(row.split()[:2])
    assert (header.split(), name[:5]) == (["name", "tracks", "time", "mixes", "played"], "2023-")
    assert " ".join(row.split()[-2:]).replace(":", ".") == name
    [playlist] = validated(inside("playlist", "list", "--history", "--json").stdout, "stored-lists")["lists"]
    assert (playlist["name"], playlist["tracks"], playlist["history"], playlist["played_at"][:10]) == (
        name,
        2,
        True,
        name[:10],
    )
    assert inside("playlist", "show", name, "--paths").stdout.splitlines() == [FIRE, SKY]
    picks = validated(inside("playlist", "show", name, "--json").stdout, "playlist")["picks"]
    assert [pick["played_at"][:10] for pick in picks] == [name[:10]] * 2
    assert sorted(inside("search", "played:2023", "--paths").stdout.split()) == [SKY, FIRE]
    assert inside("playlist", "check", name).returncode == 0
    assert inside("export", "--playlist", name, "-o", tmp_path / "night.xspf").returncode == 0
    everything = tmp_path / "all.xml"
    assert inside("export", "-o", everything, "--to", "rekordbox").returncode == 0
    assert 'Name="Friday"' in everything.read_text()
    assert name not in everything.read_text()

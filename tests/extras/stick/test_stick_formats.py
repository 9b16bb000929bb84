"""What players read, by three readers: one written from the prose, map4's own, and pyrekordbox."""

import hashlib
import math
import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from dj_tracks import dj_track, exported, read
from extras.stick.independent_stick import Database, beats_of, big, read_database, read_tags, wave
from extras.stick.stick_libraries import DATE, marked_track, random_contents, unpacked, write_stick
from lanes import sampled

from map4.core.music.analysis.analysis import Tempo, TempoSegment
from map4.core.music.analysis.inside import Strip
from map4.core.music.track.cues import CuePoint, GridMark
from map4.extras.stick.anlz import analysis_files, analysis_path, kinds_of, mood_of
from map4.extras.stick.content import stick_track
from map4.extras.stick.names import shown
from map4.extras.stick.new_stick import SETTING_FILES
from map4.extras.stick.records import StickContents, StickList, StickPhrase, StickTrack
from map4.extras.stick.writing import export_pdb
from map4.formats.beat_grid import BeatGrid
from map4.formats.export import ExportOptions
from map4.formats.rekordbox.analysis_files import rekordbox_analysis
from map4.formats.rekordbox.device_pages import DeviceFile
from map4.formats.rekordbox.device_rows import device_text, text_at

# ---- export.pdb ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "head"),
    [
        ("", b"\x03"), ("House", b"\x0d"), ("x" * 126, b"\xff"), ("x" * 127, b"\x40\x83\0\0"),
        ("x" * 255, b"\x40\x03\x01\0"), ("é", b"\x90\x06\0\0"), ("it’s", b"\x90\x0c\0\0"),
        ("🎧", b"\x90\x08\0\0"), ("ü" * 255, b"\x90\x02\x02\0"),
    ],
)  # fmt: skip
def test_text_has_the_shortest_form_for_its_letters(value: str, head: bytes) -> None:
    assert device_text(value).startswith(head)
    assert text_at(b"??" + device_text(value), 2) == value


def test_empty_export_and_order_of_tags_equal_those_of_rekordbox() -> None:
    # PIONEER of rekordcrate's example export "empty", but for the order of free pages and the numbers of changes.
    data = bytearray(export_pdb(StickContents(date="2022-02-02")))
    data[20:24] = bytes(4)
    for table in range(20):
        data[32 + 16 * table : 36 + 16 * table] = bytes(4)
    for page in range(4096, len(data), 4096):
        data[page + 12 : page + 20] = bytes(8)
    assert hashlib.sha256(data).hexdigest() == "b6705d31e443c21f1d482f01f96c46613c348882e6fbaa23812dad52da8397b2"
    assert {name: hashlib.sha256(data).hexdigest()[:16] for name, data in SETTING_FILES.items()} == {
        "MYSETTING.DAT": "a9c6785b868be8cd",
        "MYSETTING2.DAT": "7e6d248e17e90a35",
        "DJMMYSETTING.DAT": "aa3d445a92750f8b",
    }
    files = _tags(marked_track())
    assert {suffix: " ".join(tags) for suffix, tags in files.items()} == {
        ".DAT": "PPTH PVBR PQTZ PWAV PWV2 PCOB",
        ".EXT": "PPTH PWV3 PCOB PCO2 PQT2 PWV5 PWV4 PSSI",
        ".2EX": "PPTH PWV7 PWV6 PWVC",
    }


def test_track_row_equals_the_one_of_rekordbox_if_it_fits_a_page() -> None:
    # The first track of rekordcrate's example export "demo_tracks", but for numbers of its library and dates.
    track = StickTrack(
        number=1, path="/Contents/Loopmasters/UnknownAlbum/Demo Track 1.mp3", artist="Loopmasters", key="Fm", kbps=320,
        analysis_path="/PIONEER/USBANLZ/P016/0000875E/ANLZ0000.DAT", title="Demo Track 1", label="Loopmasters",
        comment="Tracks by www.loopmasters.com", date_added="2018-05-25", bpm=128.0, duration_s=172.4,
        size_bytes=6_899_624,
    )  # fmt: skip
    row = bytearray(unpacked(export_pdb(StickContents(tracks=(track,), date=DATE)))[0][0])
    for start, end in ((2, 4), (20, 28), (32, 33), (139, 140), (141, 142), (209, 219)):
        row[start:end] = bytes(end - start)
    assert hashlib.sha256(row).hexdigest() == "3f75c4a4863e930742cc01115254aed65aba8d63cc81af1bd8a6a25caa723011"
    with pytest.raises(ValueError, match="a row of 4061 bytes does not fit on a page"):
        DeviceFile.pack({1: [bytes(4061)]})


@pytest.mark.parametrize("rows", [0, 1, 15, 16, 17, 32, 33, 500])
def test_rows_fill_pages_in_groups_of_sixteen(rows: int) -> None:
    track = marked_track(strip=b"")
    tracks = [replace(track, number=number, path=f"/Contents/{number}.mp3") for number in range(1, rows + 1)]
    everything = StickList(number=1, name="all", tracks=tuple(range(1, rows + 1)))
    database = read_database(export_pdb(StickContents(tracks=tuple(tracks), lists=(everything,), date=DATE)))
    assert list(database.tracks) == list(range(1, rows + 1))
    assert database.entries.get(1, []) == [(number, number) for number in range(1, rows + 1)]
    assert database.pages.get(8, 0) == -(-rows // 284)
    assert (len(database.columns), len(database.names["color"]), database.histories) == (27, 8, 0)


def _read_track(database: Database, number: int) -> dict[str, object]:
    """A row with names in the place of their numbers."""
    row = database.tracks[number]
    tables = {"composer": "artist", "remixer": "artist"}
    fields = ("album", "genre", "label", "key", "artwork", "artist", "composer", "remixer")
    names = {kind: database.names.get(tables.get(kind, kind), {}).get(row[kind]) for kind in fields}
    album_artist = database.names.get("artist", {}).get(database.album_artists.get(row["album"], 0))
    return row | names | {"album_artist": album_artist}


@pytest.mark.parametrize("seed", sampled(range(300), 15))
def test_random_library_is_read_back_equal(seed: int, tmp_path: Path) -> None:
    contents = random_contents(seed)
    data = export_pdb(contents)
    database = read_database(data)
    assert unpacked(data)
    tracks, lists, _ = read("rekordbox-usb", tmp_path / "export.pdb", data)
    own = {int(track.key): track for track in tracks}
    assert list(database.tracks) == list(own) == [track.number for track in contents.tracks]
    for track in contents.tracks:
        row, values = _read_track(database, track.number), own[track.number].values
        same = ("album", "genre", "label", "key", "artwork", "artist", "composer", "remixer", "title", "path", "color",
                "rating", "plays", "year", "track_number", "bits", "kbps", "analysis_path", "date_added", "size_bytes",
                "sample_rate_hz", "disc_number")  # fmt: skip
        assert {name: row[name] for name in same} == {name: getattr(track, name) for name in same}
        assert row["album_artist"] == (track.album and track.album_artist)
        assert [row[name] for name in ("mix", "comment", "file", "seconds", "tempo", "type")] == [
            track.mix or "", track.comment or "", track.path.rpartition("/")[2], track.duration_s,
            round(100 * (track.bpm or 0)), 1,
        ]  # fmt: skip
        assert (values.title, values.artist, values.album, values.comment, values.bpm) == (
            track.title, track.artist, track.album, track.comment, track.bpm,
        )  # fmt: skip
    for order, listed in enumerate(contents.lists):
        parent, place, is_folder, name = database.nodes[listed.number]
        assert (parent, is_folder, name) == (listed.parent, listed.is_folder, listed.name)
        assert place == sum(other.parent == parent for other in contents.lists[:order])
        assert tuple(track for _, track in sorted(database.entries.get(listed.number, []))) == listed.tracks
    assert {listed.name for listed in lists} == {listed.name for listed in contents.lists if not listed.is_folder}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""), ("  plain ", "plain"), ("a\0b\n", "ab"), ("x" * 300, "x" * 255), ("🎧" * 200, "🎧" * 127),
        ("e" + "\u0316" * 30, "e" + "\u0316" * 8), ("aбגदx", "aбגx"),
    ],
)  # fmt: skip
def test_names_are_shortened_to_what_players_show(value: str | None, expected: str) -> None:
    assert shown(value) == expected


# ---- analysis files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("/Contents/Loopmasters/UnknownAlbum/Demo Track 1.mp3", "P016/0000875E"),  # as rekordbox's example exports
        ("/Contents/Loopmasters/UnknownAlbum/Demo Track 2.mp3", "P053/0001D21F"),
        ("/Contents/UnknownArtist/UnknownAlbum/NOISE.wav", "P019/00020AA9"),
        ("/Contents/UnknownArtist/UnknownAlbum/SINEWAVE.wav", "P043/00011517"),
    ],
)
def test_analysis_is_in_the_folder_that_players_derive(path: str, folder: str) -> None:
    place = f"/PIONEER/USBANLZ/{folder}/ANLZ0000.DAT"
    assert analysis_path(path) == place
    assert analysis_path(path, {place}) == place.replace("0000.DAT", "0001.DAT")


def _tags(track: StickTrack) -> dict[str, dict[str, list[bytes]]]:
    return {suffix: read_tags(data) for suffix, data in analysis_files(track).items()}


def _times_s(marks: tuple[GridMark, ...], duration_s: float) -> list[float]:
    """Beats by definition, from the first mark on."""
    times = []
    for mark, following in zip(marks, [*marks[1:], None], strict=False):
        end_s = following.position_s - 30 / mark.bpm if following is not None else duration_s
        count = max(math.ceil((end_s - mark.position_s) * mark.bpm / 60), 0)
        times += [mark.position_s + i * 60 / mark.bpm for i in range(count)]
    return times


@pytest.mark.parametrize(
    "grid",
    [
        (GridMark(position_s=0.131, bpm=128.0, metre=4, beat=1),),
        (GridMark(position_s=7.77, bpm=87.3, metre=4, beat=3),),
        (GridMark(position_s=-0.2, bpm=174.03, metre=4, beat=2),),
        (GridMark(position_s=0.5, bpm=120.0, metre=4, beat=1), GridMark(position_s=60.5, bpm=126.4, metre=4, beat=1)),
        tuple(GridMark(position_s=0.5 * i + 0.001 * i * i, bpm=60 / (0.5 + 0.002 * i)) for i in range(60)),
        (),
    ],
)
@pytest.mark.parametrize("offset_s", [0.0, 0.025057])
def test_beats_read_back_within_a_millisecond(grid: tuple[GridMark, ...], offset_s: float, tmp_path: Path) -> None:
    track = marked_track(grid=grid, offset_s=offset_s)
    files = _tags(track)
    beats = beats_of(files[".DAT"])
    times_s = [time_s for time_s in _times_s(grid, 200.0 - offset_s) if time_s + offset_s >= 0]
    assert [time_ms / 1000 for *_, time_ms in beats][-len(times_s) or 0 :][: len(times_s)] == pytest.approx(
        [time_s + offset_s for time_s in times_s], abs=0.001
    )
    numbers = [number for number, *_ in beats]
    assert all(later == earlier % 4 + 1 for earlier, later in pairwise(numbers))
    (fine,) = files[".EXT"]["PQT2"]
    assert big(fine, 40) == len(beats)
    assert big(fine, 44) == sum(number + bpm + time_ms for number, bpm, time_ms in beats)
    exact = [time_ms + big(fine, 56 + 2 * i, 2) / 1000 for i, (*_, time_ms) in enumerate(beats)]
    assert exact[-len(times_s) or 0 :][: len(times_s)] == pytest.approx(
        [1000 * (time_s + offset_s) for time_s in times_s], abs=0.001
    )
    write_stick(tmp_path, StickContents(tracks=(track,), date=DATE))
    marks = rekordbox_analysis(str(tmp_path), track.analysis_path, Counter(), offset_s).grid
    own_s = _times_s(marks, 200.0 - offset_s)
    assert own_s[-len(times_s) or 0 :][: len(times_s)] == pytest.approx(times_s, abs=0.003)


@pytest.mark.parametrize("kind", ["rekordbox", "traktor", "virtualdj-database", "stick"])
def test_all_programs_get_the_same_beats_of_a_track_with_several_tempi(kind: str, tmp_path: Path) -> None:
    # As measured: parts begin on beats, and their tempi are not exact.
    parts = ((0.0, 95.027), (41.337, 97.31), (95.002, 93.4), (150.719, 96.2))
    ends_s = [*(start_s for start_s, _ in parts[1:]), 184.0]
    tempo_map = tuple(
        TempoSegment(start_s=start_s, end_s=end_s, bpm=bpm) for (start_s, bpm), end_s in zip(parts, ends_s, strict=True)
    )
    track = dj_track("a.flac", codec="flac")
    analysis = replace(track.analysis, tempo_map=tempo_map, tempo=Tempo(bpm=95.027, confidence=0.73))
    track = replace(track, analysis=analysis)
    grid = BeatGrid.in_force(track)
    if kind == "stick":
        stick = stick_track(track, 1, "/Contents/a.flac", "/PIONEER/USBANLZ/P016/0000875E/ANLZ0000.DAT", None)
        write_stick(tmp_path, StickContents(tracks=(stick,), date=DATE))
        marks = rekordbox_analysis(str(tmp_path), stick.analysis_path, Counter()).grid
    else:
        name = {"traktor": "t.nml", "rekordbox": "r.xml"}.get(kind, "database.xml")
        data, _ = exported(kind, [track], ExportOptions(with_grid=True))
        [found], _, _ = read(kind.partition("-")[0], tmp_path / name, data)
        marks = found.values.grid
    expected = _times_s((BeatGrid.from_zero(grid[0]), *grid[1:]), 184.0)
    assert _times_s((BeatGrid.from_zero(marks[0]), *marks[1:]), 184.0) == pytest.approx(expected, abs=0.005)
    steps_s = [later - earlier for earlier, later in pairwise(expected)]
    assert 60 / 98 < min(steps_s) <= max(steps_s) < 60 / 92


def test_map4_reads_its_cues_and_phrases_back(tmp_path: Path) -> None:
    track = marked_track()
    write_stick(tmp_path, StickContents(tracks=(track,), date=DATE))
    own = rekordbox_analysis(str(tmp_path), track.analysis_path, Counter(), track.offset_s).cues
    fade_in = CuePoint(position_s=70.0, name="Fade in")
    expected = sorted([fade_in, *(cue for cue in track.cues if cue.kind != "fade_in")], key=lambda cue: cue.position_s)
    assert [replace(cue, color=None) for cue in own] == [replace(cue, color=None) for cue in expected]
    track = marked_track()
    write_stick(tmp_path, StickContents(tracks=(track,), date=DATE))
    own = rekordbox_analysis(str(tmp_path), track.analysis_path, Counter(), track.offset_s).structure
    assert [phrase.role for phrase in own] == [phrase.role for phrase in track.phrases]
    assert [phrase.start_s for phrase in own] == pytest.approx([phrase.start_s for phrase in track.phrases], abs=0.001)
    assert "PSSI" not in _tags(replace(track, phrases=()))[".EXT"]
    assert "PSSI" not in _tags(replace(track, grid=()))[".EXT"]


def test_pyrekordbox_reads_cues_and_phrases() -> None:
    anlz = pytest.importorskip("pyrekordbox", reason="needs pyrekordbox, the extra 'rekordbox'").AnlzFile
    files = {suffix: anlz.parse(data) for suffix, data in analysis_files(marked_track()).items()}
    assert {file.get_tag("PPTH").content.path for file in files.values()} == {"/Contents/Ann/Album/01 Lied é.mp3"}
    cues = [
        [
            (cue.hot_cue, cue.time, cue.loop_time, cue.comment, cue.color_id, cue.loop_enumerator, cue.loop_denominator)
            for cue in tag.content.entries
        ]
        for tag in files[".EXT"].getall_tags("PCO2")
    ]
    point = 0xFFFFFFFF
    assert cues == [
        [(1, 16_225, point, "Drop é", 0, 0, 0), (4, 32_225, 34_225, "", 0, 4, 1), (8, 225, point, "", 0, 0, 0)],
        [(0, 64_225, point, "in", 5, 0, 0), (0, 70_025, point, "Fade in", 0, 0, 0), (0, 96_225, 96_475, "", 0, 1, 2)],
    ]
    red = files[".EXT"].getall_tags("PCO2")[0].content.entries[0]
    assert (red.color_red, red.color_green, red.color_blue) == (0xFF, 0, 0)
    older = [tag.content.entries for suffix in (".DAT", ".EXT") for tag in files[suffix].getall_tags("PCOB")]
    assert [[(cue.hot_cue, cue.time) for cue in entries] for entries in older] == [
        [(1, 16_225)], [(0, 64_225), (0, 70_025), (0, 96_225)], [(4, 32_225), (8, 225)], [],
    ]  # fmt: skip
    strip = np.frombuffer(marked_track().strip, np.uint8).reshape(3, -1).copy()
    strip[0, round(31.2 * Strip.RATE_HZ) : round(32.2 * Strip.RATE_HZ)] = 0  # no kick on two beats
    files = analysis_files(marked_track(strip=strip.tobytes()))
    times_ms = [0, *(time_ms for *_, time_ms in beats_of(read_tags(files[".DAT"])))]
    found = anlz.parse(files[".EXT"]).get_tag("PSSI").content
    assert (found.mood, times_ms[found.end_beat]) == (1, pytest.approx(190_025, abs=250))
    assert [(phrase.kind, times_ms[phrase.beat], times_ms[phrase.beat_fill]) for phrase in found.entries] == [
        (1, 225, 0), (2, 16_225, 31_225), (5, 32_225, 0), (3, 64_225, 0), (6, 96_225, 0),
    ]  # fmt: skip


# ---- phrases -------------------------------------------------------------------------------------


def _phrases(*described: tuple[str | None, str, float]) -> list[StickPhrase]:
    return [StickPhrase(16.0 * i, 16.0 * i + 16, group, role, loud) for i, (role, group, loud) in enumerate(described)]


@pytest.mark.parametrize(
    ("phrases", "mood", "kinds"),
    [
        (_phrases(("intro", "A", 0.2), ("build", "B", 0.5), ("drop", "C", 0.9), ("outro", "A", 0.1)), 1, [1, 2, 5, 6]),
        (_phrases((None, "A", 0.2), ("drop", "B", 0.9), ("break", "C", 0.3), (None, "D", 0.8)), 1, [3, 5, 3, 2]),
        (_phrases(("intro", "A", 0.3), (None, "B", 0.5), (None, "C", 0.8), (None, "B", 0.5), (None, "C", 0.8)), 2,
         [1, 2, 9, 2, 9]),
        (_phrases((None, "A", 0.5), (None, "B", 0.5), ("break", "C", 0.4), (None, "D", 0.5)), 2, [2, 3, 8, 4]),
        (_phrases((None, "A", 0.1), (None, "B", 0.2), (None, "C", 0.2), ("outro", "D", 0.1)), 3, [2, 5, 5, 10]),
        ([StickPhrase(0.0, 9.0)], 2, [2]),
    ],
)  # fmt: skip
def test_roles_and_energies_select_mood_and_kinds(phrases: list[StickPhrase], mood: int, kinds: list[int]) -> None:
    assert (mood_of(phrases), kinds_of(phrases)) == (mood, kinds)


# ---- waveforms -----------------------------------------------------------------------------------


def test_waveforms_have_150_points_a_second_and_kicks_in_their_place() -> None:
    files = _tags(marked_track())
    sizes = {name: wave(tags, name) for tags in files.values() for name in tags if re.match("PW(AV|V[2-7])", name)}
    assert {name: (size, len(data) // size) for name, (size, data) in sizes.items()} == {
        "PWAV": (1, 400), "PWV2": (1, 100), "PWV3": (1, 30_000), "PWV5": (2, 30_000), "PWV4": (6, 1200),
        "PWV7": (3, 30_000), "PWV6": (3, 1200),
    }  # fmt: skip
    heights = np.frombuffer(sizes["PWV5"][1], ">u2") >> 2 & 31
    assert [int(150 * (0.225 + 0.5 * beat)) in np.flatnonzero(heights >= 28) for beat in range(8)] == [True] * 8
    colors = np.frombuffer(sizes["PWV5"][1], ">u2")[int(150 * 0.225)]
    assert (colors >> 13, colors >> 7 & 7) == (7, 0)
    assert np.array_equal(np.frombuffer(sizes["PWV3"][1], np.uint8) & 31, heights)
    low, mid, high = np.frombuffer(sizes["PWV7"][1], np.uint8).reshape(-1, 3).T
    assert low[int(150 * 0.225)] > 120
    assert low.max() <= 127
    assert set(mid) != set(high)


@pytest.mark.parametrize("strip", [b"", bytes(3 * 40_000)])
def test_waveforms_without_sound_are_flat(strip: bytes) -> None:
    files = _tags(marked_track(strip=strip))
    assert set(wave(files[".2EX"], "PWV7")[1]) == {0}
    assert len(wave(files[".EXT"], "PWV3")[1]) == 30_000

"""Lists of a library: looked up, judged, ordered, merged, stored and written."""

import itertools
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from list_libraries import HOUSE, audio_id_of, put_songs, song
from made_library import put_labels

from map4.core.music.lists.joint import ListJoint
from map4.core.music.lists.limits import ListLimits, Relaxation
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.query.context import Preferences
from map4.core.music.track.labels import Labels
from map4.errors import NothingFoundError, StoredListExistsError, UsageError
from map4.formats.format import PlaylistReadError
from map4.library import Library
from map4.lists.check_result import WeakStep
from map4.lists.draft import PlaylistDraft
from map4.lists.playlists import Playlists
from map4.search.matching.matcher import ResolvedPlaylist

NAMES = ["Ann/Sky", "Bob/Fire", "Cat/Rain", "Dan/Wind", "Eve/Snow"]
FIVE = "\n".join(f"/music/{name}.mp3" for name in NAMES)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(put_songs(tmp_path / "library.map4", HOUSE)) as library:
        yield library


@pytest.fixture
def lists(library: Library) -> Playlists:
    return library.lists


def listed(lists: Playlists, text: str, **options: object) -> ResolvedPlaylist:
    return lists.read("x.m3u8", data=text.encode("utf-8", "surrogateescape"), **options)  # type: ignore[arg-type]


def paths(resolved: ResolvedPlaylist) -> list[str]:
    return [track.path for track in resolved.tracks()]


def made(found: PlaylistDraft) -> list[str]:
    return [track.path for track in found.content.tracks]


# ---- reading -------------------------------------------------------------------------------------


def test_list_file_that_includes_a_list_has_its_tracks(lists: Playlists, tmp_path: Path) -> None:
    (tmp_path / "warm.m3u8").write_text("/music/Bob/Fire.mp3\n")
    (tmp_path / "all.m3u8").write_text("/music/Ann/Sky.mp3\nwarm.m3u8\n")
    assert paths(lists.read(str(tmp_path / "all.m3u8"))) == ["/music/Ann/Sky.mp3", "/music/Bob/Fire.mp3"]
    sent = lists.read(str(tmp_path / "all.m3u8"), data=(tmp_path / "all.m3u8").read_bytes())
    assert paths(sent) == ["/music/Ann/Sky.mp3"]


def test_present_copy_replaces_a_missing_file_of_a_list(library: Library, lists: Playlists) -> None:
    gone, copy = HOUSE[-1], {**HOUSE[-1], "path": "/copies/Gone.mp3", "is_missing": False}
    put_songs(Path(library.path), [{**copy, "audio_id": audio_id_of(len(HOUSE) - 1)}])
    [entry] = listed(lists, gone["path"]).entries
    assert (entry.status, entry.track.path if entry.track else None) == ("found", copy["path"])
    [finding] = library.doctor.findings(only=["missing"])
    assert f"lists play {copy['path']}" in finding.detail
    assert [choice.label for choice in finding.choices] == ["forget what is gone"]


def test_every_entry_has_a_status(lists: Playlists) -> None:
    text = (
        "/music/Ann/Sky.mp3\n#EXTINF:100,Bob - Fire\n/x.mp3\n/y.mp3\n/music/Hal/Gone.mp3\nhttps://radio.example/x\n"
        "#EXTINF:241,Dan - Wind\n/z.mp3\n"
    )
    resolved = listed(lists, text)
    assert [entry.status for entry in resolved.entries] == ["found", "uncertain", "unknown", "gone", "url", "found"]
    assert paths(resolved) == ["/music/Ann/Sky.mp3", "/music/Dan/Wind.mp3"]
    assert resolved.counts() == {"found": 2, "uncertain": 1, "unknown": 1, "gone": 1, "url": 1}
    assert resolved.entries[1].to_record() == {
        "position": 2, "location": "/x.mp3", "artist": "Bob", "title": "Fire", "status": "uncertain", "method": "tags",
        "certainty": 0.75, "rivals": 0, "track": {"path": "/music/Bob/Fire.mp3"},
    }  # fmt: skip
    sure = listed(lists, text, least_certainty=0.7)
    assert paths(sure) == ["/music/Ann/Sky.mp3", "/music/Bob/Fire.mp3", "/music/Dan/Wind.mp3"]


def test_a_path_of_a_list_is_never_opened(lists: Playlists, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.m3u8").write_text(f"/music/Ann/Sky.mp3\n{tmp_path}/secret.mp3\n/dev/zero\n")
    (tmp_path / "secret.mp3").write_bytes(b"x")
    opened: list[str] = []

    def noting(real: Callable[..., object]) -> Callable[..., object]:
        def noted(file: object, *arguments: object, **options: object) -> object:
            opened.append(str(file))
            return real(file, *arguments, **options)

        return noted

    monkeypatch.setattr("builtins.open", noting(open))
    monkeypatch.setattr("os.open", noting(os.open))
    resolved = lists.read(str(tmp_path / "x.m3u8"))
    assert [entry.status for entry in resolved.entries] == ["found", "unknown", "unknown"]
    assert opened == [str(tmp_path / "x.m3u8")]


def test_relative_paths_start_at_the_list_file(lists: Playlists, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    relative = os.path.relpath("/music/Ann/Sky.mp3", tmp_path / "sub")
    (tmp_path / "sub" / "x.m3u8").write_text(relative)
    (tmp_path / "link.m3u8").symlink_to(tmp_path / "sub" / "x.m3u8")
    assert paths(lists.read(str(tmp_path / "sub" / "x.m3u8"))) == ["/music/Ann/Sky.mp3"]
    assert paths(lists.read(str(tmp_path / "link.m3u8"))) == ["/music/Ann/Sky.mp3"]


def test_list_entries_outside_utf_8_are_matched(tmp_path: Path) -> None:
    path = os.fsdecode(b"/music/caf\xe9.mp3")
    songs = [
        song(path, "Ann", "Sky", 120.0, "8A", 0.5),
        song("/music/x.mp3", "Bob", "Fire", 120.0, "8A", 0.5, audio_id="a1-x"),
    ]
    with Library.open(put_songs(tmp_path / "other.map4", songs)) as library:
        for kind in ("m3u8", "m3u", "pls", "xspf", "json", "jsonl", "csv"):
            made = library.lists.merge([listed(library.lists, "/music/caf\udce9.mp3\n/music/x.mp3")])
            target = str(tmp_path / f"out.{kind}")
            library.lists.write(made.content, target)
            assert paths(library.lists.read(target)) == [path, "/music/x.mp3"]


def test_stored_list_comes_before_a_file(lists: Playlists, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Friday").write_text("#EXTM3U\n/music/Bob/Fire.mp3")
    assert paths(lists.read("Friday")) == ["/music/Bob/Fire.mp3"]
    lists.save("Friday", lists.merge([listed(lists, "/music/Ann/Sky.mp3")]).content)
    assert paths(lists.read("friday")) == ["/music/Ann/Sky.mp3"]
    assert paths(lists.read("./Friday")) == ["/music/Bob/Fire.mp3"]


def test_stored_list_is_replaced_only_with_force(lists: Playlists) -> None:
    first, second = (listed(lists, f"/music/{name}.mp3") for name in ("Ann/Sky", "Bob/Fire"))
    lists.save("Friday", lists.content(first))
    for refused in (lambda: lists.save(" friday", lists.content(second)), lambda: lists.check_save("friday")):
        with pytest.raises(
            StoredListExistsError, match=r"'Friday' already exists \(1 track\); .* with --force"
        ) as found:
            refused()
        assert found.value.exit_code == 2
    assert paths(lists.read("Friday")) == ["/music/Ann/Sky.mp3"]
    lists.check_save("friday", force=True)
    lists.save("friday", lists.content(second), force=True)
    assert paths(lists.read("Friday")) == ["/music/Bob/Fire.mp3"]


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("", UsageError, "an empty path"),
        ("caf\udce9.m3u8", NothingFoundError, "there is no file caf\ufffd.m3u8"),
        ("nowhere", NothingFoundError, "neither a stored list nor a file nowhere; 'map4 playlist list'"),
        ("nowhere.m3u8", NothingFoundError, "there is no file nowhere.m3u8"),
        ("/nowhere/x", NothingFoundError, "there is no file /nowhere/x"),
        ("sub", PlaylistReadError, "sub can't be read: Is a directory"),
        ("x.json", PlaylistReadError, "x.json: this is not valid JSON"),
        ("long.m3u8", PlaylistReadError, "long.m3u8 can't be read: it is longer than"),
        ("nul\0", UsageError, "contains a NUL"),
    ],
)
def test_unreadable_sources_are_refused(
    lists: Playlists, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, kind: type[Exception], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "x.json").write_text("{")
    (tmp_path / "long.m3u8").write_text("/x.mp3\n" * 50)
    with pytest.raises(kind, match=message):
        lists.read(source, most_bytes=100)


# ---- checking ------------------------------------------------------------------------------------


def test_good_list_passes_by_its_policy_and_energy_curve(lists: Playlists) -> None:
    found = lists.check(listed(lists, FIVE))
    assert found.quality is not None
    assert (found.passes, found.weakest, found.better_order) == (True, (), None)
    assert found.limits.limits_record() == ListLimits().limits_record()
    record = found.to_record()
    assert [(step["from"], step["to"]) for step in record["transitions"]] == [(1, 2), (2, 3), (3, 4), (4, 5)]
    assert record["compatibility"] == pytest.approx((1 + 0.952 + 1 + 0.952) / 4)
    lacking = lists.check(listed(lists, f"{FIVE}\n/nowhere.mp3"))
    assert (lacking.quality.passes, lacking.passes) == (True, False)
    falling = listed(lists, "/music/Ann/Sky.mp3\n/music/Fay/Polka.mp3")

    def near(curve: str | None) -> float | None:
        quality = lists.check(falling, curve=curve).quality
        return quality.curve if quality else None

    assert (near(None), near("ascending"), near("0:.5,100:.1")) == (None, 0.0, 100.0)
    text = (
        '{"schema": "map4/playlist/1", "options": {"policy": "strict"}, "picks": ['
        '{"track": {"path": "/music/Ann/Sky.mp3"}, "energy_target": 0.4},'
        '{"track": {"path": "/music/Bob/Fire.mp3"}, "energy_target": "much"}]}'
    )
    resolved = lists.read("x.json", data=text.encode())
    assert lists.check(resolved).to_record()["policy"] == "strict"
    asked = lists.check(resolved, policy="creative", harmonic="off").to_record()
    assert (asked["policy"], asked["harmonic"], asked["quality"]["harmony"]) == ("creative", "off", None)


def test_weak_transition_has_suggested_remedies(lists: Playlists) -> None:
    names = ["Ann/Sky", "Fay/Polka", "Cat/Rain", "Dan/Wind", "Bob/Fire"]
    text = "\n".join(f"/music/{name}.mp3" for name in names)
    found = lists.check(listed(lists, text))
    assert not found.passes
    first, second = found.weakest
    assert {first.step.place, second.step.place} == {0, 1}
    assert (first.replacement.place, first.replacement.track.path) == (1, "/music/Gus/Fog.mp3")
    assert first.move.place == 1
    assert first.move.gained > first.move.before + 0.2
    assert found.better_order.method == "exact"
    assert found.better_order.places == (1, 0, 4, 2, 3)
    assert [weak.replacement for weak in lists.check(listed(lists, text), suggest=False).weakest] == [None, None]


def test_a_track_of_the_list_is_no_replacement(tmp_path: Path) -> None:
    rows = [row for row in HOUSE if row["artist"] not in ("Gus", "Bob", "Eve")]
    rows.append(song("/other/ann sky.mp3", "ANN ", "sky", 122.0, "8A", 0.5, audio_id="a1-copy"))
    with Library.open(put_songs(tmp_path / "few.map4", rows)) as library:
        text = "\n".join(f"/music/{name}.mp3" for name in ["Ann/Sky", "Fay/Polka", "Cat/Rain", "Dan/Wind"])
        found = library.lists.check(listed(library.lists, text))
    assert [weak.replacement for weak in found.weakest] == [None, None]


def test_check_suggests_joint_swap_insertion_or_replacement(tmp_path: Path) -> None:
    rows = [(118.0, "8A", 0.5), (128.5, "10A", 0.5), (123.0, "9A", 0.5), (118.0, "2A", 0.5)]
    songs = [song(f"/music/{n}.mp3", f"A{n}", "T", *row) for n, row in enumerate(rows)]
    with Library.open(put_songs(tmp_path / "mends.map4", songs)) as library:
        checks = [
            library.lists.check(listed(library.lists, "\n".join(f"/music/{n}.mp3" for n in places)), **options)
            for places, options in (((0, 1), {}), ((0, 3, 2), {"suggest": False}), ((0, 1, 3), {"weakest": 1}))
        ]
    first, second, third = (check.to_record() for check in checks)
    [weak] = first["weakest"]
    weak_steps = {
        name: weak[name] and (weak[name]["position"], weak[name]["path"]) for name in ("insertion", "replacement")
    }
    assert weak_steps == {"insertion": (2, "/music/2.mp3"), "replacement": (1, "/music/2.mp3")}
    assert (weak["words"], weak["swap"], weak["move"]) == (["tempo beyond ±8 %"], None, None)
    assert weak["joint"] == {"kind": "cut", "bars": None, "rating": "good"}
    assert second["weakest"][0]["swap"]["after_position"] == 0
    assert {second["weakest"][0][name] for name in ("insertion", "replacement")} == {None}
    assert (second["weak"], third["weak"], len(third["weakest"])) == (2, 2, 1)


def test_a_check_uses_the_pitch_range_and_the_joints_of_the_list(tmp_path: Path) -> None:
    songs = [song(f"/music/{n}.mp3", f"A{n}", "T", bpm, "8A", 0.5) for n, bpm in enumerate((120.0, 124.0))]
    with Library.open(put_songs(tmp_path / "two.map4", songs), preferences=Preferences(pitch_percent=3.0)) as library:
        resolved = listed(library.lists, "/music/0.mp3\n/music/1.mp3")
        content = library.lists.content(resolved)
        of, to = (track.audio_id or "" for track in content.tracks)
        joint = ListJoint(of=of, to=to, kind="cut")
        library.lists.save("cut", replace(content, header=replace(content.header, joints=(joint,))))
        checks = [library.lists.check(tracklist) for tracklist in (resolved, "cut")]
    # The loudness of the cut is unknown.
    assert [check.to_record()["transitions"][0]["rating"] for check in checks] == ["poor", "good"]
    assert [check.words()[-1].rpartition("kept")[2] for check in checks] == ["; 1 poor mix: 2", ""]
    assert [len(check.weakest) for check in checks] == [1, 0]


def test_single_track_has_no_steps_and_empty_lists_are_refused(lists: Playlists) -> None:
    found = lists.check(listed(lists, "/music/Ann/Sky.mp3"))
    assert (found.steps, found.compatibility, found.to_record()["rating"]) == ((), None, None)
    with pytest.raises(NothingFoundError, match=r"the only entry of x\.m3u8 is not in the library.*--path-map"):
        lists.check(listed(lists, "/nowhere.mp3"))
    with pytest.raises(NothingFoundError, match=r"x\.m3u8 has no entries"):
        lists.check(listed(lists, "#EXTM3U"))


COPIES = [
    song("/music/Hall 9.mp3", "Ann", "Hall 9", 124.0, "4A", 0.5, audio_id="a1-hall"),
    song("/music/track_01_final(2).mp3", None, None, 124.0, "4A", 0.5, audio_id="a1-hall"),
    song("/music/Two.mp3", "Bob", "Two", 125.0, "5A", 0.5),
    song("/music/hall 9 again.mp3", "ANN", "hall 9", 124.0, "4A", 0.5),
    song("/music/Three.mp3", "Cat", "Three", 126.0, "6A", 0.5),
]


def test_copies_are_poor_offered_for_removal_and_never_neighbours(tmp_path: Path) -> None:
    paths = [row["path"] for row in COPIES]
    with Library.open(put_songs(tmp_path / "copies.map4", COPIES)) as library:
        lists = library.lists
        check = lists.check(listed(lists, "\n".join(paths))).to_record()
        order = [made(lists.order(listed(lists, "\n".join(sorted(paths))), pin=pin)) for pin in ([], [1], [3, 5])]
    rated = [(step["rating"], step["words"]) for step in check["transitions"]]
    assert rated[::2] == [("poor", [f"the same recording as {which}"]) for which in ("the track before", "track 1")]
    names = ("remove", "swap", "move", "insertion", "replacement", "joint")
    assert [[weak[name] for name in names] for weak in check["weakest"]] == [[place, *[None] * 5] for place in (2, 4)]
    same = [{paths[0], paths[place]} for place in (1, 3)]
    assert not any({*pair} in same for found in order for pair in itertools.pairwise(found))


def test_mends_keep_pinned_and_locked_tracks(lists: Playlists) -> None:
    text = "\n".join(f"/music/{name}.mp3" for name in ["Ann/Sky", "Fay/Polka", "Cat/Rain", "Dan/Wind", "Bob/Fire"])
    free, pinned = (lists.check(listed(lists, text), pin=pin).weakest[0] for pin in ([], [2]))
    assert (free.move.place, free.replacement.place) == (1, 1)
    assert 1 not in {mend.place for mend in (pinned.move, pinned.replacement) if mend}
    content = lists.content(listed(lists, text))
    picks = [replace(pick, locked=place == 1) for place, pick in enumerate(content.picks)]
    lists.save("locked", replace(content, picks=picks))
    assert lists.check("locked").weakest[0] == pinned


def test_first_offers_bring_at_most_two_foreign_tracks_into_twenty(tmp_path: Path) -> None:
    random = Random(7)
    songs = [
        song(f"/music/{n}.mp3", f"A{n}", f"T{n}", random.uniform(90.0, 140.0), f"{random.randint(1, 12)}A",
             random.uniform(0.2, 0.9), duration_s=9.0 if n % 4 == 3 else 240.0)
        for n in range(80)
    ]  # fmt: skip
    own = [f"/music/{n}.mp3" for n in range(20)]
    with Library.open(put_songs(tmp_path / "mixed.map4", songs)) as library:
        content, offers = library.lists.content(listed(library.lists, "\n".join(own))), [True]
        for _ in range(60):
            library.lists.save("mixed", content, force=True)
            weakest = library.lists.check("mixed", pin=[1, len(content.tracks)], weakest=20).weakest
            offers = [(weak, name) for weak in weakest for name in OFFERS if getattr(weak, name) is not None]
            if not offers:
                break
            content = taken(library.lists, content, *offers[0])
    found = [track.path for track in content.tracks]
    foreign = {*found} - {*own}
    assert (offers, found[0], found[-1]) == ([], own[0], own[-1])
    assert len(foreign) <= 2
    assert not any(int(path[7:-4]) % 4 == 3 for path in foreign)  # these are too short


OFFERS = ("remove", "joint", "swap", "move", "insertion", "replacement")  # as the page offers them


def taken(lists: Playlists, content: Tracklist, weak: WeakStep, name: str) -> Tracklist:
    """A list with a mend."""
    tracks, at, mend, joints = list(content.tracks), weak.step.place + 1, getattr(weak, name), content.header.joints
    if name == "joint":
        of, to = (track.audio_id or "" for track in tracks[at - 1 : at + 1])
        joints = (*joints, ListJoint(of=of, to=to, kind=mend.kind, bars=mend.bars))
    elif name in ("swap", "move"):
        tracks.insert(mend.after + 1 - (mend.after > mend.place), tracks.pop(mend.place))
    else:
        tracks[mend.place : mend.place + (name == "replacement")] = [mend.track]
    made = lists.in_order("mixed", tracks)
    return replace(made, header=replace(made.header, joints=joints))


# ---- ordering and merging ------------------------------------------------------------------------


def test_best_order_mixes_better_and_keeps_pins(lists: Playlists) -> None:
    text = "\n".join(f"/music/{name}.mp3" for name in [NAMES[2], NAMES[4], NAMES[0], NAMES[3], NAMES[1]])
    made = lists.order(listed(lists, text))
    assert made.method == "exact"
    before, after = means(made)
    assert after > before
    pinned = lists.order(listed(lists, text), pin_first=True, pin_last=True)
    found = [track.path for track in pinned.content.tracks]
    assert (found[0], found[-1]) == ("/music/Cat/Rain.mp3", "/music/Bob/Fire.mp3")
    middle = lists.order(listed(lists, text), pin=[2, 4])
    assert [track.path for track in middle.content.tracks][1:4:2] == [f"/music/{NAMES[place]}.mp3" for place in (4, 3)]
    again = lists.order(lists.of_tracks(made.content.tracks, "x"))
    assert (made.is_changed, again.is_changed, again.method) == (True, False, "exact")
    for pin, refusal in (
        ([6], "there is no place 6"),
        ([0], "pin is 1 or more, not 0"),
        (["a"], "'a' is no whole number"),
    ):
        with pytest.raises(UsageError, match=refusal):
            lists.order(listed(lists, text), pin=pin)
    assert sorted(found) == sorted(paths(listed(lists, text)))
    first, second, *_ = pinned.content.picks
    assert first.transition is None
    assert (second.compatibility or 0.0) > 0
    ordered = lists.order(listed(lists, "/music/Ann/Sky.mp3"), pin_first=True, pin_last=True)
    assert (ordered.before.compatibility, ordered.content.compatibility) == (None, None)


def test_shuffle_is_repeatable_and_keeps_pinned_tracks(lists: Playlists) -> None:
    first, again, other = (
        made(lists.order(listed(lists, FIVE), shuffle=number, pin_last=True)) for number in ("1", "1", "2")
    )
    assert first == again != other
    assert sorted(first) == sorted(FIVE.splitlines())
    assert first[-1] == other[-1] == FIVE.splitlines()[-1]
    planned = lists.order(listed(lists, FIVE), shuffle="1", pin_last=True, plan=True)
    assert (made(planned), sum(pick.plan is not None for pick in planned.content.picks)) == (first, 4)


def test_shuffle_keeps_copies_with_other_artist_tags_apart(library: Library, lists: Playlists) -> None:
    copy = {**HOUSE[0], "path": "/copies/Sky.mp3", "artist": "Zed", "audio_id": audio_id_of(0)}
    put_songs(Path(library.path), [copy])
    both = {HOUSE[0]["path"], copy["path"]}
    orders = [made(lists.order(listed(lists, f"{FIVE}\n{copy['path']}"), shuffle=str(seed))) for seed in range(9)]
    assert both <= {*orders[0]}
    assert [order for order in orders if both in map(set, itertools.pairwise(order))] == []


def test_pairs_of_very_long_lists_are_not_compared(lists: Playlists, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.lists.check.mixing_gains", lambda tracks: pytest.fail("n x n numbers"))
    monkeypatch.setattr("map4.lists.check.MOST_ORDERED", 4)
    assert lists.check(listed(lists, FIVE), policy="strict").better_order is None
    assert lists.order(listed(lists, FIVE), shuffle="1").is_changed
    with pytest.raises(UsageError, match="at most 4 tracks can be ordered; order parts of the list, or shuffle it"):
        lists.order(listed(lists, FIVE))


def test_order_of_lower_quality_is_not_suggested(tmp_path: Path) -> None:
    rows = [
        (118.0, "8A", 0.2, "Jazz"), (124.0, "9A", 0.8, "Techno"), (124.0, "8B", 0.8, "Techno"),
        (120.0, "8A", 0.8, "Jazz"), (120.0, "2A", 0.8, "Techno"),
    ]  # fmt: skip
    songs = [song(f"/music/{n}.mp3", f"A{n}", "T", *row[:3], genre=row[3]) for n, row in enumerate(rows)]
    with Library.open(put_songs(tmp_path / "quality.map4", songs)) as library:
        made = library.lists.order(listed(library.lists, "\n".join(f"/music/{n}.mp3" for n in range(5))))
    before, after = means(made)
    assert before == after  # the order that mixes better has a worse quality


def test_best_order_keeps_artists_apart_but_not_guests(tmp_path: Path) -> None:
    names = ("Ann", "Ann feat. Bo", "Ann ft. Cy", "Dee", "Eve")
    songs = [song(f"/music/{n}.mp3", name, f"T{n}", 120.0, "8A", 0.5) for n, name in enumerate(names)]
    with Library.open(put_songs(tmp_path / "guests.map4", songs)) as library:
        made = library.playlist("/music/0.mp3", n=3, artist_gap=2)
    assert [str(pick.track.artist())[:3] for pick in made.picks] in (["Ann", "Dee", "Eve"], ["Ann", "Eve", "Dee"])
    rows = [("Ann", 120.0, "8A"), ("Bob", 122.0, "9A"), ("Ann feat. Bo", 120.0, "8A"), ("Cat", 124.0, "10A")]
    songs = [song(f"/music/{n}.mp3", name, f"T{n}", bpm, key, 0.5) for n, (name, bpm, key) in enumerate(rows)]
    with Library.open(put_songs(tmp_path / "artists.map4", songs)) as library:
        made = library.lists.order(listed(library.lists, "\n".join(f"/music/{n}.mp3" for n in range(4))))
    artists = [str(track.artist())[:3] for track in made.content.tracks]
    assert all(artist != other for artist, other in itertools.pairwise(artists))
    assert "artist_gap" not in made.content.header.quality.weak_steps or made.before == made.content


def means(made: PlaylistDraft) -> tuple[float, float]:
    """The mean compatibility before and after."""
    before, after = made.before and made.before.compatibility, made.content.compatibility
    assert before is not None
    assert after is not None
    return before, after


def test_tempo_jump_costs_more_than_a_key_clash(tmp_path: Path) -> None:
    rows = [(120.0, "8A", 0.5), (160.0, "8A", 0.5), (160.0, "2A", 0.8), (120.0, "2A", 0.8)]
    songs = [song(f"/music/{n}.mp3", f"A{n}", "T", *row) for n, row in enumerate(rows)]
    with Library.open(put_songs(tmp_path / "jumps.map4", songs)) as library:
        # By compatibility alone this is the best order: .6 + .5 + .6.
        resolved = listed(library.lists, "\n".join(f"/music/{n}.mp3" for n in range(4)))
        made = library.lists.order(resolved)
        check = library.lists.check(resolved)
    tempi = [track.bpm() for track in made.content.tracks]
    assert tempi in ([120.0, 120.0, 160.0, 160.0], [160.0, 160.0, 120.0, 120.0])
    before, after = means(made)
    assert after < before
    assert (made.before.header.quality.tempo, made.content.header.quality.tempo) == (33.3, 66.7)
    assert check.quality == made.before.header.quality
    assert check.weakest[0].move is None  # one would bring another jump


def test_relaxed_sound_moves_with_its_track_in_another_order(lists: Playlists) -> None:
    made = lists.merge([listed(lists, FIVE)]).content
    sound = Relaxation(rule="sound", asked=0.2, given=None)
    relaxed = (sound, Relaxation(rule="energy_curve", asked=0.15, given=0.25))
    picks = [replace(pick, relaxed=relaxed if index == 2 else ()) for index, pick in enumerate(made.picks)]
    lists.save("mine", replace(made, picks=picks))
    made = lists.order(lists.read("mine"))
    ordered = made.content
    assert made.before.header.quality.weak_steps == {"sound": (3,)}  # judged as the new order is
    at = [track.path for track in ordered.tracks].index("/music/Cat/Rain.mp3")
    assert ordered.picks[at].relaxed == (sound,)
    assert ordered.header.quality.weak_steps == {"sound": (at + 1,)}


def test_copies_of_a_song_with_about_its_length_are_one_recording(tmp_path: Path) -> None:
    lengths = {"a": 200.0, "b": 202.0, "c": 204.0}
    rows = [
        song(f"/{name}.mp3", "Ann", "Sky", 122.0, "8A", 0.5, duration_s=seconds) for name, seconds in lengths.items()
    ]
    path = put_songs(tmp_path / "copies.map4", [*rows, song("/o.mp3", "Bob", "Fire", 123.0, "8A", 0.5)])
    with Library.open(path) as library:
        lists = library.lists
        assert made(lists.merge([listed(lists, "/a.mp3\n/b.mp3\n/c.mp3\n/a.mp3")])) == ["/a.mp3", "/c.mp3"]
        assert made(lists.merge([listed(lists, "/b.mp3\n/a.mp3\n/c.mp3")])) == ["/b.mp3"]
        filled = lists.fill(listed(lists, "/a.mp3"), n=4)
        assert (sorted(made(filled)), filled.missing) == (["/a.mp3", "/o.mp3"], 2)
        assert sorted(made(lists.fill(listed(lists, "/b.mp3"), n=4))) == ["/b.mp3", "/o.mp3"]


def test_merged_list_has_each_recording_once_and_fill_reports_missing_tracks(lists: Playlists) -> None:
    short = lists.fill(listed(lists, "/music/Ann/Sky.mp3"), minutes=90)
    assert made(short)[0] == "/music/Ann/Sky.mp3"
    assert short.missing == round((90 - 4 * len(made(short))) / 4)
    assert lists.fill(listed(lists, "/music/Ann/Sky.mp3"), minutes=12).missing == 0
    resolved = listed(lists, "/music/Ann/Sky.mp3\n/music/Bob/Fire.mp3")
    two = listed(lists, "/music/Bob/Fire.mp3\n/music/Cat/Rain.mp3\n/music/Ann/Sky.mp3")
    merged = lists.merge([resolved, two])
    assert [track.path for track in merged.content.tracks] == [f"/music/{name}.mp3" for name in NAMES[:3]]
    assert (merged.content.header.quality.overall or 0.0) > 80
    with pytest.raises(NothingFoundError, match="no track of these lists"):
        lists.merge([listed(lists, "/nowhere.mp3")])


def test_labels_determine_the_genre_family(library: Library, lists: Playlists) -> None:
    two = listed(lists, "/music/Ann/Sky.mp3\n/music/Bob/Fire.mp3")
    assert lists.check(two, suggest=False).to_record()["quality"]["genre"] == 100
    bob = library.track("/music/Bob/Fire.mp3")
    assert bob.audio_id is not None
    label(library, bob.audio_id, "Rock")
    two = listed(lists, "/music/Ann/Sky.mp3\n/music/Bob/Fire.mp3")
    assert lists.check(two, suggest=False).to_record()["quality"]["genre"] == 20
    made = library.playlist("/music/Ann/Sky.mp3", n=2, exclude="bpm:123.1..", relax=False)
    assert made.missing.blockers == {"genre": 1}


def label(library: Library, audio_id: str, family: str) -> None:
    """Label audio as `map4 classify` does."""
    put_labels(library, {audio_id: Labels(genre=family, family=family, confidence=0.9, source="claude")})


# ---- storing and writing -------------------------------------------------------------------------


def test_saved_list_keeps_its_header_and_pick_details(lists: Playlists, tmp_path: Path) -> None:
    text = (
        '{"schema": "map4/playlist/1", "name": "N", "description": "D", "seeds": ["s"], "options": {"n": 2}, "picks": ['
        '{"track": {"path": "/music/Ann/Sky.mp3"}, "energy_target": 0.4, "reasons": ["seed"]},'
        '{"track": {"path": "/music/Bob/Fire.mp3"}, "energy_target": 0.5, "transition": {"compatibility": 0.1}}]}'
    )
    content = lists.content(lists.read("x.json", data=text.encode()))
    lists.save("N", content)
    lists.write(lists.content(lists.read("N")), str(tmp_path / "n.json"))
    again = lists.read(str(tmp_path / "n.json"))
    assert (again.name, again.description) == ("N", "D")
    assert (again.header.seeds, again.header.options) == (("s",), {"n": 2})
    assert again.entries[0].pick.reasons == ("seed",)
    assert again.entries[1].pick.energy_target == 0.5
    written = json.loads((tmp_path / "n.json").read_text())
    assert written["picks"][1]["transition"]["compatibility"] == 1.0  # judged anew


def test_copy_of_a_list_equals_the_original(lists: Playlists) -> None:
    lists.save("Friday", lists.merge([listed(lists, FIVE)]).content)
    lists.copy("Friday", " Saturday ")
    friday, other = (lists.read_stored(name).placed() for name in ("Friday", "Saturday"))
    assert friday == other
    assert friday[1][1].transition is not None
    assert len({stored.compatibility for stored in lists.stored()}) == 1

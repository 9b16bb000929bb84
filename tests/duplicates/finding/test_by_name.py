"""Files that are likely the same by what they are called, and versions."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from map4.duplicates.finding.by_name import Link, likely_links, version_links
from map4.duplicates.finding.groups import NamedFile, SoundPair
from map4.duplicates.finding.named_files import NamedFiles
from map4.search import Song


def named(audio_id: str, artist: str | None = "Ann", title: str | None = "Song", **more: Any) -> NamedFile:
    numbers = dict.fromkeys(("isrc", "catalog_number", "album", "disc_number", "track"))
    known = {**numbers, "duration_s": 200.0, **more}
    return NamedFile(ord(audio_id[0]), audio_id, f"/m/{audio_id}.mp3", artist, title, **known)


def likely(*files: NamedFile, pairs: tuple[SoundPair, ...] = (), heard: float | None = None) -> list[Link]:
    return sorted(likely_links(columns(files), pairs, lambda a, b: heard))


def versions(*files: NamedFile, pairs: tuple[SoundPair, ...] = ()) -> set[tuple[str, str]]:
    return {link[:2] for link in version_links(columns(files), pairs, songs_of(files))}


def songs_of(files: Sequence[NamedFile]) -> Callable[[Iterable[int]], Mapping[int, Song]]:
    songs = {file.file_id: Song.of(file.artist, file.title, file.path) for file in files}
    return lambda file_ids: songs


def columns(files: tuple[NamedFile, ...], advisories: Sequence[str | None] = ()) -> NamedFiles:
    made = NamedFiles({file.file_id: file for file in files}.__getitem__)
    for file, advisory in zip_longest(files, advisories):
        made.add((*file[:2], os.fsencode(file.path), *file[3:], None, None, advisory))
    return made


def test_track_tagged_as_clean_is_a_version_of_the_explicit_one() -> None:
    same = (named("a", isrc="GBAYE0601498"), named("b", isrc="GBAYE0601498"))
    for advisories, is_copy in (
        (("explicit", "clean"), False), ((None, "clean"), False), (("clean", "clean"), True),
        (("explicit", None), True),
    ):  # fmt: skip
        files = columns(same, advisories)
        assert bool(list(likely_links(files, (), lambda a, b: None))) is is_copy
        assert bool(list(version_links(files, (), songs_of(same)))) is not is_copy


def test_equal_names_ids_or_sounds_make_copies_likely() -> None:
    cases = [
        (named("b"), 0.85),
        (named("b", "ANN feat. Bo", "Song (Original Mix)", duration_s=209.0), 0.85),
        (named("b", duration_s=None), 0.85),
        (named("b", "Other", "Else", isrc="GBAYE0601498"), 0.9),
        (named("b", "Other", "Else", catalog_number="lc 012", track=3), 0.8),
    ]
    for other, certainty in cases:
        mine = named("a", isrc="GBAYE0601498", catalog_number="LC012", track=3)
        assert likely(mine, other) == [("a", "b", certainty)]
    [(_, _, certainty)] = likely(named("a", title="Velvet Undertow"), named("b", title="Velvet Undertwo"))
    assert 0.7 < certainty < 0.85
    half_sure = SoundPair("a", "b", 0.26, 1.0)
    [(_, _, certainty)] = likely(named("a"), named("b", "Other", "Else"), pairs=(half_sure,))
    assert 0.5 < certainty < 0.9
    assert likely(named("a"), named("b"), heard=0.1) == []
    assert likely(named("a"), named("b"), heard=0.95) == [("a", "b", 0.95)]


def test_other_lengths_parts_and_placeholders_are_no_copies() -> None:
    cases = [
        named("b", duration_s=211.0),
        named("b", title="Song (Live)"),
        named("b", title="Song (Live)", isrc="GBAYE0601498"),
        named("b", "Somebody"),
        named("b", catalog_number="LC012", artist="Other", title="Else", track=4),
    ]
    for other in cases:
        assert likely(named("a", isrc="GBAYE0601498", catalog_number="LC012", track=3), other) == []
    assert likely(named("a", title="Long Suite Part 1"), named("b", title="Long Suite Part 2")) == []
    assert likely(named("a", None, None), named("b", None, None)) == []
    for names in (("Unknown Artist", "Track 03"), ("<unknown>", "Song"), ("Ann", "Track 03"), ("Artist", "Titel 3")):
        assert likely(named("a", *names), named("b", *names)) == []
        assert versions(named("a", *names), named("b", names[0], f"{names[1]} (Live)")) == set()
    assert likely(named("a", "Artist vs Poet", "Song 2"), named("b", "Artist vs Poet", "Song 2")) == [("a", "b", 0.85)]


def test_versions_share_a_name_or_sound_and_differ_in_words_or_length() -> None:
    files = named("a"), named("b", title="Song (Live)"), named("c", title="Song - Foo Remix"), named("d", title="Else")
    assert versions(*files) == {("a", "b"), ("a", "c"), ("b", "c")}
    assert versions(named("a"), named("b", duration_s=900.0)) == set()
    files = named("a"), named("b", title="Other (Radio Edit)"), named("c", "Who", "Where")
    pairs = SoundPair("a", "b", 0.02, 0.0), SoundPair("a", "c", 0.02, 90.0)
    assert versions(*files, pairs=pairs) == {("a", "b"), ("a", "c")}


def test_frequent_names_and_unlike_artists_are_not_compared() -> None:
    def of(count: int) -> list[Link]:
        return likely(*(named(f"a{number:03}", "Unknown", "Track", isrc="QZ0000000000") for number in range(count)))

    assert len(of(200)) == 200 * 199 / 2
    assert of(201) == []
    files = columns((named("a", "Ann Bo"), named("b", "Ann Cy"), named("c", "Fred Hulk")))
    assert files.artists_may_be_alike(np.array([0, 0]), np.array([1, 2]), 90.0).tolist() == [True, False]


def test_tracks_of_one_album_with_the_same_name_are_no_copies() -> None:
    first, second = (
        named(name, title="[silence]", album="Broken", track=track) for name, track in (("a", 3), ("b", 4))
    )
    assert likely(first, second) == []
    assert likely(first, second, pairs=(SoundPair("a", "b", 0.25, 0.0),)) == []
    assert likely(first, second._replace(track=3))
    assert likely(first, second._replace(album="Another"))


@given(artists=st.lists(st.text("ab ö", min_size=1, max_size=20), min_size=2, max_size=2))
def test_artist_prefilter_skips_no_similar_pair(artists: list[str]) -> None:
    files = columns((named("a", artists[0]), named("b", artists[1])))
    mine, other = files.artist(0), files.artist(1)
    may_be = files.artists_may_be_alike(np.array([0]), np.array([1]), 60.0)
    assert bool(may_be[0]) or mine == other or fuzz.token_set_ratio(mine, other) < 60.0


def test_versions_are_of_one_song_as_in_lists() -> None:
    for title, is_version in (
        ("Song Live", True), ("Song 1988", True), ("Song (Radio Edit)", True),
        ("Song (Intro)", False), ("Song (Reprise)", False), ("Song (Cover)", False), ("Song (Version 2)", False),
    ):  # fmt: skip
        assert bool(versions(named("a"), named("b", title=title))) is is_version, title
    assert not versions(named("a", title="Song 1968"), named("b", title="Song 1969"))
    assert not versions(named("a", title="Untitled"), named("b", title="Untitled (Live)", duration_s=240.0))
    assert versions(named("a", "The Smiths"), named("b", "Smiths, The", title="Song (Demo)"))

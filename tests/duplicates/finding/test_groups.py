"""Groups by audio id and by sound."""

from dataclasses import replace
from itertools import combinations
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.duplicates.finding import groups
from map4.duplicates.finding.groups import (
    MOST_ALONE_S,
    SURE,
    CopyChoice,
    CopyGroup,
    FileFacts,
    SoundPair,
    certainty_of_sound,
    same_recordings,
)


def file(file_id: int, audio_id: str, title: str = "Song", **facts: Any) -> FileFacts:
    return FileFacts(
        file_id=file_id, audio_id=audio_id, path=f"/m/{file_id:02}.mp3", artist="Ann", title=title, **facts
    )


def pair(first: str, second: str, error_rate: float = 0.05, alone_s: float = 0.0) -> SoundPair:
    return SoundPair(first, second, error_rate, alone_s)


def shown(groups: list[CopyGroup]) -> list[tuple[str, list[int]]]:
    return [(group.kind, [file.file_id for file in group.files]) for group in groups]


def test_files_with_the_same_audio_or_equal_sounds_are_one_group() -> None:
    files = [file(1, "a"), file(2, "b"), file(3, "a", "Song (Live)")]
    assert shown(same_recordings(files, [], CopyChoice())) == [("same_audio", [1, 3])]
    files = [file(1, "a"), file(2, "a"), file(3, "b", codec="flac")]
    [group] = same_recordings(files, [pair("a", "b", 0.02)], CopyChoice())
    assert (group.kind, group.files[0].file_id, group.certainties[0]) == ("same_recording", 3, 1.0)
    assert min(group.certainties) == certainty_of_sound(0.02)
    assert shown(same_recordings(files, [pair("a", "b")], CopyChoice(), by_sound=False)) == [("same_audio", [1, 2])]


def test_uncertain_pairs_edits_and_versions_are_not_grouped() -> None:
    for pairs in ([pair("a", "b", 0.25)], [pair("a", "b", 0.0, MOST_ALONE_S + 1)], []):
        assert same_recordings([file(1, "a"), file(2, "b")], pairs, CopyChoice()) == []
    cases = ["Radio Edit", "Instrumental", "Clean", "Live", "Foo Remix", "2011 Remaster"]
    for version in cases:
        files = [file(1, "a"), file(2, "b", f"Song ({version})"), file(3, "c", f"Song - {version}")]
        pairs = [pair("a", "b", 0.0), pair("a", "c", 0.0), pair("b", "c", 0.0)]
        assert shown(same_recordings(files, pairs, CopyChoice())) == [("same_recording", [2, 3])]
    files = [file(number, name) for number, name in enumerate("abcd", start=1)]
    chain = [pair("a", "b", 0.16), pair("b", "c", 0.16), pair("c", "d", 0.16)]
    assert certainty_of_sound(0.16) ** 2 > SURE > certainty_of_sound(0.16) ** 4
    groups = same_recordings(files, [*chain, pair("a", "d", 0.0)], CopyChoice())
    assert shown(groups) == [("same_recording", [1, 2, 3, 4])]
    far = [pair("a", "b", 0.19), pair("b", "c", 0.19), pair("c", "d", 0.0)]
    assert shown(same_recordings(files, far, CopyChoice())) == [("same_recording", [1, 2]), ("same_recording", [3, 4])]


def test_clean_track_is_no_copy_of_the_explicit_one_that_sounds_the_same() -> None:
    files = [
        file(1, "a", advisory="explicit"),
        file(2, "b", advisory="clean"),
        file(3, "c", "Song (Clean)"),
        file(4, "d"),
    ]
    pairs = [pair(mine, other, 0.0) for mine, other in combinations("abcd", 2)]
    assert shown(same_recordings(files, pairs, CopyChoice())) == [
        ("same_recording", [1, 4]), ("same_recording", [2, 3])
    ]  # fmt: skip


@given(st.floats(0, 1), st.floats(0, 1))
def test_certainty_never_rises_with_the_error_rate(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert 0.0 <= certainty_of_sound(high) <= certainty_of_sound(low) <= 1.0


@given(
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=12),
    st.sets(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=8),
)
def test_files_are_in_at_most_one_group(audio: list[str], alike: set[tuple[str, str]]) -> None:
    files = [file(number, name) for number, name in enumerate(audio)]
    pairs = [pair(*sorted(names)) for names in alike if len(set(names)) == 2]
    groups = same_recordings(files, pairs, CopyChoice())
    every = [file.file_id for group in groups for file in group.files]
    assert len(every) == len(set(every))
    for name in set(audio):  # the same audio is never parted
        ids = {number for number, other in enumerate(audio) if other == name}
        assert len(ids) < 2 or any(ids <= {file.file_id for file in group.files} for group in groups)


def test_thousands_of_copies_are_not_compared_in_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = Mock(wraps=groups.are_two_tracks)
    monkeypatch.setattr(groups, "are_two_tracks", compared)
    copies = [file(number, "a", album="Album", track=number % 2 + 1) for number in range(400)]
    assert [len(group.files) for group in same_recordings(copies, [], CopyChoice())] == [200, 200]
    assert compared.call_count < 10


def test_different_tracks_and_stems_are_no_copies_silent_ones_by_number() -> None:
    all_mine = [
        ({"album": "Broken", "track": 3}, {"album": "broken", "track": 4}, False),
        ({"album": "Broken", "track": 3}, {"album": "Broken", "track": 3}, True),
        ({"album": "Broken", "track": 3}, {"album": "Fixed", "track": 4}, True),
        ({"album": "Broken", "track": 3, "disc_number": 1}, {"album": "Broken", "track": 3, "disc_number": 2}, False),
        ({"album": "Broken", "track": 3}, {"album": "Broken", "path": "/m/x.flac"}, True),
        ({"album": "Broken", "path": "/m/A1 x.flac"}, {"album": "Broken", "path": "/m/A2 x.flac"}, False),
        ({"album": "Broken", "path": "/m/1-03 x.flac"}, {"album": "Broken", "path": "/m/2-03 x.flac"}, False),
        ({"album": "Broken", "path": "/m/03 x.flac"}, {"album": "Broken", "path": "/n/04 x.flac"}, True),
        ({"is_silent": True, "path": "/m/03.flac"}, {"is_silent": True, "path": "/m/04.flac"}, False),
        ({"is_silent": True, "path": "/m/03.flac"}, {"is_silent": True, "path": "/n/03.flac"}, True),
        ({"is_silent": True, "album": "Broken", "track": 3}, {"is_silent": True, "album": "Fixed", "track": 4}, False),
        ({"path": "/m/Song.m4a"}, {"path": "/m/Song.stem.m4a"}, False),
        ({"path": "/m/Song.stem.mp4"}, {"path": "/n/Song.stem.mp4"}, True),
    ]
    for mine, other, are_copies in all_mine:
        for audio_id in ["a", "b"]:
            files = [replace(file(1, "a"), **mine), replace(file(2, audio_id), **other)]
            pairs = [] if audio_id == "a" else [pair("a", "b")]
            assert bool(same_recordings(files, pairs, CopyChoice())) == are_copies
    files = [file(number, "a", is_silent=True, album="Broken", track=3 + number % 2) for number in range(1, 5)]
    groups = same_recordings(files, [], CopyChoice())
    assert sorted(sorted(file.file_id for file in group.files) for group in groups) == [[1, 3], [2, 4]]

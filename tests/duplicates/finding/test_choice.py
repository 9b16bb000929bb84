"""Which copy is kept, and why."""

from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from map4.duplicates.finding.groups import CopyChoice, FileFacts, quality, remarks


def file(file_id: int = 1, path: str | None = None, **facts: Any) -> FileFacts:
    known = {"codec": "mp3", "sample_rate_hz": 44100, "channels": 2, "bit_rate_bps": 320_000.0, **facts}
    return FileFacts(file_id=file_id, audio_id=f"a{file_id}", path=path or f"/m/{file_id}.mp3", **known)


FLAC: dict[str, Any] = {"codec": "flac", "bits": 16, "bit_rate_bps": 900_000.0}


def test_quality_of_codecs_has_the_documented_values_and_outranks_length() -> None:
    cases = [
        (FLAC, 90),
        ({"codec": "pcm", "bits": 16}, 85),
        ({"bit_rate_bps": 320_000.0}, 75),
        ({"bit_rate_bps": 128_000.0}, 55),
        ({**FLAC, "bits": 24, "sample_rate_hz": 96000}, 98),
        ({**FLAC, "is_upscaled": True}, 55),
        ({"is_upscaled": True}, 55),
        ({"bit_rate_bps": 64_000.0, "channels": 1}, 55),
        ({"bit_rate_bps": None}, 50),
    ]
    assert [(facts, quality(file(**facts))) for facts, _ in cases] == cases
    mp3 = quality(file(bit_rate_bps=128_000.0))
    for codec in ("aac", "vorbis", "opus"):
        assert quality(file(codec=codec, bit_rate_bps=80_000.0)) == mp3
    best, poor = file(1, duration_s=200.0), file(2, duration_s=200.0, bit_rate_bps=64_000.0)
    longer = file(3, duration_s=240.0)
    for choice in (CopyChoice(preferred=(("/m", frozenset({1, 2})),)), CopyChoice(keep=frozenset({1, 2}))):
        assert choice.ordered([longer, poor, best]) == [best, poor, longer]


def test_many_equal_files_are_ordered_with_few_comparisons() -> None:
    files = [file(number, duration_s=200.0) for number in range(1000)]
    asked = 0

    def counted(file: FileFacts, other: FileFacts) -> bool:
        nonlocal asked
        asked += 1
        return False

    with patch("map4.duplicates.finding.groups._is_cut", counted):
        CopyChoice().ordered(files)
    assert asked < 2 * len(files)


@given(
    st.sampled_from(["mp3", "aac", "vorbis", "opus", "wma", "other"]),
    st.floats(1_000, 10_000_000),
    st.sampled_from([1, 2, 6]),
)
def test_lossy_file_ranks_below_any_lossless_file(codec: str, bit_rate: float, channels: int) -> None:
    worst = file(**{**FLAC, "codec": "pcm", "bits": 8, "sample_rate_hz": 8000})
    assert 0 <= quality(file(codec=codec, bit_rate_bps=bit_rate, channels=channels)) < quality(worst)


def test_first_relevant_difference_is_the_reason_to_keep() -> None:
    cases = [
        (FLAC, "it is lossless"),
        (
            {"bit_rate_bps": 330_000.0, "codec": "aac"},
            "its codec and bits keep more of the sound: AAC 330 kbit/s against MP3 320 kbit/s",
        ),
        ({"duration_s": 300.0, "bit_rate_bps": 310_000.0}, "the others are shorter"),
        ({"album_neighbours": 9}, "other tracks of its album are in its folder: 9"),
        ({"cues": 3, "duration_s": 190.0}, "only it has cue points"),
        ({"rating": 4.0}, "it has a rating"),
        ({"lists": 1}, "the others are in no list"),
        ({"is_set": True}, "you set values for it"),
        ({"tags": 5}, "its tags say more"),
        ({"path": "/m/long.mp3"}, "the others begin with a broken tag"),
        ({"path": "/m/.mp3"}, "they are equally good; it has the shortest name"),
        ({"path": "/m/0.mp3"}, "they are equally good; its path comes first"),
    ]
    for better, why in cases:
        best, other = file(2, **better), file(1, duration_s=200.0, is_tag_broken="broken" in why)
        ordered = CopyChoice().ordered([other, best])
        assert ordered == [best, other]
        assert CopyChoice().why(ordered) == why
    named = CopyChoice().ordered([file(1, "/m/1.wav"), file(2, "/m/longer.mp3")])
    assert (named[0].file_id, CopyChoice().why(named)) == (2, "its suffix is that of its format")


def test_album_folders_outrank_names_and_names_of_copies_come_last() -> None:
    album = file(1, "/Album/07 - Artist - Title.mp3", album_neighbours=9)
    loose = file(2, "/Copies/7.mp3", album_neighbours=1, lists=3)
    assert CopyChoice().ordered([loose, album]) == [album, loose]
    assert CopyChoice().why([album, loose]) == "more tracks of its album are in its folder: 9"
    better = file(3, "/Copies/7 copy.flac", **FLAC)
    assert CopyChoice().ordered([album, better]) == [better, album]
    original = "/m/A long name of an original.mp3"
    copies = [
        "17-7 copy", "x - Copy", "x - Copy (2)", "x copy 2", "x (copy)", "x (another copy)", "x_copy", "x - Kopie",
        "x (1)", "x(2)", "x 1", "Copy of x",
    ]  # fmt: skip
    for name in copies:
        ordered = CopyChoice().ordered([file(1, f"/m/{name}.mp3", lists=1), file(2, original)])
        assert (name, ordered[0].path) == (name, original)
        assert CopyChoice().why(ordered) == "the others are named like copies"
    for name, title in (("Part 1", "Part 1"), ("x (1999)", None), ("Carbon Copy", "Carbon Copy"), ("x 12", None)):
        ordered = CopyChoice().ordered([file(1, f"/m/{name}.mp3", title=title), file(2, original)])
        assert (name, ordered[0].file_id) == (name, 1)


def test_upscaled_and_damaged_files_are_kept_only_if_chosen() -> None:
    upscaled, true = file(1, **FLAC, is_upscaled=True), file(2, bit_rate_bps=192_000.0)
    ordered = CopyChoice().ordered([upscaled, true])
    assert ordered[0] is true
    assert CopyChoice().why(ordered) == "the others were made from lossy files"
    assert "upscaled" in remarks(upscaled, true)
    damaged, sound = file(1, "/a/s.mp3", is_damaged=True, cues=4, **FLAC), file(2, "/b/a long name.mp3")
    preferred = CopyChoice(preferred=[("/a", frozenset({1}))])
    assert preferred.ordered([damaged, sound]) == [sound, damaged]
    assert preferred.why([sound, damaged]) == "the others are damaged"
    assert "damaged" in remarks(damaged, sound)
    assert CopyChoice(keep=frozenset({1})).ordered([damaged, sound]) == [damaged, sound]


def test_preferred_folder_and_chosen_file_outrank_quality() -> None:
    flac, in_folder, chosen = file(1, **FLAC), file(2), file(3)
    choice = CopyChoice(preferred=[("/none", frozenset()), ("/bought", frozenset({2, 3}))])
    assert choice.ordered([flac, in_folder])[0] is in_folder
    assert choice.why([in_folder, flac]) == "it is in /bought, which you prefer"
    choice = CopyChoice(keep=frozenset({3}), preferred=choice.preferred)
    assert choice.ordered([flac, in_folder, chosen])[0] is chosen
    assert choice.why([chosen, in_folder]) == "you chose it"


def test_remarks_list_format_length_and_dependent_data() -> None:
    kept = file(1, duration_s=200.0)
    remarks_text = remarks(file(2, duration_s=190.2, cues=6, rating=4.5, lists=2, is_set=True), kept)
    assert remarks_text == (
        "MP3 320 kbit/s",
        "10 s shorter",
        "6 cue points",
        "rated 4.5",
        "in 2 lists",
        "values of yours",
    )

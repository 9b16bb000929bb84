"""Which shard a file belongs to: one alone, on each machine the same."""

import os
import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from map4.errors import UsageError
from map4.scan.options import Shard

NAMES = st.lists(st.text(min_size=1).filter(lambda name: "/" not in name), min_size=1, max_size=4)


def shard_of(path: str, folders: list[str], of: int = 8) -> int:
    [number] = [n for n in range(1, of + 1) if Shard(number=n, of=of).has(path, folders)]
    return number


@given(names=NAMES, of=st.integers(1, 40))
def test_shard_of_a_file_does_not_depend_on_the_mount_point(names: list[str], of: int) -> None:
    inside = "/".join(names)
    here, there = shard_of(f"/mnt/nas/{inside}", ["/mnt/nas"], of), shard_of(f"/{inside}", ["/"], of)
    assert here == there


@pytest.mark.parametrize("other", ["Über/ÜBEN.MP3", unicodedata.normalize("NFD", "Über/üben.mp3")])
def test_shard_ignores_case_and_composition_of_names(other: str) -> None:
    for of in range(2, 12):
        assert shard_of(f"/a/{other}", ["/a"], of) == shard_of("/b/Über/üben.mp3", ["/b"], of)


def test_shard_follows_the_outermost_folder_for_ever_and_may_be_invalid() -> None:
    for of in range(2, 12):
        nested = shard_of("/m/house/x.mp3", ["/m/house", "/m", "/other"], of)
        assert nested == shard_of("/m/house/x.mp3", ["/m"], of)
        assert shard_of("/m/house/x.mp3", ["/m/house/x.mp3"], of) == shard_of("/x.mp3", ["/"], of)
    assert shard_of(os.fsdecode(b"/m/caf\xe9.mp3"), ["/m"]) in range(1, 9)
    # Machines of several versions of map4 must agree.
    assert [shard_of(f"/m/{name}", ["/m"]) for name in ("a.mp3", "b/c.flac", "Über/é.wav")] == [1, 4, 4]
    cases = ["", "3", "0/8", "9/8", "1/0", "-1/4", "1/2/3", "a/b", "1/10001", "²/8"]
    for text in cases:
        with pytest.raises(UsageError, match="write the second of eight as 2/8"):
            Shard.parse(text)
    assert str(Shard.parse(" 02/08 ")) == "2/8"


@pytest.mark.world
def test_shards_have_similar_sizes() -> None:
    counts = Counter(shard_of(f"/m/Artist {n // 12}/Album/{n % 12:02} Song.mp3", ["/m"]) for n in range(8_000))
    assert len(counts) == 8
    assert max(abs(count / 1_000 - 1) for count in counts.values()) < 0.12

"""A change is no larger than it must be, and leads to the same bytes."""

from examples_tried import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from map4.core.audio.tags.changes import Splice, spliced
from map4.core.audio.tags.writing.files import split

PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.integers(0, 5).map(lambda seed: bytes((seed * number * number + number) % 251 for number in range(700))),
        st.integers(1, 3).map(lambda byte: bytes((byte,)) * 300),
    ),
    max_size=6,
)


@settings(max_examples=examples(60))
@given(PIECES, PIECES)
def test_split_parts_give_the_same_result_as_the_whole_change(old: list[bytes], new: list[bytes]) -> None:
    before, after = b"".join(old), b"".join(new)
    parts = list(split(Splice(7, 7 + len(before), after), before))
    assert spliced(before, parts, base=7) == after
    assert all(part.stop > part.start or part.new for part in parts)
    assert [part.start for part in parts] == sorted(part.start for part in parts)


def test_unchanged_picture_between_texts_is_not_part_of_the_change() -> None:
    picture = bytes((number * number + number // 7) % 256 for number in range(50_000))
    before, after = b"one" + picture + b"two", b"another" + picture + b"text"
    parts = list(split(Splice(0, len(before), after), before))
    assert sum(part.stop - part.start for part in parts) < 600
    assert spliced(before, parts) == after
    assert list(split(Splice(0, len(before), before), before)) == []

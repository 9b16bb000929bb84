"""When a file is still: only its size and time count, by a clock that the test turns."""

from map4.core.audio.jobs import Stamp
from map4.scan.watch import Settling


def stamp(size: int, mtime: int = 1, ctime: int = 1) -> Stamp:
    return Stamp(size, mtime, ctime)


def test_file_is_settled_or_missing_after_an_unchanged_period() -> None:
    settling = Settling(2.0)
    assert not settling.is_still("a.mp3", stamp(5), 10.0)
    assert not settling.is_still("a.mp3", stamp(5), 11.9)
    assert settling.is_still("a.mp3", stamp(5), 12.0)
    settling = Settling(2.0)
    settling.note("a.mp3", stamp(5), 10.0)
    settling.note("a.mp3", stamp(6), 11.0)
    assert not settling.is_still("a.mp3", stamp(6), 12.5)
    assert not settling.is_still("a.mp3", stamp(6, mtime=2), 13.5)  # same size, written to
    assert not settling.is_still("a.mp3", stamp(6, mtime=2), 15.4)
    assert settling.is_still("a.mp3", stamp(6, mtime=2, ctime=9), 15.5)  # its rights may change
    settling = Settling(0.0)
    assert not settling.is_still("a.mp3", stamp(0), 10.0)
    assert (settling.next_s(), settling.is_still("a.mp3", stamp(0), 99.0)) == (None, False)
    assert settling.is_still("a.mp3", stamp(1), 99.0)
    settling = Settling(2.0)
    settling.note("/music/album", None, 10.0)
    assert not settling.is_still("/music/album/cd 1/a.mp3", None, 11.0)
    assert settling.is_still("/music/album/cd 1/a.mp3", None, 12.0)
    assert not settling.is_still("/music/album 2/a.mp3", None, 12.0)
    assert not settling.is_still("/music/album/b.mp3", stamp(5), 13.0)  # it is there


def test_overdue_files_and_the_next_time_follow_from_the_notes() -> None:
    settling = Settling(2.0)
    assert settling.next_s() is None
    settling.note("a.mp3", stamp(5), 10.0)
    settling.note("b.mp3", None, 11.0)
    assert (settling.next_s(), settling.overdue(11.9)) == (12.0, [])
    assert settling.overdue(12.0) == ["a.mp3"]
    assert settling.overdue(13.0) == ["a.mp3", "b.mp3"]
    settling.forget("a.mp3")
    settling.forget("never seen.mp3")
    assert (settling.next_s(), settling.overdue(13.0)) == (13.0, ["b.mp3"])

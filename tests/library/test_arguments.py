"""Arguments of public calls: wrong ones are named in a `UsageError`, numbers of other packages count."""

import inspect
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from libraries import make_library

from map4 import Library
from map4.core.base.call_options import plain_value
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.similar.options import SimilarOptions

OTHERS = {"acting_as", "care.on_mirror", "care.take_turns", "connections.wait"}
"""They keep what they are given for later calls, or are a function of Python."""


class Odd:
    """Fits no hint."""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(make_library(tmp_path / "library.map4", files=3)) as library:
        yield library


def calls_with_arguments(library: Library) -> dict[str, Callable[..., object]]:
    owners = {"": library} | {
        f"{name}.": getattr(library, name) for name, _ in inspect.getmembers(Library, inspect.isclass) if name[0] != "_"
    }
    return {
        f"{part}{name}": call
        for part, owner in owners.items()
        for name, call in inspect.getmembers(owner, inspect.isroutine)
        if name[0] != "_" and f"{part}{name}" not in OTHERS and _required(call)
    }


def _required(call: Callable[..., object]) -> list[inspect.Parameter]:
    parameters = inspect.signature(call).parameters.values() if not inspect.isbuiltin(call) else ()
    return [each for each in parameters if each.default is each.empty and not each.kind.name.startswith("VAR_")]


def test_every_public_call_names_a_wrong_argument(library: Library) -> None:
    calls = calls_with_arguments(library)
    assert len(calls) > 150
    answers = dict[str, object]()
    for name, call in calls.items():
        given = [(parameter, Odd()) for parameter in _required(call)]
        by_name = {parameter.name: odd for parameter, odd in given if parameter.kind is parameter.KEYWORD_ONLY}
        try:
            answers[name] = type(call(*(odd for parameter, odd in given if parameter.name not in by_name), **by_name))
        except (UsageError, NothingFoundError):  # some say first that there is nothing that they could use
            continue
        except Exception as error:  # reported with all others
            answers[name] = repr(error)
    assert answers == {}


def test_wrong_items_and_types_are_named(library: Library) -> None:
    [track] = library.search("limit:1")
    for call, words in (
        (lambda: library.tracks.by_id(np.int64(3)), "by_id: file_ids must be Iterable[int], not 3"),
        (lambda: library.tracks.by_id(["one"]), "by_id: file_ids must be Iterable"),
        (lambda: library.lists.save("A", [track]), "save: content must be Tracklist, not "),
        (lambda: library.lists.save(7, track), "save: name must be str, not 7"),
        (lambda: library.track(7), "7 is no path"),
    ):
        with pytest.raises(UsageError) as raised:
            call()
        assert str(raised.value).startswith(words)


def test_closed_library_is_named(library: Library) -> None:
    library.close()
    for call in (lambda: library.count(""), lambda: library.stats(), lambda: [*library.search("")]):
        with pytest.raises(Map4Error, match=r"^the library \S+ is closed; open it again$"):
            call()


def test_numbers_of_other_packages_count(library: Library) -> None:
    paths = library.tracks.columns("").path
    [first, *_] = library.tracks.by_id(library.tracks.columns("").file_id)
    assert (first.path, len(paths)) == (paths[0], 3)
    assert [track.path for track in library.tracks.by_id([np.int64(1)])] == [first.path]
    assert (SimilarOptions(n=np.int64(1)).n, len(library.plays.page(limit=np.int64(2)).plays)) == (1, 0)
    library.set(first, year=np.int64(1999), rating=np.int16(4), bpm=np.float32(120.5))
    changed = library.track(first)
    assert (changed.year(), changed.rating(), changed.bpm()) == (1999, 4, 120.5)
    library.set(first, rating=Fraction(7, 2))
    assert library.track(first).rating() == 3.5
    with pytest.raises(UsageError, match="whole number"):
        library.similar(first, n=np.float32(2.5))
    assert plain_value((np.True_, [np.float64(0.5)], np.arange(2))) == (True, [0.5], [0, 1])

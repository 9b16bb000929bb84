"""Routes that methods of parts declare themselves."""

import json
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock, call

import pytest

from map4.core.base.actor import Actor, needs, served
from map4.core.base.records import Record
from map4.errors import NothingFoundError
from map4.library.part import LibraryPart
from map4.server.route import RequestInput, Route, routes_of


class Counted(Record, kind="counted"):
    """A word, counted."""

    word: str
    most: int


Track = str


class Words(Record, kind="words"):
    """Several words."""

    words: list[str]


class WordsPart(LibraryPart, scope="read"):
    """Counts words."""

    @served("GET", "/words/{word:path}", "A word.", {"limit:most": (int, 3)}, queue="long", cache="alike")
    def of(self, word: str, *, most: int) -> Counted:
        """Return a word."""
        return Counted(word=word, most=most)

    @needs("own")
    @served("POST", "/words", "Add a word.", {"word": (str, ...)}, "NewWord", status=201)
    def add(self, word: str) -> Counted:
        """Add a word."""
        return Counted(word=word, most=1)

    @needs("own")
    @served("POST", "/words/undo", "Undo.", answer="counted")
    def undo(self) -> "dict[str, object]":
        """Undo."""
        return {}

    @needs("own")
    @served("POST", "/words/many", "Count.", {"words": (list[str], [])}, record=f"{__name__}:Words", shows="found",
            at="/words/{words[0]}", headers={"Cache-Control": "no-store"}, status=202)  # fmt: skip
    @served("DELETE", "/words/{track}/{step}", "Forget.", {"word:words": (list[str], [])}, always={"most": 2})
    @served("DELETE", "/words/named", "Forget.", {"track": (str, ...)}, tracks=("track",))
    def keep(self, track: "Track" = "", step: "int | None" = None, *, words: object = (), most: int = 0) -> None:
        """Do a thing with a track."""
        self._services(track, step, words, most)

    def found(self) -> list[str]:
        """Return words."""
        return ["deep house"]

    def unserved(self) -> None:
        """No server has it."""


def test_declared_routes_have_scope_record_and_shapes_of_their_calls() -> None:
    shown, added, undone, *_ = routes_of(WordsPart)
    assert (shown.method, shown.path, shown.needs, shown.answer) == ("GET", "/words/{word:path}", "read", "counted")
    assert (shown.queue, shown.cache, shown.body) == ("long", "alike", None)
    assert shown.query is not None
    assert shown.query.of_texts([]).limit == 3
    assert (added.needs, added.answer, added.status, added.query) == ("own", "counted", 201, None)
    assert added.body is not None
    assert (added.body.name, added.body.of_json(b'{"word": "house"}').word) == ("NewWord", "house")
    assert undone.body is not None
    assert (undone.answer, undone.body.name) == ("counted", "Nothing")


def _ask(part: WordsPart, route: Route, path: dict[str, str] | None = None, **given: Any) -> Any:
    assert route.handler is not None
    tracks = Mock(addressed=lambda name: Mock(track=f"at {name}"), named=lambda names, **_: [Mock(track=names[0])])
    library: Any = SimpleNamespace(part={WordsPart: part}.get, tracks=tracks)
    request = RequestInput(actor=Actor.LOCAL, path=path or {}, settings=Mock(), libraries=Mock(), **given)
    return route.handler(library, request)


def test_declared_routes_pass_names_in_path_and_members_to_their_calls() -> None:
    shown, added, undone, *_ = routes_of(WordsPart)
    part = WordsPart(Mock())
    assert [
        _ask(part, shown, {"word": "deep/house"}, query=SimpleNamespace(limit=5)),
        _ask(part, added, body=SimpleNamespace(word="dub")),
        _ask(part, undone),
    ] == [
        {"schema": "map4/counted/1", "word": "deep/house", "most": 5},
        {"schema": "map4/counted/1", "word": "dub", "most": 1},
        {},
    ]


def test_a_call_may_have_several_routes_that_differ_in_form() -> None:
    part, (*_, many, forget, named) = WordsPart(calls := Mock()), routes_of(WordsPart)
    assert [(each.answer, each.status) for each in (many, forget, named)] == [("words", 202), (None, 204), (None, 204)]
    made = _ask(part, many, body=SimpleNamespace(words=["a"]))
    empty = _ask(part, forget, {"track": "a2-1", "step": "12"}, query=SimpleNamespace(word=["b"]))
    _ask(part, named, query=SimpleNamespace(track="house"))
    assert calls.call_args_list == [call("", None, ["a"], 0), call("at a2-1", 12, ["b"], 2), call("house", None, (), 0)]
    assert (made.status_code, json.loads(made.body)["words"]) == (202, ["deep house"])
    assert (made.headers["location"], made.headers["cache-control"]) == ("/api/v1/words/deep house", "no-store")
    assert (empty.status_code, empty.body) == (204, b"")
    with pytest.raises(NothingFoundError, match="there is no step 'x'; a step is a number"):
        _ask(part, forget, {"track": "a", "step": "x"}, query=SimpleNamespace(word=[]))

"""Routes that methods of parts declare themselves."""

from types import SimpleNamespace
from unittest.mock import Mock

from map4.core.base.actor import needs, served
from map4.core.base.records import Record
from map4.library.part import LibraryPart
from map4.server.route import routes_of


class Counted(Record, kind="counted"):
    """A word, counted."""

    word: str
    most: int


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

    def unserved(self) -> None:
        """No server has it."""


def test_declared_routes_have_scope_record_and_shapes_of_their_calls() -> None:
    shown, added, undone = routes_of(WordsPart)
    assert (shown.method, shown.path, shown.needs, shown.answer) == ("GET", "/words/{word:path}", "read", "counted")
    assert (shown.queue, shown.cache, shown.body) == ("long", "alike", None)
    assert shown.query is not None
    assert shown.query.of_texts([]).limit == 3
    assert (added.needs, added.answer, added.status, added.query) == ("own", "counted", 201, None)
    assert added.body is not None
    assert (added.body.name, added.body.of_json(b'{"word": "house"}').word) == ("NewWord", "house")
    assert undone.body is not None
    assert (undone.answer, undone.body.name) == ("counted", "Nothing")


def test_declared_routes_pass_names_in_path_and_members_to_their_calls() -> None:
    shown, added, undone = routes_of(WordsPart)
    library = SimpleNamespace(part={WordsPart: WordsPart(Mock())}.get)
    answers = []
    for route, path, query, body in (
        (shown, {"word": "deep/house"}, [("limit", "5")], b""),
        (added, {}, [], b'{"word": "dub"}'),
        (undone, {}, [], b""),
    ):
        given = SimpleNamespace(
            path=path, query=route.query and route.query.of_texts(query), body=route.body and route.body.of_json(body)
        )
        assert route.handler is not None
        answers.append(route.handler(library, given))  # type: ignore[arg-type]
    assert answers == [
        {"schema": "map4/counted/1", "word": "deep/house", "most": 5},
        {"schema": "map4/counted/1", "word": "dub", "most": 1},
        {},
    ]

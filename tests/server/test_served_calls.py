"""Routes that methods of parts declare themselves."""

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

    @served("GET", "/words/{word}", "A word.", {"limit:most": (int, 3)}, queue="long", cache="alike")
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
    assert (shown.method, shown.path, shown.needs, shown.answer) == ("GET", "/words/{word}", "read", "counted")
    assert (shown.queue, shown.cache, shown.body) == ("long", "alike", None)
    assert shown.query is not None
    assert shown.query.of_texts([]).limit == 3
    assert (added.needs, added.answer, added.status, added.query) == ("own", "counted", 201, None)
    assert added.body is not None
    assert (added.body.name, added.body.of_json(b'{"word": "house"}').word) == ("NewWord", "house")
    assert undone.body is not None
    assert (undone.answer, undone.body.name) == ("counted", "Nothing")

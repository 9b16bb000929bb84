"""`--ask` of `map4 search` and `map4 playlist`, with a model on this machine."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from claude_server import ChatTurn, SkippingClock, Turn, serving
from conftest import Run
from playlist_library import make_playlist_library
from schemas import validated

from map4.errors import Map4Error, UsageError
from map4.library import Library

Item = tuple[str, str, str, str]


@pytest.fixture(autouse=True)
def library(tmp_path: Path) -> Path:
    """Sixty tracks of house, from 118 BPM on in steps of .2, and one of deep house."""
    names = {"artist": "Secret Artist", "title": "Ignore all that", "genre": "Deep House"}
    more = {"number": 99, "bpm": 122.0, "key": "8A", "energy": 0.5, **names}
    return make_playlist_library(tmp_path / "library.map4", more=[more])


def saying(*items: Item) -> Callable[[Turn], None]:
    names = ("words", "query", "option", "value")
    return lambda turn: turn.text(json.dumps({"items": [dict(zip(names, item, strict=True)) for item in items]}))


HOUSE = ("house", "genre:House", "", "")
FAST = ("fast", "bpm:125..", "", "")
FIVE = ("5 tracks", "", "n", "5")


def settings_of(tmp_path: Path, url: str) -> tuple[str, str]:
    """Two models; the first answers."""
    other = '[classify.models.other]\nmodel = "o"\nurl = "http://localhost:9/v1"\n'
    (tmp_path / "map4.toml").write_text(f'[classify.models.local]\nmodel = "m"\nurl = "{url}/v1"\n{other}')
    return "--config", str(tmp_path / "map4.toml")


@pytest.mark.contract
def test_search_runs_the_query_of_the_first_model(inside: Run, tmp_path: Path) -> None:
    with serving(saying(FAST, HOUSE, FIVE, ("sunset", "", "", "")), turn=ChatTurn) as server:
        words = ("search", "--ask", "5 tracks of fast house, sunset", *settings_of(tmp_path, server.url), "--yes")
        shown = inside(*words)
        document = validated(inside(*words, "key:8B", "--sort", "bpm-", "--json").stdout)
        quiet = inside(*words, "-q")
    assert shown.returncode == 0
    assert shown.stderr.splitlines()[1:] == [
        "fast: bpm:125..", "house: genre:House", "5 tracks: -n 5", "map4: not understood: sunset",
        "query: bpm:125.. genre:House limit:5", "5 tracks",
    ]  # fmt: skip
    assert document["query"] == "bpm:125.. genre:House limit:5 key:8B"
    tempi = [track["tempo"]["bpm"] for track in document["tracks"]]
    assert (len(tempi), tempi, min(tempi) >= 125) == (5, sorted(tempi, reverse=True), True)
    assert quiet.stderr.splitlines()[-1] == "map4: not understood: sunset"


@pytest.mark.contract
def test_playlist_takes_options_unless_they_are_given(inside: Run, tmp_path: Path) -> None:
    items = (HOUSE, ("20 minutes", "", "minutes", "20"), ("rising", "", "curve", "ascending"))
    with serving(saying(*items), turn=ChatTurn) as server:
        words = ("playlist", "--ask", "20 minutes of house", *settings_of(tmp_path, server.url), "--yes", "--json")
        asked = validated(inside(*words).stdout)["options"]
        given = validated(inside(*words, "-n", "3", "--query", "key:8B", "--curve", "wave").stdout)["options"]
    assert (asked["query"], asked["minutes"], asked["n"]) == ("genre:House", 20, None)
    assert asked["curve"] == "ascending"
    assert (given["query"], given["minutes"], given["n"]) == ("genre:House key:8B", None, 3)
    assert given["curve"] == "wave"


@pytest.mark.contract
def test_model_gets_only_the_sentence_and_the_genres_after_consent(inside: Run, tmp_path: Path) -> None:
    with serving(saying(HOUSE), turn=ChatTurn) as server:
        words = ("search", "--ask", "some house", *settings_of(tmp_path, server.url))
        refused = inside(*words)
        assert (refused.returncode, "--yes" in refused.stderr, server.turns) == (2, True, [])
        assert "your sentence and 2 names of genres, nothing else" in refused.stderr
        assert inside(*words, "--yes").returncode == 0
    [turn] = server.turns
    sent = json.loads(turn.body["messages"][-1]["content"])
    assert sent == {"sentence": "some house", "genres": ["House", "Deep House"]}
    assert "Secret Artist" not in json.dumps(turn.body)
    assert "/music" not in json.dumps(turn.body)


def test_without_a_model_three_queries_are_shown(inside: Run) -> None:
    refused = inside("search", "--ask", "house", "--yes", env={"ANTHROPIC_API_KEY": ""})
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "no language model is set up: ANTHROPIC_API_KEY is not set." in refused.stderr
    assert " ".join(refused.stderr.split()).count("map4 search ") == 3
    assert inside("search", "--ask", " ").returncode == 2
    assert "--yes is for --ask" in inside("search", "house", "--yes").stderr


FAULTS: dict[str, tuple[Callable[[Turn], None], str]] = {
    "key": (lambda turn: turn.error(401), "not accepted"),
    "HTML": (lambda turn: turn.send(200, "<html>"), "something other than a completion"),
    "no JSON": (lambda turn: turn.text("I am sorry"), "not JSON of the requested form"),
    "cut": (lambda turn: turn.text('{"items": [', "max_tokens"), "cut off"),
    "deep": (lambda turn: turn.text("[" * 100_000), "not JSON of the requested form"),
}


@pytest.mark.contract
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ("key", "HTML") else pytest.mark.world) for name in FAULTS]
)
def test_silent_model_is_an_error_with_examples(library: Path, name: str) -> None:
    act, message = FAULTS[name]
    with serving(act, turn=ChatTurn) as server, Library.open(library) as opened, pytest.raises(Map4Error) as raised:
        opened.ask("warm house in 8B", provider=f"openai:m@{server.url}", clock=SkippingClock())
    assert message in str(raised.value)
    assert "map4 search genre:house" in str(raised.value)


@pytest.mark.contract
@pytest.mark.parametrize("text", ['{"items": [3, null, {"words": 1}, {}]}', '{"items": []}'])
def test_malformed_items_of_a_model_are_skipped(library: Path, text: str) -> None:
    with (
        serving(lambda turn: turn.text(text), turn=ChatTurn) as server,
        Library.open(library) as opened,
        pytest.raises(UsageError, match="m does not understand 'warm house'"),
    ):
        opened.ask("warm house", provider=f"openai:m@{server.url}")


@pytest.mark.contract
def test_only_valid_terms_and_options_are_taken(library: Path) -> None:
    refused = (
        ("etc", "path:/etc", "", ""), ("words", "house", "", ""), ("all", "is:failed", "", ""),
        ("order", "sort:bpm", "", ""), ("broken", "bpm:fast", "", ""), ("both", "bpm:120", "n", "3"),
        ("many", "", "n", "no"), ("folder", "", "folder", "/etc"), ("curve", "", "curve", "/etc/passwd"),
        ("long", f"genre:{'x' * 300}", "", ""),
    )  # fmt: skip
    either = ("house or techno", "genre:house or genre:techno", "", "")
    keys = ("two keys", "key:8A or key:8B", "", "")
    with serving(saying(*refused, either, keys, FIVE), turn=ChatTurn) as server, Library.open(library) as opened:
        asked = opened.ask("anything", provider=f"openai:m@{server.url}")
    assert asked.not_understood == tuple(words for words, *_ in refused)
    assert asked.options == {"n": 5}
    assert asked.query == " or ".join(
        f"genre:{genre} key:{key}" for genre in ("house", "techno") for key in ("8A", "8B")
    )


def test_unknown_provider_and_missing_key_are_refused(library: Path) -> None:
    with Library.open(library) as opened:
        with pytest.raises(UsageError, match="there is no model"):
            opened.ask("house", provider="nobody")
        with pytest.raises(UsageError, match="GEMINI_API_KEY is not set"):
            opened.ask("house", provider="openai:m@https://generativelanguage.googleapis.com")

"""`map4 ask`: with the grammar alone, and with a model on this machine."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from claude_server import ChatTurn, SkippingClock, Turn, serving
from conftest import Run
from playlist_library import make_playlist_library
from schemas import validated

from map4.errors import NothingFoundError, UsageError
from map4.library import Library


@pytest.fixture(autouse=True)
def library(tmp_path: Path) -> Path:
    """Sixty tracks of house, from 118 BPM on in steps of .2, and one of deep house."""
    names = {"artist": "Secret Artist", "title": "Ignore all that", "genre": "Deep House"}
    more = {"number": 99, "bpm": 122.0, "key": "8A", "energy": 0.5, **names}
    return make_playlist_library(tmp_path / "library.map4", more=[more])


def ask(inside: Run, *words: str) -> dict[str, Any]:
    return validated(inside("ask", *words, "--json").stdout, "ask")


def test_a_list_is_printed_as_a_command_and_made(inside: Run) -> None:
    done = inside("ask", "20 minutes of house for a sunset, ends at 122")
    command = next(line for line in done.stderr.splitlines() if line.startswith("  map4 "))
    assert done.stderr.startswith("20 minutes: --minutes 20\nhouse: genre:House\nends at 122: last track bpm:122\n")
    assert done.stderr.index("not understood: sunset") < done.stderr.index(command)
    again = inside(*shlex.split(command)[1:])
    assert (done.returncode, again.returncode, done.stdout) == (0, 0, again.stdout)
    record = ask(inside, "20 minutes of house for a sunset, ends at 122")
    assert (record["kind"], record["not_understood"]) == ("playlist", ["sunset"])
    assert record["understood"][0] == {"words": "20 minutes", "as": "--minutes 20"}
    assert record["command"] == shlex.split(command)
    picks = record["result"]["picks"]
    assert round(picks[-1]["track"]["tempo"]["bpm"]) == 122
    assert record["options"]["to"] == picks[-1]["track"]["path"]


def test_a_search_is_printed_as_a_command_and_run(inside: Run) -> None:
    done = inside("ask", "5 house tracks over 125 bpm in 8B")
    assert "  map4 search 'key:8B genre:House bpm:125.. limit:5'\n" in done.stderr
    assert (done.returncode, done.stderr.splitlines()[-1], len(done.stdout.splitlines())) == (0, "5 tracks", 6)
    record = ask(inside, "5 house tracks over 125 bpm in 8B")
    assert (record["result"]["schema"], len(record["result"]["tracks"])) == ("map4/tracks/1", 5)


def test_a_name_of_several_tracks_gives_a_sentence_for_each(inside: Run) -> None:
    refused = inside("ask", "like 'title' but faster, 3 tracks")
    offered = [line for line in refused.stderr.splitlines() if line.startswith("    map4 ask ")]
    assert (refused.returncode, len(offered), len(set(offered))) == (2, len(offered), len(offered))
    assert len(offered) > 1
    again = inside(*shlex.split(offered[0])[1:])
    assert (again.returncode, "--seed /music/1" in again.stderr) == (0, True)


def test_a_dry_run_stops_after_printing(inside: Run) -> None:
    shown = inside("ask", "-n", "an hour of house, starts at 118")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.splitlines()[-1] == "  map4 playlist --query genre:House --seed /music/1.mp3 --minutes 60"
    assert ask(inside, "-n", "an hour of house")["result"] is None


def test_words_not_understood_are_reported_even_if_quiet(inside: Run) -> None:
    assert inside("ask", "-q", "polka in 8A").stderr.splitlines()[0] == "map4: not understood: polka"
    nothing = inside("ask", "polka")
    assert (nothing.returncode, "'polka' is not understood; try: an hour of" in nothing.stderr) == (2, True)
    assert "describe what you want to hear; try: an hour of" in inside("ask").stderr
    named = (
        ("like song 54 but slower", "song 54"),
        ("like 'mona lisa'", "mona lisa"),
        ("like AC/DC Thunder", "AC/DC Thunder"),
    )
    for words, name in named:
        assert f"no track matches '{name}'; '" in inside("ask", words).stderr
    assert "map4: no track matches 'song 54'\n" in inside("ask", "-n", "8A like song 54").stdout
    both = inside("ask", "an hour, 90 minutes")
    assert (both.returncode, "contradict each other" in both.stderr) == (2, True)
    assert inside("ask", "an hour that ends at 200").returncode == 4
    same = ask(inside, "-n", "12 tracks, starts at 122 and ends at 122")["options"]
    assert same["seeds"] != [same["to"]]
    assert inside("ask", "house", "--library", "none.map4").returncode == 4


def test_json_is_one_document_if_nothing_is_found(inside: Run) -> None:
    for sentence, result in {
        "house at 200 bpm": {"schema": "map4/tracks/1", "tracks": []},
        "an hour of house at 200 bpm": None,
    }.items():
        done = inside("ask", sentence, "--json")
        record = validated(done.stdout, "ask")
        assert (done.returncode, record["query"], record["result"]) == (4, "genre:House bpm:199..201", result)
        assert done.stderr.startswith("map4: no")


def test_last_track_differs_from_the_seed(inside: Run) -> None:
    # The track of deep house is of 122.0 BPM exactly, and so the nearest.
    options = ask(inside, "-n", "5 tracks like 'ignore all that', ends at 122")["options"]
    assert options["seeds"] != [options["to"]]
    none = inside("ask", "5 deep house tracks like 'ignore all that', ends at 122")
    assert none.returncode == 4
    assert none.stderr == "map4: no other track that matches 'genre:\"Deep House\"' can be the last with bpm:121..123\n"


# ---- with a model --------------------------------------------------------------------------------


def saying(*items: tuple[str, str, str, str]) -> Callable[[Turn], None]:
    names = ("words", "query", "option", "value")
    return lambda turn: turn.text(json.dumps({"items": [dict(zip(names, item, strict=True)) for item in items]}))


SUNSET = saying(("sunset", "", "curve", "closing"), ("warm", "energy:2..8", "", ""), ("warm", "path:/etc", "", ""))


@pytest.mark.contract
def test_model_gets_only_the_sentence_and_the_genres(inside: Run) -> None:
    words = ("ask", "20 minutes of warm house for a sunset", "--json")
    with serving(SUNSET, turn=ChatTurn) as server:
        named = ("--provider", "openai", "--model", "m", "--base-url", f"{server.url}/v1", "--local-only")
        refused = inside(*words, *named)
        assert (refused.returncode, "--yes" in refused.stderr, server.turns) == (2, True, [])
        record = validated(inside(*words, *named, "--yes").stdout)
        understood = inside("ask", "20 minutes of house", *named)  # nothing is left to ask
        unprovided = validated(inside(*words).stdout)
    assert record["query"] == "genre:House energy:2..8"
    assert (record["options"]["curve"], record["not_understood"]) == ("closing", [])
    assert (record["model"], unprovided["model"], unprovided["not_understood"]) == ("m", None, ["warm", "sunset"])
    assert (len(server.turns), understood.returncode) == (1, 0)
    [turn] = server.turns
    sent = json.loads(turn.body["messages"][-1]["content"])
    assert set(sent) == {"sentence", "not_understood", "genres"}
    assert (sent["not_understood"], sent["genres"]) == (["warm", "sunset"], ["House", "Deep House"])
    assert "Secret Artist" not in json.dumps(turn.body)
    assert "/music" not in json.dumps(turn.body)


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
def test_grammar_answers_if_the_model_fails(library: Path, name: str) -> None:
    act, said = FAULTS[name]
    with serving(act, turn=ChatTurn) as server, Library.open(library) as opened:
        found = opened.ask("warm house in 8B", provider=f"openai:m@{server.url}", clock=SkippingClock())
    assert (found.parsed.not_understood, len(found.tracks or ())) == (("warm",), 20)
    [note] = found.notes
    assert said in note


@pytest.mark.contract
@pytest.mark.parametrize("text", ['{"items": [3, null, {"words": 1}, {}]}', '{"items": []}'])
def test_malformed_items_of_a_model_are_skipped(library: Path, text: str) -> None:
    with serving(lambda turn: turn.text(text), turn=ChatTurn) as server, Library.open(library) as opened:
        found = opened.prepare_ask("warm house", provider=f"openai:m@{server.url}").understood()
    assert (found.parsed.not_understood, found.notes) == (("warm",), ())


def test_ask_works_from_python(library: Path) -> None:
    with Library.open(library) as opened:
        made = opened.ask("10 house tracks in a set like 'title 7'".replace("'", '"'))
        assert (len(made.playlist.picks), made.playlist.picks[0].track.path) == (10, "/music/7.mp3")
        with pytest.raises(UsageError, match="there is no model"):
            opened.ask("house", provider="nobody")
        with pytest.raises(NothingFoundError):
            opened.ask("house before 1950")
        keyless = opened.ask("warm house", provider="openai:m@https://generativelanguage.googleapis.com")
        assert keyless.notes == ("GEMINI_API_KEY is not set, so no model was used",)

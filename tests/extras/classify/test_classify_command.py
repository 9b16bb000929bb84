"""`map4 classify`, against a server on this machine."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from claude_server import ChatTurn, Turn, serving
from command_runs import typed
from conftest import Run
from labelled_tracks import make_tracks
from schemas import validate

from map4.library import Library

pytestmark = pytest.mark.contract

KEY = "sk-ant-test-5ecre7-do-not-print"
TOKENS_IN = "3,100"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Thirty tracks, the last of them without a genre tag."""
    path = tmp_path / "library.map4"
    with Library.open(path) as library:
        make_tracks(library, 29)
        make_tracks(library, 1, genre=None)
    return path


def with_key(run: Run) -> Run:
    """Run `map4 classify` with a key."""

    def ask(*arguments: str | Path, **settings: object) -> subprocess.CompletedProcess[str]:
        return run("classify", *arguments, env={"ANTHROPIC_API_KEY": KEY, **settings.pop("env", {})}, **settings)  # type: ignore[dict-item]

    return ask


@pytest.fixture
def ask(inside: Run) -> Run:
    """Run it in this process."""
    return with_key(inside)


@pytest.mark.usefixtures("library")
def test_labelled_tracks_are_searchable_and_skipped_next_time(ask: Run, inside: Run) -> None:
    with serving() as server:
        first = ask("--yes", "--jsonl", env={"MAP4_BASE_URL": server.url})
        lines = [json.loads(line) for line in first.stdout.splitlines()]
        again = ask("--yes", env={"MAP4_BASE_URL": server.url})
    for line in lines:
        validate(line)
    assert (first.returncode, again.returncode, len(server.turns)) == (0, 0, 2)
    assert {line["labels"]["source"] for line in lines[:-1]} == {"claude"}
    assert (len(lines), lines[-1]["asked"], lines[-1]["input_tokens"]) == (31, 30, 2000)
    asking, done = first.stderr.splitlines()
    assert asking.startswith(
        f"asking claude-haiku-5-5 at {server.url[7:]} about 30 tracks (artist, title (or file name), album, "
    )
    assert asking.endswith(f"year and genre tag): 2 requests, about {TOKENS_IN} tokens in and 3,300 out")
    assert done == "30 tracks: 30 by claude-haiku-5-5; 2 requests, 2,000 tokens in, 1,000 out"
    assert again.stderr == "30 tracks: 30 labelled before\n"
    assert (again.stdout, KEY in first.stdout + first.stderr) == ("", False)
    assert len(inside("search", "mood:hypnotic era:90s", "--paths").stdout.splitlines()) == 30
    cleared = inside("library", "prune", "--analyses", "--yes")
    assert (cleared.returncode, json.loads(inside("library", "info", "--json").stdout)["labels"]) == (0, {"claude": 30})
    assert "30 by claude" in inside("library", "info").stdout


@pytest.mark.usefixtures("library")
def test_answers_outlive_the_library_and_can_be_cleared(ask: Run, inside: Run, library: Path) -> None:
    with serving() as server:
        ask("--yes", "--max-tracks", "3", env={"MAP4_BASE_URL": server.url})
        library.unlink()
        with Library.open(library) as new:
            make_tracks(new, 4)
        plan = json.loads(ask("--dry-run", "--json", env={"MAP4_BASE_URL": server.url}).stdout)
        assert (plan["cached"], plan["questions"]) == (2, 2)  # 0, 1 and 10 were asked about
        assert "dropped 1 answers" in inside("library", "prune", "--answers", "artist 1 - *", "--yes").stdout
        assert "dropped 2 answers" in inside("library", "prune", "--answers", "--yes").stdout
        assert inside("library", "prune", "--answers").returncode == 2
        assert json.loads(ask("--dry-run", "--json", env={"MAP4_BASE_URL": server.url}).stdout)["cached"] == 0


@pytest.mark.usefixtures("library")
def test_dry_run_shows_the_requests_and_sends_none(ask: Run, inside: Run) -> None:
    with serving() as server:
        shown = ask("--dry-run", env={"MAP4_BASE_URL": server.url})
        document = json.loads(
            ask("--dry-run", "--json", "--max-requests", "1", env={"MAP4_BASE_URL": server.url}).stdout
        )
        assert server.turns == []
    validate(document)
    assert (document["open"], document["questions"], document["requests"], document["has_key"]) == (30, 20, 1, True)
    assert document["example"] == {"artist": "Artist 0", "title": "Title 0", "year": 1998, "genre_tag": "House"}
    assert (shown.returncode, shown.stderr) == (0, "")
    for words in (
        f"about {TOKENS_IN} tokens in",
        "artist, title (or file name), album, year and genre tag",
        "2 of up to 20 tracks, 4 at once",
        "labelled     0 already by claude-",
    ):
        assert words in shown.stdout
    assert "nothing would be sent" in inside("classify", "--dry-run").stdout
    by_rules = inside("classify", "--dry-run", "--provider", "keywords").stdout
    assert "without any network" in by_rules
    assert "Artist 0 – Title 0" in by_rules
    assert by_rules.rstrip().endswith("Electronic  House                      1990s  tag")
    assert "to label     30" in inside("classify", "--dry-run", "--provider", "keywords").stdout  # nothing was stored
    assert inside("classify", "--dry-run", "--csv").returncode == 2


@pytest.mark.usefixtures("library")
def test_without_a_key_only_genres_by_rules_are_stored(inside: Run) -> None:
    result = inside("classify", "--yes")
    assert result.returncode == 3
    assert result.stderr.splitlines() == [
        "map4: ANTHROPIC_API_KEY is not set: nothing is sent, and genres come only from tags and folder names",
        "29 tracks: 29 by rules, 30 without an answer of the model",
    ]
    rows = result.stdout.splitlines()
    assert (len(rows), rows[0].split(), max(map(len, rows)) <= 80) == (
        30, ["artist", "–", "title", "genre", "style", "mood", "era", "by"], True,
    )  # fmt: skip
    assert rows[1].split() == ["Artist", "0", "–", "Title", "0", "Electronic", "House", "1990s", "tag"]
    assert json.loads(inside("library", "info", "--json").stdout)["labels"] == {"tag": 29}
    *lines, summary = map(json.loads, inside("classify", "--jsonl").stdout.splitlines())
    assert [line["labels"] for line in lines].count(None) == 1
    assert (summary["tracks"], summary["unanswered"]) == (29, 30)
    csv = inside("classify", "--provider", "keywords", "--csv").stdout.splitlines()
    assert csv[1].endswith(",Electronic,House,,1990s,0.7,tag,,,,,")
    shown = inside("search", "-f", "{title}: {label_genre} {era}", "title:29").stdout
    assert shown == "Title 29: Unknown 1990s\n"


@pytest.mark.usefixtures("library")
def test_consent_is_requested_once_per_service(ask: Run) -> None:
    with serving() as server:
        command, env = ("--query", "limit:2"), {"MAP4_BASE_URL": server.url}
        refused = ask(*command, env=env)
        assert (refused.returncode, "--yes" in refused.stderr, server.turns) == (2, True, [])
        with typed("n\n") as terminal:
            said_no = ask(*command, stdin=terminal, env=env)
        assert (said_no.returncode, "nothing was sent" in said_no.stderr, server.turns) == (4, True, [])
        with typed("y\n") as terminal:
            said_yes = ask(*command, stdin=terminal, env=env)
        assert (said_yes.returncode, "Send this now and in future?" in said_yes.stderr) == (0, True)
        later = ask(env={"MAP4_BASE_URL": server.url})
        assert (later.returncode, "Send this" in later.stderr, len(server.turns)) == (0, False, 3)
    with serving() as another:
        assert ask("--force", env={"MAP4_BASE_URL": another.url}).returncode == 2
        assert another.turns == []


@pytest.mark.world
@pytest.mark.usefixtures("library")
def test_failed_requests_fall_back_to_rules_and_hide_the_key(map4: Run) -> None:
    def act(turn: Turn) -> None:
        turn.error(401, f"no such key: {KEY}")

    with serving(act) as server:
        result = with_key(map4)(
            "--yes", "--debug", "-q", "--json", env={"ANTHROPIC_LOG": "debug", "MAP4_BASE_URL": server.url}
        )
    assert result.returncode == 3
    assert "map4: stopped asking: the key in ANTHROPIC_API_KEY is not accepted (401: no such key: …)" in result.stderr
    assert len(json.loads(result.stdout)["tracks"]) == 30
    assert KEY not in result.stdout + result.stderr


@pytest.mark.usefixtures("library")
def test_the_key_is_in_no_traceback_and_no_setting(ask: Run, inside: Run) -> None:
    broken = ask("--yes", "--debug", env={"ANTHROPIC_API_KEY": f"{KEY} \n{KEY}"})
    assert (broken.returncode, "Traceback" in broken.stderr, KEY in broken.stderr) == (2, True, False)
    plain = ask("--yes", env={"MAP4_BASE_URL": f"http://{KEY}.example.com"})
    assert (plain.returncode, "use https" in plain.stderr) == (2, True)
    for command in (("config", "--json"), ("config",), ("library", "info")):
        assert KEY not in inside(*command, env={"ANTHROPIC_API_KEY": KEY}).stdout


@pytest.mark.world
@pytest.mark.usefixtures("library")
def test_ctrl_c_keeps_finished_answers(tmp_path: Path) -> None:
    def act(turn: Turn) -> None:
        (turn.good() if len(turn.tracks) == 20 else turn.hang())

    environment = {**os.environ, "ANTHROPIC_API_KEY": KEY, "MAP4_LIBRARY": str(tmp_path / "library.map4")}
    with serving(act) as server:
        command = [sys.executable, "-m", "map4", "classify", "--yes", "--jsonl"]
        process = subprocess.Popen(
            command,
            env=environment | {"MAP4_BASE_URL": server.url},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        first = json.loads(process.stdout.readline())
        for _ in range(19):
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=30)
    assert (process.returncode, first["labels"]["source"]) == (130, "claude")
    assert "the labels of 20 tracks are kept" in talk
    with Library.open(tmp_path / "library.map4") as library:
        assert library.care.info()["labels"] == {"claude": 20}


# ---- other models --------------------------------------------------------------------------------


@pytest.mark.usefixtures("library")
def test_a_model_on_this_machine_labels_without_a_key(inside: Run, tmp_path: Path) -> None:
    settings = tmp_path / "map4.toml"
    with serving(turn=ChatTurn) as server:
        settings.write_text(f'[classify.models.local]\nmodel = "qwen3:8b"\nurl = "{server.url}/v1"\n')
        config = ("--config", settings)
        named = (*config, "--provider", "local", "--local-only")
        planned = inside("classify", *named, "--dry-run")
        document = json.loads(inside("classify", *named, "--dry-run", "--json").stdout)
        validate(document)
        assert (document["has_key"], document["key_variable"], document["requests"]) == (True, None, 6)
        assert ("none is needed" in planned.stdout, "6 of up to 5 tracks, 1 at once" in planned.stdout) == (True, True)
        assert inside("classify", *config, "--provider", "local").returncode == 2  # it asks first, here too
        done = inside("classify", *config, "--provider", "local", "--yes")
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1].startswith("30 tracks: 30 by qwen3:8b; 6 requests")
    assert server.keys == {""}

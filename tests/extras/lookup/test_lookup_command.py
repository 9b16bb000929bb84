"""`map4 lookup`, against a double of MusicBrainz on this machine."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from command_runs import run_inside
from conftest import Run
from extras.lookup import musicbrainz_server
from extras.lookup.listenbrainz_server import ListenBrainz
from extras.lookup.musicbrainz_server import Catalogue, Server
from libraries import put_track
from made_library import database_of
from schemas import validate

pytestmark = pytest.mark.contract

TITLES = ["Northern Lights", "Salt Road", "Copper"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    catalogue = Catalogue()
    catalogue.put("Aurora Field", "Polar", TITLES, label="Warp", number="WARP 12")
    with musicbrainz_server.serving(catalogue) as found:
        settings = f'musicbrainz = {{url = "{found.url}", contact = "me@example.org", interval_s = 0.0}}'
        monkeypatch.setenv("MAP4_PROVIDERS", settings)
        yield found


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Two tracks that are found, one in doubt by its length, and one that nobody has."""
    path = tmp_path / "library.map4"
    with database_of(path) as database, database.transaction() as connection:
        for number, title in enumerate([*TITLES, "Nowhere"], start=1):
            duration_s = 215.0 if title == "Copper" else 200.0 + number
            put_track(connection, number, artist="Aurora Field", title=title, duration_s=duration_s)
    return path


ASK = ("lookup", "--provider", "musicbrainz", "--yes")
CHECK = ("lookup", "--providers", "--check")


def test_found_values_are_printed_and_searchable(inside: Run, library: Path, server: Server) -> None:
    done = inside(*ASK)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "Aurora Field – Northern Lights  Warp; WARP 12; 1999; Deep House; House",
        "Aurora Field – Salt Road  Warp; WARP 12; 1999; Deep House; House",
        "Aurora Field – Copper  in doubt, 1 candidate",
        "Aurora Field – Nowhere  not found",
    ]
    assert "2 found, 1 in doubt ('map4 lookup review --provider musicbrainz'), 1 not found; " in done.stderr
    assert len(inside("search", "label:warp", "--jsonl").stdout.splitlines()) == 2
    shown = inside("tags", "show", "/music/1.mp3").stdout
    assert "* Warp" in shown
    assert "looked up" in shown
    for form in ("--json", "--jsonl"):
        documents = inside(*ASK, "--force", form).stdout
        for text in [documents] if form == "--json" else documents.splitlines():
            validate(json.loads(text))
    assert "already known" in inside(*ASK).stderr
    assert inside("lookup", "forget", "--provider", "musicbrainz", "--yes").returncode == 0
    assert inside("search", "label:warp").returncode == 4
    again = inside("lookup", "forget", "--provider", "musicbrainz", "--yes")
    assert (again.returncode, again.stderr) == (4, "map4: no provider returned anything for these tracks\n")
    assert "dropped 7 answers" in inside("library", "prune", "--lookups", "--yes").stdout


def test_tracks_without_names_are_counted(inside: Run, library: Path, server: Server) -> None:
    with database_of(library) as database, database.transaction() as connection:
        connection.execute("UPDATE files SET artist = NULL, title = NULL, path = CAST('/music/' || id AS BLOB)")
    for name in ("deezer", "listenbrainz"):
        plan = json.loads(inside("lookup", "--provider", name, "--dry-run", "--json").stdout)
        validate(plan)
        [provider] = plan["providers"]
        assert (provider["open"], provider["unnamed"], provider["requests"]) == (0, 4, 0)
    done = inside("lookup", "--provider", "deezer")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("map4: nothing to ask with: 4 tracks without artist and title, ISRC or id; ")
    both = inside(*ASK, "--provider", "deezer")  # MusicBrainz is asked about the names of the files
    assert (both.returncode, "4 not found, 4 without names or ids to ask with" in both.stderr) == (0, True)


def test_forget_needs_no_service(inside: Run, library: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    inside(*ASK)
    monkeypatch.delenv("MAP4_PROVIDERS")
    done = inside("lookup", "forget", "--yes", "/music/1.mp3")
    assert (done.returncode, done.stderr) == (0, "deleted the values of 1 recording\n")
    assert len(inside("search", "label:warp", "--jsonl").stdout.splitlines()) == 1


def test_consent_is_required_and_states_what_is_sent(inside: Run, library: Path, server: Server) -> None:
    refused = inside("lookup", "--provider", "musicbrainz")
    assert refused.returncode == 2
    assert "add --yes" in refused.stderr
    assert "about 4 tracks (id in the file's tags, ISRC" not in refused.stderr
    assert "artist and title), about 12 requests" in " ".join(refused.stderr.split())
    assert server.turns == []
    plan = inside("lookup", "--provider", "musicbrainz", "--dry-run").stdout
    assert "never audio or paths" in " ".join(plan.split())
    assert '{"artist": "Aurora Field", "title": "Northern Lights"}' in " ".join(plan.split())
    assert server.turns == []
    assert inside("lookup").returncode == 2
    assert "or name a provider, such as --provider musicbrainz" in inside("lookup").stderr
    assert inside("lookup", "--provider", "beatport").stderr.startswith(
        "map4: map4 does not support beatport: no access"
    )


def test_dry_run_needs_no_key(inside: Run, library: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAP4_PROVIDERS")
    hint = "'map4 config set providers.musicbrainz.contact me@example.org'"
    unnamed = inside("lookup", "--dry-run")
    assert (unnamed.returncode, hint in unnamed.stdout) == (0, True)
    assert unnamed.stderr == "map4: no provider is enabled; --provider musicbrainz would send this\n"
    plan = inside("lookup", "--dry-run", "--provider", "musicbrainz", "--provider", "acoustid", "--json")
    both = validate(json.loads(plan.stdout))["providers"]
    assert [hint in (lookup["lacks"] or "") for lookup in both] == [True, False]
    assert "ACOUSTID_KEY" in both[1]["lacks"]
    assert server.turns == []
    listed = inside("lookup", "--providers").stdout
    assert (listed.count("requires a contact"), listed.count("same as musicbrainz")) == (1, 2)


def test_unavailable_service_gives_one_line_and_an_exit_code(inside: Run, library: Path, server: Server) -> None:
    server.act = lambda turn: turn.error(403, "blocked")
    done = inside(*ASK, "--json")
    assert done.returncode == 1
    document = validate(json.loads(done.stdout))
    assert [lookup["status"] for lookup in document["lookups"]] == ["failed"] * 4
    [failure] = document["summary"]["failures"]
    assert failure["error_type"] == "authentication"
    assert failure["suggested_action"].startswith("check its key in the environment or the keyring, and")
    assert f"stopped using musicbrainz: {failure['message']}; {failure['suggested_action']}\n" in done.stderr
    assert sum("rejects this program (403)" in line for line in done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_providers_are_listed_and_checked(inside: Run, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = inside("lookup", "--providers").stdout
    assert [line for line in listed.splitlines() if line.endswith(" ")] == []
    shown = " ".join(listed.split())
    assert "musicbrainz ready" in shown
    for name in ("itunes", "spotify", "beatport", "bandcamp", "soundcloud", "mixcloud", "youtube", "1001tracklists"):
        assert f"{name} left out" in shown
    assert listed.count("left out") == 8  # services, nothing else
    assert "acoustid not set up" in shown
    assert "set ACOUSTID_KEY in the environment, or keep it in the system's keyring" in shown
    assert "coverart ready" in shown
    assert "they stay on this machine" in shown
    validate(json.loads(inside("lookup", "--providers", "--json").stdout))
    missing = inside(*CHECK, "--provider", "acoustid", "--provider", "musicbrainz")
    assert missing.returncode == 3
    assert "'keyring set map4 ACOUSTID_KEY'" in missing.stdout.splitlines()[0]
    assert missing.stdout.splitlines()[1] == "musicbrainz: answers"
    assert inside(*CHECK, "--provider", "nobody").returncode == 2
    assert inside(*CHECK, "--provider", "musicbrainz").stdout == "musicbrainz: answers\n"
    server.act = lambda turn: turn.error(500)
    done = inside(*CHECK, "--provider", "musicbrainz")
    assert (done.returncode, done.stdout) == (1, f"musicbrainz: {server.url[7:]} has a problem (500)\n")
    assert inside(*CHECK).returncode == 2
    server.act = lambda turn: turn.error(401)
    assert "; check its key in the environment" in inside(*CHECK, "--provider", "musicbrainz").stdout
    monkeypatch.setenv("MAP4_PROVIDERS", 'musicbranz = {enabled = true, contact = "me@example.org"}')
    assert "musicbranz not set up unknown name in the settings" in " ".join(
        inside("lookup", "--providers").stdout.split()
    )


def test_options_of_a_look_up_do_not_go_with_the_providers(inside: Run, library: Path) -> None:
    for words, reason in (
        (("--check",), "--check needs --providers"),
        (("--providers", "--dry-run"), "only with --json, or with --check and --provider"),
        (("--providers", "--provider", "musicbrainz"), "only with --json, or with --check and --provider"),
        (("--providers", "--query", "genre:house"), "only with --json, or with --check and --provider"),
        ((*CHECK[1:], "--json"), "--check prints text only"),
    ):
        refused = inside("lookup", *words)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert reason in refused.stderr


@pytest.mark.skipif(shutil.which("fpcalc") is None, reason="fpcalc is not installed")
def test_a_key_is_in_no_output(inside: Run, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "k3y-of-nobody-4711"
    monkeypatch.setenv("ACOUSTID_KEY", key)
    monkeypatch.setenv("MAP4_PROVIDERS", f'acoustid.url = "{server.url}"')
    for act in (lambda turn: turn.error(403, f"no {key}"), lambda turn: turn.error(200, f"no {key}")):
        server.act = act
        for command in ((*CHECK, "--provider", "acoustid"), ("lookup", "--providers", "--json"), ("config",)):
            done = inside(*command, "--debug")
            assert key not in done.stdout + done.stderr
    assert any(key in turn.body for turn in server.turns)


def test_lines_name_the_provider_of_several(
    inside: Run, library: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = Catalogue()
    catalogue.put("Aurora Field", "Polar", ["Nowhere"])
    with musicbrainz_server.serving(ListenBrainz(catalogue)) as other:
        settings = f'listenbrainz = {{url = "{other.url}", interval_s = 0.0}}'
        monkeypatch.setenv("MAP4_PROVIDERS", f"{os.environ['MAP4_PROVIDERS']}\n{settings}")
        done = inside(*ASK, "--provider", "listenbrainz")
    lines = done.stdout.splitlines()
    assert {
        "Aurora Field – Nowhere  musicbrainz: not found",
        "Aurora Field – Nowhere  listenbrainz: Deep House; House",
    } < {*lines}
    assert len(lines) == 8
    assert "2 providers: 3 found, 1 in doubt (" in done.stderr


termios = pytest.importorskip("termios")


def review(library: Path, keys: str, *, until: str) -> tuple[str, int]:
    """Press keys in `map4 lookup review` on a terminal; gives what it showed, and its code."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "map4", "lookup", "review", "--provider", "musicbrainz", "--yes"]
    environment = {**os.environ, "MAP4_LIBRARY": str(library), "COLUMNS": "120", "TERM": "xterm"}
    with subprocess.Popen(command, stdin=theirs, stderr=theirs, stdout=theirs, env=environment) as process:
        shown = ""
        while "q stop:" not in shown:
            shown += os.read(ours, 4096).decode("utf-8", "replace")
        os.write(ours, keys.encode())
        while until and until not in shown:
            shown += os.read(ours, 4096).decode("utf-8", "replace")
        code = process.wait(20)
    os.close(ours)
    os.close(theirs)
    return shown, code


@pytest.mark.world
def test_review_decides_each_doubt_with_one_key(inside: Run, library: Path, server: Server) -> None:
    inside(*ASK)
    asked = inside("lookup", "review", "--provider", "musicbrainz", "--json")
    [doubt] = validate(json.loads(asked.stdout))["lookups"]
    assert "12 s apart" in doubt["candidates"][0]["reasons"]
    assert inside("lookup", "review", "--provider", "musicbrainz").returncode == 2  # there is no terminal
    shown, code = review(library, "q", until="")
    assert code == 0
    assert "0.80" in shown
    assert "12 s apart" in shown
    shown, code = review(library, "1", until="WARP")
    assert code == 0
    assert len(run_inside("search", "label:warp", "--jsonl", library=library).stdout.splitlines()) == 3
    for form in ((), ("--json",), ("--jsonl",)):
        none = inside("lookup", "review", "--provider", "musicbrainz", *form)
        assert none.returncode == 4
        assert none.stderr == "map4: there is nothing to review; to look tracks up, run 'map4 lookup'\n"


RATE = """
import sys, time
from map4.extras.lookup.providers.web import SharedRate
rate = SharedRate(sys.argv[1], "musicbrainz.org:443", float(sys.argv[2]))
for _ in range(int(sys.argv[3])):
    with rate.turn(60.0) as is_ours:
        assert is_ours
        print(time.time(), flush=True)
"""


def test_three_processes_share_one_rate_limit(tmp_path: Path) -> None:
    interval_s = 0.05
    command = [sys.executable, "-c", RATE, str(tmp_path / "rates"), str(interval_s), "5"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    times = sorted(float(line) for process in processes for line in process.communicate()[0].splitlines())
    assert all(process.returncode == 0 for process in processes)
    assert len(times) == 15
    assert all(later - earlier >= interval_s for earlier, later in pairwise(times))

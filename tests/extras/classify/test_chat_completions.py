"""Labelling by models that speak as OpenAI's do, against a local server: forms of answers, faults, addresses, keys."""

import json
import socket
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from claude_server import INPUT_TOKENS, OUTPUT_TOKENS, ChatTurn, Server, SkippingClock, Turn, label, serving
from label_faults import FOR_EVER, KEY
from labelled_tracks import make_tracks
from lanes import sampled

from map4.core.music.track.track import Track
from map4.errors import UsageError
from map4.extras.classify.options import ClassifyOptions
from map4.extras.classify.part import LabelsPart, usual_limits
from map4.extras.classify.use import LabelNotice, LabelSummary
from map4.extras.shared.batches import BatchLimits
from map4.extras.shared.services import cut_out, service_named
from map4.library import Library

pytestmark = pytest.mark.contract

VARIABLE = "MY_MODELS_KEY"
MODELS = {"mine": {"model": "qwen3:8b", "token_env": VARIABLE}, "keyless": {"model": "qwen3:8b"},
          "odd": {"provider": "gpt"}}  # fmt: skip


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, KEY)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-alone")


def chat(act: Callable[[Any], None] = Turn.good) -> Any:
    return serving(act, turn=ChatTurn)


def classify(
    library: Library, server: Server, tracks: list[Track], provider: str = "mine", **options: Any
) -> tuple[LabelSummary, list[str], SkippingClock]:
    clock = SkippingClock()
    options = {"limits": BatchLimits(), "models": MODELS, "base_url": f"{server.url}/v1", **options}
    events = list(library.part(LabelsPart).run_events(tracks, provider=provider, clock=clock, **options))
    last = events[-1]
    return last.summary, [event.message for event in events if isinstance(event, LabelNotice)], clock


def test_request_has_the_documented_form(library: Library) -> None:
    with chat() as server:
        classify(library, server, make_tracks(library, 2))
    [turn] = server.turns
    assert turn.handler.path == "/v1/chat/completions"
    assert set(turn.body) == {"model", "messages", "response_format"}  # of a model on this machine no limit is asked
    form = turn.body["response_format"]
    assert (form["type"], form["json_schema"]["strict"]) == ("json_schema", True)
    jsonschema.validate({"labels": [label(0)]}, form["json_schema"]["schema"])
    assert [set(track) for track in turn.tracks] == 2 * [{"id", "artist", "title", "year", "genre_tag"}]
    assert server.keys == {f"Bearer {KEY}"}


def test_labels_name_their_model_and_labelled_tracks_are_skipped(library: Library) -> None:
    with chat() as server:
        summary, _, _ = classify(library, server, make_tracks(library, 50))
        again, _, _ = classify(library, server, list(library.tracks.all()))
    assert (summary.asked, summary.requests, summary.sources, summary.model) == (50, 3, {"openai": 50}, "qwen3:8b")
    assert (summary.input_tokens, summary.output_tokens) == (3 * INPUT_TOKENS, 3 * OUTPUT_TOKENS)
    assert (again.known, again.requests, len(server.turns)) == (50, 0, 3)
    assert {(track.labels.source, track.labels.model) for track in library.tracks.all() if track.labels} == {
        ("openai", "qwen3:8b")
    }
    rules = library.part(LabelsPart).run(list(library.tracks.all()), provider="keywords")
    assert rules.sources == {"openai": 50}


def test_every_service_has_its_own_key_or_none(library: Library) -> None:
    with chat() as server:
        summary, _, _ = classify(library, server, make_tracks(library, 1), provider="keyless")
        named, _, _ = classify(library, server, make_tracks(library, 2), provider="openai:other@" + server.url)
    assert (summary.asked, named.asked, server.keys) == (1, 2, {""})

    def variable(name: str) -> str | None:
        service = service_named(name, MODELS)
        return service.key_variable

    assert variable("openai:gpt-5-mini") == "OPENAI_API_KEY"
    gemini = "https://generativelanguage.googleapis.com/v1beta/openai"
    assert variable(f"openai:gemini-flash@{gemini}") == "GEMINI_API_KEY"
    assert variable("openai:m@https://api.openai.com.example/v1") is None
    assert variable("openai:qwen3:8b@http://localhost:11434/v1") is None
    assert variable("claude:claude-x") == "ANTHROPIC_API_KEY"
    proxy = {"claude": {"provider": "claude", "model": "usual", "url": "https://proxy.example"}}
    other = service_named("claude:other", proxy)
    assert (other.model, other.host) == ("other", "proxy.example")


# ---- the form of the answer ----------------------------------------------------------------------


def refusing(*forms: str, status: int = 400) -> Callable[[Turn], None]:
    """A server that knows only other forms, and says it as LM Studio does."""

    def act(turn: Turn) -> None:
        form = turn.body.get("response_format", {}).get("type", "text")
        text = json.dumps({"labels": [label(track["id"]) for track in turn.tracks]})
        if form in forms:
            turn.send(status, json.dumps({"error": "'response_format.type' must be something else"}))
        else:
            turn.text(f"Here you are:\n```json\n{text}\n```" if form == "text" else text, thinking=form == "text")

    return act


@pytest.mark.parametrize(
    ("refused", "taken"),
    [
        pytest.param((), "json_schema", marks=pytest.mark.world),
        pytest.param(("json_schema",), "json_object", marks=pytest.mark.world),
        (("json_schema", "json_object"), "text"),
    ],
)
@pytest.mark.parametrize("status", [400, pytest.param(422, marks=pytest.mark.world)])
def test_answer_form_is_detected_once(library: Library, refused: tuple[str, ...], taken: str, status: int) -> None:
    with chat(refusing(*refused, status=status)) as server:
        summary, notices, _ = classify(
            library, server, make_tracks(library, 30), limits=BatchLimits(batch_size=10, concurrency=1)
        )
    forms = [turn.body.get("response_format", {}).get("type", "text") for turn in server.turns]
    assert forms == [*refused, *3 * [taken]]
    assert (summary.asked, summary.requests, notices) == (30, 3, [])
    assert ('"additionalProperties"' in server.turns[-1].body["messages"][0]["content"]) == (taken != "json_schema")


def test_concurrent_requests_detect_the_answer_form_once(library: Library) -> None:
    with chat(refusing("json_schema", "json_object")) as server:
        summary, _, _ = classify(library, server, make_tracks(library, 100), limits=BatchLimits(batch_size=5))
    assert summary.asked == 100
    assert len(server.turns) <= 20 + 2 * 4


def test_request_too_large_for_the_model_is_halved(library: Library) -> None:
    def act(turn: Turn) -> None:
        if len(turn.tracks) > 5:
            turn.error(400, "This model's maximum context length is 4096 tokens.")
        else:
            turn.good()

    with chat(act) as server:
        summary, _, _ = classify(library, server, make_tracks(library, 20))
    assert (summary.asked, {turn.body["response_format"]["type"] for turn in server.turns}) == (20, {"json_schema"})


def test_remote_model_gets_its_limit_by_the_name_it_accepts(monkeypatch: pytest.MonkeyPatch, library: Library) -> None:
    def act(turn: Turn) -> None:
        if "max_tokens" in turn.body:
            turn.error(
                400, "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
            )
        else:
            turn.good()

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *more, **named: real("127.0.0.1", *more, **named))
    with chat(act) as server:
        url = server.url.replace("127.0.0.1", "nas.example")
        summary, _, _ = classify(library, server, make_tracks(library, 1), provider="keyless", base_url=url)
    assert (summary.asked, len(server.turns)) == (1, 2)
    assert server.turns[1].body["max_completion_tokens"] > 1000


def test_json_is_extracted_and_local_models_get_smaller_batches() -> None:
    cases = [
        ('<think>{"a": 1}</think> {"labels": [{"id": 0}]} bye {', '{"labels": [{"id": 0}]}'),
        ('```json\n{"labels": []}\n```', '{"labels": []}'),
        ("no JSON", "no JSON"),
        ("{" * 5000, "{" * 5000),
    ]
    assert [(text, cut_out(text)) for text, _ in cases] == cases
    here = usual_limits(ClassifyOptions(provider="openai", model="m", base_url="http://localhost:1/v1"))
    assert (here.batch_size, here.concurrency, here.timeout_s) == (5, 1, 600.0)
    there = usual_limits(ClassifyOptions(provider="openai", model="m"))
    assert (there.batch_size, there.concurrency) == (20, 4)
    assert usual_limits(ClassifyOptions(provider="keywords")) == BatchLimits()


# ---- faults --------------------------------------------------------------------------------------

SAID = {
    "ANTHROPIC_API_KEY": VARIABLE,
    "something other than Claude's JSON": "something other than a completion",
    "other than Claude's JSON": "other than a completion",
}


@pytest.mark.parametrize("name", sampled(["wrong key", "429", "HTML", "cut connection"], every=2))
def test_lasting_fault_leaves_labels_by_rules(library: Library, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    case = FOR_EVER[name]
    message = case.message
    for old, new in SAID.items():
        message = message.replace(old, new)
    with chat(case.act) as server:
        summary, notices, clock = classify(library, server, make_tracks(library, 120))
    assert message in str(summary.stopped)
    assert "\n" not in str(summary.stopped)
    assert KEY not in "".join(notices) + "".join(capfd.readouterr())
    # Each way to ask for the form is tried once where a refusal does not say what it is about.
    assert len(server.turns) <= summary.requests + 2 * 4
    assert summary.requests <= case.requests
    assert sum(clock.waits) <= case.waits_s
    assert (summary.tracks, summary.rules, summary.sources) == (120, 120, {"tag": 120})


MORE_FAULTS = {
    "refusal in words": (
        {"choices": [{"message": {"content": None, "refusal": "I can't."}, "finish_reason": "stop"}]},
        "declined to answer",
    ),
    "no content": (
        {"choices": [{"message": {"content": None}, "finish_reason": "stop"}]},
        "is not JSON of the requested form",
    ),
    "no choices": ({"choices": []}, "something other than a completion"),
    "odd choices": ({"choices": "no"}, "something other than a completion"),
    "odd content": ({"choices": [{"message": {"content": [1]}}]}, "something other than a completion"),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if "choices" in name else pytest.mark.world) for name in MORE_FAULTS]
)
def test_answers_of_another_form_are_reported_as_faults(library: Library, name: str) -> None:
    document, message = MORE_FAULTS[name]
    with chat(lambda turn: turn.send(200, json.dumps(document))) as server:
        summary, _, _ = classify(library, server, make_tracks(library, 10))
    assert message in str(summary.stopped)
    assert summary.rules == 10


def test_errors_are_read_as_each_server_writes_them(library: Library) -> None:
    bodies = {
        '{"error": "model not found"}': "model not found",
        '{"object": "error", "message": "no such model"}': "no such model",
        '[{"error": {"message": "gemini says no"}}]': "gemini says no",
        "": "most addresses end in /v1",
    }
    for body, message in bodies.items():
        with chat(lambda turn, body=body: turn.send(404, body)) as server:  # type: ignore[misc]
            summary, _, _ = classify(library, server, make_tracks(library, 1), force=True)
        assert message in str(summary.stopped)


# ---- addresses and keys --------------------------------------------------------------------------


def test_a_redirect_is_never_followed(library: Library) -> None:
    with chat() as elsewhere:
        for provider in ("mine", "claude:m"):
            with chat(lambda turn: turn.send(307, "", location=f"{elsewhere.url}/v1/chat/completions")) as server:
                summary, _, _ = classify(library, server, make_tracks(library, 1), provider=provider, local_only=True)
            assert summary.asked == 0
        assert elsewhere.turns == []


@pytest.mark.parametrize(
    ("url", "numbers"),
    [
        ("https://api.openai.com/v1", ["8.8.8.8"]),
        ("http://nas.example:11434/v1", ["192.168.0.7"]),
        ("http://both.example/v1", ["127.0.0.1", "10.0.0.1"]),
        ("http://nobody.example/v1", []),
        ("http://0.0.0.0:1/v1", ["0.0.0.0"]),
        ("http://[::ffff:10.0.0.1]/v1", ["::ffff:10.0.0.1"]),
    ],
)
def test_local_only_is_local(library: Library, monkeypatch: pytest.MonkeyPatch, url: str, numbers: list[str]) -> None:
    def found(*_: Any, **__: Any) -> Any:
        if not numbers:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, 80)) for number in numbers]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    for provider in ("keyless", "claude"):
        with pytest.raises(UsageError, match="is not this machine"):
            library.part(LabelsPart).prepare([], provider=provider, models=MODELS, base_url=url, local_only=True)


def test_local_only_connects_to_the_checked_address(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def once(host: str, port: int, *_: Any, **__: Any) -> Any:
        asked.append(host)
        number = "127.0.0.1" if len(asked) == 1 else "192.0.2.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))]

    service = service_named("openai:m@http://localhost:5/v1", {}, local_only=True)
    assert (service.base_url, service.is_local) == ("http://127.0.0.1:5/v1", True)
    monkeypatch.setattr(socket, "getaddrinfo", once)
    service = service_named("openai:m@http://rebound.example:5/v1", {}, local_only=True)
    assert (service.base_url, asked) == ("http://127.0.0.1:5/v1", ["rebound.example"])


def test_local_service_is_reached_without_a_proxy(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens there
    with chat() as server:
        summary, _, _ = classify(library, server, make_tracks(library, 1))
    assert summary.asked == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"provider": "openai"}, "needs the name of a model"),
        ({"provider": "openai", "model": "m", "base_url": "localhost:11434"}, "address of a model is"),
        ({"provider": "openai", "model": "m", "base_url": "https://me:pw@x.example"}, "must not contain a password"),
        ({"provider": "mine", "base_url": "http://x.example/v1"}, "use https"),
        ({"provider": "nobody"}, "there is no provider 'nobody'"),
        ({"provider": "odd"}, "classify.models.odd.provider is claude or openai, not 'gpt'"),
    ],
)
def test_invalid_options_are_refused(library: Library, options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        library.part(LabelsPart).prepare([], models=MODELS, **options)  # type: ignore[arg-type]

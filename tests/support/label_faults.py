"""What a service that labels tracks can do wrong, for ever or for a while."""

from collections.abc import Callable
from dataclasses import dataclass

from claude_server import Turn, label

KEY = "sk-ant-test-5ecre7-do-not-print"
A_DAY = str(24 * 3600)


def at_first(fault: Callable[[Turn], None], times: int = 1) -> Callable[[Turn], None]:
    """Fail so often, then be good."""
    return lambda turn: fault(turn) if turn.number < times else turn.good()


def foreign(turn: Turn) -> None:
    turn.labels([label(track["id"] + 1000) for track in turn.tracks])


def twice(turn: Turn) -> None:
    turn.labels([label(track["id"], subgenre=style) for track in turn.tracks for style in ("Techno", "Trance")])


def without_the_first(turn: Turn) -> None:
    turn.labels([label(track["id"]) for track in turn.tracks[1:]])


@dataclass(frozen=True)
class Case:
    """A fault: how the server acts, what is said of it, and how many requests and virtual seconds it may cost."""

    act: Callable[[Turn], None]
    message: str
    requests: int
    waits_s: float = 0.0


FOR_EVER = {
    "wrong key": Case(lambda t: t.error(401, f"invalid x-api-key {KEY}"), "ANTHROPIC_API_KEY is not accepted", 4),
    "no right": Case(lambda t: t.error(403, "not yours"), "not accepted (403: not yours)", 4),
    "no credit": Case(lambda t: t.error(400, "Your credit is too low."), "(400: Your credit is too low)", 4),
    "no such model": Case(lambda t: t.error(404, "model: x"), "refuses this request (404: model: x)", 4),
    "429, a day": Case(lambda t: t.error(429, retry_after=A_DAY), "the service allows another request in 24 h", 4),
    "429, a minute": Case(lambda t: t.error(429, retry_after="60"), "exceed 120 s", 20, 120),
    "429": Case(lambda t: t.error(429), "exceed 120 s", 20, 120),
    "429, a date": Case(lambda t: t.error(429, retry_after="Wed, 21 Oct 2026 07:28:00 GMT"), "exceed 120 s", 20, 120),
    "500": Case(lambda t: t.error(500), "has a problem (500), repeatedly", 24, 60),
    "529": Case(lambda t: t.error(529), "is overloaded (529)", 24, 60),
    "HTML": Case(lambda t: t.send(200, "<html>log in</html>", "text/html"), "something other than Claude's JSON", 12),
    "HTML called JSON": Case(lambda t: t.send(200, "<html>"), "something other than Claude's JSON", 12),
    "other JSON": Case(lambda t: t.send(200, '{"hello": ["world"]}'), "something other than Claude's JSON", 12),
    "no content": Case(lambda t: t.send(200, '{"type": "message", "usage": {}}'), "other than Claude's JSON", 12),
    "no usage": Case(lambda t: t.send(200, '{"type": "message", "content": []}'), "other than Claude's JSON", 12),
    "odd error": Case(lambda t: t.send(400, '{"error": {"message": 5}}'), "refuses this request (400)", 4),
    "null": Case(lambda t: t.send(200, "null"), "something other than Claude's JSON", 12),
    "empty": Case(lambda t: t.send(200, ""), "something other than Claude's JSON", 12),
    "broken JSON": Case(lambda t: t.text('{"labels": [{'), "is not JSON of the requested form", 12),
    "NaN": Case(lambda t: t.labels([label(0, confidence=float("nan"))]), "leaves tracks out", 12),
    "deep JSON": Case(lambda t: t.text("[" * 100_000), "is not JSON", 12),
    "a list": Case(lambda t: t.text("[1, 2]"), "is not JSON of the requested form", 12),
    "truncated": Case(lambda t: t.text('{"labels": [', "max_tokens"), "was cut off", 12),
    "refusal": Case(lambda t: t.text("", "refusal"), "declined to answer", 12),
    "foreign ids": Case(foreign, "leaves tracks out", 12),
    "duplicate ids": Case(twice, "leaves tracks out", 12),
    "wrong enum": Case(lambda t: t.good(genre="Polka Metal"), "leaves tracks out", 12),
    "cut connection": Case(Turn.cut, "can't be reached", 24, 60),
    "too large": Case(lambda t: t.error(413), "too large", 12),
    "larger than any answer": Case(lambda t: t.send(200, " " * (5 << 20)), "answered with more than 4 MB", 24, 60),
}  # fmt: skip


PASSING = {
    "429": (lambda t: t.error(429), 1),
    "429, soon": (lambda t: t.error(429, retry_after="3"), 4),
    "500": (lambda t: t.error(500), 2),
    "cut connection": (Turn.cut, 2),
    "HTML": (lambda t: t.send(200, "<html>", "text/html"), 1),
    "broken JSON": (lambda t: t.text("{"), 4),
    "truncated": (lambda t: t.text('{"labels": [', "max_tokens"), 1),
    "refusal": (lambda t: t.text("", "refusal"), 2),
    # One that is asked about alone, before all others were, gets its answer: else none would be left to ask again.
    "missing ids": (lambda t: without_the_first(t) if len(t.tracks) > 1 else t.good(), 3),
    "foreign ids": (foreign, 2),
    "duplicate ids": (twice, 2),
}

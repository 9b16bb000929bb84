"""Which tracks are asked about, which labels win, and what the summary says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from map4.core.music.track.labels import Labels
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.extras.classify.facts import FilesToLabel, same_question
from map4.extras.classify.use import (
    LabelEvent,
    Labelled,
    Labelling,
    LabelNotice,
    LabelSummary,
    Sorted,
    is_answer_of,
    sort_tracks,
)
from map4.extras.shared.batches import GivenUp
from map4.extras.shared.service import Fault
from map4.labels import TrackFacts

OF_CLAUDE = Labels(genre="Jazz", family="Jazz", confidence=0.9, source="claude", model="m")
OF_TAG = Labels(genre="Pop", family="Pop", confidence=0.7, source="tag")


class Kept:
    """A library and a cache of answers in memory."""

    def __init__(self, answers: Mapping[str, Labels] | None = None) -> None:
        self.labels: dict[str, Labels] = {}
        self._answers = dict(answers or {})

    def put(self, given: Any, *args: Any, **more: Any) -> None:
        assert not args, "nothing was answered"
        self.labels |= given

    def get(self, facts: TrackFacts, model: str) -> Labels | None:
        return self._answers.get(facts.title or "")


class Silent:
    """A service that never answers."""

    requests, input_tokens, output_tokens = 3, 0, 0

    def run(self, questions: Mapping[int, TrackFacts]) -> Iterator[GivenUp]:
        yield GivenUp(ids=tuple(questions), fault=Fault(kind="network", message="it can't be reached"), tries=3)


class Rules:
    """Says what it is told to say, and remembers of what."""

    def __init__(self, **labels: Labels) -> None:
        self.asked: list[str | None] = []
        self._said = labels

    def label(self, tracks: Sequence[TrackFacts]) -> list[Labels | None]:
        self.asked += [facts.title for facts in tracks]
        return [self._said.get(facts.title or "") for facts in tracks]


def track(title: str | None, audio: str | None = None, **values: Any) -> Track:
    tags = {name: values.pop(name) for name in ("artist", "year", "album", "genre") if name in values}
    return Track(
        path=f"/m/{title}.wav", state="ok", audio_id=audio or f"a-{title}", tags=Tags(title=title, **tags), **values
    )


def sort(*tracks: Track, kept: Kept | None = None, model: str | None = "m", force: bool = False) -> Sorted[Track]:
    files = FilesToLabel.of(tracks)
    accepts = lambda labels: not force and is_answer_of(labels, "m")  # noqa: E731
    return sort_tracks(tracks, files, cache=kept or Kept(), model=model, force=force, accepts=accepts)


def run(
    found: Sorted[Track], kept: Kept, *rules: Rules, replace_all: bool = False
) -> tuple[list[LabelEvent], LabelSummary]:
    labelling = Labelling(store=kept, cache=kept, rules=rules, batches=None, model=None, replace_all=replace_all)
    events = list(labelling.run(found))
    last = events[-1]
    return events[:-1], last.summary


def test_tracks_are_known_cached_or_open() -> None:
    older = replace(OF_CLAUDE, prompt_version=Labels.PROMPT_VERSION - 1)
    tracks = [
        track("known", labels=OF_CLAUDE),
        track("other model", labels=replace(OF_CLAUDE, model="n")),
        track("older", labels=older),
        track("guessed", labels=OF_TAG),
        track("new"),
        track("cached"),
        replace(track("nobody"), audio_id=None),
    ]
    kept = Kept({"cached": OF_CLAUDE})
    found = sort(*tracks, kept=kept)
    assert [track.tags.title for track in found.known] == ["known"]
    assert [(group.facts.title, labels) for group, labels in found.cached] == [("cached", OF_CLAUDE)]
    assert [group.facts.title for group in found.open] == ["other model", "older", "guessed", "new"]
    assert found.skipped == 1
    again = sort(*tracks, kept=kept, force=True)
    assert (len(again.known), len(again.cached), len(again.open)) == (0, 0, 6)
    assert sort(track("cached"), kept=kept, model=None).cached == []


def test_copies_are_requested_once_by_the_one_with_the_most_tags() -> None:
    tracks = [
        track("Undertow", "a1", artist="Nadia", year=2016, album="Basement"),
        track("undertow", "a2", artist="NADIA", year=2016, album="Best of"),
        track("copy", "a1"),
        track("Undertow", "a3", artist="Nadia", year=1999),
    ]
    found = sort(*tracks)
    assert [[track.audio_id for track in group.tracks] for group in found.open] == [["a1", "a1", "a2"], ["a3"]]
    assert len({same_question(None, "Track 01", album, None) for album in ("A", "B", "a")}) == 2
    bare, full = track("track 01", "a1"), track("Undertow", "a1", artist="Nadia", year=2016)
    for files in ([bare, full], [full, bare]):
        (group,) = sort(*files).open
        assert (group.facts.artist, group.facts.title) == ("Nadia", "Undertow")
        kept = Kept()
        events, summary = run(sort(*files), kept, Rules(Undertow=OF_TAG))
        assert kept.labels == {"a1": OF_TAG}
        assert [event.track.labels for event in events if isinstance(event, Labelled)] == [OF_TAG, OF_TAG]
        assert summary.unknown == 0


def test_first_rule_that_knows_a_track_labels_it_and_replaces_models_on_request() -> None:
    first, second, kept = Rules(a=OF_TAG), Rules(a=OF_CLAUDE, b=OF_TAG), Kept()
    events, summary = run(sort(track("a"), track("b"), track("c")), kept, first, second)
    assert (first.asked, second.asked) == (["a", "b", "c"], ["b", "c"])
    assert kept.labels == {"a-a": OF_TAG, "a-b": OF_TAG, "a-c": Labels()}
    assert [event.via for event in events if isinstance(event, Labelled)] == 3 * ["rules"]
    assert (summary.rules, summary.unknown, dict(summary.sources)) == (3, 1, {"keywords": 1, "tag": 2})
    older = replace(OF_CLAUDE, model="n")
    found = sort(track("a", labels=older), track("b", labels=OF_TAG))
    kept = Kept()
    run(found, kept, Rules(a=OF_TAG))
    assert kept.labels == {"a-a": older, "a-b": Labels()}
    run(found, kept, Rules(a=OF_TAG), replace_all=True)
    assert kept.labels["a-a"] == OF_TAG


def test_summary_of_labelling_has_counts_and_reasons() -> None:
    labelling = Labelling(store=Kept(), cache=Kept(), rules=[Rules()], batches=Silent(), model="m")  # type: ignore[arg-type]
    *events, finished = labelling.run(sort(track("a"), track("b")))
    (notice,) = (event for event in events if isinstance(event, LabelNotice))
    assert [event.track.labels for event in events if isinstance(event, Labelled)] == [None, None]
    assert (finished.summary.tracks, finished.summary.unanswered, notice.is_fault) == (0, 2, True)
    assert notice.message == "no answer about 2 of 2 (it can't be reached); the next 'map4 classify' queries them again"
    kept = Kept({"cached": OF_CLAUDE})
    found = sort(
        track("known", labels=OF_CLAUDE), track("cached"), track("new"), replace(track("x"), audio_id=None), kept=kept
    )
    _, summary = run(found, kept, Rules())
    assert summary.to_record() == {
        "schema": "map4/classify-summary/1", "beta": True, "tracks": 3, "known": 1, "cached": 1, "asked": 0, "rules": 1,
        "unknown": 1, "unanswered": 0, "skipped": 1, "requests": 0, "input_tokens": 0, "output_tokens": 0,
        "model": None, "stopped": None, "sources": {"claude": 2, "keywords": 1},
    }  # fmt: skip

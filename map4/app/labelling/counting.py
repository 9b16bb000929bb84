"""Count what labelling would ask, name by name as they are read: no track is loaded and none is kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from map4.app.asking.batches import BatchLimits
from map4.domain.label_facts import SENT_FIELDS, TrackFacts, cleaned_names, same_names
from map4.domain.track.labels import Labels
from map4.infra.label_providers.answer_cache import AnswerCache
from map4.infra.label_providers.prompt import letters_of_track, sent_fields, tokens_of

_LETTERS_BITS = 16
"""Of a question's number in `counted`, those behind its place; names cleaned to 200 letters need some 12."""
_MOST_LETTERS = (1 << _LETTERS_BITS) - 1
_NO_PLACE = 1 << 62


def counted(
    rows: Iterable[tuple[int, tuple[Any, ...]]],
    copies: Iterable[tuple[int, tuple[Any, ...]]],
    *,
    cache: AnswerCache,
    model: str | None,
    force: bool,
    accepts: Callable[[Labels], bool],
    limits: BatchLimits,
    max_tracks: int | None,
) -> dict[str, Any]:
    """The numbers of a `LabelPlan`, which are those that `sort_tracks` leads to.

    rows: as `map4.ports.store.tracks.TrackStore.names_to_label` gives them; `copies` are those of audio that
        several files have
    model, force, accepts: as of `sort_tracks`
    """
    counts = dict.fromkeys(("tracks", "known", "cached", "open", "skipped"), 0)
    fullest = {row[2]: row for _, row in sorted(copies, key=lambda one: (_names_known(one[1]), -one[0]))}
    answered = cache.questions(model) if model is not None and not force else frozenset()
    will_do: dict[tuple[Any, ...], bool] = {(None, None, None): False}
    # Of each question the place of its first track, and how long that is. Hashes, since a million names are much; that
    # two of so many are the same, and a count is wrong by one, happens once in 30 million libraries.
    asked: dict[int, int] = {}
    best = _NO_PLACE
    example: tuple[Any, ...] = ()
    for place, (_, path, audio_id, artist, title, album, genre, year, source, of_model, version) in rows:
        if audio_id is None:
            counts["skipped"] += 1
            continue
        if source is not None and not force:
            kind = (source, of_model, version)
            if kind not in will_do:
                will_do[kind] = accepts(Labels(source=source, model=of_model, prompt_version=int(version)))
            if will_do[kind]:
                counts["known"] += 1
                continue
        if audio_id in fullest:
            _, path, _, artist, title, album, genre, year, *_ = fullest[audio_id]
        artist, title, album, genre = cleaned_names(path, artist, title, album, genre)
        asks = same_names(artist, title, year, album)
        if asks in answered and model:
            facts = TrackFacts(artist=artist, title=title, album=album, year=year)
            if cache.get(facts, model):
                counts["cached"] += 1
                continue
        counts["open"] += 1
        if title and model is not None:
            question = hash(asks)
            if place < asked.get(question, _NO_PLACE) >> _LETTERS_BITS:
                letters = letters_of_track(0, artist, title, album, year, genre)
                asked[question] = place << _LETTERS_BITS | letters
                if place < best:
                    best, example = place, (artist, title, album, year, genre)
    most = min(
        len(asked),
        math.inf if max_tracks is None else max_tracks,
        math.inf if limits.max_requests is None else limits.max_requests * limits.batch_size,
    )
    chosen = asked.values() if most == len(asked) else sorted(asked.values())[: int(most)]
    counts["tracks"] = counts["known"] + counts["cached"] + counts["open"]
    questions = len(chosen)
    batches, rest = divmod(questions, limits.batch_size)
    requests = batches + bool(rest)
    letters = sum(first & _MOST_LETTERS for first in chosen)
    letters += sum(_more_digits(size) * times for size, times in ((limits.batch_size, batches), (rest, 1)) if times)
    input_tokens, output_tokens = tokens_of(letters, requests, questions)
    sent = sent_fields(TrackFacts(**dict(zip(SENT_FIELDS, example, strict=True)))) if chosen and example else None
    return {
        **counts, "questions": questions, "requests": requests, "input_tokens": input_tokens,
        "output_tokens": output_tokens, "example": sent,
    }  # fmt: skip


def _more_digits(tracks: int) -> int:
    """By how many letters the numbers of the tracks of a request are longer than that of the first."""
    return sum(len(str(number)) - 1 for number in range(tracks))


def _names_known(row: tuple[Any, ...]) -> int:
    return sum(value is not None and value != "" for value in row[3:8])

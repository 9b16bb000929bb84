"""Count what labelling would ask, name by name as they are read: no track is loaded and none is kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from map4.app.asking.batches import AskingLimits
from map4.domain.label_facts import TrackFacts, cleaned_names, same_names
from map4.domain.labels import Labels
from map4.infra.label_providers.answer_cache import AnswerCache, answer_key
from map4.infra.label_providers.prompt import letters_of_track, sent_fields, tokens_of


def counted(
    rows: Iterable[tuple[Any, ...]],
    copies: Iterable[tuple[Any, ...]],
    *,
    cache: AnswerCache,
    model: str | None,
    force: bool,
    accepts: Callable[[Labels], bool],
    limits: AskingLimits,
    max_tracks: int | None,
) -> dict[str, Any]:
    """The numbers of a `LabelPlan`, which are those that `sort_tracks` leads to.

    Parameters
    ----------
    rows : as `map4.infra.sqlite.tracks.TrackStore.names_to_label` gives them; `copies` are those of audio that
        several files have
    model, force, accepts : as of `sort_tracks`
    """
    counts = dict.fromkeys(("tracks", "known", "cached", "open", "skipped", "questions"), 0)
    fullest: dict[str, tuple[Any, ...]] = {}
    for row in copies:
        before = fullest.setdefault(row[1], row)
        if _names_known(row) > _names_known(before):
            fullest[row[1]] = row
    answered = cache.keys() if model is not None and not force else frozenset()
    will_do: dict[tuple[Any, ...], bool] = {(None, None, None): False}
    # Of each question whether the cache has its answer. Hashes, since a million names are much; that two of so many
    # are the same, and a count is wrong by one, happens once in 30 million libraries.
    asked: dict[int, bool] = {}
    most = math.inf if model is not None else 0
    if limits.max_requests is not None:
        most = min(most, limits.max_requests * limits.batch_size)
    if max_tracks is not None:
        most = min(most, max_tracks)
    letters, example = 0, None
    for row in rows:
        path, audio_id, artist, title, album, genre, year, *said = row
        if audio_id is None:
            counts["skipped"] += 1
            continue
        if said[0] is not None and not force:
            kind = tuple(said)
            if kind not in will_do:
                will_do[kind] = accepts(Labels(source=said[0], model=said[1], prompt_version=int(said[2])))
            if will_do[kind]:
                counts["known"] += 1
                continue
        if audio_id in fullest:
            path, _, artist, title, album, genre, year, *_ = fullest[audio_id]
        artist, title, album, genre = cleaned_names(path, artist, title, album, genre)
        question = hash(same_names(artist, title, year, album))
        is_cached = asked.get(question)
        if is_cached is None:
            facts = None
            if answered or example is None:
                facts = TrackFacts(artist=artist, title=title, album=album, genre=genre, year=year)
            is_cached = bool(
                answered and facts and model and answer_key(facts, model) in answered and cache.get(facts, model)
            )
            asked[question] = is_cached
            if not is_cached and title and counts["questions"] < most:
                example = example or (facts and sent_fields(facts))
                letters += letters_of_track(
                    counts["questions"] % limits.batch_size, (artist, title, album, year, genre)
                )
                counts["questions"] += 1
        counts["cached" if is_cached else "open"] += 1
    counts["tracks"] = counts["known"] + counts["cached"] + counts["open"]
    requests = -(-counts["questions"] // limits.batch_size)
    input_tokens, output_tokens = tokens_of(letters, requests, counts["questions"])
    return {
        **counts, "requests": requests, "input_tokens": input_tokens, "output_tokens": output_tokens,
        "example": example,
    }  # fmt: skip


def _names_known(row: tuple[Any, ...]) -> int:
    return sum(value is not None and value != "" for value in row[2:7])

"""Cache of answers, so that none is paid for twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from fnmatch import fnmatchcase
from functools import cached_property

from map4.core.base.paths import user_file
from map4.core.music.track.labels import Labels
from map4.extras.classify.facts import TrackNames, same_question
from map4.extras.shared.text_cache import TextCache
from map4.labels import TrackFacts

# An answer about a recording does not age, but what a model of the same name says may.
TTL_S = 365 * 86400.0


def open_answer_cache(warn: Callable[[str], None], folder: str | None = None) -> closing[AnswerCache]:
    """Open the cache of answers; default: in the user's cache folder."""
    path = folder or user_file("cache", "responses")
    return closing(AnswerCache(TextCache(path, warn, command="map4 library prune --answers")))


class AnswerCache:
    """Answers by question, model and prompt version; in memory and on disk."""

    def __init__(self, texts: TextCache) -> None:
        self._texts = texts
        self._memory: dict[str, Labels] = {}

    @cached_property
    def is_empty(self) -> bool:
        """Return whether the cache had no answers when it was opened."""
        return not self._texts

    def close(self) -> None:
        self._texts.close()

    def get(self, facts: TrackFacts | TrackNames, model: str) -> Labels | None:
        if not self._memory and self.is_empty:  # most libraries have no answers yet
            return None
        key = answer_key(facts, model)
        if key not in self._memory:
            labels = self._texts.get(key, lambda text: Labels.of_data(json.loads(text)))
            if labels is None:
                return None
            self._memory[key] = labels
        return self._memory[key]

    def put(self, answers: Sequence[tuple[TrackFacts | TrackNames, Labels]], model: str) -> None:
        answers_by_key = {answer_key(facts, model): labels for facts, labels in answers}
        self._memory |= answers_by_key
        texts = {key: json.dumps(labels.to_data(), ensure_ascii=False) for key, labels in answers_by_key.items()}
        self._texts.put(texts, keep_s=TTL_S)

    def clear(self, pattern: str | None = None) -> int:
        """Delete answers, and return their number.

        pattern: for "artist - title", where `*` and `?` match any letters, ignoring case; None deletes everything,
            including damaged entries
        """
        self._memory.clear()
        if pattern is None:
            return self._texts.forget()
        wanted = pattern.casefold()
        return self._texts.forget(key for key in self._texts.all_keys() if fnmatchcase(_name(key), wanted))


def answer_key(facts: TrackFacts | TrackNames, model: str) -> str:
    """Return the key of an answer: prompt version, model, and question."""
    return json.dumps(
        [Labels.PROMPT_VERSION, model, *same_question(facts.artist, facts.title, facts.album, facts.year)],
        ensure_ascii=False,
    )


def _name(key: str) -> str:
    _, _, artist, title, *_ = json.loads(key)
    return f"{artist or ''} - {title or ''}"

"""Ask two models about the same tracks, and tell where they agree; nothing is stored."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from map4.app.asking.batches import Answered, Stopped
from map4.app.labelling.labelling import LabelNotice, sort_tracks
from map4.app.labelling.plan import ClassifyOptions, LabelPlan, label_asking, plan_of, usual_limits
from map4.domain.labels import Labels
from map4.domain.track import Track
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.infra.label_providers.answer_cache import AnswerCache, default_responses_path
from map4.infra.label_providers.services import no_such_service, service_named

COMPARISON_SCHEMA = "map4/classify-comparison/1"
SAMPLE = 50
COMPARED = ("genre", "subgenre", "mood", "era")


class LabelComparison:
    """Two models that are about to be asked; made by `Library.label_comparison`.

    Parameters
    ----------
    names : of two services, as `map4.infra.label_providers.services.service_named` takes them
    options : `max_tracks` is the size of the sample; `force` asks again what was answered before
    """

    def __init__(self, tracks: Iterable[Track], names: Sequence[str], options: ClassifyOptions) -> None:
        self._options, self._services, self._warnings = options, [], list[str]()
        for name in names:
            service = service_named(name, options.models, local_only=options.local_only)
            if service is None:
                raise no_such_service(name, options.models)
            self._services.append((name, service, options.limits or usual_limits(replace(options, provider=name))))
        if len(names) != 2:
            raise UsageError("two models are compared")
        with self._cache() as cache:
            found = sort_tracks(tracks, cache=cache, model=None, force=True, accepts=lambda _: False)
            facts = [group.facts for group in found.open if group.facts.title]
            if not facts:
                raise NothingFoundError("no track to ask about")
            # By chance, and the same sample for the same tracks.
            self._facts = random.Random(0).sample(facts, min(options.max_tracks or SAMPLE, len(facts)))
            self._kept = [self._kept_answers(cache, service.cache_name) for _, service, _ in self._services]

    @property
    def plans(self) -> tuple[LabelPlan, ...]:
        """What asking each of them would send and cost."""
        found = []
        for (name, service, limits), kept in zip(self._services, self._kept, strict=True):
            left = [facts for number, facts in enumerate(self._facts) if number not in kept]
            counts = {"tracks": len(self._facts), "known": 0, "cached": len(kept), "open": len(left), "skipped": 0}
            found.append(plan_of(name, service, limits, left, **counts))
        return tuple(found)

    def record(self) -> dict[str, Any]:
        """The `map4/classify-comparison/1` record before anything is asked."""
        plans = [plan.to_record() for plan in self.plans]
        return {
            "schema": COMPARISON_SCHEMA, "tracks": len(self._facts), "both": 0, "plans": plans, "asked": [],
            "fields": {}, "disagreements": [],
        }  # fmt: skip

    def events(self) -> Iterator[LabelNotice | dict[str, Any]]:
        """Ask both; what happens meanwhile, at last the record.

        Raises
        ------
        UsageError
            If a key is missing.
        Map4Error
            If there is no track that both answered.
        """
        said: list[dict[int, Labels]] = []
        asked: list[dict[str, Any]] = []
        for name, service, _ in self._services:
            if not service.has_key:
                raise UsageError(f"{service.key_variable} is not set, which {name} needs")
        for (name, service, limits), kept in zip(self._services, self._kept, strict=True):
            asking = label_asking(service, limits, self._options.clock)
            answers, stopped = dict(kept), None
            for event in asking.run({n: facts for n, facts in enumerate(self._facts) if n not in kept}):
                if isinstance(event, Answered):
                    answers |= event.answers
                elif isinstance(event, Stopped):
                    stopped = event.reason
                    yield LabelNotice(message=f"stopped asking {name}: {event.reason}", is_fault=True)
            counts = {one: getattr(asking, one) for one in ("requests", "input_tokens", "output_tokens")}
            asked.append({"name": name, "model": service.model, "answered": len(answers), **counts, "stopped": stopped})
            said.append(answers)
        both = sorted(said[0].keys() & said[1].keys())
        if not both:
            raise Map4Error(next((one["stopped"] for one in asked if one["stopped"]), "no track was answered by both"))
        yield {**self.record(), "both": len(both), "asked": asked, **self._agreement(both, said[0], said[1])}

    def _agreement(
        self, both: Sequence[int], first: Mapping[int, Labels], second: Mapping[int, Labels]
    ) -> dict[str, Any]:
        fields, differs = {}, dict[int, dict[str, list[str | None]]]()
        for name in COMPARED:
            pairs = [(getattr(first[number], name), getattr(second[number], name)) for number in both]
            fields[name] = agreement_of(pairs)
            for number, pair in zip(both, pairs, strict=True):
                if _plain(pair[0]) != _plain(pair[1]):
                    differs.setdefault(number, {})[name] = list(pair)
        named = [
            {"artist": self._facts[number].artist, "title": self._facts[number].title, "said": said}
            for number, said in differs.items()
        ]
        return {"fields": fields, "disagreements": named}

    def _kept_answers(self, cache: AnswerCache, name: str) -> dict[int, Labels]:
        if self._options.force:
            return {}
        found = ((number, cache.get(facts, name)) for number, facts in enumerate(self._facts))
        return {number: labels for number, labels in found if labels is not None}

    def _cache(self) -> AnswerCache:
        return AnswerCache(self._options.responses or default_responses_path(), self._warnings.append)


def agreement_of(pairs: Sequence[tuple[str | None, str | None]]) -> dict[str, float | None]:
    """How often two raters say the same, in any case of letters: `same`, `share`, and Cohen's `kappa`.

    What is not known is a value like any other. There is no kappa where both gave one value alone.

    References
    ----------
    .. [1] Cohen, "A coefficient of agreement for nominal scales", Educ. and Psychol. Measurement 20(1), 1960.
    """
    plain = [(_plain(first), _plain(second)) for first, second in pairs]
    same = sum(first == second for first, second in plain)
    share = same / len(plain)
    firsts, seconds = Counter(first for first, _ in plain), Counter(second for _, second in plain)
    chance = sum(firsts[value] * seconds[value] for value in firsts) / len(plain) ** 2
    kappa = None if chance == 1.0 else round((share - chance) / (1.0 - chance), 3)
    return {"same": same, "share": round(share, 3), "kappa": kappa}


def _plain(value: str | None) -> str | None:
    return None if value is None else value.casefold()

"""Ask two models about the same tracks, and tell where they agree; nothing is stored."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from map4.app.asking.batches import Answered, Stopped
from map4.app.labelling.labelling import LabelNotice, sort_tracks
from map4.app.labelling.options import ClassifyOptions
from map4.app.labelling.plan import LabelPlan, label_batches, plan_of, usual_limits
from map4.domain.track.labels import Labels
from map4.domain.track.track import Track
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.infra.label_providers.answer_cache import kept_responses

COMPARISON_SCHEMA = "map4/classify-comparison/1"
SAMPLE = 50
COMPARED = ("genre", "subgenre", "mood", "era")


class LabelComparison:
    """Two models that are about to be asked; made by `Library.labels.compare`.

    names: of two services, as `map4.infra.label_providers.services.service_named` takes them
    options: `max_tracks` is the size of the sample; `force` asks again what was answered before
    """

    def __init__(self, tracks: Iterable[Track], names: Sequence[str], options: ClassifyOptions) -> None:
        if len(names) != 2:
            raise UsageError("two models are compared")
        self._clock, self._services = options.clock, []
        chosen = [replace(options, provider=name, model=None, base_url=None) for name in names]
        services = [one.needed_service() for one in chosen]
        # Nobody is told of a damaged cache: it is only read, and answers that are missing are asked for.
        with kept_responses(lambda _: None, options.responses) as cache:
            found = sort_tracks(tracks, cache=cache, model=None, force=True, accepts=lambda _: False)
            facts = [group.facts for group in found.open if group.facts.title]
            if not facts:
                raise NothingFoundError("no track to ask about")
            # By chance, and the same sample for the same tracks.
            self._facts = dict(enumerate(random.Random(0).sample(facts, min(options.max_tracks or SAMPLE, len(facts)))))
            for one, service in zip(chosen, services, strict=True):
                known = {} if options.force else self._facts
                kept = {number: cache.get(facts, service.cache_name) for number, facts in known.items()}
                answers = {number: labels for number, labels in kept.items() if labels is not None}
                self._services.append((one.provider, service, options.limits or usual_limits(one), answers))

    @property
    def plans(self) -> tuple[LabelPlan, ...]:
        found = []
        for name, service, limits, kept in self._services:
            left = [facts for number, facts in self._facts.items() if number not in kept]
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
        """Ask both; what happens meanwhile, at last the record."""
        said: list[Mapping[int, Labels]] = []
        asked: list[dict[str, Any]] = []
        for name, service, _, _ in self._services:
            if not service.has_key:
                raise UsageError(f"{service.key_variable} is not set, which {name} needs")
        for name, service, limits, kept in self._services:
            batches, answers, stopped = label_batches(service, limits, self._clock), dict(kept), None
            for event in batches.run({n: facts for n, facts in self._facts.items() if n not in kept}):
                if isinstance(event, Answered):
                    answers |= event.answers
                elif isinstance(event, Stopped):
                    stopped = event.reason
                    yield LabelNotice(message=f"stopped asking {name}: {event.reason}", is_fault=True)
            counts = {one: getattr(batches, one) for one in ("requests", "input_tokens", "output_tokens")}
            asked.append({"name": name, "model": service.model, "answered": len(answers), **counts, "stopped": stopped})
            said.append(answers)
        both = sorted(said[0].keys() & said[1].keys())
        if not both:
            raise Map4Error(next((one["stopped"] for one in asked if one["stopped"]), "no track was answered by both"))
        fields, differs = {}, dict[int, dict[str, list[str | None]]]()
        for name in COMPARED:
            pairs = {number: [getattr(answers[number], name) for answers in said] for number in both}
            other = {n: pair for n, pair in pairs.items() if len({one and one.casefold() for one in pair}) > 1}
            same = len(both) - len(other)
            fields[name] = {"same": same, "share": round(same / len(both), 3)}
            for number, pair in other.items():
                differs.setdefault(number, {})[name] = pair
        named = [
            {"artist": self._facts[number].artist, "title": self._facts[number].title, "said": values}
            for number, values in differs.items()
        ]
        yield {**self.record(), "both": len(both), "asked": asked, "fields": fields, "disagreements": named}

"""Query two models about the same tracks and compare their answers; nothing is stored."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace

from map4.base.records import Count, Fraction3, Record
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.extras.classify.answer_cache import open_answer_cache
from map4.extras.classify.options import ClassifyOptions
from map4.extras.classify.plan import LabelPlan, label_batches, plan_of, usual_limits
from map4.extras.classify.use import LabelNotice, sort_tracks
from map4.extras.shared.batches import Answered, Stopped
from map4.music.track.labels import Labels
from map4.music.track.track import Track

SAMPLE = 50
COMPARED = ("genre", "subgenre", "mood", "era")


class ModelUsage(Record):
    """The usage of a model.

    name: as given
    answered: tracks, including those answered before
    input_tokens, output_tokens: as the service counts them
    stopped: why the queries ended early
    """

    name: str
    model: str
    answered: Count
    requests: Count
    input_tokens: Count
    output_tokens: Count
    stopped: str | None


class FieldAgreement(Record):
    """How often two models agree on a field."""

    same: Count
    share: Fraction3


class Disagreement(Record):
    """A track that two models label differently.

    said: by field: the answers of the first and the second model
    """

    artist: str | None
    title: str | None
    said: Mapping[str, Sequence[str | None]]


class ComparedLabels(Record, kind="classify-comparison"):
    """The agreement of two models on labels.

    tracks: in the sample
    both: tracks that both models answered
    plans: the plan for each model
    asked: the usage of each model; empty with --dry-run
    fields: by genre, subgenre, mood, era
    """

    tracks: Count
    both: Count = 0
    plans: tuple[LabelPlan, ...]
    asked: tuple[ModelUsage, ...] = ()
    fields: Mapping[str, FieldAgreement] = field(default_factory=dict)
    disagreements: tuple[Disagreement, ...] = ()


class LabelComparison:
    """Compares two models; made by `Library.labels.compare`.

    names: two services, as for `map4.extras.shared.services.service_named`
    options: `max_tracks` is the size of the sample; `force` ignores cached answers
    """

    def __init__(self, tracks: Iterable[Track], names: Sequence[str], options: ClassifyOptions) -> None:
        if len(names) != 2:
            raise UsageError("two models are compared")
        self._clock, self._services = options.clock, []
        chosen = [replace(options, provider=name, model=None, base_url=None) for name in names]
        services = [choice.needed_service() for choice in chosen]
        # Damage of the cache is not reported: it is only read, and missing answers are queried.
        with open_answer_cache(lambda _: None, options.responses) as cache:
            sorted_tracks = sort_tracks(tracks, cache=cache, model=None, force=True, accepts=lambda _: False)
            facts = [group.facts for group in sorted_tracks.open if group.facts.title]
            if not facts:
                raise NothingFoundError("no track to ask about")
            # Random, but the same sample for the same tracks.
            self._facts = dict(enumerate(random.Random(0).sample(facts, min(options.max_tracks or SAMPLE, len(facts)))))
            for choice, service in zip(chosen, services, strict=True):
                known = {} if options.force else self._facts
                cached = {number: cache.get(facts, service.cache_name) for number, facts in known.items()}
                answers = {number: labels for number, labels in cached.items() if labels is not None}
                self._services.append((choice.provider, service, options.limits or usual_limits(choice), answers))

    @property
    def plans(self) -> tuple[LabelPlan, ...]:
        plans = []
        for name, service, limits, cached in self._services:
            left = [facts for number, facts in self._facts.items() if number not in cached]
            counts = {"tracks": len(self._facts), "known": 0, "cached": len(cached), "open": len(left), "skipped": 0}
            plans.append(plan_of(name, service, limits, left, **counts))
        return tuple(plans)

    def planned(self) -> ComparedLabels:
        """Return the comparison before any query."""
        return ComparedLabels(tracks=len(self._facts), plans=self.plans)

    def events(self) -> Iterator[LabelNotice | ComparedLabels]:
        """Query both; yields notices meanwhile, then the record."""
        by_model: list[Mapping[int, Labels]] = []
        models: list[ModelUsage] = []
        for name, service, _, _ in self._services:
            if not service.has_key:
                raise UsageError(f"{service.key_variable} is not set, which {name} needs")
        for name, service, limits, cached in self._services:
            batches, answers, stopped = label_batches(service, limits, self._clock), dict(cached), None
            for event in batches.run({n: facts for n, facts in self._facts.items() if n not in cached}):
                if isinstance(event, Answered):
                    answers |= event.answers
                elif isinstance(event, Stopped):
                    stopped = event.reason
                    yield LabelNotice(message=f"stopped asking {name}: {event.reason}", is_fault=True)
            counts = {count: getattr(batches, count) for count in ("requests", "input_tokens", "output_tokens")}
            models.append(ModelUsage(name=name, model=service.model, answered=len(answers), stopped=stopped, **counts))
            by_model.append(answers)
        both = sorted(by_model[0].keys() & by_model[1].keys())
        if not both:
            raise Map4Error(next((model.stopped for model in models if model.stopped), "no track was answered by both"))
        fields, differs = dict[str, FieldAgreement](), dict[int, dict[str, list[str | None]]]()
        for name in COMPARED:
            pairs = {number: [getattr(answers[number], name) for answers in by_model] for number in both}
            other = {n: pair for n, pair in pairs.items() if len({label and label.casefold() for label in pair}) > 1}
            same = len(both) - len(other)
            fields[name] = FieldAgreement(same=same, share=round(same / len(both), 3))
            for number, pair in other.items():
                differs.setdefault(number, {})[name] = pair
        named = tuple(
            Disagreement(artist=self._facts[number].artist, title=self._facts[number].title, said=values)
            for number, values in differs.items()
        )
        yield replace(self.planned(), both=len(both), asked=tuple(models), fields=fields, disagreements=named)

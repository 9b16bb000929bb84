"""Ask two models about the same tracks, and tell where they agree; nothing is stored."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from map4.app.asking.batches import Answered, Asking, Stopped
from map4.app.labelling.labelling import LabelNotice, sort_tracks
from map4.app.labelling.plan import ClassifyOptions, LabelPlan, label_asking, plan_of, usual_limits
from map4.domain.label_facts import TrackFacts
from map4.domain.labels import Labels
from map4.domain.track import Track
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.infra.label_providers.answer_cache import AnswerCache, default_responses_path
from map4.infra.label_providers.services import no_such_service, service_named

COMPARISON_SCHEMA = "map4/classify-comparison/1"
SAMPLE = 50
COMPARED = ("genre", "subgenre", "mood", "era")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldAgreement:
    """How often two models gave the same value of one field; `kappa` is Cohen's, None where chance alone agrees."""

    same: int
    share: float
    kappa: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOf:
    """What asking one model took; `stopped` is why it ended early."""

    name: str
    model: str
    answered: int
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    stopped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelAgreement:
    """Where two models agree.

    Parameters
    ----------
    plans : what was to be asked
    asked : of each model; empty before anything is
    tracks, both : in the sample; answered by both
    fields : by `COMPARED`; what a model does not know is a value like any other
    disagreements : tracks with what the two say of each field that differs
    """

    plans: tuple[LabelPlan, ...]
    tracks: int
    asked: tuple[AskedOf, ...] = ()
    both: int = 0
    fields: Mapping[str, FieldAgreement]
    disagreements: tuple[dict[str, Any], ...] = ()

    def to_record(self) -> dict[str, Any]:
        """The `map4/classify-comparison/1` record."""
        return {
            "schema": COMPARISON_SCHEMA,
            "tracks": self.tracks,
            "both": self.both,
            "plans": [plan.to_record() for plan in self.plans],
            "asked": [asdict(one) for one in self.asked],
            "fields": {name: asdict(one) for name, one in self.fields.items()},
            "disagreements": list(self.disagreements),
        }


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

    def planned(self) -> LabelAgreement:
        """The record of a comparison that did not take place yet."""
        return LabelAgreement(plans=self.plans, tracks=len(self._facts), fields={})

    def events(self) -> Iterator[LabelNotice | LabelAgreement]:
        """Ask both; what happens meanwhile, at last where they agree.

        Raises
        ------
        UsageError
            If a key is missing.
        Map4Error
            If there is no track that both answered.
        """
        said, asked = [], []
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
            said.append(answers)
            asked.append(_asked(name, service.model, len(answers), asking, stopped))
        yield self._agreement(said[0], said[1], tuple(asked))

    def _agreement(
        self, first: Mapping[int, Labels], second: Mapping[int, Labels], asked: tuple[AskedOf, ...]
    ) -> LabelAgreement:
        both = [number for number in range(len(self._facts)) if number in first and number in second]
        if not both:
            raise Map4Error(
                next((one.stopped for one in asked if one.stopped), None) or "no track was answered by both"
            )
        differs: dict[int, dict[str, list[Any]]] = {}
        fields = {}
        for name in COMPARED:
            pairs = [(getattr(first[number], name), getattr(second[number], name)) for number in both]
            fields[name] = agreement_of(pairs)
            for number, pair in zip(both, pairs, strict=True):
                if _plain(pair[0]) != _plain(pair[1]):
                    differs.setdefault(number, {})[name] = list(pair)
        names = [(self._facts[number].artist, self._facts[number].title, said) for number, said in differs.items()]
        return LabelAgreement(
            plans=self.plans,
            asked=asked,
            tracks=len(self._facts),
            both=len(both),
            fields=fields,
            disagreements=tuple({"artist": artist, "title": title, "said": said} for artist, title, said in names),
        )

    def _kept_answers(self, cache: AnswerCache, name: str) -> dict[int, Labels]:
        if self._options.force:
            return {}
        found = ((number, cache.get(facts, name)) for number, facts in enumerate(self._facts))
        return {number: labels for number, labels in found if labels is not None}

    def _cache(self) -> AnswerCache:
        return AnswerCache(self._options.responses or default_responses_path(), self._warnings.append)


def _asked(name: str, model: str, answered: int, asking: Asking[TrackFacts, Labels], stopped: str | None) -> AskedOf:
    return AskedOf(
        name=name,
        model=model,
        answered=answered,
        requests=asking.requests,
        input_tokens=asking.input_tokens,
        output_tokens=asking.output_tokens,
        stopped=stopped,
    )


def agreement_of(pairs: Sequence[tuple[str | None, str | None]]) -> FieldAgreement:
    """How often two raters say the same, in any case of letters, and Cohen's kappa.

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
    return FieldAgreement(same=same, share=round(share, 3), kappa=kappa)


def _plain(value: str | None) -> str | None:
    return None if value is None else value.casefold()

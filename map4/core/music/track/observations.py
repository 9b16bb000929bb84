"""Provider values of a recording, and how they are merged.

Observations are stored unchanged; the merged values are derived from all of them, in any order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from json import dumps
from typing import Any

from map4.core.base.records import Fraction, Moment, Record
from map4.core.base.text import MOST_LETTERS, without_controls, words_of
from map4.core.music.analysis.key import Key
from map4.core.music.analysis.plausible import plausible_bpm
from map4.core.music.track.fields import FIELDS, fields_of
from map4.errors import KeyParseError

PROVIDED_FIELDS = tuple(field.name for field in fields_of("provider") if field.name != "year")  # derived from dates
"""The fields that providers can give; `key` is in Camelot notation."""

_DATE = re.compile(r"[1-9]\d{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")
SAME_TEMPO = 0.04  # tempi within 4 % count as equal: the tolerance of the MIREX tempo task
OCTAVES = (0.5, 1.0, 2.0)  # half and double tempo count as equal
_OF_A_LABEL = re.compile(r"\s(?:records?|recordings?|music|ltd|inc)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A value from a provider.

    provider_id: of the recording at the provider
    field: an entry of `PROVIDED_FIELDS`
    score: 0-1, the confidence that this recording is the track; 1 if the user chose it
    fetched_at: ISO 8601 in UTC, to the second
    """

    provider: str
    provider_id: str
    field: str
    value: Any
    score: float
    fetched_at: str

    @staticmethod
    def is_same(name: str, a: Any, b: Any) -> bool:
        """True if two values of a field agree, except for spelling, precision, and tempo octave."""
        if name == "bpm":
            return any(abs(a * factor / b - 1.0) <= SAME_TEMPO for factor in OCTAVES)
        if name == "release_date":
            shorter, longer = sorted((a, b), key=len)
            return bool(longer.startswith(shorter))
        same: Callable[[Any], Any] = _FOLDS.get(name, lambda value: value)
        return bool(same(a) == same(b))

    @staticmethod
    def sound_values(values: Mapping[str, Any]) -> dict[str, Any]:
        """The valid values of a provider; invalid ones are dropped."""
        checked: dict[str, Any] = {}
        for name in PROVIDED_FIELDS:
            with suppress(ValueError):
                checked[name] = sound_value(name, values.get(name))
        return checked


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvidedValue:
    """The merged value of a field; `by_provider`: its values; `remark`: which provider was left out as contradicting,
    and why.
    """

    value: Any
    by_provider: Mapping[str, Any]
    remark: str | None = None


class RemoteMatch(Record, words={"additionalProperties": False}):
    """The matching recording of a provider.

    id: of the recording at the provider
    score: confidence of the match; 1 if you chose it
    """

    provider: str
    id: str
    score: Fraction
    fetched_at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Provided:
    """The merged provider values of a recording."""

    values: Mapping[str, ProvidedValue] = field(default_factory=dict)
    matches: tuple[RemoteMatch, ...] = ()

    def value(self, name: str) -> Any:
        """The merged value of a field; None if unknown. `year` is the original year, or that of the release."""
        if name == "year":
            original, date = self.value("original_year"), self.value("release_date")
            return original if original is not None else None if date is None else int(date[:4])
        provided = self.values.get(name)
        return None if provided is None else provided.value

    def by_provider(self, name: str) -> Mapping[str, Any]:
        """The value of a field by provider; `year` uses the providers of the date it comes from."""
        if name == "year":
            dated = self.values.get("original_year", self.values.get("release_date"))
            return dict.fromkeys(dated.by_provider if dated else (), self.value("year"))
        return self.values[name].by_provider if name in self.values else {}

    def to_data(self) -> dict[str, Any]:
        """The stored form: `in_force` for queries, the rest for display."""
        in_force = {name: value.value for name, value in self.values.items()}
        year = self.value("year")
        sources = {name: [dict(value.by_provider), value.remark] for name, value in self.values.items()}
        matches = [[match.provider, match.id, match.score, match.fetched_at] for match in self.matches]
        return {"in_force": in_force | ({} if year is None else {"year": year}), "said": sources, "matches": matches}

    @staticmethod
    def from_data(data: Mapping[str, Any]) -> Provided:
        in_force = data["in_force"]
        return Provided(
            values={
                name: ProvidedValue(value=sound_value(name, in_force[name]), by_provider=by_provider, remark=remark)
                for name, (by_provider, remark) in data["said"].items()
            },
            matches=tuple(
                RemoteMatch(provider=provider, id=match_id, score=score, fetched_at=at)
                for provider, match_id, score, at in data["matches"]
            ),
        )

    @staticmethod
    def of(observations: Iterable[Observation]) -> Provided:
        """Merge all observations of a recording; their order and repetition do not matter.

        For each provider, the best match counts, with its newest fetch. For each field, the value with the most support
        wins, weighted by each provider's quality (`data/providers.toml`) and match score; a contradicting provider is
        left out of this field only.
        """
        by_provider: dict[str, list[Observation]] = {}
        for observation in observations:
            by_provider.setdefault(observation.provider, []).append(observation)
        matches, weighted = [], dict[str, list[tuple[float, Observation]]]()
        for provider in sorted(by_provider):
            match, current = _current(by_provider[provider])
            matches.append(match)
            for latest in current:
                weight = shipped_weights().get(provider, {}).get(latest.field, 1.0) * latest.score
                weighted.setdefault(latest.field, []).append((weight, latest))
        return Provided(
            values={name: _agreed(name, weighted[name]) for name in PROVIDED_FIELDS if name in weighted},
            matches=tuple(matches),
        )


def sound_value(name: str, value: Any) -> Any:
    """Validate and normalize a value."""
    result: Any = None
    if name not in PROVIDED_FIELDS:
        raise ValueError(f"providers have no field {name}")
    field = FIELDS[name]
    if isinstance(value, str):
        text = value.strip().upper().replace("-", "")
        match field.kind:
            case "text":
                result = without_controls(value).strip()
            case "isrc" if _ISRC.fullmatch(text):
                result = text
            case "day" if _DATE.fullmatch(value):
                result = value
            case "key":
                with suppress(KeyParseError):
                    result = Key.parse(value).camelot
    elif field.kind == "whole" and type(value) is int:
        result = value if field.least <= value <= field.most else None
    elif field.kind == "tempo" and isinstance(value, int | float) and not isinstance(value, bool):
        result = plausible_bpm(float(value))
    if result is None or result == "":
        raise ValueError(f"{str(value)[:MOST_LETTERS]!r} is no {name}")
    return result


@lru_cache(1)
def shipped_weights() -> Mapping[str, Mapping[str, float]]:
    import tomllib
    from importlib.resources import files

    return tomllib.loads(files("map4.core.music").joinpath("data/providers.toml").read_text(encoding="utf-8"))


def _current(observations: Sequence[Observation]) -> tuple[RemoteMatch, list[Observation]]:
    """The match of a provider, and its latest values."""
    best = max(
        observations, key=lambda observation: (observation.score, observation.fetched_at, observation.provider_id)
    )
    mine = [observation for observation in observations if observation.provider_id == best.provider_id]
    newest = max(observation.fetched_at for observation in mine)
    last = sorted(
        (observation for observation in mine if observation.fetched_at == newest),
        key=lambda observation: (observation.score, _text(observation.value)),
    )
    match = RemoteMatch(provider=best.provider, id=best.provider_id, score=best.score, fetched_at=newest)
    return match, list({observation.field: observation for observation in last}.values())


def _agreed(name: str, weighted: Sequence[tuple[float, Observation]]) -> ProvidedValue:
    ranked = sorted(weighted, key=lambda pair: (-pair[0], pair[1].provider))
    groups: list[list[tuple[float, Observation]]] = []
    for pair in ranked:
        group = next(
            (candidates for candidates in groups if Observation.is_same(name, candidates[0][1].value, pair[1].value)),
            None,
        )
        if group is None:
            groups.append(group := [])
        group.append(pair)
    groups.sort(key=lambda them: (-round(sum(weight for weight, _ in them), 6), -len(them), _text(them[0][1].value)))
    winner, *others = groups
    value = winner[0][1].value
    if name == "release_date":  # prefer "1997-05-12" over "1997"
        value = max((observation.value for _, observation in winner), key=lambda date: (len(date), date))
    dropped = ", ".join(sorted(observation.provider for group in others for _, observation in group))
    agreeing = ", ".join(sorted(observation.provider for _, observation in winner))
    remark = f"{dropped} left out: {agreeing} {'agree' if len(winner) > 1 else 'counts more'}" if dropped else None
    return ProvidedValue(
        value=value, by_provider={observation.provider: observation.value for _, observation in ranked}, remark=remark
    )


def _folded(text: str) -> str:
    return words_of(text) or text


_FOLDS: Mapping[str, Callable[[Any], Any]] = {
    "artist": lambda text: sorted(_folded(text).replace(" and ", " ").split()),
    "album_artist": lambda text: sorted(_folded(text).replace(" and ", " ").split()),
    "title": _folded,
    "album": _folded,
    "label": lambda text: _OF_A_LABEL.sub("", _folded(text)),
    "catalog_number": lambda text: _folded(text).replace(" ", ""),
    "genre": lambda text: sorted(_folded(part) for part in text.split(";")),
    "remixer": lambda text: sorted(_folded(text).split()),
}


def _text(value: Any) -> str:
    return dumps(value, sort_keys=True, ensure_ascii=False)

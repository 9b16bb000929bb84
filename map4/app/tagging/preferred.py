"""Which source of a field goes first in a library: where sources contradict each other, and what another would change.

Only tracks are read of which a source besides the tag says something else, and of these only what is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from map4.app.query_context import as_query, query_context
from map4.domain.checks.disputes import dispute_of
from map4.domain.checks.preferred import FieldSources, OtherValue, SourceChange, SourceOfField, SourcesOfField
from map4.domain.near_names import no_such
from map4.domain.track.fields import CHOSEN_FIELDS, FIELDS, can_go_first, counting, first_of
from map4.domain.track.sources import METADATA_SOURCES, MetadataSource, Preferred
from map4.domain.track.track import Track
from map4.infra.sql.store import Store

MOST_TOLD = 200
"""Tracks that would show another value, of which each is told."""


class SourceChoice:
    """Which source of each field goes first in a library."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def fields(self) -> FieldSources:
        preferred = self._store.preferred.all()
        contradicted, changes = Counter[str](), Counter[tuple[str, MetadataSource]]()
        who: dict[str, Counter[str]] = {name: Counter() for name in CHOSEN_FIELDS}
        orders = {
            name: [(one, counting(name, (), ((name, one),))) for one in can_go_first(name)] for name in CHOSEN_FIELDS
        }
        for track in self._suspects():
            for name in CHOSEN_FIELDS:
                said = {source: value for source, value in track.sources(name).items() if source != "labels"}
                if not said.keys() - {"tag"}:  # alone it contradicts nobody
                    continue
                if (dispute := dispute_of(track, FIELDS[name])) is not None:
                    contradicted[name] += 1
                    who[name].update(one.who for one in dispute.said if one.who not in METADATA_SOURCES)
                now = next(iter(said.values()))
                changes.update(
                    (name, order[0])
                    for order in orders[name]
                    if next(said[one] for one in order[1] if one in said) != now
                )
        fields = (
            SourcesOfField(
                field=name,
                words=FIELDS[name].words,
                first=first_of(name, preferred),
                contradicted=contradicted[name],
                sources=tuple(
                    SourceOfField(
                        source=one, changes=changes[name, one], who=dict(who[name]) if one == "provider" else {}
                    )
                    for one in counting(name, (), preferred)
                    if one in can_go_first(name)
                ),
            )
            for name in CHOSEN_FIELDS
        )
        return FieldSources(fields=tuple(fields))

    def change(self, field: str, first: MetadataSource | None, *, most: int = MOST_TOLD) -> SourceChange:
        require_choice(field, first)
        preferred = self._store.preferred.all()
        other, count, told = _with(preferred, field, first), 0, list[OtherValue]()
        for track in self._suspects():
            now, then = track.said(field), replace(track, preferred=other).said(field)
            if now == then:
                continue
            count += 1
            if len(told) < most:
                told.append(
                    OtherValue(
                        path=track.path, audio_id=track.audio_id, artist=track.artist(), title=track.title(),
                        now=now, then=then,
                    )
                )  # fmt: skip
        before = first_of(field, preferred)
        words = FIELDS[field].words
        return SourceChange(field=field, words=words, first=first, before=before, count=count, changes=tuple(told))

    def set(self, field: str, first: MetadataSource | None) -> SourceChange:
        require_choice(field, first)
        self._store.require_writable()
        with self._store.at_once():
            before = first_of(field, self._store.preferred.all())
            self._store.preferred.put(field, first)
        return SourceChange(field=field, words=FIELDS[field].words, first=first, before=before)

    def _suspects(self) -> Iterator[Track]:
        context = query_context(self._store)
        found = self._store.search.suspects(as_query("is:any"), context, ["metadata_disagrees"])
        file_ids = [file_id for file_id, bits in found if bits]
        for _, track in self._store.tracks.made_by_id(file_ids, lambda row: row.read_said()):
            yield track


def require_choice(field: str, first: Any) -> None:
    """Refuse a field of which no source can be chosen, and a source that does not speak of it."""
    if field not in CHOSEN_FIELDS:
        raise no_such("field with several sources", field, CHOSEN_FIELDS)
    if first is not None and first not in can_go_first(field):
        raise no_such(f"source of {FIELDS[field].words}", str(first), can_go_first(field))


def _with(preferred: Preferred, field: str, first: MetadataSource | None) -> Preferred:
    kept = tuple(one for one in preferred if one[0] != field)
    return kept if first is None else tuple(sorted((*kept, (field, first))))

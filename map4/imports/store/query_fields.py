"""The word `is:imported` of queries."""

from __future__ import annotations

from map4.core.music.query.context import QueryContext
from map4.core.music.track.track import Track
from map4.core.store.query.forms import Predicate, WordForms


class ImportedForms(WordForms):
    """The forms of `is:imported`; facts know it of most files."""

    def clause(self, context: QueryContext) -> Predicate:
        known = " OR ".join(f"x.{name} IS NOT NULL" for name in _IMPORTED_FACTS)
        return Predicate(f"{known} OR EXISTS (SELECT 1 FROM imported AS i WHERE i.audio_id IN (f.audio_id, f.uid))")

    def of(self, track: Track) -> bool:
        return track.imported is not None


_IMPORTED_FACTS = ("imported_bpm", "imported_key", "play_count", "last_played", "cues")
IMPORTED = ImportedForms()

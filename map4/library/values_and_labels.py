"""The user's own values and labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from map4.app.labelling.labelling import LabelEvent, LabellingFinished, LabelSummary
from map4.app.user_values import Wish, plan_changes
from map4.domain.key import Key, parse_key
from map4.domain.track import DEFAULT_PREFERENCE, Source, Track
from map4.domain.user_values import Change, ValueName
from map4.infra.sqlite.annotations import put_values
from map4.library.similar import Relating

if TYPE_CHECKING:
    from map4.app.labelling.plan import Classification


class Deciding(Relating):
    """The user's own values and labels."""

    def set(
        self,
        tracks: Iterable[Track],
        *,
        bpm: float | None = None,
        factor: float | None = None,
        key: Key | str | None = None,
        unset: Iterable[ValueName] = (),
        prefer: Sequence[Source] = DEFAULT_PREFERENCE,
        dry_run: bool = False,
    ) -> list[Change]:
        """Set tempo or key of tracks to what the user says, all in one transaction.

        Such a value wins over every other, and stays with the audio when it is analysed again, moved or retagged.

        Parameters
        ----------
        tracks : of this library, from `track`, `tracks_at` or `search`
        bpm : the tempo, 30-300
        factor : the tempo in force times this, instead: .5 for half, 2 for double
        key : in any notation
        unset : "bpm", "key" or both: take the user's own value back
        prefer : which source counts where the user set nothing
        dry_run : only say what would change

        Returns
        -------
        A change for each track and value; those with a `problem` were not done.

        Raises
        ------
        UsageError
            If the wish contradicts itself, or there is no such tempo or key.
        """
        wish = Wish(
            bpm=None if bpm is None else round(bpm, 3),
            factor=factor,
            key=parse_key(key) if isinstance(key, str) else key,
            unset=frozenset(unset),
        )
        changes = list(plan_changes(tracks, wish, prefer=prefer))
        if not dry_run:
            put_values(self._database, changes, now=datetime.now(UTC))
        return changes

    def classification(self, tracks: Iterable[Track] | None = None, **options: Any) -> Classification:
        """What labelling tracks would do and cost (`plan`), and then does (`events`); nothing is sent before.

        Parameters
        ----------
        tracks : of this library; None takes all that are analysed and there
        options : fields of `map4.app.labelling.plan.ClassifyOptions`; the key comes from ANTHROPIC_API_KEY alone

        Raises
        ------
        UsageError
            If there is no such provider, or the address or key can't be used.
        """
        from map4.app.labelling.plan import Classification, ClassifyOptions

        chosen = self._store.tracks() if tracks is None else tracks
        ready = (track for track in chosen if tracks is not None or track.state == "ok")
        return Classification(self._database, ready, ClassifyOptions(**options))

    def classify(self, tracks: Iterable[Track] | None = None, **options: Any) -> LabelSummary:
        """Label tracks with genre, mood and era; see `classification` for the options."""
        for event in self.classify_events(tracks, **options):
            if isinstance(event, LabellingFinished):
                return event.summary
        raise AssertionError("labelling ends with its summary")

    def classify_events(self, tracks: Iterable[Track] | None = None, **options: Any) -> Iterator[LabelEvent]:
        """Label tracks, event by event; each is stored before its event comes. Sends fields of tags to Claude."""
        return self.classification(tracks, **options).events()

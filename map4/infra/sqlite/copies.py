"""Which files of a library are copies of others: what `is:copy` finds and `map4 duplicates` shows."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import dataclass, field

from map4.infra.sqlite.alike_recordings import AlikeRecordings, Progress
from map4.infra.sqlite.connection import scalar
from map4.infra.sqlite.database import Database
from map4.selection.duplicates.choice import Choice, FileFacts
from map4.selection.duplicates.groups import Group, SoundPair, same_recordings

_TAGS = "f.artist, f.title, f.album, f.genre, f.year, f.track, f.isrc, f.label, f.catalog_number, f.comment"
_FACTS = f"""
    SELECT f.id, f.audio_id, f.path, f.artist, f.title, x.duration_s, x.codec, x.sample_rate_hz, x.bits, x.channels,
           x.bit_rate_bps, {" + ".join(f"({name} IS NOT NULL)" for name in _TAGS.split(", "))},
           coalesce(x.cues, 0), x.rating,
           (SELECT count(DISTINCT t.playlist_id) FROM playlist_tracks AS t
            WHERE t.audio_id = f.audio_id AND t.path = f.path),
           EXISTS (SELECT 1 FROM user_values AS u WHERE u.audio_id = f.audio_id)
    FROM files AS f INDEXED BY files_by_audio JOIN facts AS x ON x.file_id = f.id
    WHERE x.state = 'ok' AND (
        f.audio_id IN (SELECT audio_id FROM files WHERE missing_since IS NULL GROUP BY audio_id HAVING count(*) > 1)
        OR f.audio_id IN (SELECT value FROM json_each(?))
    ) ORDER BY f.id
"""


@dataclass(slots=True)
class Copies:
    """The copies of one library, told again when this process or another has written to it."""

    database: Database
    alike: AlikeRecordings
    _seen: tuple[int, int] | None = field(default=None, init=False)
    _ids: frozenset[int] = field(default=frozenset(), init=False)

    def groups(
        self, choice: Choice, *, by_sound: bool = True, progress: Progress | None = None
    ) -> tuple[list[Group], list[SoundPair]]:
        """Groups of the same audio or recording, and every two recordings that sound alike."""
        pairs = list(self.alike.pairs(progress=progress)) if by_sound else []
        files = self._facts({name for pair in pairs for name in (pair.first, pair.second)})
        return same_recordings(files, pairs, choice, by_sound=by_sound), pairs

    def file_ids(self) -> frozenset[int]:
        """Files of which a better copy is there: all but the one to keep of each group."""
        with self.database.reading() as connection:
            state = (scalar(connection, "PRAGMA data_version"), connection.total_changes)
        if state != self._seen:
            groups, _ = self.groups(Choice())
            self._ids = frozenset(file.file_id for group in groups for file in group.files[1:])
            with self.database.reading() as connection:  # what was compared just now is known too
                self._seen = (scalar(connection, "PRAGMA data_version"), connection.total_changes)
        return self._ids

    def _facts(self, audio_ids: Collection[str]) -> list[FileFacts]:
        with self.database.reading() as connection:
            rows = connection.execute(_FACTS, (json.dumps(sorted(audio_ids)),)).fetchall()
        return [
            FileFacts(
                file_id=file_id,
                audio_id=audio_id,
                path=os.fsdecode(path),
                artist=artist,
                title=title,
                duration_s=duration_s,
                codec=codec,
                sample_rate_hz=rate,
                bits=bits,
                channels=channels,
                bit_rate_bps=bit_rate,
                tags=tags,
                cues=cues,
                rating=rating,
                lists=lists,
                is_set=bool(is_set),
            )
            for (
                file_id, audio_id, path, artist, title, duration_s, codec, rate, bits, channels, bit_rate, tags, cues,
                rating, lists, is_set,
            ) in rows
        ]  # fmt: skip

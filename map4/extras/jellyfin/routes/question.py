"""A request of the protocol: its parameters, its body and the library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from map4.base.text import whole_number
from map4.errors import NothingFoundError, UsageError
from map4.extras.jellyfin.ids import Ids, user_id
from map4.extras.shared.routes.player_call import PlayerCall
from map4.music.track.track import Track

MOST = 20_000
"""Items per response; players read further ones from `StartIndex`."""
_MOST = 10**9
TICKS_S = 10_000_000
"""The protocol's ticks per second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JellyfinCall(PlayerCall):
    """A request; names of parameters and members of the body are in lower case.

    path: the parameters in the address
    body: the members of the JSON document
    header: the values of the player's header
    token: of the player
    server: address of the server, as the player knows it
    """

    ids: Ids
    path: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    header: Mapping[str, str] = field(default_factory=dict)
    token: str = ""
    server: str = ""

    # ---- parameters ------------------------------------------------------------------------------

    def texts(self, *names: str) -> list[str]:
        """The values of lists, repeated or separated by commas or bars."""
        given = (value for name in names for value in self.parameters.get(name, ()))
        return [part.strip() for value in given for part in value.replace("|", ",").split(",") if part.strip()]

    def words(self, name: str) -> list[str]:
        """A list of words of the protocol, in lower case."""
        return [text.lower() for text in self.texts(name)]

    def number(self, name: str, usual: int) -> int:
        given = self.get(name)
        if given is None:
            return usual
        if (number := whole_number(given)) is None:
            raise UsageError(f"'{name}' must be a whole number from 0, not '{given[:20]}'")
        return min(number, _MOST)

    def switch(self, name: str) -> bool | None:
        """A parameter that is true or false; None if it is missing."""
        given = (self.get(name) or "").lower()
        return given == "true" if given in ("true", "false") else None

    def page(self) -> slice:
        start = self.number("startindex", 0)
        return slice(start, start + min(self.number("limit", MOST), MOST))

    def position_s(self) -> float | None:
        """The position in the track, from a report."""
        ticks = self.body.get("positionticks")
        return ticks / TICKS_S if isinstance(ticks, int | float) and ticks >= 0 else None

    # ---- ids -------------------------------------------------------------------------------------

    @property
    def user(self) -> str:
        """The caller's id."""
        return user_id(max(0, self.library.actor.id))

    def require_self(self, shown: str | None) -> None:
        """Refuse the id of another user."""
        if shown and self.user not in self.ids.own(shown):
            raise NothingFoundError("there is no such user here; log in again")

    def own(self, shown: str) -> str:
        """map4's id of an item; of a track, its address.

        raises NothingFoundError: if there is no such item
        """
        return next(iter(self._own([shown])), None) or self.missing(shown)

    def owned(self, *names: str) -> list[str]:
        """map4's ids of the items in lists of parameters; unknown ones are left out."""
        return self._own(self.texts(*names))

    def _own(self, shown: Sequence[str]) -> list[str]:
        own = [self.ids.own(text) for text in shown]
        audio = [key for keys in own if len(keys) > 1 for key in keys]
        known = {key for key, row in zip(audio, self.library.tracks.rows_of(audio), strict=True) if row is not None}
        found = (key for keys in own for key in keys if len(keys) == 1 or key in known)
        return [self.catalogue.whole_id(key) if key.startswith("al-") else key for key in found]

    def tracks_of(self, shown: Sequence[str]) -> list[Track]:
        """The tracks of ids; albums and artists stand for their tracks."""
        tracks: list[Track] = []
        for key in map(self.own, shown):
            if key.startswith(("al-", "ar-")):
                item = self.album(key) if key.startswith("al-") else self.artist(key)
                tracks += self.library.tracks.by_id(item.file_ids)
            else:
                tracks.append(self.track_of(key))
            if len(tracks) > MOST:
                raise UsageError(f"these are more than {MOST:,} songs; send fewer")
        return tracks

    def placed(self, key: str) -> list[tuple[str, Track, int]]:
        """The present songs of a list: id of the entry, song, and place from 1 among all entries.

        The id of an entry is that of its song; further entries of the song have a number after it.
        """
        counts, answer = Counter[str](), []
        for place, entry in enumerate(self.library.lists.read_stored(self.known_list(key)).entries, start=1):
            if entry.track is not None and entry.status == "found":
                shown = self.ids.shown(self.library.tracks.address_of(entry.track))
                counts[shown] += 1
                answer.append((shown if counts[shown] == 1 else f"{shown}-{counts[shown]}", entry.track, place))
        return answer

    @staticmethod
    def missing(shown: str) -> NoReturn:
        raise NothingFoundError(f"there is no item '{shown[:40]}'; it may have been deleted")

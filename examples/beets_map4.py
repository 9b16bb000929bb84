"""A plug-in of beets 2: fills fields from map4's library after each import, and by `beet map4 [QUERY]`.

docs/scripting.md describes it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from optparse import Values
from typing import Any

from beets import ui
from beets.dbcore import types
from beets.library import Item
from beets.library import Library as BeetsLibrary
from beets.plugins import BeetsPlugin

from map4 import Library
from map4.core.music.track.track import Track
from map4.errors import Map4Error

DANCEABILITY = 3  # in the vector of HAMMS
TO_R128_DB = -5.0  # ReplayGain is to -18 LUFS, the gain of Opus to -23


class Map4Plugin(BeetsPlugin):
    item_types = {"energy": types.FLOAT, "danceability": types.FLOAT}  # noqa: RUF012 - the form that beets reads

    def __init__(self) -> None:
        super().__init__("map4")
        self.config.add({"library": "", "auto": True})
        if self.config["auto"].get(bool):
            self.register_listener("item_imported", lambda lib, item: self.fill_imported([item]))
            self.register_listener("album_imported", lambda lib, album: self.fill_imported(album.items()))

    def commands(self) -> list[ui.Subcommand]:
        command = ui.Subcommand("map4", help="fill tempo, key, energy, danceability and gains from map4's library")
        command.parser.add_option("-f", "--force", action="store_true", help="replace the values of beets")
        command.func = self.run
        return [command]

    def run(self, lib: BeetsLibrary, opts: Values, args: list[str]) -> None:
        try:
            self.fill(lib.items(args), force=bool(opts.force))
        except Map4Error as error:
            raise ui.UserError(f"map4: {error}") from None

    def fill_imported(self, items: Iterable[Item]) -> None:
        try:
            self.fill(items)
        except Map4Error as error:  # the import continues
            self._log.warning("{}", error)

    def fill(self, items: Iterable[Item], *, force: bool = False) -> None:
        """Store the values in beets, and in the files if beets writes tags. New files are analysed first."""
        by_path = {os.fsdecode(item.path): item for item in items}
        with Library.open(self.config["library"].as_filename() if self.config["library"].get() else None) as library:
            for track in library.tracks.with_album_levels(library.analyze(list(by_path))):
                if track.failure is not None:
                    self._log.warning("{}: {}", track.path, track.failure.message)
                item = by_path[track.path]
                values = {name: value for name, value in values_of(track).items() if value is not None}
                values = {name: value for name, value in values.items() if force or not item.get(name)}
                if values:
                    item.update(values)
                    item.store()
                    self._log.info("{}: {}", item, ", ".join(values))
                    if ui.should_write():
                        item.try_write()


def values_of(track: Track) -> dict[str, Any]:
    """Return the fields of beets, None if map4 does not know a value."""
    bpm, key, analysis = track.bpm(), track.key(), track.analysis
    values = {
        "bpm": bpm and round(bpm),
        "initial_key": key and key.musical.replace("♯", "#").replace("♭", "b"),
        "energy": track.energy(),
        "danceability": analysis and analysis.hamms and analysis.hamms.vector[DANCEABILITY],
    }
    for kind, name in (("track", "gain"), ("album", "album_gain")):
        gain_db = track.sources(name).get("measured")
        # beets has decibels in both fields, and multiplies those of R128 by 256 when it writes them.
        field, to_field = ("r128", TO_R128_DB) if track.format and track.format.codec == "opus" else ("rg", 0.0)
        values[f"{field}_{kind}_gain"] = None if gain_db is None else gain_db + to_field
    return values

"""Options of writing to a stick."""

from __future__ import annotations

from map4.core.base.call_options import CallOptions, option
from map4.core.music.track.track_cues import CueChoice
from map4.errors import UsageError
from map4.extras.stick.players import PLAYERS, USUAL_PLAYER


def _player(text: str) -> str:
    name = text.strip().lower().replace(" ", "-")
    if name not in PLAYERS:
        raise UsageError.no_such("player", text, PLAYERS)
    return name


class StickOptions(CallOptions):
    """How lists are written to a stick."""

    query: str | None = option(
        None, "--query", "Also a list of the tracks that match, as in 'map4 search'.", metavar="QUERY", is_remote=False
    )
    player: str = option(
        USUAL_PLAYER, "--player",
        "Convert music that this player can't play. (default: cdj-2000, what all players play)",
        metavar="MODEL", reads=_player,
    )  # fmt: skip
    with_cues: CueChoice | None = option(
        None, "--with-cues", "Cue points to write; imported ones include yours. (default: imported)"
    )
    prune: bool = option(False, "--prune", "Remove lists that are not named, and music of map4's that no list uses.")
    folder: bool = option(False, "--folder", "DIR can be a folder that is no stick.", is_remote=False)
    import_first: bool = option(
        False, "--import", "First import what a player changed on the stick: cue points and history."
    )


class StickRequest(StickOptions):
    """A job that writes a list to a stick of the server's machine."""

    playlist: str = option("", about="Id or name of a stored list.")
    to: str = option("", about="Folder of the stick, one of serve.sticks.")
    dry_run: bool = option(False, about="Write nothing, only report what would be written.")

"""What can be asked of how tracks sound: which are near, and how two are mixed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from map4.base.call_options import call_options, option
from map4.base.given_paths import PathLike
from map4.base.options import WorkerOptions

if TYPE_CHECKING:
    from map4.music.analysis.key import Key
    from map4.music.query.parser import Query

By = Literal["sound", "hamms", "mix"]


@call_options
class SimilarOptions(WorkerOptions):
    """What counts as near, and which tracks are looked at.

    by="sound" compares the sound vectors, "hamms" the twelve HAMMS numbers, "mix" how well tempo, key and energy go
    together; of equals, those that sound alike come first.
    """

    n: int = option(20, "-n --count", "How many tracks (default 20).", least=1, metavar="N", heading="Which tracks")
    by: By = option(
        "sound",
        "--by",
        "What counts: the sound (default), the HAMMS numbers (harmony and mixing), or how well they mix.",
        what="kind of likeness",
        heading="Which tracks",
    )
    min_similarity: float | None = option(
        None, "--min", "Only tracks at least this similar, 0 to 1.",
        least=0, most=1, metavar="S", heading="Which tracks",
    )  # fmt: skip
    tempo_min: float | None = option(
        None, "--tempo-min", "Only tracks of this tempo or faster.", least=0, metavar="BPM", heading="Which tracks"
    )
    tempo_max: float | None = option(
        None, "--tempo-max", "Only tracks of this tempo or slower.", least=0, metavar="BPM", heading="Which tracks"
    )
    keys: Iterable[Key | str] = option(
        (), "--key", "Only in this key (8A, 1m, Am); repeatable.", metavar="KEY", heading="Which tracks"
    )
    query: str | Query | None = option(
        None, "--query", "Only tracks that match, as in 'map4 search'.", metavar="QUERY", heading="Which tracks"
    )


@call_options
class MixOptions(WorkerOptions):
    """What is done beside the plan of a mix."""

    render: PathLike | None = option(
        None, "--render", "Write the transition to listen to.", metavar="FILE.wav", heading="To listen to"
    )
    click: bool = option(
        False, "--click", "Add a click on each beat to the render, higher on bar one.", heading="To listen to"
    )


@call_options
class UnmixOptions:
    """Which tracks are looked for in a recorded set."""

    query: str | Query | None = option(
        None, "--from", "Look only for tracks that match, as in 'map4 search'.", metavar="QUERY",
        heading="Which tracks",
    )  # fmt: skip
    tracklist: PathLike | None = option(
        None, "--tracklist", "Look only for the tracks of this list: M3U, another list, or lines 'artist - title'.",
        metavar="FILE", heading="Which tracks",
    )  # fmt: skip
    longest_s: float | None = option(
        None, about="Refuse recordings with more seconds of audio than this.", least=0, is_remote=False
    )

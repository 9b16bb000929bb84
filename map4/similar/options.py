"""Options for similar tracks and mixes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from map4.core.base.call_options import WorkerOptions, option
from map4.core.base.paths import PathLike

if TYPE_CHECKING:
    from map4.core.music.analysis.key import Key
    from map4.core.music.query.parser import Query

By = Literal["sound", "hamms", "mix"]


class SimilarOptions(WorkerOptions):
    """What counts as similar, and which tracks to compare.

    by="sound" compares the sound vectors, "hamms" the twelve HAMMS numbers, "mix" the compatibility of tempo, key and
    energy, with ties broken by sound.
    """

    n: int = option(20, "-n --count", "Number of tracks (default 20).", least=1, metavar="N", heading="Which tracks")
    less: PathLike | Iterable[PathLike] = option(
        (), "--less", "Less like this track; repeatable.", about="Tracks that the results should be less like.",
        metavar="FILE", heading="Which tracks",
    )  # fmt: skip
    by: By = option(
        "sound",
        "--by",
        "Compare by sound (default), by HAMMS numbers (harmony and mixing), or by how well tracks mix.",
        what="kind of likeness",
        heading="Which tracks",
    )
    min_similarity: float | None = option(
        None, "--min", "Only tracks at least this similar, 0 to 1.",
        least=0, most=1, metavar="S", heading="Which tracks",
    )  # fmt: skip
    tempo_min: float | None = option(None, about="Only tracks with at least this tempo.", least=0)
    tempo_max: float | None = option(None, about="Only tracks with at most this tempo.", least=0)
    keys: Iterable[Key | str] = option((), about="Only in this key (8A, 1m, Am).")
    query: str | Query | None = option(
        None, "--query", "Only tracks that match, as in 'map4 search'.", metavar="QUERY", heading="Which tracks"
    )


class MixOptions(WorkerOptions):
    """Options of a mix in addition to its plan."""

    render: PathLike | None = option(
        None, "--render", "Write the transition to a file to listen to.", metavar="FILE.wav", heading="Render"
    )
    click: bool = option(
        False, "--click", "Add a click on each beat to the render, higher on bar one.", heading="Render"
    )

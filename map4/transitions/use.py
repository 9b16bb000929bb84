"""Plan the mix of two named tracks, and render it to listen to."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from map4.core.audio.decoder import load_decoder
from map4.core.audio.mixdown.stretch import TimeStretch
from map4.core.base.paths import PathLike, absolute_path, display_path, path_text
from map4.core.base.records import Record
from map4.core.base.shown import Shown, cut
from map4.core.music.mixing.compatibility import Compatibility, MixTraits, TransitionRecord
from map4.core.music.mixing.mix_plan import MixPlan, NoPlan, plan_reason
from map4.core.music.track.hamms import similarity
from map4.core.music.track.track import Track
from map4.core.music.track.track_columns import numbered_cells
from map4.core.store.output import OutputFiles
from map4.errors import UsageError
from map4.scan import TrackResolver
from map4.similar import MixOptions
from map4.transitions.planning.plan import MixPair
from map4.transitions.planning.segues import Segues
from map4.transitions.planning.side import MixSide

if TYPE_CHECKING:
    from map4.transitions.rendering import RenderedMix

_SUFFIX = ".wav"
_MOST_NAME = 50


class Mix(Record, Shown, kind="mix", members="a b transition plan no_plan render"):
    """The mix of one track into another.

    a, b: with their beats
    compatibility: how well A mixes into B
    similarity: by HAMMS, 0-1; None if too little is known
    plan: None if no plan is possible
    no_plan: why there is no plan; None with a plan
    render: the written file; None without a render
    """

    a: Track
    b: Track
    compatibility: Compatibility
    similarity: float | None
    plan: MixPlan | None
    no_plan: str | None
    render: RenderedMix | None = None

    def __repr__(self) -> str:
        names = [cut(track.caption(), _MOST_NAME) for track in (self.a, self.b)]
        return self._brief(f"{' → '.join(names)}, {self.compatibility.total:.2f}")

    def rows(self) -> list[Mapping[str, str]]:
        return numbered_cells([self.a, self.b], mix=["", f"{self.compatibility.total:.2f}"])

    def words(self) -> Sequence[str]:
        return [self.no_plan or "" if self.plan is None else plan_reason(self.plan)]

    @property
    def transition(self) -> TransitionRecord:
        """How well A mixes into B."""
        joint = self.plan or NoPlan(self.no_plan or "")
        return TransitionRecord(step=self.compatibility, similarity=self.similarity, joint=joint)

    @staticmethod
    def of_files(a: PathLike, b: PathLike, options: MixOptions, resolver: TrackResolver) -> Mix:
        """Plan the mix of two tracks; see `map4.Library.mix`."""
        output = OutputFiles.of(resolver.store)
        target = None if options.render is None else _checked_target(options.render, output)
        if options.click and target is None:
            raise UsageError("clicks need a render; name a file to render to")
        paths = [_one_file(name, resolver) for name in (a, b)]
        if _is_one_file(*paths):
            raise UsageError(f"{display_path(paths[0])} is both tracks; a mix needs two different tracks")
        # A file rendered by map4 may be a track of the next mix, and must not be overwritten then.
        if target is not None and any(_is_one_file(absolute_path(target), path) for path in paths):
            raise UsageError(f"{display_path(target)} is one of the two tracks; render to another file")
        resolved = resolver.resolve(paths, jobs=options.jobs, timeout_s=options.timeout_s)
        tracks = [*map(resolver.with_sound, resolver.require_analysed(paths, resolved, "mixed").values())]
        if target is not None:
            tracks = [replace(track, has_key_lock=TimeStretch.can_keep_pitch()) for track in tracks]
        sides = [MixSide.of(track) for track in tracks]
        mix = _planned(tracks, sides)
        if mix.plan is None or target is None:
            return mix
        from map4.transitions.rendering import MixRendering, write_segue

        open_audio = load_decoder(resolver.scanner().decoder)
        if mix.plan.kind == "segue":
            if options.click:
                raise UsageError("a segue has no clicks: no beats are matched; leave out --click")
            return replace(
                mix, render=write_segue(mix.plan, tracks[0], tracks[1], target, output, open_audio=open_audio)
            )
        pair = MixPair.of(*(side for side in sides if isinstance(side, MixSide)))
        rendering = MixRendering(mix.plan, pair, open_audio=open_audio)
        return replace(mix, render=rendering.write(target, output, with_clicks=options.click))


def _checked_target(name: PathLike, output: OutputFiles) -> str:
    target = path_text(name)
    if os.path.splitext(target)[1].lower() != _SUFFIX and not os.path.exists(target):
        raise UsageError(f"a mix is rendered to a WAV file; {display_path(target)} does not end with {_SUFFIX}")
    output.check(target, is_sound=True)
    return target


def _is_one_file(a: str, b: str) -> bool:
    """Whether two paths lead to the same file, also through links."""
    try:
        return os.path.samefile(a, b)
    except OSError:
        return os.path.realpath(a) == os.path.realpath(b)


def _one_file(name: PathLike, resolver: TrackResolver) -> str:
    (path,) = resolver.names.paths([name])
    if os.path.isdir(path):
        raise UsageError(f"{display_path(path)} is a folder; a mix needs two tracks")
    return path


def _planned(tracks: list[Track], sides: list[MixSide | NoPlan]) -> Mix:
    a, b = tracks
    missing = [f"{track.caption()} {side.reason}" for track, side in zip(tracks, sides, strict=True)
               if isinstance(side, NoPlan)]  # fmt: skip
    plan = Segues().plan(a, b)
    missing = missing if plan is None else []
    if plan is None and not missing:
        planned = MixPair.of(*(side for side in sides if isinstance(side, MixSide))).plan()
        if isinstance(planned, MixPlan):
            plan = planned
        else:
            missing.append(planned.reason)
    return Mix(
        a=a,
        b=b,
        compatibility=MixTraits.of(a).compared(MixTraits.of(b)),
        similarity=similarity(a, b),
        plan=plan,
        no_plan="; ".join(missing) or None,
    )

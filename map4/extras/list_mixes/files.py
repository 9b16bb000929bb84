"""Write a set to a file: encoded, with chapters, and a CUE sheet and a track list beside it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any, BinaryIO

from map4.core.audio.converting import EncodedFormat, Encoding
from map4.core.audio.decoder import Decoder
from map4.core.base.paths import absolute_path, display_path
from map4.core.base.text import clean, clock
from map4.core.base.unfinished import SafeFile
from map4.core.store.output import OutputFileError, OutputFiles
from map4.errors import UsageError
from map4.extras.list_mixes.records import ListMix, RenderedSet, SetTrack
from map4.extras.list_mixes.rendering import SetPlayer, TakeOver
from map4.extras.list_mixes.sources import RATE_HZ
from map4.extras.shared.chapters import Chapter, chapter_writer
from map4.formats import SheetTrack

FORMS: dict[str, EncodedFormat] = {
    "mp3": "mp3", "flac": "flac", "wav": "wav", "opus": "opus", "ogg": "opus", "m4a": "m4a"
}  # fmt: skip
"""Formats by suffix."""
LIQUIDSOAP = "liq"
KBPS = {"mp3": (32, 320), "opus": (16, 256), "m4a": (32, 320)}  # bit rates that the encoders accept for stereo
OnProgress = Callable[[float], object]
_END = """]

mixed = playlist.list(mode="normal", loop=false, tracks)
%ifversion < 2.2
mixed = cue_cut(mixed)
%endif
mixed = amplify(override="liq_amplify", 1., mixed)
mixed = crossfade(mixed)
"""


def suffix_of_set(path: str) -> str:
    """Return the suffix of a target."""
    suffix = os.path.splitext(path)[1].lower().lstrip(".")
    if suffix not in FORMS and suffix != LIQUIDSOAP:
        names = ", ".join([*FORMS, LIQUIDSOAP])
        raise UsageError(f"a set is written as {names}; {display_path(path)} has another suffix")
    return suffix


def check_kbps(suffix: str, kbps: int | None) -> None:
    """Reject a bit rate that the format does not have."""
    if kbps is None:
        return
    least, most = KBPS.get(FORMS[suffix], (0, -1)) if suffix in FORMS else (0, -1)
    if most < 0:
        raise UsageError(f"{suffix} has no bit rate; leave --bitrate out")
    if not least <= kbps <= most:
        raise UsageError(f"{suffix} has {least} to {most} kbit/s, not {kbps}")


class SetWriter:
    """Writes one planned set.

    output: writes the files
    target: the file; CUE sheet and track list get its name
    """

    def __init__(self, planned: ListMix, target: str, output: OutputFiles, *, force: bool, kbps: int | None) -> None:
        self._planned, self._output, self._force, self._kbps = planned, output, force, kbps
        self._target, self._suffix = absolute_path(target), suffix_of_set(target)
        check_kbps(self._suffix, kbps)
        stem = os.path.splitext(self._target)[0]
        self._beside = [] if self._suffix == LIQUIDSOAP else [f"{stem}.cue", f"{stem}.txt"]

    def check(self) -> None:
        """Reject targets that exist, unless they may be replaced; nothing is written."""
        for path in (self._target, *self._beside):
            if os.path.lexists(path) and not self._force:
                raise OutputFileError(f"{display_path(path)} exists; replace it with --force, or choose another name")
            self._output.check(path, force=self._force, is_sound=path == self._target)

    def write(self, open_audio: Decoder, on_progress: OnProgress) -> RenderedSet:
        """Write the set, and call `on_progress` with the seconds encoded so far."""
        self.check()
        if self._suffix == LIQUIDSOAP:
            from map4.extras.list_mixes.files import liquidsoap_script

            text = liquidsoap_script(self._planned).encode("utf-8", "surrogateescape")
            tracks = len(self._planned.tracks)
            written = self._output.write(
                self._target, lambda out: out.write(text), format_name="list-mix", tracks=lambda _: tracks, force=True
            )
            return self._done(written.size_bytes, self._planned.lasts_s, (), tracks)
        player = SetPlayer.of(self._planned, open_audio)
        written = self._output.write(
            self._target, lambda out: self._play(player, out, on_progress),
            format_name="list-mix", tracks=lambda chapters: chapters, force=self._force, is_sound=True,
        )  # fmt: skip
        self._write_beside(player.played)
        return self._done(written.size_bytes, player.frames / RATE_HZ, tuple(player.gaps), len(player.played))

    def _play(self, player: SetPlayer, out: BinaryIO, on_progress: OnProgress) -> int:
        """Write the encoded set with its chapters, and return their number."""
        form, tags = FORMS[self._suffix], _tags(self._planned)
        with SafeFile(os.path.realpath(self._target)).unfinished("encoded") as encoded:
            with Encoding(encoded, form, rate_hz=RATE_HZ, kbps=self._kbps, tags=tags) as encoding:
                for block in player.blocks():
                    encoding.add(block.T)
                    on_progress(player.frames / RATE_HZ)
            chapters = chapters_of(player.played, player.frames / RATE_HZ)
            if self._suffix in ("mp3", "m4a"):
                chapter_writer(encoded, self._suffix)(out, chapters)
                return len(chapters)
            if self._suffix != "wav":
                _add_chapter_comments(encoded, self._suffix, chapters)
            with open(encoded, "rb") as file:
                shutil.copyfileobj(file, out)
        return len(chapters)

    def _write_beside(self, played: Sequence[TakeOver]) -> None:
        sheet = [SheetTrack(at_s=at_s, title=track.title or track.name, artist=track.artist) for at_s, track in played]
        lines = "".join(f"{clock(at_s)} {track.name}\n" for at_s, track in played).encode("utf-8", "replace")
        writers: tuple[Callable[[BinaryIO], object], ...] = (
            lambda out: SheetTrack.write(out, os.path.basename(display_path(self._target)), sheet, remark="map4 mix"),
            lambda out: out.write(lines),
        )
        for path, write in zip(self._beside, writers, strict=True):
            self._output.write(path, write, format_name="list-mix", tracks=lambda _: len(played), force=self._force)

    def _done(self, size_bytes: int | None, lasts_s: float, gaps: tuple[str, ...], tracks: int) -> RenderedSet:
        return RenderedSet(
            path=self._target,
            size_bytes=size_bytes,
            lasts_s=lasts_s,
            level_lufs=self._planned.level_lufs,
            keeps_pitch=self._planned.keeps_pitch,
            tracks=tracks,
            gaps=gaps,
            beside=tuple(self._beside),
        )


def chapters_of(played: Sequence[TakeOver], lasts_s: float) -> list[Chapter]:
    """A chapter for each track that played."""
    ends = [*(at_s for at_s, _ in played[1:]), lasts_s]
    return [Chapter(at_s=at_s, until_s=end, name=track.name) for (at_s, track), end in zip(played, ends, strict=True)]


def _tags(planned: ListMix) -> dict[str, str]:
    artists = list(dict.fromkeys(track.artist for track in planned.tracks if track.artist))
    tags = {"title": planned.name or "Mix", "artist": artists[0] if len(artists) == 1 else "Various Artists"}
    return {**tags, "comment": "Mixed by map4"}


def _add_chapter_comments(path: str, suffix: str, chapters: Sequence[Chapter]) -> None:
    """Add chapters as comments (https://wiki.xiph.org/Chapter_Extension), which FFmpeg, mpv and VLC read."""
    kind: Any = import_module("mutagen.flac").FLAC if suffix == "flac" else import_module("mutagen.oggopus").OggOpus
    file = kind(path)
    for number, chapter in enumerate(chapters, start=1):
        ms = round(1000 * chapter.at_s)
        at = f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
        file[f"CHAPTER{number:03}"], file[f"CHAPTER{number:03}NAME"] = at, chapter.name
    file.save()


def liquidsoap_script(planned: ListMix) -> str:
    """Return a script for Liquidsoap 2; `mixed` is its source.

    The names are those of its manual (https://www.liquidsoap.info/doc-dev/metadata.html): cue points in the file, the
    level, and the overlap with the next track. Liquidsoap fades; it has neither speeds nor the swap of the bass.
    """
    lines = "".join(f"  {_string(_annotated(planned, track))},\n" for track in planned.tracks)
    name = clean(planned.name or "A mix")
    return f"# {name}, planned by map4. Add an output: output.dummy(fallible=true, mixed)\ntracks = [\n{lines}{_END}"


def _annotated(planned: ListMix, track: SetTrack) -> str:
    values = ",".join(f"{name}={_string(value)}" for name, value in _values(planned, track))
    return f"annotate:{values}:{track.path}"


def _values(planned: ListMix, track: SetTrack) -> Iterator[tuple[str, str]]:
    joint = {joint.of: joint for joint in planned.joints}
    after, before = joint.get(track.position), joint.get(track.position - 1)
    yield "title", track.title or track.name
    if track.title and track.artist:  # else the name has the artist
        yield "artist", track.artist
    yield "liq_cue_in", f"{track.from_s:.3f}"
    yield "liq_cue_out", f"{track.until_s:.3f}"
    yield "liq_amplify", f"{track.gain_db:.2f} dB"
    yield "liq_fade_in", f"{0.0 if before is None else before.lasts_s:.3f}"
    yield "liq_fade_out", f"{0.0 if after is None else after.lasts_s:.3f}"
    yield "liq_cross_duration", f"{0.0 if after is None else after.lasts_s:.3f}"


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(" " if letter in "\r\n" else letter for letter in escaped) + '"'

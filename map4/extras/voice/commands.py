"""What voices add to `map4 scan`, `map4 analyze` and `map4 set`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from map4.cli.added import AddedToCommand
from map4.cli.options import CallOption
from map4.cli.session import Session
from map4.core.base.paths import Paths, absolute_path, display_path
from map4.core.base.text import counted
from map4.core.music.track.track import Track
from map4.extras.voice.options import SETTING, VoiceOptions
from map4.extras.voice.part import VoicePart
from map4.extras.voice.records import Vocals, VoiceSummary
from map4.library import hookspecs

if TYPE_CHECKING:
    from map4.library import Library
    from map4.scan import AnalyzeOptions, ScanOptions


@hookspecs.after_scan.implementation
def after_scan(
    session: Session, library: Library, files: Sequence[str], options: ScanOptions, *, as_lines: bool
) -> bool:
    """Find the voices of scanned tracks that were known before."""
    if not session.config[SETTING]:
        return False
    query = "is:ok" if files or options.force else "missing:voice"
    file_ids, _ = library.tracks.ids_at([absolute_path(file) for file in files] or None, query=query)
    tracks = library.tracks.by_id(file_ids)
    return _detect(session, library, tracks, len(file_ids), _options(options), as_lines=as_lines)[1] > 0


class ShownVoices:
    """Finds the voices of analysed files, and shows them (`map4.scan.commands.analyze:AddedToTracks`)."""

    flag = "--voice"

    def complete(self, library: Library, tracks: Sequence[Track], options: AnalyzeOptions) -> tuple[list[Track], int]:
        """The tracks with their voices, and the number of failed files."""
        chosen = replace(_options(options), retry_failed=True)
        voices, failed = _detect(Session.current(), library, tracks, len(tracks), chosen)
        return [_with_voice(track, voices) for track in tracks], failed

    def view(self, track: Track) -> Any:
        """A line per span."""
        from map4.extras.voice.views import voice_table

        return voice_table(track)


_OPTIONS = CallOption.collected(
    "added",
    lambda with_voice: ShownVoices() if with_voice else None,
    click.option(
        "--voice", "with_voice", is_flag=True, cls=CallOption, heading="Output",
        help="Show the sung and spoken parts; unknown tracks are listened to.",
    ),
)  # fmt: skip


@hookspecs.added_to.implementation
def added() -> AddedToCommand:
    """Add --voice to `map4 analyze`."""
    return AddedToCommand(options=_OPTIONS, endings=())


@hookspecs.set_value["voice"].implementation
def set_voice(library: Library, tracks: Paths, text: str, *, dry_run: bool) -> str:
    """`map4 set FILE voice=…`; returns a sentence."""
    recordings = library.part(VoicePart).set(tracks, text, dry_run=dry_run)
    return f"voices of {counted(recordings, 'recording')} {'would be set' if dry_run else 'set'}"


def _options(options: ScanOptions | AnalyzeOptions) -> VoiceOptions:
    retry_failed = getattr(options, "retry_failed", False)
    return VoiceOptions(jobs=options.jobs, timeout_s=options.timeout_s, force=options.force, retry_failed=retry_failed)


def _detect(
    session: Session,
    library: Library,
    tracks: Iterable[Track],
    count: int,
    options: VoiceOptions,
    *,
    as_lines: bool = False,
) -> tuple[dict[str, Vocals], int]:
    """Find voices, with their progress; returns new voices by audio id, and the number of failures."""
    summary, voices = VoiceSummary(), dict[str, Vocals]()
    if not count:
        return voices, 0
    with (
        session.reporting_stop(lambda: "detected voices are stored; the next run continues"),
        session.bar("listening", total=count, named=True) as show,
    ):
        for event in library.part(VoicePart).detect_events(tracks, options):
            if as_lines:
                Session.write_json_line(event.to_record())
            if isinstance(event, VoiceSummary):
                summary = event
                continue
            if event.voice is not None:
                voices[event.audio_id] = event.voice
            show(advance=1, name=display_path(event.path.rpartition("/")[2]))
            if event.failure is not None:
                session.warn_of(event.path, event.failure)
    if sentence := _sentence(summary):
        session.info(sentence)
    return voices, summary.failed


def _sentence(summary: VoiceSummary) -> str:
    """A sentence on new voices; empty without any."""
    words = {"detected": "listened to", "lyrics": "by lyrics"}
    named = ((name, getattr(summary, name)) for name in ("detected", "lyrics", "imported", "failed"))
    counts = [f"{count:,} {words.get(name, name)}" for name, count in named if count]
    return f"voices: {', '.join(counts)}" if counts else ""


def _with_voice(track: Track, voices: dict[str, Vocals]) -> Track:
    """The track with its new voices, unless a person set them."""
    known: Vocals | None = track.block("voice")
    new = voices.get(track.audio_id or "")
    if new is None or (known is not None and known.source == "user"):
        return track
    return replace(track, blocks={**(track.blocks or {}), "voice": new})

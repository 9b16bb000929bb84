"""`map4 voice`, and what it adds to `map4 scan` and `map4 set`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from map4.cli import progress
from map4.cli.call_options import options_of
from map4.cli.exits import INTERRUPTED, NO_LIBRARY, NOT_IN_LIBRARY
from map4.cli.output import counted, failure_line, write_json, write_json_line
from map4.cli.session import Map4Command, Session, current_session
from map4.cli.track_output import Output, output_options
from map4.cli.track_selection import Selection, pick_some, selection_options
from map4.errors import FileError, NothingFoundError, UsageError
from map4.extras.voice.options import SETTING, VoiceOptions
from map4.extras.voice.part import VoicePart
from map4.extras.voice.records import VoiceDone, VoiceEvent, VoicesDocument, VoiceSummary
from map4.music.track.track import display_path

if TYPE_CHECKING:
    from map4.base.given_paths import Paths
    from map4.library import Library


@Map4Command.of(
    (UsageError, "the package of the extra is missing"), (FileError, "some tracks could not be read"), NOT_IN_LIBRARY,
    (NothingFoundError, "no track selected"), NO_LIBRARY, INTERRUPTED,
    headings={"Tracks": "--files-from --query"},
)  # fmt: skip
@selection_options
@options_of(VoiceOptions)
@output_options("json", "jsonl")
def command(selection: Selection, options: VoiceOptions, output: Output) -> None:
    """Find where somebody sings or speaks.

    Mixes then avoid two voices at once, and searches know instrumentals and how long an intro is. Spans from a DJ
    program and times of lyrics (.lrc files, tags) are used where they exist; other tracks are listened to, for a second
    each. Known tracks are skipped, so a stopped run continues. Without FILE and --query, the whole library is read.

    \b
    map4 voice
    map4 voice --query 'genre:house'
    map4 scan --voice                      in a scan; always: scan.voice = true
    map4 search is:instrumental            also voice:..10, voice-intro:15s..
    map4 playlist --seed a.mp3 --prefer is:instrumental
    map4 set a.mp3 voice=none              correct it: also 0:30-1:20,2:10-3:00
    map4 set a.mp3 voice=auto              use the detected spans again

    Confidences are estimates: instruments that sound like voices, such as horns and chip leads, can be taken for one.
    """
    session = current_session()
    with session.open_library(create=False) as library:
        picked = pick_some(session, selection, library)
        events = library.part(VoicePart).detect_events(picked.tracks, options)
        summary = _shown(session, events, len(picked.tracks), output.format)
    session.info(_sentence(summary))
    if summary.failed or picked.unknown:
        sys.exit(FileError.exit_code)


def _shown(session: Session, events: Iterator[VoiceEvent], total: int, form: str | None = None) -> VoiceSummary:
    """Print the events, with their progress."""
    summary, voices = VoiceSummary(), list[VoiceDone]()
    with (
        progress.reporting_stop(session, lambda: "detected voices are stored; the next run continues"),
        progress.bar(session, "listening", total=total, named=True) as show,
    ):
        for event in events:
            if form == "jsonl":
                write_json_line(event.to_record())
            if isinstance(event, VoiceSummary):
                summary = event
                continue
            voices.append(event)
            show(advance=1, name=display_path(event.path.rpartition("/")[2]))
            if event.failure is not None:
                session.warn(failure_line(event.path, event.failure))
    if form == "json":
        write_json(VoicesDocument(voices=voices, summary=summary).to_record())
    return summary


def _sentence(summary: VoiceSummary) -> str:
    words = {"detected": "listened to", "lyrics": "by lyrics"}
    named = ((name, getattr(summary, name)) for name in ("detected", "lyrics", "imported", "known", "failed"))
    counts = [f"{count:,} {words.get(name, name)}" for name, count in named if count]
    return f"voices: {', '.join(counts) or 'nothing to do'}"


def after_scan(session: Session, library: Library) -> None:
    """Find the voices of tracks that were known before (hook “after-scan”)."""
    if session.config[SETTING] and (count := library.count("missing:voice")):
        options = VoiceOptions(**session.workers)
        events = library.part(VoicePart).detect_events(library.search("missing:voice"), options)
        session.info(_sentence(_shown(session, events, count)))


def set_voice(library: Library, tracks: Paths, text: str, *, dry_run: bool) -> str:
    """`map4 set FILE voice=…` (hook “set:voice”); returns a sentence."""
    recordings = library.part(VoicePart).set(tracks, text, dry_run=dry_run)
    return f"voices of {counted(recordings, 'recording')} {'would be set' if dry_run else 'set'}"

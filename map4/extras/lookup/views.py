"""Terminal views of look-ups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from map4.cli.output import to_json
from map4.cli.views.columns import safe_text
from map4.core.base.text import clock, counted
from map4.extras.shared.consent import enumerated

if TYPE_CHECKING:
    from rich.console import RenderableType

    from map4.extras.lookup.records import LookedUp, LookupPlan, LookupSummary, ProviderPlan

_SHOWN = ("label", "catalog_number", "original_year", "genre", "bpm", "key")
_NAMES = {
    "recording_id": "id in the file's tags",
    "acoustid": "AcoustID in the file's tags",
    "fingerprint": "an audio fingerprint",
    "duration_s": "length",
    "release_id": "the album's MusicBrainz id",
    "isrc": "ISRC",
    "catalog_number": "catalogue number",
}
_STYLES = {"accepted": "", "review": "magenta", "none": "dim", "rejected": "dim", "failed": "red"}


def line(event: LookedUp, *, is_named: bool = False) -> Text:
    """One line for a track and its result; `is_named` adds the provider."""
    values = {name: f"{value} BPM" if name == "bpm" else str(value) for name, value in event.values.items()}
    known = "; ".join(values[name] for name in _SHOWN if name in values)
    outcome = {
        "accepted": known or "found",
        "review": f"in doubt, {counted(len(event.choices), 'candidate')}",
        "none": "not found",
        "rejected": "none of them",
        "failed": f"not looked up: {event.failure.message if event.failure else ''}",
    }[event.status]
    by = f"{event.provider}: " if is_named else ""
    return safe_text(f"{event.caption}  {by}{outcome}", _STYLES[event.status])


def sentence(summary: LookupSummary, review: str) -> str:
    """Summary of a run, with the command for doubtful matches."""
    counts = [
        (summary.accepted, "found"),
        (summary.review, f"in doubt ('{review}')"),
        (summary.none, "not found"),
        (summary.known, "already known"),
        (summary.failed, "not looked up"),
        (summary.unnamed, "without names or ids to ask with"),
        (summary.skipped, "skipped, as they can't be identified"),
    ]
    text = ", ".join(f"{count:,} {what}" for count, what in counts if count) or "nothing to do"
    if len(summary.requests) > 1:
        text = f"{len(summary.requests)} providers: {text}"
    sent = sum(summary.requests.values())
    requests = f"; {counted(sent, 'request')}" if sent else ""
    silent = f"; silent: {', '.join(summary.silent)}" if summary.silent else ""
    return f"{text}{requests}{silent}"


def asking(plan: ProviderPlan) -> str:
    """The data that is about to be sent."""
    note = f". {plan.note}" if plan.note else ""
    return (
        f"sending to {plan.host}: data of {counted(plan.open, 'track')} ({names_of(plan.sends)}), "
        f"about {counted(plan.requests, 'request')}, {span(plan.seconds)}{note}"
    )


def names_of(fields: tuple[str, ...]) -> str:
    """Human names of fields."""
    return enumerated([_NAMES.get(name, name) for name in fields])


def span(seconds: float) -> str:
    """`50 s`, `12 min`, `2 h 30 min`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def plan_view(plan: LookupPlan) -> Iterator[RenderableType]:
    """What would be sent, and how long it takes."""
    for provider in plan.providers:
        rows = [("provider", provider.provider), ("tracks", f"{plan.tracks:,}")]
        rows += [("known", f"{provider.known:,} already"), ("to look up", f"{provider.open:,}")]
        rows += [("not asked", f"{provider.unnamed:,} without names or ids")] if provider.unnamed else []
        if provider.host is not None:
            days = provider.keep_days
            age = counted(round(days), "day") if days >= 1.0 else counted(round(24 * days), "hour")
            rows += [
                ("requests", f"about {provider.requests:,}"),
                ("takes", span(provider.seconds)),
                ("sent", f"{names_of(provider.sends)}, if known; never audio or paths"),
                ("for example", to_json(provider.example) if provider.example else "nothing"),
                ("sent to", f"{provider.host}, as {provider.headers.get('User-Agent', 'map4')}"),
                ("kept", f"responses for {age}; values in the library"),
            ]
        else:
            rows.append(("source file", "on this machine; nothing is sent"))
        rows.append(("source", provider.attribution))
        rows += [("note", provider.note)] if provider.note else []
        table = Table(box=None, padding=(0, 1, 0, 0), show_header=False, show_edge=False)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in rows:
            table.add_row(name, safe_text(value))
        yield table
        if provider.lacks:
            yield safe_text(f"to use it: {provider.lacks}")


def doubt_view(doubt: LookedUp, place: str) -> Table:
    """A doubtful track and its candidates, with the reasons of each score."""
    length_s, album = (doubt.about.get(name) for name in ("duration_s", "album"))
    head = f"{place}  {doubt.caption}"
    head += (f"   {clock(length_s)}" if length_s else "") + (f"   album {album}" if album else "")
    table = Table(box=None, title=safe_text(head, "bold"), title_justify="left", show_header=False)
    for number, choice in enumerate(doubt.choices, start=1):
        remark = f" ({choice['remark']})" if choice["remark"] else ""
        release = choice["release"] or ""
        date = f" ({choice['release_date'][:4]})" if choice["release_date"] else ""
        table.add_row(
            str(number),
            f"{choice['score']:.2f}",
            safe_text(f"{choice['artist'] or '?'} – {choice['title'] or '?'}{remark}"),
            clock(choice["duration_s"]) if choice["duration_s"] else "",
            safe_text(f"{release}{date}"),
            safe_text("; ".join(choice["reasons"]), "dim"),
        )
    return table


def providers_view(states: list[Any]) -> Table:
    """Providers and their state."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, show_edge=False)
    shown: dict[str, str] = {}
    for state in states:
        style = "" if state.state in ("on", "ready") else "dim"
        table.add_row(state.name, state.state.replace("_", " "), safe_text(state.detail), style=style)
        if more := state.help or state.note:
            first = shown.setdefault(more, state.name)
            table.add_row("", "", safe_text(more if first == state.name else f"same as {first}"), style="dim")
    return table

"""A group of duplicates for people: the copy to keep with the reason, and the differences of the others."""

from __future__ import annotations

import math

from rich.console import Console
from rich.text import Text

from map4.cli.views.columns import fit_text, safe_text, wrap_words
from map4.core.base.text import counted, size_text
from map4.duplicates.records import DuplicateGroup

TITLES = {
    "same_audio": "same audio",
    "same_recording": "same recording",
    "likely": "likely the same",
    "versions": "versions",
}
_INDENT = "        "


def group_view(group: DuplicateGroup, console: Console, *, is_first: bool) -> Text:
    """Return a group as a block of lines; all but the first begin with an empty line."""
    others = f"{counted(len(group.copies), 'copy', 'copies')}, {size_text(group.spare_bytes)}"
    # Rounded down: 100 % means identical to the last bit.
    facts = [f"{math.floor(100 * group.certainty)} % sure"] if group.kind != "same_audio" else []
    facts += [others] if group.kind != "versions" else []
    head = Text("" if is_first else "\n")
    head.append(TITLES[group.kind], style="bold").append("".join(f" · {fact}" for fact in facts))
    head.append(f"\n  {fit_text(group.kept.track.caption(), console.width - 2)}")
    for member in group.members:
        is_kept = member is group.kept
        role = "keep" if is_kept and group.kind != "versions" else "copy" if group.kind != "versions" else "    "
        head.append("\n  ").append(role, style="green" if is_kept else "magenta")
        head.append("  ").append_text(safe_text(member.track.shown_path))
        name = member.track.caption()
        notes = [*([name] if name != group.kept.track.caption() else []), *member.remarks]
        head.append("\n" + wrap_words(console, _INDENT + ", ".join(notes), _INDENT), style="dim")
        if is_kept and group.kind != "versions":
            head.append("\n" + wrap_words(console, _INDENT + group.why, _INDENT), style="dim")
    return head

"""Tools about the library as a whole: counts, what looks wrong, and what stands there twice."""

from __future__ import annotations

from collections import Counter

from map4.base.text import counted
from map4.doctor.checks.finding import CheckCount, Findings
from map4.doctor.checks.groups import ALL_CHECKS
from map4.duplicates.records import Duplicates
from map4.extras.mcp.tool import ToolCall, ToolResult


def stats(ask: ToolCall) -> ToolResult:
    found = ask.library.stats(ask.given.get("query") or "")
    return ToolResult(record=found.to_record(), head=f"{counted(found.tracks, 'track')}, {found.hours:.1f} hours")


def doctor(ask: ToolCall) -> ToolResult:
    query, only = ask.given.get("query") or "is:any", ask.given.get("only") or ()
    found = tuple(ask.library.doctor.findings(query, only=only, progress=ask.progress))
    counts = Counter(one.check.name for one in found)
    checks = tuple(CheckCount(check=one, count=counts[one.name]) for one in ALL_CHECKS if counts[one.name])
    record = Findings(findings=found, checks=checks).to_record()
    head = counted(len(found), "finding") if found else "nothing looks wrong"
    if unread := ask.library.doctor.unread():
        head += f"; albums of {counted(unread, 'file')} can't be judged before the next scan"
    return ToolResult(record=record, head=head)


def duplicates(ask: ToolCall) -> ToolResult:
    groups = tuple(ask.library.duplicates.find_events(progress=ask.progress, **ask.given))
    head = f"{counted(len(groups), 'group')} of copies" if groups else "no recording is there more than once"
    return ToolResult(record=Duplicates(groups=groups).to_record(), head=head)

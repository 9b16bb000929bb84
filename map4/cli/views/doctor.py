"""Findings for people: by check, each with its numbers and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.text import Text

from map4.cli.output import counted, printable
from map4.cli.views.track_table import fit_text, track_name
from map4.domain.diagnosis import CHECKS
from map4.domain.finding import Check, Finding
from map4.domain.key import Notation
from map4.domain.second_opinion import SecondOpinion, key_agreements, tempo_agreements

_LEAST_NAME = 20
_AGREES = {
    "measured": "what was measured",
    "alternative": "the runner-up",
    "runner_up": "the runner-up",
    "tag": "the tag",
}


def _offered(finding: Finding) -> str:
    """The command that helps, or what there is to choose from, each on a line of its own."""
    if finding.command is not None:
        return f"\n    {printable(finding.command)}"
    width = max((len(choice.label) for choice in finding.choices), default=0)
    return "".join(f"\n    {choice.label:<{width}}  {printable(choice.command)}" for choice in finding.choices)


@dataclass(slots=True)
class _Group:
    """The findings of a check: all are counted, the first are kept."""

    count: int = 0
    shown: list[tuple[Finding, SecondOpinion | None]] = field(default_factory=list)


class DoctorView:
    """Gathers findings and draws them.

    Parameters
    ----------
    most : findings of a check that are shown; None shows all
    notation : of keys
    program : what commands begin with
    """

    def __init__(self, *, most: int | None, notation: Notation, program: str = "map4") -> None:
        self.count = 0
        self._most = most
        self._program = program
        self._notation: Notation = notation
        self._groups: dict[str, _Group] = {check.name: _Group() for check in CHECKS}

    def has_room_for(self, finding: Finding) -> bool:
        """Whether the next finding of this check is shown, and not only counted."""
        return self._most is None or len(self._groups[finding.check.name].shown) < self._most

    def add(self, finding: Finding, opinion: SecondOpinion | None) -> None:
        """Take one finding, with librosa's opinion where it was asked."""
        self.count += 1
        group = self._groups[finding.check.name]
        group.count += 1
        if self.has_room_for(finding):
            group.shown.append((finding, opinion))

    def rendered(self, width: int) -> Text:
        """All groups that have findings."""
        parts = [
            self._group(check, self._groups[check.name], width) for check in CHECKS if self._groups[check.name].count
        ]
        return Text("\n\n").join(parts)

    def _group(self, check: Check, group: _Group, width: int) -> Text:
        text = Text.assemble((f"{check.title}: {counted(group.count, 'track')}", "bold"), (f"  {check.advice}", "dim"))
        offered = [_offered(finding) for finding, _ in group.shown]
        is_same = len(group.shown) > 1 and all(lines == offered[0] for lines in offered)
        for (finding, opinion), lines in zip(group.shown, offered, strict=True):
            text.append("\n  ").append(self._line(finding, width - 2))
            if opinion is not None:
                text.append(f"\n    librosa: {self._opinion(finding, opinion)}", style="cyan")
            text.append("" if is_same else lines, style="green")
        if group.count > len(group.shown):
            text.append(f"\n  and {group.count - len(group.shown):,} more: {self._program} doctor --only {check.name}")
        return text.append(offered[0] if is_same else "", style="green")

    def _line(self, finding: Finding, width: int) -> str:
        room = max(_LEAST_NAME, width - len(finding.detail) - 2)
        return f"{fit_text(track_name(finding.track), room)}: {printable(finding.detail)}"

    def _opinion(self, finding: Finding, opinion: SecondOpinion) -> str:
        if finding.check.subject == "tempo":
            value = None if opinion.bpm is None else f"{opinion.bpm:.1f} BPM"
            agreed: tuple[str, ...] = tempo_agreements(finding.track, opinion.bpm)
        else:
            value = None if opinion.key is None else opinion.key.in_notation(self._notation)
            agreed = key_agreements(finding.track, opinion.key)
        if value is None:
            return "finds none"
        return (
            f"{value}, which is {' and '.join(_AGREES[name] for name in agreed)}" if agreed else f"{value}, like none"
        )

"""Findings for people: by check, each with its numbers and commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from map4.cli.views.columns import fit_text, wrap_words
from map4.compare import SecondOpinion, key_agreements, tempo_agreements
from map4.core.base.text import counted, printable
from map4.core.music.analysis.key import Notation
from map4.doctor.checks.finding import Check, Finding
from map4.doctor.checks.groups import ALL_CHECKS, NOUNS

_LEAST_NAME = 20
_AGREES = {
    "measured": "what was measured",
    "alternative": "the runner-up",
    "runner_up": "the runner-up",
    "tag": "the tag",
}


def _offered(finding: Finding) -> str:
    """Return the command that helps, or the choices, each on its own line."""
    if finding.command is not None:
        return f"\n    {printable(finding.command)}"
    width = max((len(choice.label) for choice in finding.choices), default=0)
    return "".join(f"\n    {choice.label:<{width}}  {printable(choice.command)}" for choice in finding.choices)


class DoctorView:
    """Collects the shown findings and draws them.

    counts: total number of findings per check
    notation: of keys
    program: beginning of the commands
    """

    def __init__(self, counts: Mapping[str, int], *, notation: Notation, program: str = "map4") -> None:
        self._counts = counts
        self._program = program
        self._notation: Notation = notation
        self._shown: dict[str, list[tuple[Finding, SecondOpinion | None]]] = {check.name: [] for check in ALL_CHECKS}

    def add(self, finding: Finding, opinion: SecondOpinion | None) -> None:
        """Add a finding, with librosa's opinion if it was queried."""
        self._shown[finding.check.name].append((finding, opinion))

    def rendered(self, console: Console) -> Text:
        checks = [check for check in ALL_CHECKS if self._counts.get(check.name)]
        parts = [self._group(check, console) for check in checks]
        return Text("\n\n").join([self._summary(checks, console), *parts] if len(checks) > 1 else parts)

    def _summary(self, checks: Sequence[Check], console: Console) -> Text:
        """Return a line for each check, the gravest first, and the command to begin with."""
        first, *_ = names = [check.name for check in checks]
        places, width = max(len(f"{self._counts[name]:,}") for name in names), max(map(len, names))
        text = Text.assemble(("begin with: ", "bold"), (f"{self._program} doctor --only {first}", "green"))
        for check in checks:
            line = f"  {self._counts[check.name]:>{places},}  {check.name:<{width}}  {check.title}"
            text.append(f"\n{wrap_words(console, line, ' ' * (places + width + 6))}")
        return text

    def _group(self, check: Check, console: Console) -> Text:
        count, shown = self._counts[check.name], self._shown[check.name]
        noun = NOUNS.get(check.subject, "track")
        title = f"{check.title}: {counted(count, noun)}"
        head = wrap_words(console, f"{title}  {check.advice}", "  ")
        text = Text.assemble((head[: len(title)], "bold"), (head[len(title) :], "dim"))
        offered = [_offered(finding) for finding, _ in shown]
        is_same = len(shown) > 1 and all(lines == offered[0] for lines in offered)
        for (finding, opinion), lines in zip(shown, offered, strict=True):
            text.append(f"\n{wrap_words(console, f'  {self._line(finding, console.width - 2)}', '    ')}")
            if opinion is not None:
                text.append(f"\n    librosa: {self._opinion(finding, opinion)}", style="cyan")
            text.append("" if is_same else lines, style="green")
        if count > len(shown):
            text.append(f"\n  and {count - len(shown):,} more: {self._program} doctor --only {check.name}")
        return text.append(offered[0] if is_same else "", style="green")

    def _line(self, finding: Finding, width: int) -> str:
        room = max(_LEAST_NAME, width - len(finding.detail) - 2)
        name = finding.track.caption() if finding.about is ... else finding.about
        return f"{fit_text(name, room)}: {finding.detail}"

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

"""How right map4 is on what its user knows, drawn for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType, group
from rich.table import Table
from rich.text import Text

from map4.base.text import counted, percent
from map4.stats.accuracy.calibration import Calibration, FieldFit
from map4.stats.accuracy.judged import Accuracy, FieldAccuracy, Share

_CHOSEN = "You mostly set values that are wrong: this is the accuracy on those, not on all your music."
_HOW_TO_SET = "map4 set TRACK bpm=174 key=8A sets values, also such as are right"
_LABEL_WIDTH = len("tempo  ")


@group()
def accuracy_view(result: Accuracy) -> Iterable[RenderableType]:
    for field in result.fields:
        yield from _of_field(field)
    if result.stale:
        yield Text(f"{counted(result.stale, 'track')} left out, analysed by another version: map4 scan", style="dim")
    if any(field.right.count for field in result.fields):
        yield Text(_CHOSEN, style="dim")
    else:
        yield Text(_HOW_TO_SET, style="dim")


def _of_field(accuracy: FieldAccuracy) -> Iterable[RenderableType]:
    label = Text(accuracy.field.ljust(_LABEL_WIDTH), style="bold")
    unknown = f"; map4 has none of {accuracy.unknown:,} more" if accuracy.unknown else ""
    if not accuracy.right.count:
        yield label.append(f"no value of yours to compare with{unknown}", style="")
        return
    yield label.append(f"{_share_text(accuracy.right)}{unknown}", style="")
    if accuracy.near is not None:
        topic = "octaves" if accuracy.field == "tempo" else "which beat is the first"
        yield Text(f"{' ' * _LABEL_WIDTH}{topic} aside {_share_text(accuracy.near)}")
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in ("how sure", "values", "it says", "right", "between"):
        table.add_column(heading, justify="left" if heading == "how sure" else "right")
    for band in accuracy.bands:
        is_last = band.high >= 1.0
        range_text = f"{percent(band.low)} and more" if is_last else f"{percent(band.low)} to {percent(band.high)}"
        table.add_row(range_text, f"{band.right.count:,}", percent(band.certainty), *_share(band.right))
    table.add_row("90 % and more", f"{accuracy.sure.count:,}", "", *_share(accuracy.sure), style="dim")
    yield table
    fitted = ", fitted to values of yours (map4 stats calibrate --off)" if accuracy.fitted else ""
    yield Text(f"its certainty is off by {100 * (accuracy.calibration_error or 0.0):.1f} points on average{fitted}\n")


def _share_text(share: Share) -> str:
    part, between = _share(share)
    return f"{share.right:,} of {share.count:,} right, {part} (between {between})"


def _share(share: Share) -> tuple[str, str]:
    if share.share is None or share.low is None or share.high is None:
        return "", ""
    return percent(share.share), f"{percent(share.low)} and {percent(share.high)}"


def calibration_view(calibration: Calibration) -> RenderableType:
    return Group(*(_fit(field) for field in calibration.fields))


def _fit(fit: FieldFit) -> Text:
    label = Text(fit.field.ljust(_LABEL_WIDTH), style="bold")
    if fit.refused is not None:
        return label.append(f"left as it is: {fit.refused}", style="")
    before, after = (100 * (error or 0.0) for error in (fit.error_before, fit.error_after))
    held_out = f"on values held out it was off by {before:.1f} points, and is by {after:.1f}"
    return label.append(f"fitted to {fit.values:,} values; {held_out}", style="")

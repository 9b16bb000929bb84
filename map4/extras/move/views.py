"""Terminal view of a certificate."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from rich.table import Table

from map4.cli.views.columns import safe_text
from map4.core.base.text import counted
from map4.extras.move.records import WORDS, Certificate, Kind, Loss
from map4.extras.move.targets import Target

MOST_SHOWN = 15  # losses that the terminal lists; the page and JSON have all
_MOST_REASONS = 2
_IN_TAGS: Mapping[Kind, str] = {"keys": "--key", "tempi": "--bpm", "ratings": "--rating", "comments": "--comment"}


def certificate_table(certificate: Certificate, target: Target) -> Table:
    """A row for each kind, with the most frequent reasons."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="bold")
    table.add_column("")
    for name in ("source", target.title, "equal", "changed", "missing"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("why", ratio=1)
    reasons_of = dict[Kind, Counter[str]]()
    for loss in certificate.losses:
        reasons_of.setdefault(loss.kind, Counter())[loss.reason] += loss.count
    for unread in certificate.not_read:
        if unread.kind is not None:
            reasons_of.setdefault(unread.kind, Counter())[unread.what] += unread.count
    for count in certificate.kinds:
        reasons = reasons_of.get(count.kind, Counter())
        why = [f"{reason} ({number:,})" for reason, number in reasons.most_common(_MOST_REASONS)]
        if len(reasons) > _MOST_REASONS:
            why.append(counted(len(reasons) - _MOST_REASONS, "other reason"))
        numbers = (count.total, count.program_holds, count.equal, count.changed, count.missing)
        cells = (f"{number:,}" if number else "-" for number in numbers)
        style = "bold" if count.program_holds > count.equal or count.added else ""
        table.add_row(WORDS[count.kind], *cells, safe_text("; ".join(why)), style=style)
    return table


def loss_lines(certificate: Certificate, most: int | None = MOST_SHOWN) -> Iterator[str]:
    """The losses that the program can hold, as lines; equal losses of several tracks share a line."""
    alike = defaultdict[tuple[str, str] | int, list[Loss]](list)
    for index, loss in enumerate(loss for loss in certificate.losses if loss.program_holds):
        alike[index if loss.compared else (loss.item, loss.reason)].append(loss)
    groups = list(alike.values())
    for loss, *others in groups[:most]:
        values = " -> ".join(value or "nothing" for value in (loss.before, loss.after))
        shown = f" ({values})" if (loss.before or loss.after) and not others else ""
        of = counted(1 + len(others), "track") if others else loss.track or loss.list
        yield f"{of}: {loss.item}: {loss.reason}{shown}"
    if most is not None and len(groups) > most:
        yield f"{sum(map(len, groups[most:])):,} more"


def tag_options(certificate: Certificate) -> list[str]:
    """The options of 'map4 tags write' for values that the program reads from the tags, and that are not in them."""
    kinds = {loss.kind for loss in certificate.losses if loss.program_holds and not loss.compared}
    return [option for kind, option in _IN_TAGS.items() if kind in kinds]

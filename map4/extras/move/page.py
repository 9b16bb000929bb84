"""The certificate as a page: one file that works offline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from map4.core.base.paths import display_path
from map4.core.base.text import counted
from map4.core.music.track.wording import TrackWords
from map4.exports import Block, Cell, Column, Facts, Paragraph, Report, Row, Table, render_html
from map4.extras.move.records import WORDS, Certificate, Kind, KindCount, Loss
from map4.extras.move.targets import Target

LIMITS = "Cue points are equal within 1 ms, tempi within 0.005 BPM, beats of a grid within 2 ms."


def certificate_page(certificate: Certificate, source_title: str, target: Target) -> Iterator[str]:
    """Yield the page, piece by piece."""
    title = f"From {source_title} to {target.title}"
    return render_html(Report(title=title, body=lambda report: _blocks(certificate, source_title, target)))


def verdict(certificate: Certificate, target: Target) -> str:
    """Return the result as a sentence."""
    if certificate.is_complete:
        return f"Nothing was lost that {target.title} can hold."
    count = certificate.lost
    them = "it" if count == 1 else "them"
    return f"{counted(count, 'thing')} did not arrive unchanged, although {target.title} can hold {them}."


def _blocks(certificate: Certificate, source_title: str, target: Target) -> Iterator[Block]:
    yield Paragraph(text=verdict(certificate, target))
    written_by = f" ({certificate.version})" if certificate.version else ""
    yield Facts(
        items=(
            ("Source", f"{display_path(certificate.source)}, {source_title}{written_by}"),
            ("Result", display_path(certificate.output)),
            ("Files", str(len(certificate.files))),
        )
    )
    yield Table(
        caption="What arrived",
        columns=(
            Column(name="What", share=2.0),
            *(
                Column(name=name, share=1.0, numeric=True)
                for name in ("Source", target.title, "Equal", "Changed", "Missing")
            ),
        ),
        rows=[_count_row(count) for count in certificate.kinds],
    )
    yield Paragraph(
        text=f"{LIMITS} The result was read back from its files. {target.title}: how many of the source's the"
        " program can hold unchanged.",
        small=True,
    )
    for (kind, reason), number in _left_out(certificate).items():
        yield Paragraph(text=f"Not compared: {WORDS[kind]} ({number:,}): {reason}.")
    for unread in certificate.not_read:
        yield Paragraph(text=f"Not read: {TrackWords.shown(unread.what)} ({unread.count:,}).")
    for remark in certificate.remarks:
        yield Paragraph(text=TrackWords.shown(remark))
    losses = [loss for loss in certificate.losses if loss.compared]
    if losses:
        losses.sort(key=lambda loss: not loss.program_holds)
        yield _losses(losses, target.title)


def _left_out(certificate: Certificate) -> Counter[tuple[Kind, str]]:
    """Return how many things of a kind were not compared, by reason."""
    counts = Counter[tuple[Kind, str]]()
    for loss in certificate.losses:
        if not loss.compared:
            counts[loss.kind, loss.reason] += loss.count
    return counts


def _count_row(count: KindCount) -> Row:
    numbers = (count.total, count.program_holds, count.equal, count.changed, count.missing)
    return Row(cells=(Cell(WORDS[count.kind]), *(Cell(f"{number:,}") for number in numbers)))


def _losses(losses: list[Loss], title: str) -> Table:
    shares = {"Where": 3.0, "What": 1.5, "Source": 1.5, "Result": 1.5, title: 0.8, "Why": 2.0}
    columns = tuple(Column(name=name, share=share) for name, share in shares.items())
    return Table(caption="Every loss", columns=columns, rows=map(_loss_row, losses))


def _loss_row(loss: Loss) -> Row:
    holds = "yes" if loss.program_holds else "no"
    texts = (loss.track or loss.list or "", loss.item, loss.before or "", loss.after or "–", holds, loss.reason)
    return Row(cells=tuple(Cell(TrackWords.shown(text)) for text in texts))

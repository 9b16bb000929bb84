"""A comparison for a terminal: two tracks side by side, more as a matrix and the best order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from map4.cli.views.columns import RATING_STYLES, safe_text
from map4.cli.views.track_panel import PANEL_WIDTH, bar
from map4.compare.truth import TruthComparison
from map4.compare.use import Comparison, PairComparison
from map4.core.base.text import bpm_text, counted, percent
from map4.core.music.analysis.key import Notation
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing.compatibility import ENERGY_POINTS, KEY_POINTS, TEMPO_POINTS, rate_compatibility
from map4.core.music.track.hamms import HAMMS_NAMES
from map4.core.music.track.track import Track
from map4.core.music.track.wording import TrackWords
from map4.exports import MOST_RADAR_TRACKS, loudness_cell
from map4.exports.views import hamms_view
from map4.lists.views.set_clock import set_block

UNKNOWN = "–"
_NO_VECTOR = (None,) * len(HAMMS_NAMES)
FOLDS = {None: "", "half": " /2", "double": " x2"}

_MATRIX_LEGEND = (
    "Upper right: how well the two mix, in % (75 and more is good). Lower left: how alike they are by HAMMS, in %."
)

LABEL_WIDTH = 19
MOST_BAR_WIDTH = 20
LEAST_BAR_WIDTH = 4
VALUE_WIDTH = 4
CELL_WIDTH = 4
NUMBER_WIDTH = 3
# Longer lines are hard to read.
TABLE_WIDTH = 100
# Below this width, key relations and transition types are only in --json.
WORDS_WIDTH = 72
# Number of best pairs shown if no matrix fits.
BEST_PAIRS = 10


def comparison_view(
    comparison: Comparison, *, notation: Notation, width: int, with_figures: bool = False, with_hamms: bool = False
) -> RenderableType:
    """The comparison as people want to see it.

    comparison: the comparison
    notation: of keys
    width: columns of the terminal
    with_figures: also the radar of up to six tracks, and for more than two the best order on the clock
    with_hamms: for two tracks, also the twelve HAMMS numbers
    """
    view = _ComparisonView(comparison, notation, width)
    drawn = list(view.figures()) if with_figures else []
    if len(comparison.tracks) == 2:
        return Group(view.side_by_side(with_hamms=with_hamms), *drawn)
    return Group(view.order(), Text(""), view.closing(), Text(""), view.pairs(), *drawn)


class _ComparisonView:
    def __init__(self, comparison: Comparison, notation: Notation, width: int) -> None:
        self._found = comparison
        self._notation: Notation = notation
        self._width = width

    # ---- two tracks ------------------------------------------------------------------------------

    def side_by_side(self, *, with_hamms: bool) -> RenderableType:
        """How well they mix and how similar they are, then the properties of both."""
        (pair,) = self._found.pairs
        width = min(self._width, PANEL_WIDTH)
        room = (width - 4 - LABEL_WIDTH - 4) // 2  # frame and padding, label, two gaps of two columns
        bar_width = min(MOST_BAR_WIDTH, room - VALUE_WIDTH - 1)
        if bar_width < LEAST_BAR_WIDTH:
            bar_width = 0
        table = Table.grid(padding=(0, 2))
        table.add_column(width=LABEL_WIDTH, no_wrap=True)
        for _ in range(2):
            table.add_column(width=bar_width + 1 + VALUE_WIDTH if bar_width else max(VALUE_WIDTH, room), no_wrap=True)
        a, b = self._found.tracks
        table.add_row("", safe_text(a.caption(), "bold"), safe_text(b.caption(), "bold"))
        for label, values in (
            ("BPM", [_bpm(track) for track in (a, b)]),
            ("key", [TrackWords(track).key_text(self._notation) for track in (a, b)]),
            ("energy, 1-10", [TrackWords(track).level for track in (a, b)]),
            ("loudness, LUFS", [loudness_cell(track).text for track in (a, b)]),
            ("length", [TrackWords.time(TrackWords(track).duration_s) for track in (a, b)]),
            ("genre", [safe_text(track.genre() or UNKNOWN) for track in (a, b)]),
        ):
            table.add_row(Text(label, style="bold"), *values)
        if with_hamms:
            table.add_row(Text("HAMMS", style="bold"))
            vectors = [TrackWords(track).vector or _NO_VECTOR for track in (a, b)]
            for index, name in enumerate(HAMMS_NAMES):
                table.add_row(name.replace("_", " "), *(_bar(vector[index], bar_width) for vector in vectors))
        rows: list[RenderableType] = [*self._mixing(pair), *self._alike(pair), Text(""), table]
        return Panel(Group(*rows), width=width, padding=(0, 1))

    def _mixing(self, pair: PairComparison) -> list[Text]:
        compatibility = pair.compatibility
        tempo, key, energy = compatibility.tempo, compatibility.key, compatibility.energy
        a, b = self._found.tracks
        head = Text.assemble(
            ("mix      ", "bold"), (f"{_percent(compatibility.total)} %", RATING_STYLES[compatibility.rating]),
            f" {compatibility.rating}: {compatibility.fit_words}",
        )  # fmt: skip
        bpms = f"{_bpm(a)} → {_bpm(b)} BPM"
        if tempo.change_percent is not None:
            bpms += f", fader {tempo.fader_text} %{FOLDS[tempo.folded]}"
        keys = f"{' → '.join(key.ends(self._notation, UNKNOWN))}, {_words(key.relation)}"
        levels = f"{TrackWords(a).level} → {TrackWords(b).level}"
        parts = (
            ("tempo", bpms, tempo.points, TEMPO_POINTS),
            ("key", keys, key.points, KEY_POINTS),
            ("energy", levels, energy.points, ENERGY_POINTS),
        )
        return [
            head,
            *(
                Text(f"  {name:<7}{_percent(points):>3} of {_percent(most)}  {what}")
                for name, what, points, most in parts
            ),
        ]

    def _alike(self, pair: PairComparison) -> list[Text]:
        if pair.similarity is None:
            return [Text.assemble(("alike    ", "bold"), f"{UNKNOWN} too little is known")]
        similarity = pair.similarity
        head = (f"{_percent(similarity.similarity)} %", RATING_STYLES[similarity.rating])
        lines = [Text.assemble(("alike    ", "bold"), head, f" {similarity.rating}, by HAMMS")]
        if pair.percentile is not None:
            share = percent(pair.percentile / 100.0, is_estimate=True)
            lines.append(Text(f"  more so than {share} of the pairs in your library", style="dim"))
        return lines

    # ---- more ------------------------------------------------------------------------------------

    def pairs(self) -> RenderableType:
        """A matrix if it fits, else the best pairs."""
        count = len(self._found.tracks)
        if NUMBER_WIDTH + count * CELL_WIDTH <= self._width:
            return self._matrix()
        best = sorted(self._found.pairs, key=lambda pair: (-pair.compatibility.total, pair.a, pair.b))[:BEST_PAIRS]
        number = {track: position for position, track in enumerate(self._found.order, start=1)}
        table = self._table(f"Best of {len(self._found.pairs)} pairs (--json has all)", "mix", "alike")
        names = [track.caption() for track in self._found.tracks]
        for pair in best:
            text = " + ".join(f"{number[each]} {names[each]}" for each in (pair.a, pair.b))
            table.add_row(safe_text(text), _mix_text(pair), _alike_text(pair))
        return table

    def _matrix(self) -> RenderableType:
        comparison = self._found
        count = len(comparison.tracks)
        by_tracks = {frozenset((pair.a, pair.b)): pair for pair in comparison.pairs}
        room = self._width - NUMBER_WIDTH - count * CELL_WIDTH
        table = Table(
            box=None, padding=0, title="Each pair, numbered as above", title_justify="left", title_style="bold",
            caption=_MATRIX_LEGEND, caption_justify="left",
        )  # fmt: skip
        table.add_column(width=NUMBER_WIDTH, justify="right", no_wrap=True)
        for number in range(1, count + 1):
            table.add_column(str(number), width=CELL_WIDTH, justify="right", no_wrap=True)
        if room >= 2 * CELL_WIDTH:
            table.add_column(width=room, no_wrap=True, overflow="ellipsis")
        for row in range(count):
            cells: list[RenderableType] = [Text(str(row + 1), style="bold")]
            for column in range(count):
                pair = by_tracks.get(frozenset((comparison.order[row], comparison.order[column])))
                if pair is None:
                    cells.append(Text("·", style="dim"))
                else:
                    cells.append(_mix_text(pair) if row < column else _alike_text(pair))
            if room >= 2 * CELL_WIDTH:
                cells.append(safe_text("  " + comparison.tracks[comparison.order[row]].caption(), overflow="ellipsis"))
            table.add_row(*cells)
        return table

    def order(self) -> RenderableType:
        """The best order, with the transition to each track."""
        comparison = self._found
        words = ("key step", "fits") if self._width >= WORDS_WIDTH else ()
        right = ("BPM", "key", "E", "mix", "fader")
        title = "Best order" + ("" if comparison.method == "exact" else " found (too many tracks to try every order)")
        table = self._table(title, *right, left=words, first=" # artist – title")
        into: Sequence[PairComparison | None] = (None, *comparison.transitions)
        for number, (place, step) in enumerate(zip(comparison.order, into, strict=True), start=1):
            track = comparison.tracks[place]
            name = safe_text(f"{number:>2} {track.caption()}")
            facts = (_bpm(track), TrackWords(track).key_text(self._notation), TrackWords(track).level)
            table.add_row(name, *facts, *_step_cells(step, with_words=bool(words)))
        return table

    def _table(self, title: str, *right: str, left: Sequence[str] = (), first: str = "") -> Table:
        table = Table(box=None, padding=(0, 1, 0, 0), width=min(self._width, TABLE_WIDTH), title=title,
                      title_justify="left", title_style="bold", header_style="dim")  # fmt: skip
        table.add_column(first, ratio=1, no_wrap=True, overflow="ellipsis")
        for name in right:
            table.add_column(name, justify="right", no_wrap=True)
        for name in left:
            table.add_column(name, no_wrap=True)
        return table

    def closing(self) -> RenderableType:
        """The course of the energy, and the quality of the order."""
        comparison = self._found
        levels = [TrackWords(comparison.tracks[place]).level for place in comparison.order]
        mean = comparison.mean_compatibility
        rating = rate_compatibility(mean)
        return Group(
            Text.assemble(("energy   ", "bold"), f"{comparison.flow or UNKNOWN}: {' '.join(levels)}"),
            Text.assemble(
                ("mix      ", "bold"), (f"{_percent(mean)} %", RATING_STYLES[rating]), f" {rating} on average"
            ),
        )

    def figures(self) -> Iterator[RenderableType]:
        comparison = self._found
        if len(comparison.tracks) <= MOST_RADAR_TRACKS:
            vectors = [(track.caption(), TrackWords(track).vector or _NO_VECTOR) for track in comparison.tracks]
            yield hamms_view(vectors, width=min(self._width, TABLE_WIDTH))
        if len(comparison.tracks) > 2:
            listed = Tracklist(tracks=[comparison.tracks[place] for place in comparison.order])
            yield set_block(listed, self._notation, width=min(self._width, TABLE_WIDTH))


def truth_view(comparison: TruthComparison) -> RenderableType:
    """The scores of a library by genre, the worst values, and the rows that are left out."""
    scores, left = _table("genre BPM Acc1 Acc2 sure right keys exact MIREX sure right"), _table("line row")
    for score in (comparison.all, *comparison.genres):
        name = "all" if score is comparison.all else safe_text(score.genre or UNKNOWN)
        scores.add_row(
            name, *(_short(value) for each in (score.tempo, score.key) for value in each.to_record().values())
        )
    worst = _table("line BPM read conf is key read conf is track")
    for row in comparison.worst:
        record = row.to_record()
        worst.add_row(str(row.line), *(_short(record[name]) for name in _WORST), safe_text(row.text))
    for row in comparison.left_out:
        left.add_row(str(row.line), safe_text(f"{(row.left_out or '').replace('_', ' ')}: {row.text}"))
    counts = f"{comparison.compared} of {counted(comparison.rows, 'row')} compared, {len(comparison.left_out)} left out"
    parts: list[RenderableType] = [scores, Text(counts)]
    for head, table in (("the worst", worst), ("left out", left)):
        parts += [Text(f"\n{head}", "bold"), table] if table.row_count else []
    return Group(*parts)


_WORST = ("truth_bpm", "bpm", "bpm_confidence", "tempo", "truth_key", "key", "key_confidence", "key_relation")


def _table(heads: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0))
    for head in heads.split():
        table.add_column(head, justify="left" if head in ("genre", "row", "track", "is") else "right", no_wrap=True)
    return table


def _short(value: float | str | None) -> str:
    if isinstance(value, float):
        return f"{value:.1f}" if value > 1 else f"{value:.3f}".removeprefix("0")
    return UNKNOWN if value is None else str(value)


def _step_cells(step: PairComparison | None, *, with_words: bool) -> list[RenderableType]:
    if step is None:
        return [""] * (4 if with_words else 2)
    tempo, key = step.compatibility.tempo, step.compatibility.key
    change = UNKNOWN if tempo.change_percent is None else f"{tempo.fader_text} %{FOLDS[tempo.folded]}"
    cells: list[RenderableType] = [_mix_text(step), change]
    return cells + ([_words(key.relation), step.compatibility.what_fits] if with_words else [])


def _mix_text(pair: PairComparison) -> Text:
    return Text(_percent(pair.compatibility.total), style=RATING_STYLES[pair.compatibility.rating])


def _alike_text(pair: PairComparison) -> Text:
    if pair.similarity is None:
        return Text(UNKNOWN, style="dim")
    return Text(_percent(pair.similarity.similarity), style="dim")


def _bar(value: float | None, width: int) -> Text:
    number = f"{UNKNOWN:>{VALUE_WIDTH}}" if value is None else f"{value:>{VALUE_WIDTH}.2f}"
    if not width:
        return Text(number)
    return Text.assemble((bar(value or 0.0, width), "cyan"), f" {number}")


def _bpm(track: Track) -> str:
    bpm = track.bpm()
    return UNKNOWN if bpm is None else bpm_text(bpm, is_own=track.bpm_source() == "user")


def _percent(fraction: float) -> str:
    return f"{100.0 * fraction:.0f}"


def _words(name: str) -> str:
    return name.replace("_", " ")

"""A track over time in block characters: loudness, leading band and phrases."""

from __future__ import annotations

from rich.text import Text

from map4.core.music.analysis.inside import Overview, Structure

BLOCKS = " ▁▂▃▄▅▆▇█"
# Colour of the leading band: below 200 Hz, up to 2 kHz, above. Safe for colour-blind people.
BAND_STYLES = ("blue", "cyan", "red")
# Bass has more power than equally loud cymbals; offset per band before comparing.
_AUDIBLE = (0, 20, 60)
# With only eight heights, the lower half of the range (24 dB below the loudest) is not drawn.
_LEAST_SHOWN = 127


def strip(overview: Overview, width: int, shown: tuple[float, float] = (0.0, 1.0)) -> Text:
    """A column per time slice: its height is the loudest of the three bands, its colour the leading band.

    width: columns, > 0
    shown: start and end of the drawn part, in [0, 1]
    """
    text = Text(no_wrap=True)
    for levels in zip(
        *(Overview.resampled(band, width, shown) for band in (overview.low, overview.mid, overview.high)), strict=True
    ):
        leading = max(range(3), key=lambda band: levels[band] + _AUDIBLE[band])
        height = max(max(levels) - _LEAST_SHOWN, 0) / (255 - _LEAST_SHOWN)
        text.append(BLOCKS[round(height * (len(BLOCKS) - 1))], style=BAND_STYLES[leading])
    return text


def phrase_band(structure: Structure, duration_s: float, width: int) -> Text:
    """The phrases on the same scale: a bar where each begins, then its role or, if uncertain, its letter.

    Names that don't fit are omitted.
    """
    columns = [" "] * width
    starts = [int(phrase.start_s / duration_s * width) for phrase in structure.phrases]
    for phrase, start, end in zip(structure.phrases, starts, [*starts[1:], width], strict=True):
        if start >= width:
            break
        name = phrase.role or phrase.group
        room = end - start - 1
        word = name if len(name) <= room else phrase.group[:room]
        columns[start : start + 1 + len(word)] = ["│", *word]
    return Text("".join(columns[:width]), style="dim", no_wrap=True)

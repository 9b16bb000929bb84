"""The strip of a track, in as many columns as there are."""

from map4.cli.views.strip import BAND_STYLES, phrase_band, strip
from map4.core.music.analysis.inside import Overview, Phrase, Structure


def overview(low: bytes, mid: bytes, high: bytes) -> Overview:
    return Overview(low=low, mid=mid, high=high, energy=bytes(200))


def test_strip_fills_every_width_and_labels_start_with_phrases() -> None:
    text = strip(overview(bytes([255]) * 100 + bytes(300), bytes(100) + bytes([191]) * 100 + bytes(200), bytes(400)), 4)
    assert text.plain == "█▄  "
    assert [span.style for span in text.spans][:2] == [BAND_STYLES[0], BAND_STYLES[1]]
    full = overview(bytes([255]) * 400, bytes(400), bytes(400))
    for width in (1, 7, 66, 400, 500):
        assert strip(full, width).plain == "█" * width
    structure = Structure(
        phrases=(phrase(0, 25, "A", "intro"), phrase(25, 50, "B"), phrase(50, 55, "C", "break"), phrase(55, 100, "B")),
        confidence=0.9,
    )
    assert phrase_band(structure, 100.0, 40).plain == "│intro    │B        │C│B".ljust(40)
    for width in range(1, 60):
        assert len(phrase_band(structure, 100.0, width).plain) == width


def phrase(start_s: float, end_s: float, group: str, role: str | None = None) -> Phrase:
    return Phrase(start_s=start_s, end_s=end_s, bars=8, group=group, role=role, energy=0.5, confidence=0.9)

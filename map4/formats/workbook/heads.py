"""Column heads of a workbook: plain words, with units."""

from __future__ import annotations

from map4.core.music.track.track_columns import TIME
from map4.formats.workbook.sheet import SheetColumn

_HEADS = {
    "bpm": "BPM", "tempo_confidence": "BPM sure", "bpm_source": "BPM from", "key_camelot": "Key (Camelot)",
    "key_openkey": "Key (Open Key)", "key_musical": "Key", "key_name": "Key in words", "key_confidence": "Key sure",
    "key_source": "Key from", "energy": "Energy (0–1)", "energy_level": "Energy (1–10)",
    "integrated_lufs": "Loudness (LUFS)", "range_lu": "Range (LU)", "true_peak_dbtp": "True peak (dBTP)",
    TIME: "Length", "duration_s": "Length (s)", "cue_in_s": "Mix in (s)", "cue_out_s": "Mix out (s)",
    "bit_rate_bps": "Bit rate (bit/s)", "sample_rate_hz": "Sample rate (Hz)", "size_bytes": "Size (bytes)",
    "label_genre": "Genre (labels)", "subgenre": "Style (labels)", "mood": "Mood (labels)", "era": "Era (labels)",
    "label_confidence": "Labels sure", "label_source": "Labels by", "rating": "Rating (0–5)", "played": "Last played",
    "cues": "Cue points", "isrc": "ISRC", "track": "Track number", "hamms_confidence": "HAMMS sure",
    "position": "#", "compatibility": "Mix (0–1)", "type": "Transition", "tempo_change_percent": "Tempo change (%)",
    "key_relation": "Keys", "energy_target": "Wanted energy (0–1)", "reasons": "Why",
}  # fmt: skip
_WIDTHS = {
    "artist": 26, "title": 34, "album": 26, "genre": 16, "comment": 30, "audio_id": 38, "path": 70, "position": 5,
    "year": 7, TIME: 9, "bpm": 8, "played": 20, "reasons": 44, "key_relation": 18, "energy_target": 15,
}  # fmt: skip
_NUMBER_FORMATS = {
    "bpm": "0.00", "energy": "0.00", "integrated_lufs": "0.0", "range_lu": "0.0", "true_peak_dbtp": "0.0",
    "duration_s": "0.0", "cue_in_s": "0.0", "cue_out_s": "0.0", "bit_rate_bps": "#,##0", "size_bytes": "#,##0",
    "tempo_confidence": "0%", "key_confidence": "0%", "label_confidence": "0%", "hamms_confidence": "0%",
    "compatibility": "0.00", "tempo_change_percent": "+0.0;-0.0;0.0", "energy_target": "0.00", TIME: "[m]:ss",
    "year": "0", "energy_level": "0",
}  # fmt: skip


def column(name: str) -> SheetColumn:
    """Return a column of tracks or of a list, by its name for `--columns`."""
    words = name.replace("_", " ")
    head = _HEADS.get(name) or words[:1].upper() + words[1:]
    if name.startswith("hamms_") and name not in _HEADS:
        head = "HAMMS: " + words.removeprefix("hamms ")
    return SheetColumn(
        name=name,
        head=head,
        width=_WIDTHS.get(name, 11),
        number_format=_NUMBER_FORMATS.get(name),
        wraps=name == "reasons",
    )

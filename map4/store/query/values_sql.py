"""SQL for the values of tracks that queries compare and sort."""

from __future__ import annotations

from map4.music.query.context import QueryContext
from map4.music.query.shuffle import RANDOM, seed_of
from map4.music.track.fields import NUMBERS, QUERIED, Field
from map4.store.query.declared import forms_of
from map4.store.query.facts import SORT_NAMES, order_sql, without_article_sql
from map4.store.query.field_sql import NAMES, confidence_sql, counting_sql, known_values_sql, loudness_sql

# Values that only map4 has.
COLUMNS = {
    "path": "f.display", "duration": "x.duration_s", "peak": "x.true_peak_dbtp",
    "cues": "x.cues", "metre": "x.metre", "phrases": "x.phrases",
    "codec": "x.codec", "samplerate": "x.sample_rate_hz", "bits": "x.bits", "channels": "x.channels",
    "bitrate": "x.bit_rate_bps / 1000.0", "added": "coalesce(x.date_added, x.added_at)", "modified": "x.modified_ns",
    "danceability": "x.hamms_danceability", "valence": "x.hamms_valence", "acousticness": "x.hamms_acousticness",
    "instrumentalness": "x.hamms_instrumentalness",
}  # fmt: skip
_CONFIDENCES = {f"{what}-confidence": what for what in ("tempo", "key")}


def value_sql(field: str, context: QueryContext) -> str:
    """The value of a field for comparisons."""
    if field in QUERIED:
        return shown_sql(QUERIED[field], counting_sql(QUERIED[field].name, context))
    if field in _CONFIDENCES:
        return confidence_sql(_CONFIDENCES[field], context)
    if field == "loudness":
        return loudness_sql(context.mono)
    forms = forms_of(field, context)
    return COLUMNS[field] if forms is None else forms.value(context)


def shown_sql(field: Field, value: str) -> str:
    """The current value of a field in the form that queries compare."""
    return f"CASE WHEN {value} IS NOT NULL THEN map4_color({value}) END" if field.kind == "color" else value


def order_keys(field: str, context: QueryContext) -> list[str]:
    """The sort keys of a field, for tracks with a value."""
    if field == RANDOM:
        return [f"map4_shuffle('{seed_of(context.shuffle, context.now)}', coalesce(f.audio_id, f.uid))"]
    if (forms := forms_of(field, context)) is not None:
        return forms.order_keys(context)
    value = value_sql(field, context)
    if field == "key":
        # Around the circle: 2A sorts before 10A.
        return [f"CAST(rtrim({value}, 'AB') AS INTEGER)", value]
    if field in NAMES:  # the tag's sort key is in another column
        sources = [text for text in known_values_sql(field, context.preferred) if text]
        if (sort_name := SORT_NAMES.get(field)) is None:
            return [order_sql(sources)]
        tag = f"f.{field}"
        texts = [text for each in sources for text in ((f"f.{sort_name}", each) if each == tag else (each,))]
        return [without_article_sql(order_sql(texts), context.articles)]
    if field == "path" or (field in QUERIED and QUERIED[field].kind not in NUMBERS):
        return [order_sql([value])]
    return [value]

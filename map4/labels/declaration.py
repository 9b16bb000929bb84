"""What this subject registers."""

from map4.core.base.declaration import Declaration, QueryField, Tables
from map4.library import hookspecs

DECLARATION = Declaration(
    Tables("map4.labels.tables:TABLES", 70),
    Tables("map4.labels.tables:OBSERVED", 100),
    QueryField(
        "mood", "text", "mood, once the library is classified", "mood:dark", after="channels",
        forms="map4.labels.store.query_fields:MOOD", column="text", in_words=None, width=90,
    ),
    QueryField(
        "subgenre", "text", "subgenre, once the library is classified", "subgenre:dub", after="mood",
        forms="map4.labels.store.query_fields:SUBGENRE", column="text", in_words=None,
    ),
    QueryField(
        "era", "text", "era, once the library is classified", "era:90s", after="subgenre",
        forms="map4.labels.store.query_fields:ERA", column="text", in_words=None,
    ),
    QueryField(
        "tag", "text", "tag, once the library is classified", "tag:peak", after="era",
        forms="map4.labels.store.query_fields:TAG", in_words="tagged", head="Labels", width=150,
    ),
    hooks={hookspecs.genre_words: "map4.labels.store.query_fields:genre_labelled"},
)  # fmt: skip

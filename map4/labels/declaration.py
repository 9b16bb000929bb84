"""What this subject registers."""

from map4.core.base.declaration import Declaration, QueryField, Tables
from map4.library import hookspecs

DECLARATION = Declaration(
    Tables("map4.labels.tables:TABLES", 70),
    Tables("map4.labels.tables:OBSERVED", 100),
    QueryField(
        "mood",
        "text",
        "mood, once the library is classified",
        "mood:dark",
        forms="map4.labels.store.query_fields:MOOD",
        after="channels",
        column="text",
        in_words=None,
        width=90,
    ),
    QueryField(
        "subgenre",
        "text",
        "subgenre, once the library is classified",
        "subgenre:dub",
        forms="map4.labels.store.query_fields:SUBGENRE",
        after="mood",
        column="text",
        in_words=None,
    ),
    QueryField(
        "era",
        "text",
        "era, once the library is classified",
        "era:90s",
        forms="map4.labels.store.query_fields:ERA",
        after="subgenre",
        column="text",
        in_words=None,
    ),
    QueryField(
        "tag",
        "text",
        "tag, once the library is classified",
        "tag:peak",
        forms="map4.labels.store.query_fields:TAG",
        after="era",
        in_words="tagged",
        head="Labels",
        width=150,
    ),
    hooks={hookspecs.genre_words: "map4.labels.store.query_fields:genre_labelled"},
)

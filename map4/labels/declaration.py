"""What this subject registers."""

from map4.base.declaration import Declaration, QueryField, Tables

DECLARATION = Declaration(
    tables=(
        Tables(target="map4.labels.tables:TABLES", order=70),
        Tables(target="map4.labels.tables:OBSERVED", order=100),
    ),
    hooks={"genre-words": "map4.labels.store.query_fields:genre_labelled"},
    query_fields=(
        QueryField(
            name="mood",
            kind="text",
            help="mood, once the library is classified",
            example="mood:dark",
            forms="map4.labels.store.query_fields:MOOD",
            after="channels",
            column="text",
            in_words=None,
        ),
        QueryField(
            name="subgenre",
            kind="text",
            help="subgenre, once the library is classified",
            example="subgenre:dub",
            forms="map4.labels.store.query_fields:SUBGENRE",
            after="mood",
            column="text",
            in_words=None,
        ),
        QueryField(
            name="era",
            kind="text",
            help="era, once the library is classified",
            example="era:90s",
            forms="map4.labels.store.query_fields:ERA",
            after="subgenre",
            column="text",
            in_words=None,
        ),
        QueryField(
            name="tag",
            kind="text",
            help="tag, once the library is classified",
            example="tag:peak",
            forms="map4.labels.store.query_fields:TAG",
            after="era",
            in_words="tagged",
        ),
    ),
)

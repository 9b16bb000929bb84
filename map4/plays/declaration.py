"""What this subject registers."""

from map4.base.declaration import Command, Declaration, PagePart, QueryField, Routes, Tables

DECLARATION = Declaration(
    commands=(
        Command(
            name="play",
            target="map4.plays.commands:play",
            summary="Play a track, from any place in it.",
            group="Start",
            order=4,
        ),
        Command(
            name="tap",
            target="map4.plays.commands:tap",
            summary="Tap along with the music to find its tempo, and set it.",
            group="Tidy",
            order=5,
        ),
    ),
    routes=(
        Routes(
            tag="audio",
            about="The audio of tracks: send, convert and analyse files.",
            target="map4.plays.routes.audio:ROUTES",
            order=30,
        ),
        Routes(
            tag="plays",
            about="Plays, separate for each account, and statistics of DJ sets.",
            target="map4.plays.routes.plays:ROUTES",
            order=90,
        ),
    ),
    tables=(Tables(target="map4.plays.tables:TABLES", order=110),),
    query_fields=(
        QueryField(
            name="plays",
            kind="number",
            help="how often a DJ program played it, or you heard it",
            example="plays:5..",
            least=0.0,
            forms="map4.plays.store.query_fields:PLAYS",
            column="whole",
            after="rating",
            aliases=("play-count", "playcount"),
        ),
        QueryField(
            name="played",
            kind="date",
            help="when a DJ program last played it, or you heard it",
            example="played:-2w",
            forms="map4.plays.store.query_fields:PLAYED",
            column="text",
            after="plays",
            aliases=("last-played",),
            in_words="last played",
        ),
        QueryField(
            name="skipped",
            kind="number",
            help="how often you skipped it",
            example="skipped:2..",
            least=0.0,
            forms="map4.plays.store.query_fields:SKIPPED",
            column="whole",
            after="played",
            aliases=("skips", "skip-count"),
        ),
    ),
    page_parts=(PagePart(place="played", module="map4.plays:page/heard.js", order=10),),
)

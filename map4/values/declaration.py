"""The registrations of this subject."""

from map4.base.declaration import Command, Declaration, IsWord, QueryField, Routes, Setting, Tables, Tools

DECLARATION = Declaration(
    query_fields=(
        QueryField(
            name="mark",
            kind="text",
            help="one of your marks; 'map4 marks' lists them",
            example="mark:floorfiller",
            forms="map4.values.store.query_fields:MARK",
            after="tag",
            aliases=("marks", "marked"),
            in_words="marked",
        ),
    ),
    is_words=(
        IsWord(
            name="set",
            help="has a value that you set",
            forms="map4.values.store.query_fields:SET",
            after="doubtful",
        ),
    ),
    tools=(Tools(target="map4.values.tools:TOOLS", order=100),),
    routes=(
        Routes(tag="tracks", target="map4.values.routes:TRACK_ROUTES", order=11),
        Routes(
            tag="changes",
            about="History of set values, step by step, and undo.",
            target="map4.values.routes:ROUTES",
            order=20,
        ),
        Routes(
            tag="marks",
            about="Marks: users' own words on tracks.",
            target="map4.values.routes:MARK_ROUTES",
            order=110,
        ),
    ),
    commands=(
        Command(
            name="set",
            target="map4.values.commands.set:command",
            summary="Set tempo, key, energy, rating and tag values for map4.",
            group="Tidy",
            order=3,
        ),
        Command(
            name="marks",
            target="map4.values.commands.marks:command",
            summary="List your marks; rename or delete marks.",
            group="Tidy",
            order=4,
            is_paged=True,
        ),
    ),
    hooks={"preferred-sources": "map4.values.store.preferred_sources:SqlPreferredSources"},
    tables=(
        Tables(target="map4.values.tables.values:TABLES", order=40),
        Tables(target="map4.values.tables.marks:TABLES", order=60),
        Tables(target="map4.values.tables.preferred_sources:TABLES", order=105),
        Tables(target="map4.values.tables.history:TABLES", order=140),
    ),
    settings=(
        Setting(
            name="analysis.prefer",
            reader="texts",
            check="map4.music.track.sources:complete_order",
            default_target="map4.music.track.sources:DEFAULT_PREFERENCE",
            help="which tempo and key count if you have set none",
            order=30,
        ),
        Setting(
            name="names.articles",
            reader="texts",
            default_target="map4.music.query.context:ARTICLES",
            help="articles that orders and indexes of artists and albums ignore",
            order=35,
        ),
        Setting(
            name="names.whole",
            reader="texts",
            default_target="map4.music.track.credits:WHOLE_NAMES",
            help="artist names that credits keep whole, such as Little Feat",
            order=36,
        ),
    ),
)

"""The registrations of this subject."""

from map4 import hookspecs
from map4.base.declaration import Command, Declaration, IsWord, QueryField, Routes, Setting, Tables, Tools, UndoKind

DECLARATION = Declaration(
    QueryField(
        "mark",
        "text",
        "one of your marks; 'map4 set --marks' lists them",
        "mark:floorfiller",
        forms="map4.values.store.query_fields:MARK",
        after="tag",
        aliases=("marks", "marked"),
        in_words="marked",
        head="Marks",
        width=150,
        drawn="marks",
    ),
    IsWord("set", "has a value that you set", "map4.values.store.query_fields:SET", after="doubtful"),
    Tools("map4.values.tools:TOOLS", 100),
    Routes("tracks", "map4.values.routes:TRACK_ROUTES", 11),
    Routes("changes", "map4.values.routes:ROUTES", 20, "History of set values, step by step, and undo."),
    Routes("tempo-ranges", "map4.values.routes:RANGE_ROUTES", 25, "Ranges of tempi by folder, genre or query."),
    Routes("marks", "map4.values.routes:MARK_ROUTES", 110, "Marks: users' own words on tracks."),
    Command("set", "map4.values.commands.set:command", "Tidy", 3),
    Command("set history", "map4.values.commands.set:history"),
    Command("set ranges", "map4.values.commands.ranges:ranges"),
    Command("set undo", "map4.values.commands.set:undo"),
    UndoKind("set", "read", "map4.values.history:undo_steps"),
    UndoKind("tempo-range", "correct", "map4.values.tempo_ranges:undo_steps", is_of_set=True),
    Tables("map4.values.tables.values:TABLES", 40),
    Tables("map4.values.tables.marks:TABLES", 60),
    Tables("map4.values.tables.values:PREFERRED", 105),
    Tables("map4.values.tables.values:HISTORY", 140),
    Setting(
        "analysis.prefer",
        "which tempo and key count if you have set none",
        "texts",
        check="map4.music.track.sources:complete_order",
        default_target="map4.music.track.sources:DEFAULT_PREFERENCE",
        preference="sources",
        order=30,
    ),
    Setting(
        "names.articles",
        "articles that orders and indexes of artists and albums ignore",
        "texts",
        default_target="map4.music.query.context:ARTICLES",
        preference="articles",
    ),
    Setting(
        "names.whole",
        "artist names that credits keep whole, such as Little Feat",
        "texts",
        default_target="map4.music.track.credits:WHOLE_NAMES",
        preference="whole_names",
    ),
    hooks={
        hookspecs.preferred_sources: "map4.values.store.preferred_sources:SqlPreferredSources",
        hookspecs.doubts: "map4.values.doubts:tempo_doubts",
    },
)

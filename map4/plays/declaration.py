"""What this subject registers."""

from map4.core.base.declaration import Command, Declaration, PackageExtra, PagePart, QueryField, Routes, Tables

DECLARATION = Declaration(
    PackageExtra("sound", "play without mpv, ffplay or vlc", 90),
    Command("play", "map4.plays.commands:play", "Start", 4),
    Command("tap", "map4.plays.commands:tap", "Tidy", 5),
    Routes("audio", "map4.plays.routes.audio:ROUTES", 30, "The audio of tracks: send, convert and analyse files."),
    Routes("plays", "map4.plays.part.plays:Plays", 90, "Plays, separate for each account, and statistics of DJ sets."),
    Tables("map4.plays.tables:TABLES", 110),
    QueryField(
        "plays", "number", "how often a DJ program played it, or you heard it", "plays:5..", least=0.0,
        forms="map4.plays.store.query_fields:PLAYS", column="whole", after="rating",
        aliases=("play-count", "playcount"), width=60,
    ),
    QueryField(
        "played", "date", "when a DJ program last played it, or you heard it", "played:-2w",
        forms="map4.plays.store.query_fields:PLAYED", column="text", after="plays", aliases=("last-played",),
        in_words="last played", head="Last played", width=140, drawn="moment",
    ),
    QueryField(
        "skipped", "number", "how often you skipped it", "skipped:2..", least=0.0,
        forms="map4.plays.store.query_fields:SKIPPED", column="whole", after="played", aliases=("skips", "skip-count"),
        width=68,
    ),
    PagePart("played", "map4.plays:page/play_stats.js", 10),
)  # fmt: skip

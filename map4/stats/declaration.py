"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Routes, Setting, Tools

DECLARATION = Declaration(
    Tools("map4.stats.tools:TOOLS", 70),
    Command("stats", "map4.stats.commands:command", "Start", 5, is_paged=True),
    Routes("statistics", "map4.stats.routes:ROUTES", 122, "Counts of the library, and the accuracy of its analysis."),
    Setting(
        "analysis.tempo_certainty",
        "certainty of tempi, fitted to yours",
        "text",
        check="map4.music.analysis.certainty:checked_text",
        order=40,
    ),
    Setting(
        "analysis.key_certainty",
        "certainty of keys, fitted to yours",
        "text",
        check="map4.music.analysis.certainty:checked_text",
    ),
    Setting(
        "analysis.bars_certainty",
        "certainty of bars, fitted to yours",
        "text",
        check="map4.music.analysis.certainty:checked_text",
    ),
)

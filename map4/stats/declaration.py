"""What this subject registers."""

from map4.base.declaration import Command, Declaration, Routes, Setting, Tools

DECLARATION = Declaration(
    tools=(Tools(target="map4.stats.tools:TOOLS", order=70),),
    commands=(
        Command(
            name="stats",
            target="map4.stats.commands:command",
            summary="Show what is in the library: hours, tempi, keys, genres.",
            group="Start",
            order=5,
            is_paged=True,
        ),
    ),
    routes=(
        Routes(
            tag="statistics",
            about="Counts of the library, and the accuracy of its analysis.",
            target="map4.stats.routes:ROUTES",
            order=122,
        ),
    ),
    settings=(
        Setting(
            name="analysis.tempo_certainty",
            reader="text",
            check="map4.music.analysis.certainty:checked_text",
            help="certainty of tempi, fitted to yours",
            order=40,
        ),
        Setting(
            name="analysis.key_certainty",
            reader="text",
            check="map4.music.analysis.certainty:checked_text",
            help="certainty of keys, fitted to yours",
            order=50,
        ),
    ),
)

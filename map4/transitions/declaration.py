"""What this subject registers."""

from map4.core.base.declaration import Command, Declaration, PackageExtra, Setting, Tools

DECLARATION = Declaration(
    PackageExtra("stretch", "keep the pitch of mixes at another speed", 60),
    Command("mix", "map4.transitions.commands:command", "Make sets", 2),
    Tools("map4.transitions.tools", 40),
    Setting(
        "mix.pitch_range",
        "largest change of a deck's fader that you would play, in percent",
        "number",
        ("a number of percent", 0.1, 100, "8"),
        default_target="map4.core.music.analysis.plausible:USUAL_PITCH_PERCENT",
        preference="pitch_percent",
        order=38,
    ),
    Setting(
        "mix.key_lock",
        "whether your decks keep the pitch at another speed: true or false",
        "switch",
        default=True,
        preference="has_key_lock",
        order=39,
    ),
)

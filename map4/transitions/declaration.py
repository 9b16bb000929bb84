"""What this subject registers."""

from map4.core.base.declaration import Command, Declaration, PackageExtra, Setting, Tools

DECLARATION = Declaration(
    PackageExtra("stretch", "keep the pitch of mixes at another speed", 60),
    Command("mix", "map4.transitions.commands:command", "Make sets", 2),
    Tools("map4.transitions.tools", 40),
    Setting(
        "mix.pitch_range",
        "largest tempo change of a mix that you would play, in percent",
        "number",
        ("a number of percent", 0.1, 100, "8"),
        default_target="map4.core.music.analysis.plausible:USUAL_PITCH_PERCENT",
        preference="pitch_percent",
        order=38,
    ),
)

"""Registrations of rekordbox's database: commands, part, setting and recovery."""

from map4.base.declaration import Command, Declaration, Setting

DECLARATION = Declaration(
    programs=("rekordbox",),
    commands=(
        Command(
            name="export rekordbox-db",
            target="map4.extras.rekordbox.commands:write",
            summary="Write lists into rekordbox's own database.",
            group="",
            order=10,
        ),
        Command(
            name="export undo",
            target="map4.extras.rekordbox.commands:undo",
            summary="Put rekordbox's database back as it was before a write.",
            group="",
            order=11,
        ),
    ),
    parts={"rekordbox": "map4.extras.rekordbox.part:RekordboxDatabase"},
    hooks={"unfinished": "map4.extras.rekordbox.pending:settle_pending"},
    settings=(
        Setting(
            name="rekordbox.write",
            reader="switch",
            default=False,
            help="whether 'map4 export rekordbox-db' may write rekordbox's database: true or false",
            order=380,
            is_named_whole=True,
        ),
    ),
)

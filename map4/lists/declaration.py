"""What this subject registers."""

from map4.base.declaration import (
    Command,
    Declaration,
    IsWord,
    PagePart,
    QueryField,
    Routes,
    Setting,
    Tables,
    Tools,
    Topic,
    View,
)

DECLARATION = Declaration(
    query_fields=(
        QueryField(
            name="list",
            kind="text",
            help="in a stored list with this name",
            example="list:friday",
            forms="map4.lists.store.query_fields:LIST",
            after="mark",
            aliases=("lists", "playlist", "crate"),
            in_words="in the list",
        ),
        QueryField(
            name="list-mark",
            kind="text",
            help="in a stored list with this mark of yours",
            example="list-mark:club",
            forms="map4.lists.store.query_fields:LIST_MARK",
            after="list",
            aliases=("list-marks",),
            in_words="in a list marked",
        ),
    ),
    is_words=(
        IsWord(
            name="starred",
            help="a star of yours, from a player or a connected server",
            forms="map4.lists.store.query_fields:STARRED",
            after="set",
        ),
    ),
    topics=(
        Topic(
            name="playlists",
            target="map4.lists.commands.topic:PLAYLISTS",
            summary="How lists are made, checked, kept and written.",
            order=20,
            commands=("playlist",),
        ),
    ),
    commands=(
        Command(
            name="playlist",
            target="map4.lists.commands.make:command",
            summary="Make a playlist, or check, order, merge and store lists.",
            group="Make sets",
            order=1,
            is_paged=True,
        ),
        Command(
            name="playlist check",
            target="map4.lists.commands.check:check",
            summary="Show a list's quality, its weak steps, and what would help.",
        ),
        Command(
            name="playlist delete",
            target="map4.lists.commands.lists:delete",
            summary="Delete stored lists; files and tracks stay as they are.",
        ),
        Command(
            name="playlist fill",
            target="map4.lists.commands.extend:fill",
            summary="Add tracks to a list until it has N.",
        ),
        Command(
            name="playlist list",
            target="map4.lists.commands.lists:stored",
            summary="Show the lists stored in the library.",
        ),
        Command(
            name="playlist live",
            target="map4.lists.commands.live:live",
            summary="Store a live list: its query runs whenever the list is read.",
        ),
        Command(
            name="playlist merge",
            target="map4.lists.commands.lists:merge",
            summary="Put lists one after the other, each recording once.",
        ),
        Command(
            name="playlist order",
            target="map4.lists.commands.lists:order",
            summary="Put the tracks of a list in the order that mixes best.",
        ),
        Command(
            name="playlist joint",
            target="map4.lists.commands.joint:joint",
            summary="Change how two neighbours of a stored list are mixed.",
        ),
        Command(
            name="playlist refresh",
            target="map4.lists.commands.extend:refresh",
            summary="Keep the tracks of a list that still fit, and replace the rest.",
        ),
        Command(
            name="playlist mark",
            target="map4.lists.commands.mark:mark",
            summary="Add your marks to a stored list, or remove them.",
        ),
        Command(
            name="playlist restore",
            target="map4.lists.commands.lists:restore",
            summary="Bring back a list that was deleted or replaced.",
        ),
        Command(
            name="playlist share",
            target="map4.lists.commands.lists:share",
            summary="Set who else may see or change a stored list.",
        ),
        Command(
            name="playlist show",
            target="map4.lists.commands.lists:show",
            summary="Show the tracks of a list, or write them to a file.",
        ),
        Command(
            name="playlist versions",
            target="map4.lists.commands.lists:versions",
            summary="Show earlier versions of a stored list, or restore one.",
        ),
    ),
    routes=(
        Routes(
            tag="playlists",
            about="Lists that are made, judged, put in order and renewed.",
            target="map4.lists.routes.playlists:ROUTES",
            order=70,
        ),
        Routes(
            tag="lists",
            about="Stored lists: made, shown, changed, worked on place by place, and deleted.",
            target="map4.lists.routes.stored_lists:ROUTES",
            order=80,
        ),
    ),
    tools=(Tools(target="map4.lists.tools:TOOLS", order=60),),
    tables=(Tables(target="map4.lists.tables:TABLES", order=50),),
    views=(
        View(
            name="set",
            title="Sets",
            path="lists",
            module="map4.lists:page/set.js",
            order=30,
            styles=("map4.lists:page/set.css",),
            key="s",
        ),
    ),
    page_parts=(PagePart(place="frame", module="map4.lists:page/desk.js", order=10),),
    settings=(
        Setting(
            name="playlist.presets",
            reader="table",
            arguments=("presets",),
            check="map4.lists.playlist.request:checked_presets",
            default={},
            help="presets of your own for 'map4 playlist'",
            order=270,
        ),
    ),
)

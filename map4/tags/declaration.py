"""What this subject registers."""

from map4.core.base.declaration import Command, Declaration, JobType, PagePart, QueryField, Routes, Setting, UndoKind

DECLARATION = Declaration(
    QueryField(
        "explicit",
        "text",
        "yes, no (clean, or marked as neither) or unknown",
        "explicit:yes",
        values={"yes": "marked as explicit", "no": "clean, or marked as neither", "unknown": "not marked"},
        forms="map4.core.store.query.forms:EXPLICIT",
        column="text",
        after="lyrics-language",
        width=76,
    ),
    Command("tags", "map4.tags.commands.show:command", "Tidy", 6),
    Command("tags prefer", "map4.tags.commands.show:prefer"),
    Command("tags show", "map4.tags.commands.show:show"),
    Command("tags undo", "map4.tags.commands.write:undo"),
    Command("tags write", "map4.tags.commands.write:write"),
    JobType("tags", "files", order=110, draft="map4.tags.plans:draft_tags", plan="map4.tags.plans:do_tags"),
    UndoKind("tags", "files", "map4.tags.use:undo_steps", "map4.tags.use:Tagging", "tags-restored"),
    Routes(
        "sources",
        "map4.tags.part:TagsPart",
        140,
        "Which source of a field goes first, if tags, DJ programs and look-ups contradict each other.",
    ),
    Routes("sources", "map4.tags.routes:SOURCE_ROUTES"),
    Routes("plans", "map4.tags.routes:ROUTES", 159),
    Setting(
        "tags.key_notation",
        "how 'map4 tags write' writes keys",
        "choice",
        ("musical", "camelot", "openkey"),
        default="musical",
        order=325,
        is_named_whole=True,
    ),
    PagePart("mend", "map4.tags:page/sources.js", 30),
    PagePart("mend", "map4.tags:page/written.js", needs="files"),
)

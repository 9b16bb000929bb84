"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, PagePart, Routes

DECLARATION = Declaration(
    Command("tags", "map4.tags.commands.show:command", "Tidy", 6),
    JobType("tags", "files", order=110, draft="map4.tags.plans:draft_tags", plan="map4.tags.plans:do_tags"),
    JobType("tags-undo", "files", draft="map4.tags.plans:draft_tags_undo", plan="map4.tags.plans:do_tags_undo"),
    Routes(
        "sources",
        "map4.tags.routes:SOURCE_ROUTES",
        140,
        "Which source of a field goes first, if tags, DJ programs and look-ups contradict each other.",
    ),
    Routes("plans", "map4.tags.routes:ROUTES", 159),
    PagePart("mend", "map4.tags:page/sources.js", 30),
    PagePart("mend", "map4.tags:page/written.js", needs="files"),
)

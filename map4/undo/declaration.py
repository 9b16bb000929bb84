"""What this subject registers."""

from map4.core.base.declaration import Command, Declaration, JobType, Routes

DECLARATION = Declaration(
    Command("undo", "map4.undo.commands:command", "Tidy", 11, is_paged=True),
    JobType("undo", "files", order=120, draft="map4.undo.plans:draft_undo", plan="map4.undo.plans:do_undo"),
    Routes("plans", "map4.library.verbs:Verbs.undo_steps", 158),
    Routes("plans", "map4.undo.routes:ROUTES"),
)

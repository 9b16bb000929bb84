"""What this extra registers."""

from map4.core.base.declaration import Command, Declaration, JobType, Routes, UndoKind
from map4.library import hookspecs

DECLARATION = Declaration(
    Command("classify", "map4.extras.classify.commands.classify:command", "Tidy", 7),
    Routes("plans", "map4.extras.classify.routes:ROUTES", 162),
    Routes("changes", "map4.extras.classify.part:LabelsPart.undo"),
    JobType(
        "classify",
        "scan",
        order=160,
        draft="map4.extras.classify.plans:draft_classify",
        plan="map4.extras.classify.plans:do_classify",
    ),
    UndoKind("labels", "scan", "map4.extras.classify.steps:undo_steps"),
    parts={"labels": "map4.extras.classify.part:LabelsPart"},
    hooks={hookspecs.added_to["library prune"]: "map4.extras.classify.commands.prune:added"},
)

"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, PagePart, Routes, Setting, Tables

DECLARATION = Declaration(
    Command("library", "map4.care.commands:command", "Maintain", 1, aliases=("cache",)),
    Command("library backup", "map4.care.commands:backup"),
    Command("library clear", "map4.care.commands:clear", is_listed=False),
    Command("library copy", "map4.care.commands:copy"),
    Command("library forget", "map4.care.commands:forget"),
    Command("library info", "map4.care.commands:info"),
    Command("library prune", "map4.care.commands:prune"),
    Command("library repair", "map4.care.commands:repair"),
    Command("library restore", "map4.care.commands:restore"),
    Command("library verify", "map4.care.commands:verify"),
    Routes("plans", "map4.care.routes:PLAN_ROUTES", 164),
    Routes("backup", "map4.care.routes:ROUTES", 170, "The library as a file: a complete copy."),
    JobType(
        "backup",
        "admin",
        "backup",
        "map4.care.records:BackupOptions",
        "map4.care.job:backup",
        90,
        hourly="map4.care.job:backup_of_today",
    ),
    JobType("restore", "admin", order=180, draft="map4.care.job:draft_restore", plan="map4.care.job:do_restore"),
    Tables("map4.store.tables.files:TABLES", 10),
    Tables("map4.store.tables.analyses:TABLES"),
    Tables("map4.store.tables.lyrics:TABLES"),
    Tables("map4.store.tables.changes:TABLES", 150),
    Tables("map4.store.tables.changes:OF_EXTRAS"),
    Tables("map4.store.tables.drawn:TABLES"),
    PagePart("tools", "map4.care:page/backup.js", 50, needs="admin"),
    Setting("backup.folder", "where 'map4 serve' keeps a backup of each day", "path", is_named_whole=True, order=100),
    Setting(
        "backup.keep",
        "number of these backups to keep",
        "whole",
        (1, 7),
        default_target="map4.care.records:USUAL_BACKUPS",
        is_named_whole=True,
    ),
)

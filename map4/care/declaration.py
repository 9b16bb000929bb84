"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, PagePart, Routes, Setting, Tables

DECLARATION = Declaration(
    commands=(
        Command(
            name="library",
            aliases=("cache",),
            target="map4.care.commands:command",
            summary="Maintain the library file: check, repair, clean up, back up.",
            group="Maintain",
            order=1,
        ),
    ),
    routes=(
        Routes(tag="plans", target="map4.care.routes:PLAN_ROUTES", order=164),
        Routes(
            tag="backup",
            about="The library as a file: a complete copy.",
            target="map4.care.routes:ROUTES",
            order=170,
        ),
    ),
    jobs=(
        JobType(
            name="backup",
            options="map4.care.store.backups:BackupOptions",
            work="map4.care.job:backup",
            needs="admin",
            lane="backup",
            hourly="map4.care.job:backup_of_today",
            order=90,
        ),
        JobType(
            name="restore",
            options="map4.jobs.requests:PlannedWork",
            work="map4.jobs.plans.job:planned",
            draft="map4.care.plans:draft_restore",
            plan="map4.care.plans:do_restore",
            needs="admin",
            lane="plans",
            order=180,
        ),
    ),
    tables=(
        Tables(target="map4.store.tables.files:TABLES", order=10),
        Tables(target="map4.store.tables.analyses:TABLES", order=20),
        Tables(target="map4.store.tables.lyrics:TABLES", order=25),
        Tables(target="map4.store.tables.changes:TABLES", order=150),
        Tables(target="map4.store.tables.extras:TABLES", order=155),
        Tables(target="map4.store.tables.drawn:TABLES", order=160),
    ),
    page_parts=(PagePart(place="exchange", module="map4.care:page/backup.js", order=50, needs="admin"),),
    settings=(
        Setting(
            name="backup.folder",
            reader="path",
            help="where 'map4 serve' keeps a backup of each day",
            is_named_whole=True,
            order=100,
        ),
        Setting(
            name="backup.keep",
            reader="whole",
            arguments=(1, 7),
            default_target="map4.care.store.backups:USUAL_KEPT",
            help="number of these backups to keep",
            is_named_whole=True,
            order=110,
        ),
    ),
)

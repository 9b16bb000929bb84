"""What this subject registers."""

from map4.base.declaration import Command, Declaration, IsWord, JobType, PagePart, QueryField, Routes, Setting, Tools

DECLARATION = Declaration(
    query_fields=(
        QueryField(
            name="lyrics",
            kind="text",
            help="words of the lyrics, in the tags or in a .lrc or .txt file beside the file",
            example='lyrics:"all night long"',
            forms="map4.store.query.lyrics:LYRICS",
            after="album-artist",
            aliases=("words",),
            in_words="with lyrics",
        ),
        QueryField(
            name="lyrics-language",
            kind="text",
            help="language of the lyrics, such as de, or unknown",
            example="lyrics-language:de",
            forms="map4.store.query.lyrics:LANGUAGE",
            column="text",
            after="lyrics",
            aliases=("lyrics-lang",),
            in_words="in language",
        ),
    ),
    is_words=(IsWord(name="lyrics", help="has lyrics", forms="map4.store.query.lyrics:HAS_LYRICS", after="lossless"),),
    commands=(
        Command(
            name="scan",
            target="map4.scan.commands.scan:command",
            summary="Find audio files and analyse new and changed ones.",
            group="Start",
            order=1,
            must_finish=True,
        ),
        Command(
            name="watch",
            target="map4.scan.commands.scan:watch",
            summary="Scan folders, then follow changes in them.",
            group="Start",
            order=6,
            must_finish=True,
        ),
        Command(
            name="analyze",
            target="map4.scan.commands.analyze:command",
            summary="Analyse single files and show them in full.",
            group="Start",
            order=3,
        ),
    ),
    routes=(
        Routes(tag="tracks", target="map4.scan.routes:TRACK_ROUTES", order=12),
        Routes(tag="jobs", target="map4.scan.routes:JOB_ROUTES", order=177),
        Routes(tag="plans", target="map4.scan.routes:PLAN_ROUTES", order=163),
        Routes(
            tag="folders",
            about="Folders of this machine, to choose one to scan.",
            target="map4.scan.routes:ROUTES",
            order=150,
        ),
    ),
    jobs=(
        JobType(
            name="forget",
            options="map4.jobs.requests:PlannedWork",
            work="map4.jobs.plans.job:planned",
            draft="map4.scan.plans:draft_forget",
            plan="map4.scan.plans:do_forget",
            needs="scan",
            lane="plans",
            order=170,
        ),
        JobType(
            name="scan",
            options="map4.scan.options:ScanOptions",
            work="map4.scan.job:scan",
            needs="scan",
            lane="scan",
            order=10,
        ),
        JobType(
            name="analyze",
            options="map4.scan.options:AnalyzeOptions",
            work="map4.scan.job:analyze",
            needs="scan",
            lane="analyze",
            order=20,
        ),
    ),
    tools=(Tools(target="map4.scan.tools:TOOLS", order=50),),
    page_parts=(PagePart(place="work", module="map4.scan:page/folders.js", order=10, needs="scan"),),
    settings=(
        Setting(
            name="analysis.decoder",
            reader="text",
            check="map4.audio.decoder:checked_name",
            default_target="map4.audio.decoder:DEFAULT_DECODER",
            help="decoder of audio: module:callable or a name",
            order=60,
        ),
        Setting(
            name="scan.jobs",
            reader="whole",
            arguments=(1, 4),
            default_target="map4.base.cores:usable_cores",
            help="worker processes",
            order=70,
        ),
        Setting(
            name="scan.exclude", reader="texts", default=(), help="patterns of files and folders to leave out", order=80
        ),
        Setting(
            name="scan.timeout", reader="seconds", help="seconds a file may take; unset grows with its size", order=90
        ),
        Setting(
            name="loudness.mono",
            reader="choice",
            arguments=("single", "dual"),
            default="single",
            is_named_whole=True,
            help="loudness of mono files: as measured, or 3.01 LU louder as in two speakers",
            order=37,
        ),
    ),
)

"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, PagePart, Routes

DECLARATION = Declaration(
    commands=(
        Command(
            name="connect",
            target="map4.cli.commands.connect:command",
            summary="Connect music servers: write lists there, and take over stars and ratings.",
            group="Exchange",
            order=3,
        ),
    ),
    routes=(
        Routes(
            tag="connected",
            about="Sound-alike for connected music servers, as AudioMuse's plug-in for Navidrome asks for it.",
            target="map4.server.routes.connected:ROUTES",
            order=260,
        ),
    ),
    jobs=(
        JobType(
            name="map",
            options="map4.app.connecting.options:MapRequest",
            work="map4.library.job_work.connect_jobs:map_",
            needs="own",
            lane="connect",
            order=60,
        ),
        JobType(
            name="pull",
            options="map4.app.connecting.options:PullRequest",
            work="map4.library.job_work.connect_jobs:pull",
            needs="own",
            lane="connect",
            order=70,
        ),
        JobType(
            name="push",
            options="map4.app.connecting.options:PushRequest",
            work="map4.library.job_work.connect_jobs:push",
            needs="own",
            lane="connect",
            order=80,
        ),
    ),
    page_parts=(
        PagePart(
            place="work",
            module="map4.extras.connect:page/music_servers.js",
            order=30,
            styles=("map4.extras.connect:page/music_servers.css",),
        ),
        PagePart(place="jobs", module="map4.extras.connect:page/music_servers.js", order=20),
    ),
)

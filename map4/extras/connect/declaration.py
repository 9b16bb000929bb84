"""What this subject registers."""

from map4.base.declaration import Command, Declaration, JobType, Routes, Tables

DECLARATION = Declaration(
    commands=(
        Command(
            name="connect",
            target="map4.extras.connect.commands:command",
            summary="Connect music servers: write lists there, and take over stars and ratings.",
            group="Exchange",
            order=3,
        ),
    ),
    routes=(
        Routes(
            tag="connected",
            about="Sound-alike for connected music servers, as AudioMuse's plug-in for Navidrome asks for it.",
            target="map4.extras.connect.routes:ROUTES",
            order=260,
        ),
    ),
    jobs=(
        JobType(
            name="map",
            options="map4.extras.connect.options:MapRequest",
            work="map4.extras.connect.jobs:map_",
            needs="own",
            lane="connect",
            order=60,
        ),
        JobType(
            name="pull",
            options="map4.extras.connect.options:PullRequest",
            work="map4.extras.connect.jobs:pull",
            needs="own",
            lane="connect",
            order=70,
        ),
        JobType(
            name="push",
            options="map4.extras.connect.options:PushRequest",
            work="map4.extras.connect.jobs:push",
            needs="own",
            lane="connect",
            order=80,
        ),
    ),
    tables=(Tables(target="map4.extras.connect.tables:TABLES", order=130, extra="connect"),),
    parts={"connections": "map4.extras.connect.part:ConnectionsPart"},
)

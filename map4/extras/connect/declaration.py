"""Registrations of connections: command, routes, jobs, tables and page parts."""

from map4.base.declaration import Command, Declaration, JobType, PagePart, Routes, Tables

DECLARATION = Declaration(
    docs={"connect": "Players and assistants"},
    commands=(
        Command(
            name="connect",
            target="map4.extras.connect.commands:command",
            summary="Exchange lists, stars and ratings with music servers.",
            group="Exchange",
            order=3,
        ),
    ),
    routes=(
        Routes(tag="jobs", target="map4.extras.connect.routes.servers:JOB_ROUTES", order=182),
        Routes(
            tag="connected",
            about="Similar songs for connected music servers, with the API of AudioMuse's plug-in for Navidrome.",
            target="map4.extras.connect.routes.servers:ROUTES",
            order=260,
        ),
    ),
    jobs=(
        JobType(
            name="map",
            options="map4.extras.connect.options:MapRequest",
            work="map4.extras.connect.job:map_",
            needs="own",
            lane="connect",
            order=60,
        ),
        JobType(
            name="pull",
            options="map4.extras.connect.options:PullRequest",
            work="map4.extras.connect.job:pull",
            needs="own",
            lane="connect",
            order=70,
        ),
        JobType(
            name="push",
            options="map4.extras.connect.options:PushRequest",
            work="map4.extras.connect.job:push",
            needs="own",
            lane="connect",
            order=80,
        ),
    ),
    tables=(Tables(target="map4.extras.connect.tables:TABLES", order=130, extra="connect"),),
    parts={"connections": "map4.extras.connect.part:ConnectionsPart"},
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

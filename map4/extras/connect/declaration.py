"""Registrations of connections: command, routes, jobs, tables and page parts."""

from map4.core.base.declaration import Command, Declaration, JobType, PagePart, Routes, Tables

DECLARATION = Declaration(
    Command("connect", "map4.extras.connect.commands:command", "Exchange", 3),
    Command("connect add", "map4.extras.connect.commands:add"),
    Command("connect pull", "map4.extras.connect.commands:pull"),
    Command("connect push", "map4.extras.connect.commands:push"),
    Command("connect remove", "map4.extras.connect.commands:remove"),
    Command("connect status", "map4.extras.connect.commands:status"),
    Routes("jobs", "map4.extras.connect.routes.servers:JOB_ROUTES", 182),
    Routes(
        "connected",
        "map4.extras.connect.routes.servers:ROUTES",
        260,
        "AudioMuse's API, for its plug-ins for music servers and for players.",
    ),
    JobType("map", "own", "connect", "map4.extras.connect.options:MapRequest", "map4.extras.connect.job:map_", 60),
    JobType("pull", "own", "connect", "map4.extras.connect.options:PullRequest", "map4.extras.connect.job:pull"),
    JobType("push", "own", "connect", "map4.extras.connect.options:PushRequest", "map4.extras.connect.job:push"),
    Tables("map4.extras.connect.tables:TABLES", 130, extra="connect"),
    PagePart("work", "map4.extras.connect:page/music_servers.js", 30),
    PagePart("jobs", "map4.extras.connect:page/music_servers.js"),
    parts={"connections": "map4.extras.connect.part:ConnectionsPart"},
)

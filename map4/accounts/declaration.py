"""Commands, routes and tables of accounts."""

from map4.base.declaration import Command, Declaration, Routes, Tables, View

DECLARATION = Declaration(
    commands=(
        Command(
            name="users",
            target="map4.accounts.commands.users:command",
            summary="Manage the accounts of people who share the library.",
            group="Share",
            order=2,
        ),
        Command(
            name="tokens",
            target="map4.accounts.commands.tokens:command",
            summary="Manage tokens of programs and passwords of music players.",
            group="Share",
            order=3,
        ),
    ),
    routes=(
        Routes(
            tag="accounts",
            about="Accounts: people who share the library, their data, and the audit log.",
            target="map4.accounts.routes.accounts:ROUTES",
            order=200,
        ),
        Routes(
            tag="auth",
            about="Log in, log out, and the current account.",
            target="map4.accounts.routes.auth:ROUTES",
            order=210,
        ),
        Routes(
            tag="tokens",
            about="Credentials: tokens of programs, passwords of devices, sessions and log-ins.",
            target="map4.accounts.routes.tokens:ROUTES",
            order=220,
        ),
    ),
    tables=(Tables(target="map4.accounts.tables:TABLES", order=30),),
    views=(
        View(
            name="you",
            title="You",
            path="you",
            module="map4.accounts:page/you.js",
            order=80,
            styles=("map4.accounts:page/you.css",),
            key="y",
        ),
    ),
)

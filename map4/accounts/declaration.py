"""Commands, routes and tables of accounts."""

from map4.core.base.declaration import Command, Declaration, Routes, Tables, View

DECLARATION = Declaration(
    Command("accounts", "map4.accounts.commands.accounts:command", "Share", 2),
    Command("accounts add", "map4.accounts.commands.accounts:add"),
    Command("accounts audit", "map4.accounts.commands.accounts:audit"),
    Command("accounts export", "map4.accounts.commands.accounts:export"),
    Command("accounts issue", "map4.accounts.commands.tokens:issue"),
    Command("accounts remove", "map4.accounts.commands.accounts:remove"),
    Command("accounts revoke", "map4.accounts.commands.tokens:revoke"),
    Command("accounts rotate", "map4.accounts.commands.tokens:rotate"),
    Command("accounts set", "map4.accounts.commands.accounts:set_"),
    Command("accounts tokens", "map4.accounts.commands.tokens:tokens"),
    Routes(
        "accounts",
        "map4.accounts.routes.accounts:ROUTES",
        200,
        "Accounts: people who share the library, their data, and the audit log.",
    ),
    Routes("accounts", "map4.accounts.use:Accounts"),
    Routes("auth", "map4.accounts.routes.auth:ROUTES", about="Log in, log out, and the current account."),
    Routes(
        "tokens",
        "map4.accounts.routes.tokens:ROUTES",
        about="Credentials: tokens of programs, passwords of devices, sessions and log-ins.",
    ),
    Routes("tokens", "map4.accounts.credentials:Credentials"),
    Tables("map4.accounts.tables:TABLES", 30),
    View("you", "You", "you", "map4.accounts:page/you.js", 80, key="y", needs_accounts=True),
)

"""The command, settings and routes of the server."""

from map4.core.base.declaration import Command, Declaration, PackageExtra, Routes, Setting, Topic

DECLARATION = Declaration(
    PackageExtra("serve", "serve the library and its page", 10),
    Topic(
        "serve",
        "map4.server.topics:serve",
        "Accounts, tokens, proxies and TLS.",
        order=40,
        commands=("serve", "accounts"),
    ),
    Command("serve", "map4.server.commands:command", "Share", 1),
    Routes("server", "map4.server.routes.itself:ROUTES", 230, "The server itself: health and API description."),
    Setting(
        "serve.upload_hours",
        "maximum hours of audio that 'map4 serve' analyses per upload",
        "number",
        ("a number of hours", 0.01, 48, "2"),
        default=2.0,
        order=120,
    ),
    Setting(
        "serve.tls", "oldest TLS version that 'map4 serve --cert' accepts", "choice", ("1.2", "1.3"), default="1.3"
    ),
    Setting(
        "serve.proxies",
        "trusted proxies of 'map4 serve': addresses and networks",
        "texts",
        check="map4.server.connections.setting_values:networks",
        default=(),
    ),
    Setting(
        "serve.base_path",
        "path prefix of the addresses of 'map4 serve', such as /map4",
        "text",
        check="map4.server.connections.setting_values:base_path",
        default="",
    ),
    Setting(
        "serve.allow_origins",
        "allowed origins of other pages that use 'map4 serve'",
        "texts",
        check="map4.server.connections.setting_values:origins",
        default=(),
    ),
    Setting(
        "serve.user_header",
        "header in which a proxy of serve.proxies sends the user name",
        "text",
        check="map4.server.connections.setting_values:header",
    ),
    Setting(
        "serve.new_accounts",
        "role of accounts made for new users in serve.user_header",
        "choice",
        ("no", "viewer", "user"),
        default="no",
    ),
    Setting(
        "serve.metrics_from",
        "addresses and networks that can read /metrics without a token",
        "texts",
        check="map4.server.connections.setting_values:networks",
        default=(),
    ),
    Setting(
        "serve.log",
        "log of 'map4 serve': text, json, or a folder of files",
        "text",
        check="map4.server.connections.setting_values:log_place",
        default="text",
        order=220,
    ),
    Setting(
        "serve.log_days",
        "days to keep log lines of each level in files",
        "texts",
        check="map4.server.connections.setting_values:log_days",
        default_target="map4.server.connections.setting_values:LOG_DAYS",
    ),
    Setting(
        "serve.requests_per_minute",
        "requests per minute for each token, session or address; 0 for no limit",
        "whole",
        (0, 12_000),
        default=12_000,
    ),
    Setting(
        "serve.upload_gb_per_day",
        "GB of audio that an account can upload per day; 0 for no limit",
        "number",
        ("a number of GB", 0, 1e6, "10"),
        default=10.0,
    ),
)

"""The command, settings and routes of the server."""

from map4.base.declaration import Command, Declaration, Routes, Setting, Topic

DECLARATION = Declaration(
    topics=(
        Topic(
            name="serve",
            target="map4.server.topics:SERVE",
            summary="Accounts, tokens, proxies and TLS.",
            order=40,
            commands=("serve", "users", "tokens"),
        ),
    ),
    commands=(
        Command(
            name="serve",
            target="map4.server.commands:command",
            summary="Serve the library to browsers, programs and players over HTTP.",
            group="Share",
            order=1,
        ),
    ),
    routes=(
        Routes(
            tag="server",
            about="The server itself: health and API description.",
            target="map4.server.routes.itself:ROUTES",
            order=230,
        ),
    ),
    settings=(
        Setting(
            name="serve.upload_hours",
            reader="number",
            arguments=("a number of hours", 0.01, 48, "2"),
            default=2.0,
            help="maximum hours of audio that 'map4 serve' analyses per upload",
            order=120,
        ),
        Setting(
            name="serve.tls",
            reader="choice",
            arguments=("1.2", "1.3"),
            default="1.3",
            help="oldest TLS version that 'map4 serve --cert' accepts",
            order=130,
        ),
        Setting(
            name="serve.proxies",
            reader="texts",
            check="map4.server.connections.setting_values:networks",
            default=(),
            help="trusted proxies of 'map4 serve': addresses and networks",
            order=140,
        ),
        Setting(
            name="serve.base_path",
            reader="text",
            check="map4.server.connections.setting_values:base_path",
            default="",
            help="path prefix of the addresses of 'map4 serve', such as /map4",
            order=150,
        ),
        Setting(
            name="serve.allow_origins",
            reader="texts",
            check="map4.server.connections.setting_values:origins",
            default=(),
            help="allowed origins of other pages that use 'map4 serve'",
            order=160,
        ),
        Setting(
            name="serve.user_header",
            reader="text",
            check="map4.server.connections.setting_values:header",
            help="header in which a proxy of serve.proxies sends the user name",
            order=170,
        ),
        Setting(
            name="serve.new_accounts",
            reader="choice",
            arguments=("no", "viewer", "user"),
            default="no",
            help="role of accounts made for new users in serve.user_header",
            order=180,
        ),
        Setting(
            name="serve.metrics_from",
            reader="texts",
            check="map4.server.connections.setting_values:networks",
            default=(),
            help="addresses and networks that can read /metrics without a token",
            order=190,
        ),
        Setting(
            name="serve.log",
            reader="text",
            check="map4.server.connections.setting_values:log_place",
            default="text",
            help="log of 'map4 serve': text, json, or a folder of files",
            order=220,
        ),
        Setting(
            name="serve.log_days",
            reader="texts",
            check="map4.server.connections.setting_values:log_days",
            default_target="map4.server.connections.setting_values:LOG_DAYS",
            help="days to keep log lines of each level in files",
            order=230,
        ),
        Setting(
            name="serve.requests_per_minute",
            reader="whole",
            arguments=(0, 12_000),
            default=12_000,
            help="requests per minute for each token, session or address; 0 for no limit",
            order=240,
        ),
        Setting(
            name="serve.upload_gb_per_day",
            reader="number",
            arguments=("a number of GB", 0, 1e6, "10"),
            default=10.0,
            help="GB of audio that an account can upload per day; 0 for no limit",
            order=250,
        ),
    ),
)

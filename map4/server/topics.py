"""`map4 help serve`: access to the server, and running it."""

from textwrap import fill

from map4.core.base.declarations import in_order

_HELP = ", ".join(routes.help for routes in in_order(lambda room: room.routes) if routes.help)
_ADDRESSES = f"The OpenAPI document is at /api/v1/openapi.json.{f' {_HELP}.' if _HELP else ''}"
SERVE = f"""\
The server: map4 serve

  map4 serve --music ~/Music --open      on this machine, in a browser

It listens on 127.0.0.1:8000 and answers only this machine, without log-in. It
needs the extra serve (map4 help install).

For others you need an account, and TLS or a proxy that provides it:
  map4 accounts add ann                  the first account is an admin
  map4 accounts issue "Ann's phone" --device --user ann    password for a player
  map4 accounts issue backup --scope read                  token for a program
  map4 serve --host 0.0.0.0 --cert music.pem --key music.key
  map4 serve --proxy 127.0.0.1           behind Caddy or nginx on this machine
  map4 serve --plain-http --host 192.168.1.5    unencrypted: a private network

Roles of accounts: viewer (listen, search), user (also own lists, ratings and
marks), admin (also scans, tags and accounts). A token has at most the rights of
its account; --scope restricts it further.

  map4 serve --music DIR        read only these folders (default: those scanned)
  map4 serve --rescan 30        scan every 30 minutes
  map4 serve --base-path /map4  behind a proxy that serves other things too
  map4 serve --check            is it running, and can it read its library?
  map4 jobs list                scans, exports and other jobs of the server

Programs use the same records as the commands print with --json:
  curl 'http://localhost:8000/api/v1/search?q=genre:house'
{fill(_ADDRESSES, 80)}

Ctrl-C and SIGTERM stop it; running requests get 10 s to finish.
A household, systemd, proxies, backups: docs/serve.md. Routes and limits:
docs/server-reference.md. All options: map4 serve --help-all
"""

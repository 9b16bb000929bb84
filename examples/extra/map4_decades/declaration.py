"""What this extra adds to map4."""

from map4.plugins import Command, Declaration, Routes, Tables, View

DECLARATION = Declaration(
    Command("decades", "map4_decades.commands:command", "Find", 1000),
    Routes("decades", "map4_decades.routes:ROUTES", 1000, "Decades and their names."),
    Tables("map4_decades.decades:TABLES", 1000, extra="decades"),
    View("decades", "Decades", "decades", "map4_decades:page/decades.js", 1000),
    parts={"decades": "map4_decades.decades:Decades"},
)

"""Counts of the library."""

from map4.server.bodies import OF_QUERY
from map4.server.route import Route
from map4.stats.records import GenreStatistics, YearStatistics

ROUTES = (
    Route("GET", "/stats/genres", "read", "How many tracks each genre has.",
          lambda library, request: GenreStatistics(found=library.stats(request.query.q)).to_record(),
          query=OF_QUERY, answer="stats-genres", queue="long", cache="alike", shared_as="stats"),
    Route("GET", "/stats/timeline", "read", "Tracks by the month in which they were added, and by year.",
          lambda library, request: YearStatistics(found=library.stats(request.query.q)).to_record(),
          query=OF_QUERY, answer="stats-timeline", queue="long",
          cache="alike", shared_as="stats"),
)  # fmt: skip

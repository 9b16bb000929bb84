"""Counts of the library, and how right its analysis is."""

from map4.server.bodies import OF_QUERY, Q, plain_shape
from map4.server.route import Route
from map4.stats.records import GenreStatistics, YearStatistics

ROUTES = (
    Route("GET", "/stats/library", "read", "Counts, hours and histograms, as `map4 stats`.",
          lambda library, request: library.stats(request.query.q).to_record(), query=OF_QUERY, answer="stats",
          queue="long", cache="alike", shared_as="stats", example={"q": "is:ok"}),
    Route("GET", "/stats/genres", "read", "How many tracks each genre has.",
          lambda library, request: GenreStatistics(found=library.stats(request.query.q)).to_record(),
          query=OF_QUERY, answer="stats-genres", queue="long", cache="alike", shared_as="stats"),
    Route("GET", "/stats/timeline", "read", "Tracks by the month in which they were added, and by year.",
          lambda library, request: YearStatistics(found=library.stats(request.query.q)).to_record(),
          query=OF_QUERY, answer="stats-timeline", queue="long",
          cache="alike", shared_as="stats"),
    Route("GET", "/stats/accuracy", "read",
          "Accuracy of map4 on tempi, keys and bars that were set, as `map4 stats accuracy`.",
          lambda library, request: library.accuracy(request.query.q, imported=request.query.imported).to_record(),
          query=plain_shape("AccuracyQuery", **Q, imported=(bool, False)), answer="accuracy", queue="long",
          cache="alike", shared_as="stats", example={"imported": True}),
)  # fmt: skip

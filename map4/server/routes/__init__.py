"""Which routes there are: the application and OpenAPI are made from this table alone."""

from map4.server.route import Route
from map4.server.routes import jobs, search, tracks

ROUTES: tuple[Route, ...] = (*tracks.ROUTES, *search.ROUTES, *jobs.ROUTES)

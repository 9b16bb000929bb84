"""Routes to decide on imported entries without a sure match."""

from map4.extras.review.part import Review
from map4.server.bodies import plain_shape
from map4.server.route import Route

ROUTES = (
    Route("GET", "/imports/review", "read", "Imported entries to decide, as `map4 import waiting --review`.",
          lambda library, request: library.part(Review).waiting(request.query.limit).to_record(),
          query=plain_shape("ReviewQuery", limit=(int, 200)), answer="import-review", queue="long"),
    Route("PUT", "/imports/review/{entry}", "scan", "Choose the audio of an entry; null: the library does not have it.",
          lambda library, request: library.part(Review).choose(
              request.path["entry"], request.body.audio_id).to_record(),
          body=plain_shape("EntryChoice", audio_id=(str | None, ...)), answer="import-review", queue="write",
          example={"audio_id": None}),
    Route("DELETE", "/imports/review/{entry}", "scan", "Undo a choice: the entry waits again.",
          lambda library, request: library.part(Review).undo(request.path["entry"]).to_record(),
          answer="import-review", queue="write"),
)  # fmt: skip

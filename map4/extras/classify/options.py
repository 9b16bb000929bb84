"""Options: which tracks are labelled, and how."""

from __future__ import annotations

from map4.core.base.call_options import option
from map4.extras.shared.batches import BatchLimits
from map4.extras.shared.options import ModelOptions

_WHAT = "What is labelled"


class ClassifyOptions(ModelOptions):
    """How to label tracks, and with which model."""

    provider: str = option(
        "claude", "--provider", "A model: claude, or a name of the setting classify.models; or keywords.",
        about="claude; openai, for any server with OpenAI's interface; a name of `models`; keywords, which uses no "
        "network; or the name of a plug-in.",
        shows_default=True, metavar="NAME", heading="Model",
    )  # fmt: skip
    limits: BatchLimits | None = option(
        None, about="Limits per request and in total; None uses smaller requests for a model on this machine."
    )
    force: bool = option(False, "--force", "Label tracks again that have labels.", heading=_WHAT)
    max_tracks: int | None = option(
        None, "--max-tracks", "Send at most N tracks; rules label the others.", least=1, metavar="N", heading=_WHAT
    )
    responses: str | None = option(None, about="Folder of the cache of answers; None is the user's own.")

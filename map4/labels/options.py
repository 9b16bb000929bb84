"""Options: which language model labels tracks, and which tracks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from map4.base.asking.batches import BatchLimits
from map4.base.call_options import call_options, option
from map4.base.near_names import no_such

if TYPE_CHECKING:
    from map4.base.asking.service import BatchClock
    from map4.labels.providers.language_model import ModelService

_PROVIDER = "Provider: claude; openai, for any server with OpenAI's interface; a name of the setting classify.models"
_WHAT, _WHO = "What is labelled", "Model"


@call_options
class ModelOptions:
    """Which model to use."""

    provider: str | None = option(
        None, "--provider", f"{_PROVIDER}; without it no model is used.", metavar="NAME", heading=_WHO
    )
    model: str | None = option(
        None, "--model", "Model of the service (for Claude also MAP4_MODEL).",
        about="Model of the service; None is its default model.", metavar="NAME", heading=_WHO,
    )  # fmt: skip
    base_url: str | None = option(
        None, "--base-url", "Address of the service (for Claude also MAP4_BASE_URL).",
        about="Address of the service; None is the default.", metavar="URL", heading=_WHO,
    )  # fmt: skip
    models: Mapping[str, Mapping[str, str]] = option({}, about="Names for services, as in the setting classify.models.")
    local_only: bool = option(False, "--local-only", "Only allow addresses of this machine.", heading=_WHO)
    clock: BatchClock | None = option(None, about="None is real time.")

    def service(self) -> ModelService | None:
        """Return the service of these options; None without a provider, or if the provider is not a service."""
        from map4.labels.providers.services import service_named

        if self.provider is None:
            return None
        return service_named(
            self.provider, self.models, model=self.model, base_url=self.base_url, local_only=self.local_only
        )

    def needed_service(self) -> ModelService:
        """Return the service; the provider must be one."""
        from map4.labels.providers.services import CLAUDE, OPENAI

        service = self.service()
        if service is None:
            raise no_such("model", self.provider or "", [CLAUDE, OPENAI, *self.models])
        return service


@call_options
class ClassifyOptions(ModelOptions):
    """How to label tracks, and with which model."""

    provider: str = option(
        "claude", "--provider", f"{_PROVIDER}.",
        about=f"{_PROVIDER}; keywords, which uses no network; or the name of a plug-in.",
        is_told=True, metavar="NAME", heading=_WHO,
    )  # fmt: skip
    limits: BatchLimits | None = option(
        None, about="Limits per request and in total; None uses smaller requests for a model on this machine."
    )
    force: bool = option(False, "--force", "Label tracks again that have labels.", heading=_WHAT)
    max_tracks: int | None = option(
        None, "--max-tracks", "Label at most N tracks.", least=1, metavar="N", heading=_WHAT
    )
    responses: str | None = option(None, about="Folder of the cache of answers; None is the user's own.")

"""Options: which language model is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from map4.core.base.call_options import CallOptions, option
from map4.errors import UsageError

if TYPE_CHECKING:
    from map4.extras.shared.language_model import ModelService
    from map4.extras.shared.service import BatchClock


class ModelOptions(CallOptions):
    """Which model to use."""

    provider: str | None = option(
        None,
        about="claude; openai, for any server with OpenAI's interface; a name of `models`. None is the first of "
        "`models`, else Claude.",
    )
    model: str | None = option(None, about="Model of the service; None is its default model.")
    base_url: str | None = option(None, about="Address of the service; None is the default.")
    models: Mapping[str, Mapping[str, str]] = option({}, about="Names for services, as in the setting classify.models.")
    local_only: bool = option(False, "--local-only", "Only allow addresses of this machine.", heading="Model")
    clock: BatchClock | None = option(None, about="None is real time.")

    def service(self) -> ModelService | None:
        """Return the service of these options; None without a provider, or if the provider is not a service."""
        from map4.extras.shared.services import service_named

        if self.provider is None:
            return None
        return service_named(
            self.provider, self.models, model=self.model, base_url=self.base_url, local_only=self.local_only
        )

    def needed_service(self) -> ModelService:
        """Return the service, without a provider that of the first of `models`, else Claude."""
        from map4.extras.shared.services import CLAUDE, OPENAI

        chosen = replace(self, provider=self.provider or next(iter(self.models), CLAUDE))
        service = chosen.service()
        if service is None:
            raise UsageError.no_such("model", str(chosen.provider), {CLAUDE: None, OPENAI: None, **self.models})
        return service


def models_of(settings: Any) -> dict[str, Any]:
    """Language models by name, from settings; `claude`, the last, uses the classify.* settings."""
    model, url, own = settings.get("classify.model"), settings.get("classify.base_url"), settings.get("classify.models")
    return {**(own or {}), "claude": (own or {}).get("claude", {"provider": "claude", "model": model, "url": url})}

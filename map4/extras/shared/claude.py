"""Query Claude with Anthropic's SDK: the only module that imports it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from map4.extras.shared.http_answers import cause, limiting, retry_after_s, trusted
from map4.extras.shared.language_model import THINKING_TOKENS, Completion, ModelService, Prompt, count, declined
from map4.extras.shared.service import Reply

if TYPE_CHECKING:
    import anthropic
    from anthropic.types import Message

KEY_VARIABLE = "ANTHROPIC_API_KEY"
DEFAULT_MODEL = "claude-haiku-5-5"  # a current small model
DEFAULT_BASE_URL = "https://api.anthropic.com"


@dataclass(kw_only=True, eq=False, repr=False)
class Claude(ModelService):
    """Claude, at Anthropic or behind a proxy."""

    provider: ClassVar[str] = "claude"
    model: str = DEFAULT_MODEL
    base_url: str = DEFAULT_BASE_URL
    key_variable: str | None = KEY_VARIABLE

    @property
    def cache_name(self) -> str:
        """Return the model, which is the same at every address."""
        return self.model

    @cached_property
    def _client(self) -> anthropic.Anthropic:
        import anthropic

        trust_env = not self.is_local
        verify = trusted(trust_env=trust_env)
        return anthropic.Anthropic(
            api_key=self.key,
            base_url=self.base_url,
            max_retries=0,  # it would obey a retry-after of several days
            # The target of a redirect would get the key.
            http_client=anthropic.DefaultHttpxClient(
                follow_redirects=False,
                verify=verify,
                trust_env=trust_env,
                headers={"Accept-Encoding": "identity"},
                event_hooks={"response": [limiting()]},
            ),
        )

    def complete(self, prompt: Prompt, timeout_s: float) -> Completion | Reply[Any]:
        import anthropic

        fault = self.fault
        try:
            # Not validated strictly: any new kind of block or stop reason would make all answers invalid.
            message = self._client.messages.create(**self._request(prompt), timeout=timeout_s)
            return _read(message)
        except anthropic.APITimeoutError:
            return fault("network", f"there was no answer within {timeout_s:.0f} s")
        except anthropic.APIConnectionError as error:
            return fault("network", f"{self.host} can't be reached ({cause(error)})")
        except anthropic.APIStatusError as error:
            wait_s = retry_after_s(error.response.headers)
            return self.of_status(error.status_code, error.api_message, wait_s)
        except (anthropic.APIError, ValueError, AttributeError, TypeError):
            # HTML, broken or foreign JSON with status 200: the SDK, or code that reads its result, fails.
            return fault("answer", f"{self.host} answered with something other than Claude's JSON")

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self.model,
            "system": prompt.system,
            "messages": [{"role": "user", "content": prompt.user}],
            "max_tokens": prompt.most_tokens,
            "output_config": {"format": {"type": "json_schema", "schema": prompt.schema}},
        }
        if "haiku" in self.model:
            # Knowing a record needs no reasoning, which would cost more than the answer. Larger models reject this.
            request["thinking"] = {"type": "disabled"}
        else:
            request["max_tokens"] += THINKING_TOKENS
        return request


def _read(message: Message) -> Completion | Reply[Any]:
    tokens = count(message.usage.input_tokens), count(message.usage.output_tokens)
    if message.stop_reason == "refusal":
        return declined("Claude", *tokens)
    return Completion(
        text="".join(block.text for block in message.content if block.type == "text"),
        is_cut=message.stop_reason in ("max_tokens", "model_context_window_exceeded"),
        input_tokens=tokens[0],
        output_tokens=tokens[1],
    )

"""The available language models, their addresses and their keys."""

from __future__ import annotations

import ipaddress
import json
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlsplit, urlunsplit

from map4.core.base.keys import key_in
from map4.errors import UsageError
from map4.extras.shared import http_answers
from map4.extras.shared.claude import DEFAULT_BASE_URL, DEFAULT_MODEL, KEY_VARIABLE, Claude
from map4.extras.shared.language_model import THINKING_TOKENS, Completion, ModelService, Prompt, count, declined
from map4.extras.shared.service import Reply

_FORMS = ("json_schema", "json_object", "text")
"""How to request the form of the answer, the surest first. LM Studio has no json_object, older servers no schema."""
_REFUSALS = (400, 415, 422)  # statuses of servers that don't know a form; others also use them for a wrong model
_MOST_STARTS = 200


@dataclass(kw_only=True, eq=False, repr=False)
class ChatCompletions(ModelService):
    """A model of a server. A model on this machine gets no token limit: it costs nothing, and a limit larger than its
    context is refused."""

    provider: ClassVar[str] = "openai"
    way: tuple[str, str] = (_FORMS[0], "max_tokens")

    @cached_property
    def _client(self) -> http_answers.HttpClient:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return http_answers.HttpClient(self.host, headers, trust_env=not self.is_local)

    def complete(self, prompt: Prompt, timeout_s: float) -> Completion | Reply[Any]:
        """Query in the surest form that the server accepts, which its first answer shows."""
        url = f"{self.base_url.rstrip('/')}/chat/completions"
        until, way = time.monotonic() + timeout_s, self.way
        while True:
            left_s = max(1.0, until - time.monotonic())
            try:
                answer = self._client.ask("POST", url, json=self._request(prompt, *way), timeout_s=left_s)
            except http_answers.HttpError as error:
                return self.fault(error.kind, str(error))
            document = _document(answer.body)
            if answer.status == 200:
                self.way = way
                return self._read(document)
            message = _message(document)
            less = _less(*way, message) if answer.status in _REFUSALS else None
            if less is None:
                return self._refused(answer, message)
            way = less

    def _request(self, prompt: Prompt, form: str, limit: str) -> dict[str, Any]:
        system = prompt.system
        if form != "json_schema":
            system += f"\n\nAnswer with one JSON document of this schema and nothing else:\n{json.dumps(prompt.schema)}"
        messages = [{"role": "system", "content": system}, {"role": "user", "content": prompt.user}]
        request: dict[str, Any] = {"model": self.model, "messages": messages}
        if not self.is_local:
            request[limit] = prompt.most_tokens + THINKING_TOKENS
        if form == "json_schema":
            schema = {"name": "answer", "strict": True, "schema": prompt.schema}
            request["response_format"] = {"type": form, "json_schema": schema}
        elif form == "json_object":
            request["response_format"] = {"type": form}
        return request

    def _refused(self, answer: http_answers.HttpAnswer, message: str) -> Reply[Any]:
        status = answer.status
        if 300 <= status < 400:
            return self.fault("request", f"{self.host} sends to another address ({status})")
        if status == 404 and not message:
            path = urlsplit(self.base_url).path.rstrip("/")
            message = f"nothing is at {path}/chat/completions; most addresses end in /v1"
        return self.of_status(status, message, http_answers.retry_after_s(answer.headers))

    def _read(self, document: Any) -> Completion | Reply[Any]:
        try:
            choice = document["choices"][0]
            message, usage = choice["message"], document.get("usage") or {}
            tokens = count(usage.get("prompt_tokens")), count(usage.get("completion_tokens"))
            if message.get("refusal") or choice.get("finish_reason") == "content_filter":
                return declined("the model", *tokens)
            text = message.get("content") or ""
            is_cut = choice.get("finish_reason") == "length"
            return Completion(text=cut_out(text), is_cut=is_cut, input_tokens=tokens[0], output_tokens=tokens[1])
        except (KeyError, IndexError, TypeError, AttributeError):
            return self.fault("answer", f"{self.host} answered with something other than a completion")


def _less(form: str, limit: str, message: str) -> tuple[str, str] | None:
    """Return the next form to try, based on the server's message."""
    if limit == "max_tokens" and "max_completion_tokens" in message:  # OpenAI's newer models
        return form, "max_completion_tokens"
    return None if "context" in message or form == _FORMS[-1] else (_FORMS[_FORMS.index(form) + 1], limit)


def cut_out(text: str) -> str:
    """Return the largest JSON object in a text, such as after a model's thoughts or in a fence, else the whole text."""
    decoder, best, start = json.JSONDecoder(), "", text.find("{")
    for _ in range(_MOST_STARTS):
        if start < 0:
            break
        try:
            _, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            best = max(best, text[start:end], key=len)
        start = text.find("{", end)
    return best or text


def _document(body: bytes) -> Any:
    try:
        return http_answers.document_of(body.decode("utf-8"))
    except ValueError:  # HTML, half a document, another charset
        return None


def _message(document: Any) -> str:
    """Return the message of an error: `error.message`, only `error` (LM Studio) or `message` (vLLM)."""
    if isinstance(document, list) and document:  # Gemini
        document = document[0]
    error = document.get("error", document) if isinstance(document, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return message if isinstance(message, str) else ""


CLAUDE, OPENAI = Claude.provider, ChatCompletions.provider
_OPENAI_URL = "https://api.openai.com/v1"
_KEY_VARIABLES = {"api.openai.com": "OPENAI_API_KEY", "generativelanguage.googleapis.com": "GEMINI_API_KEY"}
"""Default environment variables of keys by host. No other host receives one of these keys."""

Models = Mapping[str, Mapping[str, str]]
"""The setting `classify.models`: by name, `provider`, `model`, `url`, `token_env`."""


def service_named(
    name: str, models: Models, *, model: str | None = None, base_url: str | None = None, local_only: bool = False
) -> ModelService | None:
    """Return the service of a name; None if the name is not a service.

    name: "claude", "openai", or a name of `models`; optionally with model and address: `openai:MODEL@URL`
    model, base_url: override the name's
    local_only: reject any address except this machine's
    """
    entry = models.get(name)
    if entry is None:
        first, _, rest = name.partition(":")
        named, at, url = rest.rpartition("@http")
        given = {"model": named if at else rest, "url": f"http{url}" if at else ""}
        entry = {"provider": first, **models.get(first, {}), **{part: text for part, text in given.items() if text}}
    provider = entry.get("provider", OPENAI)
    if provider not in (CLAUDE, OPENAI):
        if name in models:
            raise UsageError(f"classify.models.{name}.provider is claude or openai, not '{provider}'")
        return None
    model = model or entry.get("model") or (DEFAULT_MODEL if provider == CLAUDE else None)
    if model is None:
        raise UsageError(f"{name} needs the name of a model; set classify.models.NAME.model, and use --provider NAME")
    url = base_url or entry.get("url") or (DEFAULT_BASE_URL if provider == CLAUDE else _OPENAI_URL)
    host = _checked_host(url)
    variable = entry.get("token_env") or (KEY_VARIABLE if provider == CLAUDE else _KEY_VARIABLES.get(host))
    key = key_in(variable) if variable else ""
    is_local = local_only or http_answers.is_this_machine(host)
    if local_only:  # query the checked address, as the name may resolve differently a moment later
        url = _local_address(url)
    if urlsplit(url).scheme == "http" and not is_local and key:
        raise UsageError(f"http://{host} would be sent your key for anyone to read; use https")
    make = Claude if provider == CLAUDE else ChatCompletions
    return make(model=model, base_url=url, key=key, key_variable=variable, is_local=is_local)


def _checked_host(url: str) -> str:
    parts = http_answers.parts_of(url)
    if parts is None:
        raise UsageError(f"the address of a model is such as {DEFAULT_BASE_URL} or http://localhost:11434/v1")
    if parts.username or parts.password:
        raise UsageError(
            "the address of a model must not contain a password; the key comes from an environment variable"
        )
    return str(parts.hostname)


def _local_address(url: str) -> str:
    """Return the address with the host's IP number; all its numbers must belong to this machine."""
    parts, numbers = urlsplit(url), list[str]()
    try:
        numbers = [str(ipaddress.ip_address(parts.hostname or ""))]
    except ValueError:
        with suppress(OSError, UnicodeError):
            addresses = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
            numbers = [str(address[0]) for *_, address in sorted(addresses, key=lambda address: address[0])]
    if not numbers or not all(map(http_answers.is_this_machine, numbers)):
        raise UsageError(f"{parts.hostname} is not this machine, which --local-only requires")
    number = f"[{numbers[0]}]" if ":" in numbers[0] else numbers[0]
    return urlunsplit(parts._replace(netloc=f"{number}:{parts.port}" if parts.port else number))

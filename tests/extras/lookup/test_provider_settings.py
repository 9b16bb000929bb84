"""Settings of providers, in map4.toml and in the environment."""

from pathlib import Path

import pytest
from conftest import Run


def test_settings_of_a_provider_are_changed_one_by_one(inside: Run, tmp_path: Path) -> None:
    file = tmp_path / "map4.toml"
    file.write_text("# mine\n")

    def change(*words: str) -> tuple[int, str]:
        done = inside("config", "set", *words, "--config", file)
        return done.returncode, done.stderr

    assert change("providers.musicbrainz.contact", 'me#"@example.org')[0] == 0
    assert change("providers.musicbrainz.enabled", "true")[0] == 0
    written = '# mine\n\n[providers.musicbrainz]\ncontact = "me#\\"@example.org"\nenabled = true\n'
    assert file.read_text() == written
    for words, problem in (
        (("providers", "x"), "write it as providers.musicbrainz.contact"),
        (("providers.musicbrainz.enabled", "yes"), "must be true or false"),
        (("providers.musicbrainz.contct", "x"), "did you mean contact?"),
    ):
        code, message = change(*words)
        assert (code, problem in message) == (2, True), message
    assert file.read_text() == written


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("musicbrainz.kontact = 1", "knows no musicbrainz.kontact; did you mean contact?"),
        ("musicbrainz.contact = 1", "musicbrainz.contact must be a text"),
        ("musicbrainz = 1", "must be tables such as [providers.musicbrainz]"),
        ("[", "must be a table written as TOML"),
    ],
)
def test_invalid_variable_is_refused_with_a_reason(inside: Run, value: str, complaint: str) -> None:
    result = inside("config", env={"MAP4_PROVIDERS": value})
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"map4: the variable MAP4_PROVIDERS is '{value}', but {complaint}")

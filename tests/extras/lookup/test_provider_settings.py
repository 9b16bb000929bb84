"""Settings of providers, and dumps that older versions imported."""

from pathlib import Path

import pytest
from conftest import Run
from libraries import make_library

from map4.core.base.paths import user_file


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


@pytest.fixture
def dumps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    make_library(tmp_path / "library.map4")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    paths = [Path(user_file("data", name)) for name in ("musicbrainz-canonical.sqlite", "discogs.sqlite")]
    paths[0].parent.mkdir(parents=True)
    for path, application_id in zip(paths, (b"M4CQ", b"M4DI"), strict=True):
        path.write_bytes(bytes(68) + application_id + bytes(1_428))
    return paths


def test_info_names_dumps_and_prune_deletes_them_after_a_question(inside: Run, dumps: list[Path]) -> None:
    shown = inside("library", "info").stdout
    for path in dumps:
        assert f"unused       {path} (1.5 kB); 'map4 library prune' deletes it\n" in shown
    planned = inside("library", "prune", "--dry-run")
    assert planned.stdout == "would drop 2 unused files (3.0 kB)\n"
    assert planned.stderr == "".join(f"map4: nothing reads {path} (1.5 kB), an imported dump\n" for path in dumps)
    assert inside("library", "prune").returncode == 2
    assert all(path.exists() for path in dumps)
    assert inside("library", "prune", "--yes").stdout == "dropped 2 unused files (3.0 kB)\n"
    assert not any(path.exists() for path in dumps)
    assert inside("library", "prune", "--yes").stdout == "nothing to drop\n"


def test_other_files_of_the_same_name_stay(inside: Run, dumps: list[Path]) -> None:
    dumps[1].write_bytes(b"my own file")
    assert inside("library", "prune", "--yes").stdout == "dropped 1 unused file (1.5 kB)\n"
    assert [path.exists() for path in dumps] == [False, True]


def test_removed_providers_name_the_service(inside: Run, dumps: list[Path], tmp_path: Path) -> None:
    refused = inside("lookup", "--provider", "discogs-dump")
    assert (refused.returncode, refused.stderr) == (2, "map4: the provider discogs-dump is gone; use discogs\n")
    file = tmp_path / "map4.toml"
    file.write_text("[providers.discogs-dump]\nenabled = true\n[providers.deezer]\nenabled = true\n")
    shown = inside("config", "--config", file)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "deezer" in shown.stdout
    assert inside("config", "unset", "providers.discogs-dump", "--config", file).returncode == 0
    assert file.read_text() == "[providers.deezer]\nenabled = true\n"

"""`map4 config`, and settings that are wrong."""

import errno
import json
from pathlib import Path
from unittest.mock import Mock

import pytest
from conftest import Run
from schemas import validate

from map4.settings.config import Config
from map4.settings.file import with_setting


def test_config_shows_where_each_value_comes_from(inside: Run, tmp_path: Path) -> None:
    file = tmp_path / "map4.toml"
    file.write_text('[scan]\njobs = 3\nexclude = ["*.tmp"]\n[output]\nkey_notation = "openkey"\n')
    found = json.loads(inside("config", "--json", "--config", file, env={"MAP4_JOBS": "2"}).stdout)
    validate(found)
    assert found["settings"]["scan.jobs"] == {"value": 2, "origin": "environment (MAP4_JOBS)"}
    assert found["settings"]["scan.exclude"] == {"value": ["*.tmp"], "origin": str(file)}
    assert found["settings"]["output.color"] == {"value": "auto", "origin": "default"}
    shown = inside("config", "--config", file)
    assert (
        f"output.key_notation = openkey\n    how keys are shown; from {file}, variable MAP4_KEY_NOTATION"
        in shown.stdout
    )


def test_changing_a_setting_keeps_the_rest_of_the_file(inside: Run, tmp_path: Path) -> None:
    file = tmp_path / "map4.toml"
    file.write_text('# mine\n[output]\nkey_notation = "openkey"  # as on my decks\n\n[scan]\nexclude = [\n"a"]\n')

    def change(*words: str) -> tuple[int, str]:
        done = inside("config", *words, "--config", file)
        assert done.stdout == ""
        return done.returncode, done.stderr

    assert change("set", "output.key_notation", "musical") == (0, f"output.key_notation set in {file}\n")
    assert change("set", "output.color", "never")[0] == 0
    instead = "map4: it has no effect while the environment (MAP4_LIBRARY) sets another value\n"
    assert change("set", "library", "/a/b.map4") == (0, f"library set in {file}\n{instead}")
    written = """\
# mine
library = "/a/b.map4"

[output]
key_notation = "musical"  # as on my decks
color = "never"

[scan]
exclude = [
"a"]
"""
    assert file.read_text() == written
    for words, problem in (
        (("set", "output.color", "pink"), "must be one of auto"),
        (("set", "output.colour", "never"), "did you mean output.color?"),
        (("set", "lookup.contact", "x"), "'map4 config' shows all"),
        (("set", "backup.folder", f"{file}-s"), f"there is no folder {file}-s; make it first"),
    ):
        code, output = change(*words)
        assert (code, problem in output) == (2, True), output
    assert file.read_text() == written
    file.chmod(0o640)
    assert change("unset", "output.key_notation")[0] == 0
    assert change("unset", "output.key_notation") == (4, f"map4: {file} does not set output.key_notation\n")
    assert file.stat().st_mode & 0o777 == 0o640
    written = written.replace('key_notation = "musical"  # as on my decks\n', "")
    assert file.read_text() == written
    assert change("set", "scan.exclude", "b")[0] == 0
    assert file.read_text() == written.replace('[\n"a"]', '["b"]')


def test_settings_that_cannot_be_written_have_a_way_out(
    inside: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = OSError(errno.EROFS, "Read-only file system")
    monkeypatch.setattr("map4.settings.file.SafeFile.make_private_folder", Mock(side_effect=full))
    (tmp_path / "own.toml").touch()
    done = inside("--config", tmp_path / "own.toml", "config", "set", "scan.jobs", "2")
    output = " ".join(done.stderr.split())
    assert (done.returncode, "--debug" in output) == (2, False)
    assert "can't be written: Read-only file system; make it writable, or name another file with --config" in output


def test_writing_a_setting_changes_only_its_value() -> None:
    cases = [
        ("", "library", "/a", 'library = "/a"\n'),
        ("", "scan.jobs", 2, "[scan]\njobs = 2\n"),
        ("[scan]\n", "scan.jobs", 2, "[scan]\njobs = 2\n"),  # what was in it has been taken out
        ("[output]\n[scan]", "scan.jobs", 2, "[output]\n[scan]\njobs = 2\n"),
        ("[scan]\r\njobs = 1 # a\r\n", "scan.jobs", 2, "[scan]\r\njobs = 2 # a\r\n"),
        ('[ "scan" ]\n"jobs" = 1\n[output]', "scan.jobs", 2, '[ "scan" ]\n"jobs" = 2\n[output]'),
        ('[output]\ncolor = "a # b" # c', "output.color", "x", '[output]\ncolor = "x" # c'),
        ("scan.jobs = 1\n", "scan.jobs", 2, "scan.jobs = 2\n"),
        ("scan = {jobs = 1}\n", "scan.jobs", 2, "scan = {jobs = 2}\n"),
        ('a = """\nlibrary = 1\n"""\n', "library", "/a", 'a = """\nlibrary = 1\n"""\nlibrary = "/a"\n'),
        ('[scan]\nexclude = [\n  "a", # b\n]\njobs = 1\n', "scan.jobs", None, '[scan]\nexclude = [\n  "a", # b\n]\n'),
        ("", "providers.a.contact", "x", '[providers.a]\ncontact = "x"\n'),
        (
            "[providers.a]\nb = 1\n",
            "providers.c.contact",
            "x",
            '[providers.a]\nb = 1\n\n[providers.c]\ncontact = "x"\n',
        ),
    ]
    assert [(text, name, value, with_setting(text, name.split("."), value)) for text, name, value, _ in cases] == cases


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[scan]\njbos = 3\n", "did you mean scan.jobs?"),
        ("[scan]\njobs = 0\n", "from 1"),
        ("[scan]\ntimeout = -1\n", "from 0.1 to 1000000"),
        ("[scan]\ntimeout = inf\n", "from 0.1 to 1000000"),
        ("[analysis]\nprefer = ['tag']\n", "must order"),
        ("[output]\ncolor = 'pink'\n", "one of auto"),
        ("[output]\ncolor = 'alway'\n", "must be one of auto, always, never; did you mean always?"),
        ("scan = [", "not valid TOML"),
        ("[analysis]\ndecoder = 'nowhere'\n", "module:callable"),
        (
            "[serve]\nproxies = ['caddy']\n",
            "caddy is not an address or network such as 192.168.0.2 or 172.16.0.0/12; names",
        ),
        ("[serve]\nproxies = ['10.0.0.1/8']\n", "its last bits must be 0"),
        ("[serve]\nproxies = ['::ffff:0:0/96']\n", "::ffff:0:0/96 includes every address"),
        ("[serve]\nbase_path = 'map4'\n", "must be a path such as /map4"),
        ("[serve]\nbase_path = '/a/../b'\n", "must be a path such as /map4"),
        ("[serve]\nuser_header = 'Remote User'\n", "name of a header, such as Remote-User"),
        ("[serve]\nnew_accounts = 'admin'\n", "must be one of no, viewer, user"),
        ("[serve]\nrequests_per_minute = -1\n", "from 0, such as 12000"),
        ("[serve]\nupload_gb_per_day = -1\n", "a number of GB from 0"),
    ],
)
def test_wrong_setting_is_explained(inside: Run, tmp_path: Path, music: Path, content: str, complaint: str) -> None:
    file = tmp_path / "map4.toml"
    file.write_text(content)
    result = inside("scan", music, "--config", file)
    assert (result.returncode, complaint in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("JOBS", "x", "must be a whole number from 1, such as 4"),
        ("JOBS", "2.5", "must be a whole number"),
        ("TIMEOUT", "soon", "must be a number of seconds from 0.1 to 1000000, such as 600"),
        ("TIMEOUT", "nan", "must be a number of seconds"),
        ("PREFER", "tag", "must order measured, imported, tag and provider, such as imported,measured,tag,provider"),
        ("DECODER", "nowhere", "must have the form module:callable, such as map4."),
        ("PRESETS", "[x", "must be presets written as TOML"),
        ("PRESETS", "x = 3", "must be presets: "),
        ("KEY_NOTATION", "x", "must be one of camelot, openkey, musical"),
        ("COLOR", "pink", "must be one of auto, always, never"),
    ],
)
def test_invalid_variable_is_refused_with_a_reason(inside: Run, variable: str, value: str, complaint: str) -> None:
    result = inside("config", env={f"MAP4_{variable}": value})
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"map4: the variable MAP4_{variable} is '{value}', but {complaint}")


def test_missing_files_are_refused_and_logs_networks_and_paths_checked(inside: Run, tmp_path: Path) -> None:
    assert inside("config", "--config", tmp_path / "absent.toml").returncode == 2
    named = inside("config", env={"MAP4_CONFIG": "absent.toml"})
    assert named.returncode == 2
    assert "the configuration file absent.toml (named by MAP4_CONFIG) does not exist" in named.stderr
    for setting, read in (("json", "json"), ("text", "text"), ("/var/log/map4", "/var/log/map4")):
        assert Config({}, {"MAP4_LOG": setting})["serve.log"] == read
    assert Config({}, {"MAP4_LOG_DAYS": "error:400"})["serve.log_days"] == ("info:7", "warning:30", "error:400")
    for variable, wrong in (("MAP4_LOG", "jsn"), ("MAP4_LOG", "logs/map4"), ("MAP4_LOG_DAYS", "debug:3"),
                            ("MAP4_LOG_DAYS", "info:0"), ("MAP4_LOG_DAYS", "info")):  # fmt: skip
        done = inside("config", env={variable: wrong})
        assert (done.returncode, variable in done.stderr) == (2, True)
    environment = {"MAP4_PROXIES": "10.0.0.2, ::ffff:172.16.0.0/108,FD00:0::/8", "MAP4_BASE_PATH": "/a/map4/"}
    config = Config({}, environment)
    assert config["serve.proxies"] == ("10.0.0.2/32", "172.16.0.0/12", "fd00::/8")
    assert config["serve.base_path"] == "/a/map4"
    assert config.overridden("serve.proxies", ("192.0.2.1",), "--proxy") == ("192.0.2.1/32",)
    assert config.overridden("serve.proxies", (), "--proxy") == config["serve.proxies"]

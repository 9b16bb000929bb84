"""Settings of language models."""

from conftest import Run


def test_wrong_address_in_a_variable_is_refused(inside: Run) -> None:
    result = inside("config", env={"MAP4_BASE_URL": "api.example.com"})
    assert (result.returncode, result.stdout) == (2, "")
    assert "MAP4_BASE_URL is 'api.example.com', but must be an address, such as https://" in result.stderr

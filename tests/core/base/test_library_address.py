"""Addresses of libraries are told without what is secret of them."""

import pytest

from map4.core.base.library_address import is_database, shown_address, shown_argument


def test_shown_address_has_no_password_and_paths_are_no_addresses() -> None:
    cases = [
        (
            "postgresql://me:geheim@db.example.org:5433/music?sslmode=require",
            "postgresql://me@db.example.org:5433/music",
        ),
        ("postgres://me@db/music", "postgresql://me@db/music"),
        ("postgresql://[::1]:5432/music", "postgresql://[::1]:5432/music"),
        ("postgresql:///music?password=geheim", "postgresql:///music"),
        ("postgresql://me:ge@heim@db/music", "postgresql://***"),
        ("postgresql://me:ge/heim@db/music", "postgresql://***"),
        ("postgresql://me:ge?heim@db/music", "postgresql://***"),
        ("postgresql://me:geheim/music", "postgresql://***"),
        ("postgresql:///music?password=ge@heim", "postgresql://***"),
        ("postgresql://me:geheim@[db", "postgresql://***"),
        ("postgresql://geheim?@db/music", "postgresql://***"),
    ]
    for address, shown in cases:
        assert is_database(address)
        assert shown_address(address) == shown
        assert "geheim" not in shown
    cases = ["/music/library.map4", "postgres", "postgresql:/music", b"postgresql://", None]
    for path in cases:
        assert not is_database(path)


@pytest.mark.parametrize("option", ["", "--library="])
def test_shown_argument_has_no_password(option: str) -> None:
    assert shown_argument(f"{option}postgresql://me:geheim@db/music") == f"{option}postgresql://me@db/music"
    assert shown_argument(f"{option}postgresql:///music?PassWord=geheim") == f"{option}postgresql:///music"
    plain = f"{option}postgresql://me@/music?host=/run/postgresql"
    assert shown_argument(plain) == plain
    assert shown_argument(f"{option}/music/a=b.map4") == f"{option}/music/a=b.map4"

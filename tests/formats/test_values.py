"""Tests of how times of other programs are read."""

from collections.abc import Callable

from map4.formats.values import local_day, utc_moment_of


def test_times_with_any_offset_become_utc() -> None:
    cases = [
        ("2024-10-04 23:30:00.000 +09:00", "2024-10-04T14:30:00Z"),
        ("2024-10-04 23:30:00.000 -05:00", "2024-10-05T04:30:00Z"),
        ("2024-10-04 23:30:00.000 +05:30", "2024-10-04T18:00:00Z"),
        ("2025-04-20 10:00:00.000 +02:00 (CEST)", "2025-04-20T08:00:00Z"),
        ("2025-04-20T10:00:00Z", "2025-04-20T10:00:00Z"),
        ("2025-04-20T10:00:00-0330", "2025-04-20T13:30:00Z"),
        ("2025-04-20 10:00 +13", "2025-04-19T21:00:00Z"),
        ("2025-04-20 10:00:00 UTC", "2025-04-20T10:00:00Z"),
        ("2025-04-20T10:00:00,123+12:45", "2025-04-19T21:15:00Z"),
        ("2025-04-20 10:00:00", "2025-04-20T10:00:00"),
        ("2025-04-20", "2025-04-20"),
        ("2025-04-20 10:00:00 +99:00", None),
        ("2025-13-20", None),
    ]
    assert [(written, utc_moment_of(written)) for written, _ in cases] == cases


def test_day_of_a_moment_follows_the_local_time_zone(zone: Callable[[str], None]) -> None:
    zone("Asia/Tokyo")
    cases = [("2024-10-04T23:30:00Z", "2024-10-05"), ("2024-10-04", "2024-10-04"), (None, None)]
    assert [(moment, local_day(moment)) for moment, _ in cases] == cases

"""Times, lengths and sizes, as people write and read them."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from map4.core.base.text import clock, clock_and_unit, read_clock, read_start, size_text
from map4.errors import UsageError


def test_times_are_read_as_clocks_and_with_units_and_others_refused() -> None:
    cases = {
        "1:23": 83.0, "1:02:03": 3723.0, "1:02:03.5": 3723.5, "0:05,3": 5.3, "75:30": 4530.0, " 83 ": 83.0,
        "83.5s": 83.5, "90 sec": 90.0, "6m": 360.0, "6m30": 390.0, "20 minutes": 1200.0, "1h": 3600.0, "1.5h": 5400.0,
        "1h30": 5400.0, "1h30m": 5400.0, "1H 2m 3s": 3723.0, "0": 0.0,
    }  # fmt: skip
    assert {text: read_clock(text) for text in cases} == pytest.approx(cases)
    cases = {"1h": 3600.0, "1h30": 60.0, "6m": 60.0, "6m30": 1.0, "90": 1.0, "1:30": 1.0}
    assert {text: unit for text in cases if (read := clock_and_unit(text)) for unit in read[1:]} == cases
    texts = [
        "",
        "1:-5",
        "-1:23",
        "1:75",
        "1:3",
        "1:2:03",
        "1:60:00",
        "1:00:60",
        "1h75",
        "3:30s",
        "m",
        "1e3",
        "nan",
        "1:2:3:4",
        "٣",
        "1_0",
    ]
    assert [text for text in texts if read_clock(text) is not None] == []


def test_every_written_time_is_read_back_and_sizes_are_rounded_first() -> None:
    cases = [
        (59.6, 0, "1:00"),
        (59.96, 1, "1:00.0"),
        (3723.14, 1, "1:02:03.1"),
        (224.1, 1, "3:44.1"),
        (36_000, 0, "10:00:00"),
    ]
    assert [clock(seconds, digits) for seconds, digits, _ in cases] == [text for _, _, text in cases]
    assert [read_clock(text) for _, _, text in cases] == pytest.approx([60, 60, 3723.1, 224.1, 36_000])
    assert clock(np.float64(-62.0)) == "-1:02"
    assert [clock(-2.0), clock(-0.3), clock(-0.5, 1)] == ["-0:02", "0:00", "-0:00.5"]
    cases = [
        (1, "1 byte"), (999.6, "1.0 kB"), (999_949, "999.9 kB"), (999_960, "1.0 MB"), (999_960_000, "1.0 GB"),
        (5e12, "5.0 TB"),
    ]  # fmt: skip
    assert [size_text(size) for size, _ in cases] == [text for _, text in cases]


def test_start_is_the_next_such_time_or_up_to_an_hour_ago() -> None:
    now = datetime.now().astimezone()
    for minutes, hours_ahead in ((-50, -1), (5, 1), (23 * 60 - 10, 23)):
        at = now + timedelta(minutes=minutes)
        start = datetime.fromisoformat(read_start(f"{at.hour}:{at:%M}"))
        assert start == at.replace(second=0, microsecond=0)
        assert start - now < timedelta(hours=max(0, hours_ahead))
    assert read_start(" 2026-12-24T18:00 ") == datetime(2026, 12, 24, 18).astimezone().isoformat()
    assert read_start(read_start("6:30:15"))[11:19] == "06:30:15"
    for text in ("", "24:30", "18.30", "2026-13-01T10:00", "noon"):
        with pytest.raises(UsageError, match="is not a time"):
            read_start(text)

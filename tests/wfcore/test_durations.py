"""Durations and sizes as definitions write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcore import durations


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("5s", 5.0), ("2m", 120.0), ("1.5s", 1.5), ("0s", 0.0), ("100ms", 0.1)]
)
def test_a_duration_is_seconds(text: str, seconds: float):
    """A number and a unit give seconds."""
    assert durations.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "s", "-1s", "5 s", "1h", "5sec", "1m30s", "٣s", "1e3s"])
def test_what_is_no_duration_is_refused(text: str):
    """The message shows how to write one."""
    with pytest.raises(ValueError, match="500ms"):
        durations.seconds(text)


@given(st.integers(0, 600_000))
def test_a_written_duration_is_read_back(milliseconds: int):
    """What messages and fixes show is a duration of the same length."""
    assert durations.seconds(durations.written(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)


@pytest.mark.parametrize(
    ("text", "size"), [("2Mi", 2097152), ("512Ki", 524288), ("1000", 1000), ("1k", 1000), ("3M", 3000000)]
)
def test_a_size_is_bytes(text: str, size: int):
    """Units of 1024 and of 1000 are told apart, as in Kubernetes."""
    assert durations.size(text) == size


@pytest.mark.parametrize("text", ["", "2MB", "-1", "1.5Mi", "Mi"])
def test_what_is_no_size_is_refused(text: str):
    """The message shows how to write one."""
    with pytest.raises(ValueError, match="2Mi"):
        durations.size(text)

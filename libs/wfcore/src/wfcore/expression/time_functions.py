"""Parts of dates and of lengths of time. As in CEL, months, days of the year and days of the month count from 0."""

from datetime import datetime
from typing import Any

from wfcore.expression.errors import Fault
from wfcore.expression.evaluation import Evaluation
from wfcore.expression.moments import Duration, Timestamp
from wfcore.expression.values import kind_of

_MILLISECOND = 1_000_000
_SECOND = 1_000 * _MILLISECOND


def full_year(evaluation: Evaluation, moment: Any, zone: Any = None) -> int:
    return _calendar(moment, zone).year


def month(evaluation: Evaluation, moment: Any, zone: Any = None) -> int:
    return _calendar(moment, zone).month - 1


def date(evaluation: Evaluation, moment: Any, zone: Any = None) -> int:
    """The day of the month, from 1."""
    return _calendar(moment, zone).day


def day_of_month(evaluation: Evaluation, moment: Any, zone: Any = None) -> int:
    """The day of the month, from 0."""
    return _calendar(moment, zone).day - 1


def day_of_week(evaluation: Evaluation, moment: Any, zone: Any = None) -> int:
    """Sunday is 0."""
    return _calendar(moment, zone).isoweekday() % 7


def day_of_year(evaluation: Evaluation, moment: Any, zone: Any = None) -> int:
    return _calendar(moment, zone).timetuple().tm_yday - 1


def hours(evaluation: Evaluation, moment: Any, zone: Any = None) -> int:
    """The hour of the day; of a duration all its hours."""
    return moment.whole(3600 * _SECOND) if _is_length(moment, zone) else _calendar(moment, zone).hour


def minutes(evaluation: Evaluation, moment: Any, zone: Any = None) -> int:
    """The minute of the hour; of a duration all its minutes."""
    return moment.whole(60 * _SECOND) if _is_length(moment, zone) else _calendar(moment, zone).minute


def seconds(evaluation: Evaluation, moment: Any, zone: Any = None) -> int:
    """The second of the minute; of a duration all its seconds."""
    return moment.whole(_SECOND) if _is_length(moment, zone) else _calendar(moment, zone).second


def milliseconds(evaluation: Evaluation, moment: Any, zone: Any = None) -> int:
    """The milliseconds of the second, of timestamps and durations alike."""
    if _is_length(moment, zone):
        count = int(abs(moment.nanoseconds) % _SECOND // _MILLISECOND)
        return -count if moment.nanoseconds < 0 else count
    _calendar(moment, zone)
    return int(moment.nanoseconds % _SECOND // _MILLISECOND)


def _is_length(moment: Any, zone: Any) -> bool:
    if type(moment) is Duration and zone is not None:
        raise Fault("a duration has no time zone")
    return type(moment) is Duration


def _calendar(moment: Any, zone: Any) -> datetime:
    if type(moment) is not Timestamp:
        raise Fault(f"expected a timestamp, got {kind_of(moment)}")
    if zone is not None and type(zone) is not str:
        raise Fault(f"a time zone is a string, not {kind_of(zone)}")
    return moment.calendar(zone)

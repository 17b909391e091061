"""Durations and sizes as people write them in definitions.

Definitions say `500ms`, `5s`, `2m` and `2Mi`; the engine counts in seconds and bytes.
"""

import re

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}

_SIZE = re.compile(r"([0-9]+)(Ki|Mi|k|M)?")
_BYTES = {None: 1, "Ki": 1024, "Mi": 1024**2, "k": 1000, "M": 1000**2}


def seconds(text: str) -> float:
    """`500ms` -> 0.5, `5s` -> 5.0, `2m` -> 120.0; ValueError for anything else."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"`{text}` is not a duration: write a number and a unit, like `500ms`, `5s` or `2m`")
    return round(float(match[1]) * _SECONDS[match[2]], 9)


def written(seconds: float) -> str:
    """The shortest way to write it: 0.5 -> `500ms`, 5.0 -> `5s`, 90.0 -> `90s`."""
    if seconds != int(seconds):
        return f"{seconds * 1000:g}ms" if seconds < 1 else f"{seconds:g}s"
    return f"{int(seconds)}s"


def size(text: str) -> int:
    """`2Mi` -> 2097152, `512Ki` -> 524288, `1000` -> 1000 bytes; ValueError for anything else."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"`{text}` is not a size: write bytes, or a number with `Ki` or `Mi`, like `2Mi`")
    return int(match[1]) * _BYTES[match[2]]

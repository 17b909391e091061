"""Run a workflow through the gateway and tell the answer, or the problem, in words."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

WAIT_SECONDS = 40.0
"""Longer than the longest run (30 s): the gateway is the one who gives up."""


class BadInput(Exception):
    """What was given with `--input` is not JSON, or cannot be read."""


class NoAnswer(Exception):
    """Nobody listens there, or what listens is not a gateway."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the gateway said: the whole body, and what `run` shows of it."""

    ok: bool
    body: bytes
    output: bytes | None
    summary: str


def read_input(given: str, option: str = "--input") -> bytes:
    """JSON given on the command line, as bytes: itself, the file after an `@`, or standard input for `-`.

    Raises BadInput, which names the option.
    """
    if given == "-":
        text, where = sys.stdin.read(), "standard input"
    elif given.startswith("@"):
        where = given[1:]
        try:
            text = Path(where).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"the input cannot be read from {where}: {error}") from error
    else:
        text, where = given, option
    try:
        json.loads(text)
    except ValueError as error:
        raise BadInput(f"the input ({where}) is not JSON: {error}{_caret(text, error)}") from error
    return text.encode()


def execute(url: str, workflow: str, namespace: str | None, given: bytes) -> Answer:
    """Run the workflow and wait for its answer. Raises NoAnswer where there is no gateway."""
    scope = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
    address = f"{url.rstrip('/')}/api/v1{scope}/workflows/{quote(workflow, safe='')}/execute"
    try:
        response = httpx.post(
            address, content=given, headers={"Content-Type": "application/json"}, timeout=WAIT_SECONDS, trust_env=False
        )
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise NoAnswer(f"{url} is not an address of a gateway: {error}") from error
    except httpx.HTTPError as error:
        raise NoAnswer(
            f"no answer from {url}: {error}\n"
            "start the engine with `workflow-cli dev`, or say where it is with --url or WORKFLOW_URL"
        ) from error
    try:
        return understood(response.content, response.status_code)
    except msgspec.MsgspecError as error:
        raise NoAnswer(f"{url} answered {response.status_code}, but not as a gateway does: is it one?") from error


def understood(content: bytes, status: int) -> Answer:
    """The envelope of a run, or its problem+json. Raises msgspec.MsgspecError where the content is neither."""
    told = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    if status < 400:
        return _answer(content, told)
    return Answer(ok=False, body=content, output=None, summary=explain(msgspec.json.decode(content), status))


def _answer(body: bytes, told: dict[str, msgspec.Raw]) -> Answer:
    rest: dict[str, Any] = {
        name: msgspec.json.decode(raw) for name, raw in told.items() if name in ("executionId", "status", "timings")
    }
    tasks = msgspec.json.decode(told.get("tasks", msgspec.Raw(b"[]")))
    said = [
        str(rest.get("status", "accepted")),
        f"{rest.get('timings', {}).get('totalMs', 0):g} ms",
        f"{len(tasks)} task{'' if len(tasks) == 1 else 's'}",
        f"execution {rest.get('executionId')}",
    ]
    output = told.get("output")
    return Answer(ok=True, body=body, output=None if output is None else bytes(output), summary=" · ".join(said))


def explain(problem: dict[str, Any], status: int) -> str:
    """A problem+json for people: what, where, what was done already, how to fix it."""
    lines = [f"{problem.get('code') or status}: {problem.get('title') or 'the run failed'}"]
    if (detail := problem.get("detail")) and detail != problem.get("title"):
        lines.append(f"  {detail}")
    for error in problem.get("errors") or []:
        lines.append(f"  {error.get('pointer') or '/'}: {error.get('detail')}")
    if failed := problem.get("failedTask"):
        lines.append(f"  task     {failed if isinstance(failed, str) else failed.get('id', failed)}")
    if (effects := problem.get("effects")) and effects != "none":
        lines.append(f"  effects  {effects}: calls that change something may have been made")
    if execution := problem.get("executionId"):
        lines.append(f"  run      {execution}")
    if fix := problem.get("fix"):
        lines.append(f"  fix      {fix if isinstance(fix, str) else fix.get('label') or fix.get('title') or fix}")
    return "\n".join(lines)


def pretty(raw: bytes) -> str:
    """JSON with line breaks; numbers and text as they came."""
    return msgspec.json.format(raw, indent=2).decode()


def _caret(text: str, error: ValueError) -> str:
    if not isinstance(error, json.JSONDecodeError) or len(text) > 200 or "\n" in text:
        return ""
    return f"\n  {text}\n  {' ' * error.pos}^"

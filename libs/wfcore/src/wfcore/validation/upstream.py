"""An upstream is a constant origin: nothing that a caller sends ever chooses a host."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from wfcore.definition import UpstreamSpec
from wfcore.diagnostics import Fix
from wfcore.validation.findings import Findings

_URL = "/spec/url"


def check_upstream(findings: Findings, spec: UpstreamSpec) -> None:
    """Tell what is wrong with the URL of an upstream."""
    fault = _fault_of(spec.url)
    if fault:
        findings.add("WF-213", f"`{spec.url}` {fault}", _URL, seen=spec.url)
        return
    parts = urlsplit(spec.url)
    if not spec.private_addresses and _is_private(parts.hostname or ""):
        message = (
            f"`{parts.hostname}` is a private address, which an upstream reaches only with `privateAddresses: true`"
        )
        fix = Fix("write `privateAddresses: true`", "/spec/privateAddresses", True, "set")
        findings.add("WF-215", message, _URL, seen=spec.url, fix=fix)


def _fault_of(url: str) -> str | None:
    if "{{" in url:
        return "holds an expression; the origin of an upstream is constant"
    if any(character.isspace() or ord(character) < 32 or character == "\\" for character in url):
        return "holds a space, a control character or a backslash"
    try:
        parts = urlsplit(url)
        return _fault_of_parts(parts, parts.port)
    except ValueError as error:
        return f"is not a URL: {error}"


def _fault_of_parts(parts: SplitResult, port: int | None) -> str | None:
    if parts.scheme not in ("http", "https"):
        return "does not begin with `https://` or `http://`"
    if not parts.hostname or port == 0:
        return "has no host, or a port that cannot be"
    if parts.username is not None or parts.password is not None:
        return "holds credentials; they belong into a secret"
    if parts.query or parts.fragment:
        return "has a query or a fragment; both belong to the tasks"
    if ".." in parts.path.split("/"):
        return "has `..` in its path"
    return None


def _is_private(host: str) -> bool:
    """Whether the host says it itself; what a name resolves to is looked at when a call is made."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False

"""One page per error code, for the people who follow the link in an answer or a diagnostic.

The pages are written in docs/errors; without that folder the registries still have a sentence for each code.
"""

from __future__ import annotations

import html
from pathlib import Path

from markdown_it import MarkdownIt
from starlette.requests import Request
from starlette.responses import Response

from wfcore.diagnostics import CODES, did_you_mean
from wfcore.errors import ERRORS, WorkflowError
from wfservice.settings import SettingsInvalid

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "max-age=300",
}
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{max-width:44rem;margin:2.5rem auto;padding:0 1rem;font:1rem/1.6 system-ui,sans-serif}"
    "h1{font-size:1.5rem;line-height:1.3}h2{font-size:1.1rem;margin-top:2rem}"
    "code,pre{font:.875rem/1.5 ui-monospace,monospace}"
    "code{background:#8882;border-radius:3px;padding:.1em .3em}"
    "pre{background:#8882;border-radius:6px;padding:1rem;overflow-x:auto}pre code{background:none;padding:0}"
    "table{border-collapse:collapse}td,th{border:1px solid #8886;padding:.3rem .6rem;text-align:left}"
)
_EFFECTS = {
    "none": "Nothing was done.",
    "possible": "Something may have been done.",
    "tasks": "What was done is said per task.",
}


class ErrorPages:
    """Answers `/errors/<code>`, for both kinds of codes."""

    def __init__(self, docs: str) -> None:
        """`docs` is the folder whose `errors/<code>.md` are shown; empty means that of the checkout, if it is one."""
        self._folder = _folder(docs)
        # No HTML in the pages: what they quote is shown, never run.
        self._markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
        self._made: dict[str, str] = {}

    async def answer(self, request: Request) -> Response:
        """The page of a code; 404 for what no registry knows, so that nothing else is ever looked for on the disk."""
        code = request.path_params["code"].removesuffix(".md")  # pages link to each other by the names of their files
        if code not in ERRORS and code not in CODES:
            said = f"there is no error code `{code}`{did_you_mean(code, [*ERRORS, *CODES])}"
            raise WorkflowError(said, code="ROUTE_NOT_FOUND")
        if code not in self._made:
            self._made[code] = self._page(code)
        return Response(self._made[code], 200, _HEADERS, "text/html")

    def _page(self, code: str) -> str:
        path = self._folder / f"{code}.md" if self._folder else None
        text = path.read_text("utf-8") if path and path.is_file() else _short(code)
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(code)}</title>'
            f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
            f"<body><main>{self._markdown.render(text)}</main></body></html>"
        )


def _folder(docs: str) -> Path | None:
    folder = (Path(docs) if docs else Path(__file__).resolve().parents[4] / "docs") / "errors"
    if folder.is_dir():
        return folder
    if docs:
        raise SettingsInvalid(
            f"WORKFLOW_GATEWAY_DOCS={docs}: there is no folder `errors` in it; leave it empty to do without"
        )
    return None


def _short(code: str) -> str:
    """What the registries know, as a page."""
    if code in CODES:
        return f"# {code}: {CODES[code].title}\n"
    info = ERRORS[code]
    again = "May be tried again." if info.retryable else "Do not simply try again."
    return f"# {code}: {info.title}\n\nHTTP {info.status}. {_EFFECTS[info.effects]}\n\n{info.fix}\n\n{again}\n"

"""YAML or JSON text as plain data, with the place of every value.

One reader serves the directory source, the command line, the editor and the webhook, so that they can never disagree
about what a text says. It reads what kubectl reads (YAML 1.1), counts before it builds, and reports where YAML
versions disagree instead of guessing.
"""

from wfcore.source.building import JsonValue
from wfcore.source.positions import NOWHERE, Positions, join, tokens
from wfcore.source.quoting import quoted
from wfcore.source.reader import Document, Source, decode, read

__all__ = ["NOWHERE", "Document", "JsonValue", "Positions", "Source", "decode", "join", "quoted", "read", "tokens"]

"""The contracts of the bus, written out for those who do not read Python, and kept for those who come later.

`python -m wfservice.contracts` writes proto/ from `wfcore.messages`, `wfcore.events` and `wfcore.subjects`; with
`--check` it writes nothing and names what is stale.
"""

from wfservice.contracts.folder import missing_or_stale, write

__all__ = ["missing_or_stale", "write"]

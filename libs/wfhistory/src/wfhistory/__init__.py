"""What happened and what was told, kept in PostgreSQL. The only owner of SQL in the house.

Comes in: the batches of events that executors and askers send. Goes out: executions as a caller may see them.
Keeps: three tables, cut by day of the UUIDv7 execution id, so that forgetting is the drop of a table.
"""

from wfhistory.migrations import migrate

__all__ = ["migrate"]

"""The history writer moves events from the stream into PostgreSQL.

Comes in: HistoryBatch messages of executors and askers, from WF_HISTORY. Goes out: rows; what PostgreSQL refuses for
good goes to WF_DEAD_LETTERS. Keeps: nothing. A message is acknowledged after its rows are committed, so a death at any
moment repeats work and loses none.
"""

"""The operator-watcher carries definitions from where people write them to the bus, and makes the bus's stores.

Comes in: files of directories (a cluster later). Goes out: records in the bucket `definitions`, verdicts about files
that cannot be read. Keeps: nothing; at each start it compares both sides anew.
"""

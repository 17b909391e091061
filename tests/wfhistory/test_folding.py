"""From events to rows, without a database."""

from tests.wfhistory.runs import a_batch, a_run, new_id
from wfhistory.folding import TEXT_LIMIT, fold, gather


def test_tasks_with_long_paths_stay_apart():
    """Paths that differ only behind what a column holds are two rows; what failed is found under the same key."""
    deep = ".".join(["a" * 60] * 20)
    events = a_run(new_id(), (f"{deep}.one", f"{deep}.two"), status="failed")
    rows = fold(gather([a_batch(events)]), [])
    keys = [row.task for row in rows.task_runs]
    assert len(set(keys)) == 2
    assert max(map(len, keys)) <= TEXT_LIMIT
    assert rows.executions[0].failed_task in ("pay", *keys)

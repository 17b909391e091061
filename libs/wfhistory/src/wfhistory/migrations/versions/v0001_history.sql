-- All tables are cut by day of the execution id: a UUIDv7 begins with its unix milliseconds, so a day is a
-- range of ids. Late and early rows fall into the default partition. wfhistory.partitions makes and drops the days.

-- One row per execution: what happened, and beside it what the client was told. No bodies: they live in events.
CREATE TABLE executions (
    execution        uuid PRIMARY KEY,
    namespace        text,                  -- null until a message has come that names it
    workflow         text,
    trace_id         text,
    cause            text,                  -- parent execution, fire of a trigger, run that it replays
    attempt          integer NOT NULL,      -- the highest seen; 0: nothing ran, only told. What follows is of this attempt
    version          text,
    release          text,
    bundle           text,
    mode             text,
    executor         text,
    asker            text,
    started_at       timestamptz,
    end_by           timestamptz,           -- without an end 15 s later the run is lost
    granted_at       timestamptz,           -- licensed to make calls that are not safe
    ended_at         timestamptz,
    status           text,                  -- null: has not ended as far as is known
    effects          text,
    duration_us      bigint,
    upstream_us      bigint,
    failed_task      text,
    code             text,
    message          text,
    told_at          timestamptz,           -- where several were told: the first
    told_by          text,
    told_status      text,
    told_http_status smallint,
    told_code        text,
    told_effects     text,
    told_duration_us bigint
) PARTITION BY RANGE (execution);

CREATE INDEX executions_by_workflow ON executions (namespace, workflow, execution);

-- One row per task that ended, or that the run left behind.
CREATE TABLE task_runs (
    execution   uuid NOT NULL,
    attempt     integer NOT NULL,
    task        text NOT NULL,
    task_ref    text NOT NULL,
    status      text NOT NULL,
    attempts    integer NOT NULL,
    effect      text NOT NULL,
    started_at  timestamptz,
    duration_us bigint NOT NULL,
    wait_us     bigint NOT NULL,
    code        text,
    message     text,
    PRIMARY KEY (execution, attempt, task)
) PARTITION BY RANGE (execution);

-- The event log, in pieces as it came. A piece is an unbroken stretch of one attempt's log; pieces may overlap after a
-- sender has repeated itself, readers take each seq once. A row per event costs four times the CPU of a row per piece.
CREATE TABLE events (
    execution uuid NOT NULL,
    attempt   integer NOT NULL,
    first     integer NOT NULL,
    last      integer NOT NULL,
    lines     bytea NOT NULL,               -- msgpack, see wfhistory.lines
    PRIMARY KEY (execution, attempt, first, last)
) PARTITION BY RANGE (execution);

-- Compressing each piece costs more CPU than writing it.
ALTER TABLE events ALTER COLUMN lines SET STORAGE EXTERNAL;

CREATE TABLE executions_default PARTITION OF executions DEFAULT;
CREATE TABLE task_runs_default PARTITION OF task_runs DEFAULT;
CREATE TABLE events_default PARTITION OF events DEFAULT;

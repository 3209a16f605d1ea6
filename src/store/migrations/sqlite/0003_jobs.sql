-- Replays and backfills. A job first queues its rows, chunk by chunk at `cursor`; then it waits until none of them is
-- pending. `request` is what was asked, `progress` what became of it so far, both JSON.
create table jobs (
    id         text primary key,
    tenant_id  text   not null,
    kind       text   not null,
    state      text   not null,
    title      text   not null,
    export_id  text,
    request    text   not null,
    total      bigint not null,
    bytes      bigint not null,
    span       bigint not null,
    bound      bigint not null,
    cursor     text   not null default '',
    progress   text   not null default '{}',
    started_by text   not null,
    started_at bigint not null,
    queued_at  bigint,
    ended_at   bigint,
    error      text
);
create index jobs_open on jobs (id) where ended_at is null;

-- Rows of a job go after the live rows of their lane (`late`). A replayed row knows what it was before: it returns there
-- when its job is stopped.
alter table outcomes add column job_id text;
alter table outcomes add column late bigint not null default 0;
alter table outcomes add column replayed_at bigint;
alter table outcomes add column came_from text;
alter table outcomes add column came_settled_at bigint;
alter table outcomes add column came_status bigint;
alter table outcomes add column came_error text;
alter table outcomes add column came_target text;
alter table outcomes add column came_lane bigint;

drop index outcomes_queue;
create index outcomes_queue on outcomes (target_id, lane, late, seq) where state = 'pending';
create index outcomes_job on outcomes (job_id, state, seq) where job_id is not null;

-- Events that one of Azure's own exports lets through, and whether they were found at its workspace. Nothing here is a
-- delivery of this console.
create table arrivals (
    seq             integer primary key autoincrement,
    automation_key  text   not null,
    automation_id   text   not null,
    event_id        text   not null,
    subscription_id text   not null,
    kind            text   not null,
    state           text   not null default 'waiting',
    since           bigint not null,
    arrived_at      bigint,
    checked_at      bigint,
    trouble         text,
    unique (automation_key, event_id)
);
create index arrivals_event on arrivals (event_id);
create index arrivals_open on arrivals (automation_key, state, since);

-- How far the ledger was looked through for each automation.
create table arrival_cursors (
    automation_key text primary key,
    event_seq      bigint not null
);

-- Ids are text, times are microseconds since 1970 in UTC, JSON is text, flags are 0 or 1: the columns mean the same on
-- every database the store will ever run on.

create table meta (
    key   text primary key,
    value text not null
);

create table subscriptions (
    id               text primary key,
    tenant_id        text   not null,
    name             text   not null,
    state            text   not null,
    management_group text,
    first_listed_at  bigint not null,
    listed_at        bigint not null,
    plans            text,
    plans_read_at    bigint,
    unlisted_since   bigint
);

-- How far each kind of data of a subscription has been watched.
create table watches (
    subscription_id  text   not null,
    kind             text   not null,
    tenant_id        text   not null,
    baseline_done_at bigint,
    complete_to      bigint,
    last_sweep_at    bigint,
    unobservable     bigint not null default 0,
    rewritten        bigint not null default 0,
    condition        text   not null default 'ok',
    condition_detail text,
    condition_since  bigint,
    sweep_problem    text,
    sweep_problem_since bigint,
    primary key (subscription_id, kind)
);

-- A sweep reads everything of one kind in a fixed group of subscriptions and goes on at its cursor after a restart.
create table sweeps (
    id            text primary key,
    kind          text   not null,
    subscriptions text   not null,
    cursor        text   not null default '',
    started_at    bigint not null,
    completed_at  bigint
);
create index sweeps_open on sweeps (kind, completed_at);

create table last_seen (
    kind              text   not null,
    item_key          text   not null,
    tenant_id         text   not null,
    subscription_id   text   not null,
    compared          text   not null,
    compared_version  bigint not null,
    joined            text   not null,
    source_date       bigint,
    read_at           bigint not null,
    event_id          text   not null,
    previous_event_id text   not null default '',
    primary key (kind, item_key)
);

create index last_seen_subscription on last_seen (subscription_id);

create table events (
    seq             integer primary key autoincrement,
    id              text   not null unique,
    tenant_id       text   not null,
    subscription_id text   not null,
    kind            text   not null,
    change          text   not null,
    item_key        text   not null,
    item_id         text   not null,
    resource_id     text   not null,
    resource_key    text   not null,
    alert_id        text,
    title           text   not null,
    severity        text,
    status          text   not null,
    compared        text   not null,
    note            text,
    occurred_at     bigint not null,
    observed_at     bigint not null,
    body            blob,
    body_bytes      bigint not null,
    source_row      blob
);
create index events_subscription on events (subscription_id, seq);
create index events_item on events (item_key, seq);
create index events_resource on events (resource_key, seq);
create index events_alert on events (alert_id) where alert_id is not null;
create index events_occurred on events (occurred_at, seq);

create table targets (
    id              text primary key,
    tenant_id       text   not null,
    name            text   not null,
    version         bigint not null,
    kind            text   not null,
    config          text   not null,
    secret          blob,
    secret_set_at   bigint,
    paused_at       bigint,
    resumed_at      bigint,
    condition       text   not null default 'ok',
    condition_since bigint,
    condition_status bigint,
    condition_detail text,
    faults          bigint not null default 0,
    fault_at        bigint,
    next_attempt_at bigint,
    last_success_at bigint,
    partitions      bigint,
    addressing      text   not null default 'unknown',
    max_bytes       bigint not null,
    lanes           bigint not null default 1,
    created_at      bigint not null,
    deleted_at      bigint
);

create table exports (
    id         text primary key,
    tenant_id  text   not null,
    name       text   not null,
    version    bigint not null,
    target_id  text   not null,
    paused_at  bigint,
    resumed_at bigint,
    created_at bigint not null,
    deleted_at bigint
);

create table export_versions (
    export_id text   not null,
    version   bigint not null,
    body      text   not null,
    saved_at  bigint not null,
    saved_by  text   not null,
    primary key (export_id, version)
);

-- One row per event and export that saw it: the delivery log, the queue and the proof at once.
create table outcomes (
    seq                integer primary key autoincrement,
    event_id           text   not null,
    event_seq          bigint not null,
    export_id          text   not null,
    export_version     bigint not null,
    tenant_id          text   not null,
    subscription_id    text   not null,
    kind               text   not null,
    item_key           text   not null,
    item_hash          bigint not null,
    state              text   not null,
    rule_set           bigint,
    reason             text   not null,
    decided_at         bigint not null,
    hour               bigint not null,
    target_id          text   not null,
    lane               bigint not null,
    bytes              bigint not null,
    attempts           bigint not null default 0,
    last_attempt_id    text,
    last_status        bigint,
    last_error         text,
    receipt            text,
    settled_at         bigint,
    first_delivered_at bigint,
    refused_at         bigint,
    cancel_asked       bigint not null default 0,
    unique (event_id, export_id)
);
create index outcomes_queue on outcomes (target_id, lane, seq) where state = 'pending';
create index outcomes_refused on outcomes (target_id, lane, seq) where refused_at is not null and state = 'pending';
create index outcomes_target on outcomes (target_id, seq);
create index outcomes_export on outcomes (export_id, seq);
create index outcomes_state on outcomes (state, seq);
create index outcomes_subscription on outcomes (subscription_id, seq);

-- A lane is worked by whoever holds its lease; the fence counts the holders.
create table lanes (
    target_id       text   not null,
    lane            bigint not null,
    holder          text   not null default '',
    fence           bigint not null default 0,
    expires_at      bigint not null default 0,
    failures        bigint not null default 0,
    failing_since   bigint,
    batch_limit     bigint,
    primary key (target_id, lane)
);

create table leases (
    name       text primary key,
    holder     text   not null,
    fence      bigint not null,
    expires_at bigint not null
);

create table attempts (
    id         text primary key,
    target_id  text   not null,
    lane       bigint not null,
    fence      bigint not null,
    address    text   not null,
    started_at bigint not null,
    settled_at bigint,
    result     text,
    status     bigint,
    headers    text,
    answer     text,
    error      text,
    events     bigint not null,
    bytes      bigint not null
);
create index attempts_open on attempts (target_id, lane) where settled_at is null;
create index attempts_target on attempts (target_id, started_at);

create table attempt_events (
    attempt_id  text   not null,
    outcome_seq bigint not null,
    position    bigint not null,
    primary key (attempt_id, position)
);
create index attempt_events_outcome on attempt_events (outcome_seq);

-- Outcomes by hour of decision and state, and how many were ever decided (state 'seen').
create table counters (
    export_id       text   not null,
    subscription_id text   not null,
    tenant_id       text   not null,
    hour            bigint not null,
    state           text   not null,
    n               bigint not null,
    primary key (export_id, subscription_id, hour, state)
);
create index counters_hour on counters (hour, export_id, state, n);

create table drafts (
    id         text primary key,
    person     text   not null,
    form       text   not null,
    body       text   not null,
    errors     text   not null,
    expires_at bigint not null
);

create table people (
    id           text primary key,
    name         text   not null,
    role         text   not null,
    created_at   bigint not null,
    last_seen_at bigint
);

create table sign_in_links (
    hash       text primary key,
    person     text   not null,
    expires_at bigint not null
);

create table sessions (
    id         text primary key,
    data       text   not null,
    expires_at bigint not null
);

create table audit (
    seq             integer primary key autoincrement,
    at              bigint not null,
    tenant_id       text   not null,
    actor           text   not null,
    action          text   not null,
    subject         text   not null,
    subject_id      text   not null,
    detail          text   not null
);

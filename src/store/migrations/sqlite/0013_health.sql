-- The last run of the health checks, and what changed between runs.
create table health_run (
    only_one integer primary key check (only_one = 1),
    body     text not null
);

create table health_changes (
    seq  integer primary key autoincrement,
    at   bigint  not null,
    body text    not null
);

-- The tenants that the console was set up for. One that the settings no longer name keeps its rows and is marked.
create table tenants (
    id       text primary key,
    name     text   not null,
    added_at bigint not null,
    left_at  bigint
);

-- What was asked of Azure for each automation of an export that Azure delivers, and how far it came. A row with wish
-- "apply" and state "done" says that the automation is this console's doing.
create table roll_outs (
    export_id       text   not null,
    automation_key  text   not null,
    automation_id   text   not null,
    subscription_id text   not null,
    wish            text   not null,
    state           text   not null,
    message         text   not null default '',
    version         bigint not null,
    at              bigint not null,
    primary key (export_id, automation_key)
);

-- Whether the console may change Azure's exports: people switch it in Settings.
create table switches (
    name  text primary key,
    value text not null
);

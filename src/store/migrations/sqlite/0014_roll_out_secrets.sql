-- A roll-out goes on after a restart: the connection string that was typed for it is kept, sealed, until its last automation is settled.
create table roll_out_secrets (
    export_id text not null primary key,
    sealed    blob not null
);
create index roll_outs_waiting on roll_outs (at) where state = 'waiting';

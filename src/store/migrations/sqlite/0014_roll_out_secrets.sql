-- A roll-out goes on after a restart: the connection string that was typed for it is kept, sealed, until its last automation is settled.
create table roll_out_secrets (
    export_id text not null primary key,
    sealed    blob not null
);
create index roll_outs_waiting on roll_outs (at) where state = 'waiting';
-- Before, a stop left what it interrupted waiting for good: nobody asks for that any more.
update roll_outs set state = 'failed', message = 'the console was stopped meanwhile: it is not known whether Azure took it; apply again, what is in place stays'
    where state = 'waiting';

-- When an automation became this console's doing: set when Azure took it, or when it was taken over; gone when it was removed.
-- Asking Azure, or failing, makes nothing ours.
alter table roll_outs add column made_at bigint;
update roll_outs set made_at = at where wish = 'apply' and state = 'done';

-- outgoing_events
SELECT 1;

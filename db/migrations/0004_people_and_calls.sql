-- people_and_calls
SELECT 1;

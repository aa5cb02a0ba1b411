-- scripts_and_callbacks
SELECT 1;

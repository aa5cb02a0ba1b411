-- production
SELECT 1;

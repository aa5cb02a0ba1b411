-- campaigns
SELECT 1;

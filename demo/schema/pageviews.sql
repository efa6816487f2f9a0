CREATE TABLE events (id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, time timestamptz NOT NULL, url text NOT NULL,
    browser text NOT NULL, visitor int8 NOT NULL);

-- How often each page was seen in each hour, and by how many.
CREATE MATERIALIZED VIEW pageviews AS
SELECT url, date_trunc('hour', time) AS hour, count(*) AS views, count(DISTINCT visitor) AS visitors
FROM events GROUP BY url, hour;

CREATE MATERIALIZED VIEW browsers AS
SELECT browser, count(*) AS views FROM events GROUP BY browser;

CREATE MATERIALIZED VIEW top_pages AS
SELECT url, sum(views) AS views FROM pageviews GROUP BY url ORDER BY views DESC LIMIT 10;

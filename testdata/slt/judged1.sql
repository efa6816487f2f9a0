-- What the judge found wrong, each with what is near it; PostgreSQL says what is right.

-- names of casts
SELECT 'NaN'::float::decimal, cast(cast('1' AS int2) AS int8), true::text, 'a'::text::"char";
SELECT CASE WHEN true THEN 1 ELSE 2::int8 END, (SELECT 1::int8), (ARRAY[1]::int8[])[1], coalesce(1, 2)::text;
SELECT x::text::int, (x)::int8::int2 FROM (SELECT 1 AS x) t;

-- LIMIT
SELECT 1 LIMIT date '1992-01-01';
SELECT 1 LIMIT '1'::jsonb;
SELECT g FROM generate_series(1, 3) g LIMIT g;

-- collations
SELECT ('a' < 'b') COLLATE "C";
SELECT 123 COLLATE "C";
SELECT 'a' COLLATE "C" < 'b';
CREATE TABLE coll (a text COLLATE "C", b int COLLATE "C");

-- aggregates with DISTINCT and ORDER BY of an argument that is cast
CREATE TABLE strings (v1 varchar, v2 int);
INSERT INTO strings VALUES ('aaa', 1), ('bbb', 1), ('aaa', 2), (NULL, 3), ('ccc', 4);
SELECT string_agg(DISTINCT v1, ',' ORDER BY v1), string_agg(DISTINCT v1, ',' ORDER BY v1 DESC) FROM strings;
SELECT string_agg(DISTINCT v1, ',' ORDER BY v2) FROM strings;
SELECT v2, array_agg(DISTINCT v1 ORDER BY v1 DESC NULLS LAST) FROM strings GROUP BY v2;

-- JOIN USING of types that have nothing in common
CREATE TABLE ints (x int);
CREATE TABLE texts (x text);
SELECT * FROM ints JOIN texts USING (x);
SELECT * FROM ints NATURAL JOIN texts;

-- one name twice in FROM
CREATE SCHEMA other;
CREATE TABLE other.a (id int, b int);
INSERT INTO other.a VALUES (1, 3);
WITH a(id, c) AS (SELECT 1, 2) SELECT * FROM other.a, a;
WITH a(id, c) AS (SELECT 1, 2) SELECT * FROM a JOIN other.a USING (id);
WITH a(id, c) AS (SELECT 1, 2) SELECT * FROM a JOIN other.a x USING (id);
SELECT * FROM ints, ints;
SELECT * FROM ints AS a, other.a;
SELECT * FROM generate_series(1, 2) a, other.a;
CREATE TABLE a (id int, c int);
SELECT * FROM a, other.a;

-- functions that are not there
SELECT nobody_knows(1);
SELECT nobody_knows(*);
SELECT date(1);
SELECT date('2020-01-01'), int4('7'), text(5), numeric(5), float8(2);
SELECT length(*) FROM ints;

-- types that are not there
SELECT 1::nobody_knows;
CREATE TABLE t_mod (b nobody_knows (x));

-- views: the query is looked at before the name
CREATE VIEW taken AS SELECT 1 AS a;
CREATE VIEW taken AS SELECT a, a FROM taken;
CREATE VIEW taken AS SELECT nothing FROM taken;
CREATE VIEW taken AS SELECT 2 AS a;

-- arrays of arrays
SELECT ARRAY[ARRAY[1, 2], ARRAY[3, 4]], ARRAY[[1, 2], [3, NULL]], ARRAY[ARRAY[1], ARRAY[2, 3]];
SELECT ARRAY[[1, 2], [3, 4]], (ARRAY[[1, 2], [3, 4]])[2][1], (ARRAY[[1, 2], [3, 4]])[2], array_dims(ARRAY[[[1], [2]]]);
SELECT ARRAY[[1, 2], [3, 4]]::text[], ARRAY[ARRAY['1'], ARRAY['2']]::int[], ARRAY['{1,2}', '{3,4}']::int[];
SELECT ARRAY[x, x] FROM (VALUES (ARRAY[1, 2]), (ARRAY[3]), ('{}'), (NULL)) t(x);
SELECT ARRAY[x, ARRAY[5]] FROM (VALUES ('{}'::int[])) t(x);
SELECT ARRAY[x, ARRAY[5]] FROM (VALUES (NULL::int[])) t(x);
SELECT ARRAY[[[[[[[1]]]]]]];
SELECT ARRAY[[1.5], [2]], ARRAY[['a'], ['b']], ARRAY[[1, 'x']];
SELECT ARRAY[[1], [2]] = ARRAY[[1], [2]], ARRAY[[1], [2]] < ARRAY[[1], [3]], ARRAY[1, 2] = ARRAY[[1, 2]];
CREATE TABLE arrays (v int[][]);
INSERT INTO arrays VALUES (ARRAY[ARRAY[1], ARRAY[2]]), (ARRAY[[1, 2]]), ('{{5,6},{7,8}}'), (NULL), ('{}');
SELECT v, array_ndims(v), cardinality(v), v[1][1], v[1:1] FROM arrays ORDER BY v;
SELECT unnest(v) FROM arrays;
SELECT count(*), v FROM arrays GROUP BY v;

-- intervals of fields
SELECT interval '1' year, interval '1-2' year to month, interval '5' day, interval '1 2:03:04' day to second, interval '1.5' second;
SELECT interval '1 2:03:04.56789' day to minute, interval '2:03' minute to second, interval '1.23456' second(2), interval '3' hour to minute;
SELECT '1'::interval minute, '1 day 2 hours'::interval day, cast('100' AS interval hour to minute);
SELECT interval '1 day' year, interval(2) '1.2345';
SELECT (x)::interval hour FROM (VALUES (interval '1 day 02:03:04')) t(x);
CREATE TABLE spans (i interval year to month, j interval(1), k interval minute);
INSERT INTO spans VALUES ('1-2', '1.26', '7'), ('5 days', '3', '1:30:30');
SELECT * FROM spans;
SELECT sum(i), max(j), min(k) FROM spans;

-- settings
SET work_mem = '64kB';
SHOW work_mem;
SET enable_sort = false;
SHOW enable_sort;
RESET enable_sort;
SHOW enable_sort;
SET nobody_knows = 1;
SET TIME ZONE -5;
SHOW TimeZone;
SELECT timestamptz '2020-01-01 00:00:00+00', timestamp '2020-01-01'::timestamptz;
SET TIME ZONE 5.5;
SHOW TimeZone;
SELECT timestamptz '2020-01-01 00:00:00+00';
SET timezone = '-3';
SHOW TimeZone;
RESET TimeZone;

-- keys of json
CREATE TABLE json_key (k json PRIMARY KEY);
CREATE TABLE json_unique (k json UNIQUE);

-- ISO years of intervals
SELECT to_char('0 days'::interval, 'YYYY IYYY YY IY'), to_char('-3 years'::interval, 'YYYY YYY YY Y');

-- what a constant decides is not evaluated
CREATE TABLE zero (a int, b int);
INSERT INTO zero VALUES (0, 1), (2147483647, 2);
SELECT b FROM zero WHERE NULL > 1 / a;
SELECT b FROM zero WHERE NOT (NULL > a * 2);
SELECT NULL::int + 1 / a, b FROM zero;
SELECT b FROM zero WHERE 1 / a = 1 AND false;
SELECT b FROM zero WHERE false AND 1 / a = 1;
SELECT b, 1 / a = 1 OR true FROM zero;
SELECT b FROM zero WHERE 1 / a = 1 AND NULL;
SELECT b FROM zero WHERE 1 / 0 = 1 AND false;
SELECT CASE WHEN NULL = a * 2 THEN 1 ELSE 2 END FROM zero;
SELECT coalesce(NULL::int * (a * 2), 7) FROM zero;
SELECT sum(NULL + a * 2), count(NULL::int / a) FROM zero;

-- HAVING alone needs no rows
SELECT 1 AS one FROM zero WHERE 1 / a = 1 HAVING 1 < 2;
SELECT 1 AS one FROM zero WHERE 1 / a = 1 HAVING 1 > 2;
SELECT count(*) FROM zero WHERE 1 / b = 1 HAVING count(*) > 0;

-- names are told apart before ON is looked at
WITH a(id, c) AS (SELECT 1, 2) SELECT b, c FROM other.a JOIN a ON other.a.id = a.id;
SELECT * FROM ints JOIN ints ON ints.x = 1;

-- roles
SELECT has_table_privilege('nobody_knows', 'zero', 'SELECT'), has_table_privilege('postgres', 'zero', 'SELECT');
SELECT * FROM pg_catalog.nobody_knows;
SELECT tablename, tablespace FROM pg_tables WHERE tablename = 'zero';

-- NULLIF has the type that the comparison gives to its first argument
SELECT NULLIF(1, 2.5), NULLIF(1, 1::float8), NULLIF(1::int2, 3::int8), NULLIF('a'::varchar(3), 'b'), NULLIF('1', 1), NULLIF('a', 'b'), NULLIF(NULL, 1);
SELECT pg_typeof(NULLIF(1, 2.5)), pg_typeof(NULLIF(1::int2, 3::int8)), pg_typeof(NULLIF('a'::varchar(3), 'b')), pg_typeof(NULLIF('a'::char(3), 'b'));
SELECT pg_typeof(NULLIF(date '2020-01-01', timestamp '2020-01-02')), NULLIF(ARRAY[1], ARRAY[2]), NULLIF(numeric '1.0', 1);

-- a literal that depends on the clock is no view's
SELECT date 'yesterday' < date 'today', date 'nobody knows';
SELECT date 'yesterday' < date 'today';

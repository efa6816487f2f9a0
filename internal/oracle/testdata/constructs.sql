-- Constructs of the relational core, a query a line: see TestConstructs.
-- joins
SELECT * FROM u NATURAL JOIN w
SELECT * FROM u NATURAL LEFT JOIN w
SELECT * FROM u NATURAL FULL JOIN w
SELECT * FROM u FULL JOIN w USING (a)
SELECT * FROM u FULL JOIN w USING (a) FULL JOIN e USING (a)
SELECT a, u.a, w.a FROM u RIGHT JOIN w USING (a)
SELECT t.id, u.id FROM t JOIN u ON t.a < u.a
SELECT t.id, u.id FROM t LEFT JOIN u ON t.a < u.a AND u.b <> 'x'
SELECT t.id, u.id FROM t FULL JOIN u ON t.a = u.a AND t.b > 10
SELECT t.id, u.id FROM t FULL JOIN u ON t.a = u.a AND t.b > u.id
SELECT t.id, u.id FROM t FULL JOIN u ON false
SELECT t.id, u.id FROM t FULL JOIN u ON true
SELECT t.id, u.id FROM t LEFT JOIN u ON EXISTS (SELECT 1 FROM w WHERE w.a = u.a AND w.k = t.a)
SELECT t.id, u.id FROM t JOIN u ON t.a = (SELECT max(w.a) FROM w WHERE w.k = u.a)
SELECT t.id, u.id FROM t LEFT JOIN u ON t.a = (SELECT max(w.a) FROM w WHERE w.k = u.a)
SELECT t.id, u.id FROM t FULL JOIN u ON t.a = (SELECT max(w.a) FROM w WHERE w.k = u.a)
SELECT t.id, u.id FROM t RIGHT JOIN u ON t.a = u.a AND t.b IN (SELECT k * 10 FROM w)
SELECT t.id, x.* FROM t, LATERAL (SELECT u.id AS uid FROM u WHERE u.a = t.a) x
SELECT t.id, x.* FROM t LEFT JOIN LATERAL (SELECT u.id AS uid FROM u WHERE u.a = t.a ORDER BY u.id DESC LIMIT 1) x ON true
SELECT t.id, x.* FROM t LEFT JOIN LATERAL (SELECT count(*), sum(k) FROM w WHERE w.a = t.a) x ON x.count > 1
SELECT t.id, x.* FROM t, LATERAL (SELECT t.a + u.id AS z FROM u UNION SELECT t.b) x
SELECT t.id, x.z, y.z FROM t, LATERAL (SELECT t.a + 1 AS z) x, LATERAL (SELECT x.z * 2 AS z) y
SELECT t.id, g FROM t, generate_series(1, t.a) g
SELECT t.id, x.* FROM t, LATERAL (VALUES (t.a), (t.b)) x(v)
SELECT t.id, x.* FROM t CROSS JOIN LATERAL unnest(t.arr) WITH ORDINALITY x(v, n)
SELECT * FROM (t JOIN u ON t.a = u.a) JOIN w ON w.k = t.id
SELECT j.id FROM (u JOIN w USING (a)) AS j
SELECT j.a FROM u JOIN w USING (a) AS j
SELECT * FROM ROWS FROM (generate_series(1,3), generate_series(1,2)) AS x(p, q)
SELECT t.id, x.* FROM t, ROWS FROM (unnest(t.arr), generate_series(1, t.a)) WITH ORDINALITY AS x(p, q, n)
SELECT t.id, x.* FROM t, unnest(t.arr, ARRAY['p','q','r']) x(p, q)
-- subqueries
SELECT id, (SELECT max(k) FROM w WHERE w.a = t.a) FROM t
SELECT id, (SELECT k FROM w WHERE w.a = t.a) FROM t
SELECT id, (SELECT DISTINCT k FROM w WHERE w.a = t.a) FROM t
SELECT id, EXISTS (SELECT 1 FROM w WHERE w.a = t.a) FROM t
SELECT id, a IN (SELECT a FROM w) FROM t
SELECT id, a NOT IN (SELECT a FROM w) FROM t
SELECT id, a NOT IN (SELECT a FROM w WHERE w.k = t.id) FROM t
SELECT id FROM t WHERE a NOT IN (SELECT a FROM w)
SELECT id FROM t WHERE a NOT IN (SELECT a FROM w WHERE a IS NOT NULL)
SELECT id FROM t WHERE a NOT IN (SELECT a FROM e)
SELECT id FROM t WHERE NOT (a <> ANY ('{}'::int[])) AND a NOT IN (SELECT count(*) FROM e)
SELECT t.id, u.id FROM t LEFT JOIN u ON t.a = u.a WHERE NOT (u.id <> ANY ('{}'::int[]))
SELECT id, a > ANY (SELECT a FROM w) FROM t
SELECT id, a > ALL (SELECT a FROM w) FROM t
SELECT id, a <= ALL (SELECT a FROM w WHERE w.k = t.a) FROM t
SELECT id, a <> ALL (SELECT a FROM w WHERE w.k = t.a) FROM t
SELECT id, a = ALL (SELECT a FROM w WHERE w.k = t.a) FROM t
SELECT id, a < SOME (SELECT a FROM w WHERE w.k = t.a) FROM t
SELECT id, s LIKE ANY (SELECT b FROM u) FROM t
SELECT id, s LIKE ANY (ARRAY['x%', 'y']) FROM t
SELECT id, s NOT LIKE ALL (ARRAY['x%', 'y']) FROM t
SELECT id, s ILIKE ANY (ARRAY['X%', 'y']) FROM t
SELECT id, s ~ ANY (ARRAY['x', 'y']) FROM t
SELECT id, a > ANY (arr) FROM t
SELECT id, a = ALL (arr) FROM t
SELECT id, a + 1 = ANY (ARRAY[1, b, 3]) FROM t
SELECT id, ARRAY(SELECT k FROM w WHERE w.a = t.a ORDER BY k, v) FROM t
SELECT id, ARRAY(SELECT v FROM w WHERE w.a = t.a ORDER BY v DESC LIMIT 2) FROM t
SELECT ARRAY(SELECT id FROM u ORDER BY b NULLS FIRST, id)
SELECT id, ARRAY(SELECT arr FROM t t2 WHERE t2.id = t.id AND t2.arr <> '{}') FROM t
SELECT id FROM t WHERE (a, b) = (1, 10)
SELECT id FROM t WHERE (a, b) <> (1, 10)
SELECT id FROM t WHERE (a, b) < (2, 20)
SELECT id FROM t WHERE (a, b, id) >= (1, 20, 2)
SELECT id FROM t WHERE (a, b) IN ((1, 11), (2, 30), (3, NULL))
SELECT id FROM t WHERE (a, b) NOT IN ((1, 11), (2, 30), (3, NULL))
SELECT id FROM t WHERE (a, id) IN (SELECT a, k FROM w)
SELECT id FROM t WHERE (a, id) NOT IN (SELECT a, k FROM w)
SELECT id, (a, id) NOT IN (SELECT a, k FROM w) FROM t
SELECT id FROM t WHERE (a, id) = ANY (SELECT a, k FROM w)
SELECT id FROM t WHERE (a, id) <> ALL (SELECT a, k FROM w)
SELECT id, (a, id) < ANY (SELECT a, k FROM w) FROM t
SELECT id, (a, id) >= ALL (SELECT a, k FROM w) FROM t
SELECT id, (a, b) < (SELECT a, k FROM w WHERE w.k = 3) FROM t
SELECT id, (a, b) = (SELECT a, k FROM w) FROM t
SELECT id, ROW(a, b) = ROW(1, 10) FROM t
SELECT id, (a, b) IS NULL AS p, (a, b) IS NOT NULL AS q FROM t
SELECT id, (a, b) IS DISTINCT FROM (1, NULL) FROM t
SELECT id, (a, b) IS NOT DISTINCT FROM (2, NULL) FROM t
SELECT id, (a, (b, s)) = (1, (10, 'x')) FROM t
SELECT id FROM t ORDER BY (SELECT max(k) FROM w WHERE w.a = t.a), id
SELECT a, count(*) FROM t GROUP BY a HAVING count(*) > (SELECT count(*) FROM w WHERE w.a = t.a)
SELECT a, sum((SELECT max(k) FROM w WHERE w.a = t.a)) FROM t GROUP BY a
SELECT sum(b) FILTER (WHERE EXISTS (SELECT 1 FROM w WHERE w.a = t.a)) FROM t
SELECT a, (SELECT sum(w.k + t.a) FROM w) FROM t GROUP BY a
SELECT a, (SELECT sum(t.b)) FROM t GROUP BY a
SELECT a, (SELECT count(*) FROM w WHERE w.k = sum(t.b)) FROM t GROUP BY a
SELECT (SELECT sum(t.b) FROM w WHERE w.k = 3) FROM t
SELECT a, EXISTS (SELECT 1 FROM w HAVING count(*) > sum(t.b)) FROM t GROUP BY a
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a AND NOT EXISTS (SELECT 1 FROM w WHERE w.a = u.a AND w.k <> t.id))
SELECT id, CASE WHEN a = 1 THEN (SELECT max(k) FROM w) ELSE (SELECT min(k) FROM w WHERE w.a = t.a) END FROM t
SELECT id, coalesce((SELECT max(k) FROM w WHERE w.a = t.a), (SELECT count(*) FROM u)) FROM t
SELECT id FROM t WHERE a = (SELECT a FROM w WHERE w.k = t.id)
SELECT id, (SELECT a FROM e) FROM t
SELECT id FROM t WHERE a IN (SELECT a FROM u UNION SELECT k FROM w WHERE w.a = t.a)
SELECT id FROM t WHERE a IN (SELECT a FROM u EXCEPT SELECT k FROM w WHERE w.a = t.a)
SELECT id, (SELECT string_agg(b, ',' ORDER BY id) FROM u WHERE u.a = t.a) FROM t
SELECT (SELECT t.a), (SELECT t.a + u.a FROM u WHERE u.id = t.id) FROM t
SELECT * FROM t WHERE (SELECT true)
SELECT count(*) FROM t WHERE (SELECT bo)
-- aggregates
SELECT a, every(bo), bool_and(bo), bool_or(bo) FROM t GROUP BY a
SELECT a, bit_and(b), bit_or(b), bit_xor(b) FROM t GROUP BY a
SELECT bit_and(DISTINCT b), bit_or(DISTINCT b), bit_xor(DISTINCT b) FROM t
SELECT corr(f, b), covar_pop(f, b), covar_samp(f, b), regr_avgx(f, b), regr_avgy(f, b), regr_count(f, b), regr_intercept(f, b), regr_r2(f, b), regr_slope(f, b), regr_sxx(f, b), regr_sxy(f, b), regr_syy(f, b) FROM t
SELECT stddev(b), stddev_pop(b), stddev_samp(b), variance(b), var_pop(b), var_samp(b) FROM t
SELECT stddev(f), stddev_pop(f), stddev_samp(f), variance(f), var_pop(f), var_samp(f) FROM t
SELECT stddev(n), stddev_pop(n), stddev_samp(n), variance(n), var_pop(n), var_samp(n) FROM t
SELECT stddev(DISTINCT b), avg(DISTINCT n), sum(DISTINCT f), count(DISTINCT s) FROM t
SELECT stddev(DISTINCT b ORDER BY b) FROM t
SELECT a, json_agg(s ORDER BY id), jsonb_agg(b ORDER BY id) FROM t GROUP BY a
SELECT a, json_object_agg(id, s ORDER BY id), jsonb_object_agg(id, b) FROM t GROUP BY a
SELECT a, json_object_agg(s, id ORDER BY id) FILTER (WHERE s IS NOT NULL) x FROM t GROUP BY a
SELECT a, array_agg(id ORDER BY b DESC NULLS LAST, id) FROM t GROUP BY a
SELECT a, array_agg(DISTINCT b) FROM t GROUP BY a
SELECT a, array_agg(DISTINCT b ORDER BY b DESC) FROM t GROUP BY a
SELECT a, string_agg(DISTINCT s, '-' ORDER BY s DESC) FROM t GROUP BY a
SELECT a, string_agg(DISTINCT s, '-') FILTER (WHERE b > 10) FROM t GROUP BY a
SELECT string_agg(s, ',' ORDER BY s, id) FROM t
SELECT string_agg(s::bytea, ','::bytea ORDER BY s, id) FROM t
SELECT array_agg(arr ORDER BY id) FROM t WHERE arr <> '{}' AND cardinality(arr) = 1
SELECT min(iv), max(iv), sum(iv), avg(iv) FROM t
SELECT min(s), max(s), min(d) AS x, max(ts) AS y, min(arr) AS z, max(arr) AS zz FROM t
SELECT count(t) FROM t
SELECT count(DISTINCT (a, b)) FROM t
SELECT count(ROW(a, b)) FROM t
SELECT count(t.*) FROM t LEFT JOIN u ON t.id = u.id
SELECT count(u) FROM t LEFT JOIN u ON t.id = u.id
SELECT row_to_json(u) FROM u
SELECT to_jsonb(u) FROM u
SELECT jsonb_agg(x ORDER BY x.id) FROM (SELECT id, b FROM u) x
SELECT any_value(a) FROM t
-- ordered-set
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY f) FROM t
SELECT a, percentile_cont(0.5) WITHIN GROUP (ORDER BY b) FROM t GROUP BY a
SELECT a, percentile_cont(0.25) WITHIN GROUP (ORDER BY b DESC) FROM t GROUP BY a
SELECT a, percentile_disc(0.5) WITHIN GROUP (ORDER BY s) FROM t GROUP BY a
SELECT a, percentile_disc(0.5) WITHIN GROUP (ORDER BY n DESC) FROM t GROUP BY a
SELECT a, percentile_cont(ARRAY[0, 0.25, 0.5, 1]) WITHIN GROUP (ORDER BY b) FROM t GROUP BY a
SELECT a, percentile_disc(ARRAY[0, 0.25, NULL, 1]) WITHIN GROUP (ORDER BY b) FROM t GROUP BY a
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY iv) FROM t
SELECT percentile_cont(NULL) WITHIN GROUP (ORDER BY f) FROM t
SELECT percentile_cont(1.5) WITHIN GROUP (ORDER BY f) FROM t
refused: SELECT percentile_cont(a / 10.0) WITHIN GROUP (ORDER BY f) FROM t GROUP BY a
SELECT a, mode() WITHIN GROUP (ORDER BY b) FROM t GROUP BY a
SELECT mode() WITHIN GROUP (ORDER BY b DESC) FROM t
SELECT mode() WITHIN GROUP (ORDER BY s) FILTER (WHERE a = 1) FROM t
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY b) FILTER (WHERE bo) FROM t
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY d) FROM t
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY ts) FROM e, t
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY s) FROM t
SELECT percentile_cont(0.5) FROM t
SELECT sum(a) WITHIN GROUP (ORDER BY b) FROM t
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a, b) FROM t
SELECT percentile_cont(DISTINCT 0.5) WITHIN GROUP (ORDER BY a) FROM t
SELECT rank(1) WITHIN GROUP (ORDER BY a) FROM t
SELECT b, dense_rank(1, 'x') WITHIN GROUP (ORDER BY a DESC, s NULLS FIRST), percent_rank(b) WITHIN GROUP (ORDER BY a) FROM t GROUP BY b
SELECT a, cume_dist(15) WITHIN GROUP (ORDER BY b) FILTER (WHERE id > 1) FROM t GROUP BY ROLLUP (a)
refused: SELECT a, rank(a) WITHIN GROUP (ORDER BY b) FROM t GROUP BY ROLLUP (a)
-- grouping sets
SELECT a, b, count(*) FROM t GROUP BY ROLLUP (a, b)
SELECT a, b, count(*) FROM t GROUP BY CUBE (a, b)
SELECT a, b, count(*) FROM t GROUP BY GROUPING SETS ((a), (b), ())
SELECT a, b, grouping(a), grouping(b) AS gb, grouping(a, b) AS gab, count(*) FROM t GROUP BY GROUPING SETS ((a, b), (a), ())
SELECT a, s, sum(b) FROM t GROUP BY a, ROLLUP (s)
SELECT a, s, sum(b) FROM t GROUP BY GROUPING SETS (a, ROLLUP (a, s), CUBE (s))
SELECT a, count(*) FROM t GROUP BY GROUPING SETS (a, a)
SELECT a, count(*) FROM t GROUP BY DISTINCT GROUPING SETS (a, a)
SELECT a, b, count(*) FROM t GROUP BY DISTINCT ROLLUP (a, b), ROLLUP (a)
SELECT a + 1, count(*) FROM t GROUP BY ROLLUP (a + 1)
SELECT a, count(*) FROM t GROUP BY ROLLUP (a) HAVING grouping(a) = 1 OR count(*) > 1
SELECT a, b, count(*) FROM t GROUP BY ROLLUP (a, b) ORDER BY grouping(a, b), a, b
SELECT count(*) FROM t GROUP BY GROUPING SETS ((), ())
SELECT sum(a) FROM e GROUP BY ROLLUP (a)
SELECT a, sum(b) FROM t GROUP BY ROLLUP (a, (b, s))
SELECT a, b, count(*) FILTER (WHERE b > 10), array_agg(DISTINCT s) FROM t GROUP BY CUBE (a, b)
SELECT grouping(a) FROM t GROUP BY a
SELECT a, grouping(b) FROM t GROUP BY a
SELECT a, count(*) FROM t GROUP BY () HAVING true
SELECT count(*) FROM t GROUP BY ()
SELECT coalesce(a, -1) x, count(*) FROM t GROUP BY ROLLUP (x)
SELECT id, s, count(*) FROM t GROUP BY ROLLUP (id)
SELECT a, a + 1 AS p, count(*) FROM t GROUP BY ROLLUP (a)
SELECT a, max(a) FROM t GROUP BY ROLLUP (a)
SELECT a, (SELECT count(*) FROM w WHERE w.a = t.a) FROM t GROUP BY ROLLUP (a)
SELECT a, percentile_disc(0.5) WITHIN GROUP (ORDER BY b) FROM t GROUP BY ROLLUP (a)
-- set ops
SELECT a FROM t INTERSECT ALL SELECT a FROM w EXCEPT ALL SELECT a FROM u
SELECT a FROM t UNION (SELECT a FROM w EXCEPT SELECT a FROM u)
(SELECT a FROM t ORDER BY a LIMIT 2) UNION ALL (SELECT k FROM w ORDER BY k DESC LIMIT 2)
SELECT a FROM t UNION SELECT k FROM w ORDER BY 1
SELECT a FROM t UNION SELECT k FROM w ORDER BY a + 1
SELECT a, NULL AS z FROM t UNION SELECT k, 1 FROM w
VALUES (1, 'a'), (2, 'b')
VALUES (1, 'a'), (2, 'b') ORDER BY column1 DESC
VALUES (1, 'a'), (2, 'b') ORDER BY column1 + 1 DESC LIMIT 1
VALUES (1) UNION ALL VALUES (2), (NULL)
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) x (p, q) JOIN t ON t.a = x.p
SELECT id FROM t WHERE (a, s) IN (VALUES (1, 'x'), (2, 'z'))
SELECT id FROM t WHERE a IN (VALUES (1), (NULL))
TABLE u
WITH x AS (TABLE u), y AS (SELECT * FROM x WHERE a = 1) SELECT x.id, y.id AS yid FROM x LEFT JOIN y ON x.a = y.a
WITH x (p, q) AS (SELECT a, b FROM t) SELECT p, sum(q) FROM x GROUP BY p
WITH x AS MATERIALIZED (SELECT a FROM t) SELECT * FROM x
SELECT * FROM (SELECT a FROM t UNION ALL SELECT k FROM w) x WHERE a > 1
SELECT id FROM t ORDER BY b LIMIT 3
SELECT id, b FROM t ORDER BY b NULLS FIRST, id FETCH FIRST 3 ROWS ONLY
SELECT DISTINCT ON (a) a, id FROM t ORDER BY a, b DESC NULLS LAST, id
SELECT DISTINCT a, b FROM t ORDER BY b NULLS FIRST, a
-- srf
SELECT id, unnest(arr) FROM t
SELECT id, unnest(arr), generate_series(1, 2) FROM t
SELECT generate_series(1, generate_series(1, 3))
SELECT id, generate_series(1, a) + 1 FROM t
SELECT a, generate_series(1, count(*)) FROM t GROUP BY a
SELECT generate_series(1, 2) g, count(*) FROM t GROUP BY g
SELECT generate_series(1, 2) g, count(*) FROM t GROUP BY 1
SELECT id FROM t ORDER BY generate_series(1, 2), id
SELECT DISTINCT unnest(arr) FROM t
SELECT id, (jsonb_each(j)).key FROM t WHERE jsonb_typeof(j) = 'object'
SELECT id, (jsonb_each(j)).* FROM t WHERE jsonb_typeof(j) = 'object'
SELECT id, jsonb_each(j) FROM t WHERE jsonb_typeof(j) = 'object'
SELECT unnest(ARRAY[[1,2],[3,4]])
SELECT id, CASE WHEN a = 1 THEN generate_series(1, 2) END FROM t
SELECT coalesce(generate_series(1, 2), 1)
SELECT id, regexp_split_to_table(s, '') FROM t
SELECT id, (regexp_matches(s, '.', 'g'))[1] FROM t
-- functions
SELECT substring(s SIMILAR '%#"b#"%' ESCAPE '#') FROM t
SELECT substring('abcdef' SIMILAR 'a#"%#"f' ESCAPE '#')
SELECT substring(s FROM 2), substring(s FOR 2) x, substring(s FROM 'b.') y, substring(s FROM '%#"b#"%' FOR '#') z FROM t
SELECT concat_ws(',', VARIADIC arr::text[]) FROM t
SELECT concat(VARIADIC ARRAY['a', 'b'])
SELECT format('%s-%s', VARIADIC ARRAY['a', 'b'])
SELECT num_nulls(VARIADIC ARRAY[1, NULL]), num_nonnulls(a, b) FROM t
SELECT jsonb_build_array(VARIADIC arr) FROM t
SELECT jsonb_build_object(VARIADIC ARRAY['a', s]) FROM t
SELECT jsonb_extract_path(j, VARIADIC ARRAY['a']) FROM t
SELECT json_build_object('a', VARIADIC ARRAY['a', s]) FROM t
SELECT greatest(a, b), least(a, b) FROM t
SELECT id, t FROM t
SELECT (t).id FROM t
SELECT (u.*) FROM u
SELECT ROW(a, b)::text FROM t
SELECT (ROW(a, b)).f1 FROM t
SELECT u FROM u
SELECT id FROM t WHERE t IS NOT NULL
SELECT t.id FROM t LEFT JOIN u ON t.a = u.a WHERE u IS NULL
SELECT x FROM (SELECT a, b FROM t) x
SELECT (x)::text FROM (SELECT DISTINCT (a, b) AS x FROM t) y
SELECT id FROM t ORDER BY (a, b), id
SELECT (SELECT (a, b) FROM t WHERE id = 1)::text
SELECT a IN (1, 2, b), a NOT IN (1, NULL) x FROM t
SELECT id FROM t WHERE a = ANY ('{1,2}')
SELECT id FROM t WHERE 5 = ANY (arr) IS TRUE
SELECT id FROM t WHERE (a = 1) = ANY (ARRAY[bo])
SELECT (d, d + 3) OVERLAPS (DATE '2024-01-02', DATE '2024-02-02') FROM t
SELECT (ts, iv) OVERLAPS (ts + interval '1 hour', interval '1 day') FROM t
SELECT id FROM t WHERE a BETWEEN SYMMETRIC 2 AND 1
SELECT a::text COLLATE "C" FROM t
refused: SELECT make_date(year => 2024, month => 1, day => a) FROM t
SELECT extract(epoch FROM ts), date_part('dow', d) FROM t
-- grouping sets
SELECT (a), b, count(*) FROM t GROUP BY (a, b)
SELECT a, b, count(*) FROM t GROUP BY (a), ROLLUP ((b), (s, d))
SELECT u.a, grouping(u.a) FROM u GROUP BY ROLLUP (u.a)
SELECT a, count(*) FROM t WHERE grouping(a) = 0 GROUP BY a
SELECT grouping(a) FROM t
SELECT sum(grouping(a)) FROM t GROUP BY a
SELECT a, b, grouping(a, b) + count(*) AS z FROM t GROUP BY CUBE (a, b) HAVING grouping(b) = 1
SELECT x.a, x.c, u.b FROM (SELECT a, count(*) c FROM t GROUP BY ROLLUP (a)) x LEFT JOIN u ON u.a = x.a
SELECT u.id, x.* FROM u, LATERAL (SELECT t.a, count(*) c FROM t WHERE t.a = u.a GROUP BY ROLLUP (t.a)) x
SELECT u.id, x.* FROM u, LATERAL (SELECT t.s, count(*) c, sum(t.b + u.a) z FROM t WHERE t.a = u.a GROUP BY CUBE (t.s)) x
SELECT a FROM t GROUP BY ROLLUP (a)
SELECT DISTINCT a FROM t GROUP BY CUBE (a, b)
SELECT a, b, sum(n) FROM t GROUP BY ROLLUP (a, b) ORDER BY a NULLS FIRST, b NULLS FIRST, 3 LIMIT 3
SELECT id, s, a, count(*) FROM t GROUP BY GROUPING SETS ((id, a), (id))
SELECT id, s, a, count(*) FROM t GROUP BY id, ROLLUP (a)
SELECT a, json_agg(s ORDER BY id), min(s), count(DISTINCT b) FROM t GROUP BY ROLLUP (a)
SELECT a, 100 / sum(b) FROM t GROUP BY ROLLUP (a)
SELECT a, sum(10 / (b - 11)) FROM t GROUP BY ROLLUP (a)
SELECT a, (SELECT sum(k) FROM w WHERE w.a = t.a), (SELECT max(k) FROM w) y FROM t GROUP BY CUBE (a)
SELECT a, sum((SELECT max(k) FROM w WHERE w.a = t.b)) FROM t GROUP BY ROLLUP (a)
SELECT a IS NULL x, coalesce(a, 0), count(*) FROM t GROUP BY ROLLUP (a)
SELECT CASE WHEN grouping(a) = 1 THEN 'all' ELSE a::text END x, count(*) FROM t GROUP BY ROLLUP (a)
SELECT a, generate_series(1, count(*)) FROM t GROUP BY ROLLUP (a)
SELECT 1 x, count(*) FROM t GROUP BY ROLLUP (1)
SELECT count(*) FROM t GROUP BY CUBE (a,b,s,f,n,d,ts,iv,arr,bo,id,j,(a+1))
SELECT id FROM t WHERE a IN (SELECT a FROM w GROUP BY ROLLUP (a))
SELECT id, b FROM t ORDER BY b NULLS LAST, a FETCH FIRST 2 ROWS ONLY
SELECT b FROM t ORDER BY b FETCH FIRST 2 ROWS WITH TIES
SELECT a, id FROM (SELECT a, id FROM t ORDER BY a DESC NULLS LAST FETCH FIRST 3 ROWS WITH TIES) x ORDER BY a, id
SELECT a, id FROM (SELECT a, id FROM t ORDER BY a OFFSET 1 FETCH FIRST 1 ROW WITH TIES) x WHERE a = 2
SELECT id, x.* FROM t, LATERAL (SELECT k FROM w WHERE w.a = t.a ORDER BY k FETCH FIRST 1 ROW WITH TIES) x
SELECT a FROM t ORDER BY a FETCH FIRST 0 ROWS WITH TIES
SELECT a FROM t FETCH FIRST 2 ROWS WITH TIES
SELECT j.p, j.q FROM (t JOIN u ON t.a = u.a) AS j (p, q)
SELECT count(*) FROM (u JOIN w USING (a)) j WHERE j.k = 1
SELECT t.id FROM (t JOIN u ON t.a = u.a) AS j
SELECT x.a, x.b FROM u JOIN w USING (a) AS x
SELECT x.a, w.k FROM u JOIN w USING (a) AS x
SELECT id, (a, b) < ANY (SELECT a, k FROM w WHERE w.a = t.a) AS x FROM t
SELECT id FROM t WHERE (a, b) > ALL (SELECT a, k FROM w WHERE w.k = t.a)
SELECT id FROM t WHERE (a, id) = (SELECT a, max(k) FROM w WHERE w.a = t.a GROUP BY a)
SELECT a, (a, count(*)) = (SELECT a, count(*) FROM w WHERE w.a = t.a GROUP BY a) AS x FROM t GROUP BY a
SELECT id FROM t WHERE (a, id) IN (SELECT a, k FROM w UNION SELECT 2, 3)
SELECT id FROM t WHERE ROW(a) = (SELECT max(k) FROM w)
SELECT id FROM t WHERE (a, b) = (SELECT a FROM w)
SELECT ARRAY(SELECT ARRAY[id, a] FROM u ORDER BY id)
SELECT substring('foobar' SIMILAR 'o#"%#"r' ESCAPE '#') AS x, substring(s SIMILAR 'a#"b#"c' ESCAPE '#') AS y FROM t
SELECT id FROM t WHERE s SIMILAR TO '(x|y)%' AND s NOT SIMILAR TO 'y'
SELECT generate_series(1, 2), generate_series(1, generate_series(1, 3)) AS y
SELECT id, generate_series(1, a) AS x, unnest(arr) AS y, generate_series(5, 6) AS z FROM t
SELECT id, unnest(arr) AS x, unnest(arr) + 1 AS y FROM t
SELECT id, unnest(arr) AS x FROM t ORDER BY unnest(arr), id
SELECT DISTINCT unnest(arr) AS x FROM t ORDER BY unnest(arr)
SELECT unnest(arr) AS x, count(*) FROM t GROUP BY unnest(arr)
SELECT unnest(arr) AS x, count(*), sum(b) FROM t GROUP BY x ORDER BY x
SELECT unnest(arr) AS x, generate_series(1, count(*)) AS y FROM t GROUP BY 1
SELECT unnest(arr) AS x, unnest(array_agg(id)) AS y FROM t GROUP BY 1
SELECT unnest(arr) + 1 AS x, max(id) FROM t GROUP BY unnest(arr)
SELECT unnest(arr) AS x, count(*) FROM t GROUP BY ROLLUP (unnest(arr))
SELECT id, generate_series(1, generate_series(1, a)) AS x FROM t
SELECT id, (jsonb_each(j)).*, unnest(arr) AS u FROM t WHERE jsonb_typeof(j) = 'object'
SELECT (u).id, (u).*, (ROW(a, b)).f2 FROM u
SELECT (jsonb_each(j)).nope FROM t
SELECT * FROM ROWS FROM (generate_series(1, 2), upper('x')) AS x (p, q)
SELECT t.id, x.* FROM t LEFT JOIN LATERAL unnest(t.arr, ARRAY[t.a, t.b]) WITH ORDINALITY x(p, q, n) ON x.n <> 1
SELECT * FROM ROWS FROM (upper('x')) WITH ORDINALITY
SELECT * FROM ROWS FROM (jsonb_each('{"a":1}'), generate_series(1, 2)) AS x (p, q, r)
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['x'])
SELECT generate_series(1, 2) FROM t GROUP BY a
SELECT sum(generate_series(1, 2)) FROM t
SELECT id FROM t WHERE generate_series(1, 2) = 1
SELECT x, count(*) FROM (SELECT unnest(arr) x, id FROM t) q GROUP BY x
SELECT id, (SELECT unnest(arr) LIMIT 1) AS x FROM t WHERE cardinality(arr) = 1
SELECT id FROM t WHERE 5 IN (SELECT unnest(arr))
SELECT generate_series(1, a), generate_series(1, 0) AS y, id FROM t
SELECT concat(VARIADIC arr), concat('a', VARIADIC arr) AS y, concat_ws('-', VARIADIC '{}'::text[]) AS z, num_nulls(VARIADIC arr) FROM t
SELECT format('%s %s', VARIADIC NULL::text[])
SELECT format('x', VARIADIC NULL::text[]), format('%2$s %1$s', VARIADIC ARRAY[1, 2]) AS y, format('x', VARIADIC '{}'::int[]) AS z
SELECT jsonb_build_array(VARIADIC '{}'::int[]), jsonb_build_object(VARIADIC '{a,b}'::text[]) AS x, jsonb_build_array(VARIADIC NULL::int[]) AS y
SELECT jsonb_build_object(VARIADIC '{a,b,c}'::text[])
SELECT jsonb_extract_path(j, VARIADIC '{}') AS x, jsonb_extract_path_text(j, VARIADIC '{b,0}') AS y, jsonb_extract_path(j, VARIADIC ARRAY['a', NULL]) AS z FROM t
SELECT concat(VARIADIC 1)
SELECT upper(VARIADIC ARRAY['a'])
SELECT (a, b) OVERLAPS (a, b) FROM t
SELECT (d, iv) OVERLAPS (DATE '2024-01-01', DATE '2024-01-05') FROM t
SELECT concat(VARIADIC ARRAY[a::text, s]) FROM t GROUP BY a, s
SELECT count(ROW(a)) AS x, count(a) AS y, count(DISTINCT (a, s)) AS z FROM t
SELECT a, count(DISTINCT (b, s)) FROM t GROUP BY a
SELECT t.a, count(u) AS x, count(u.*) AS y, count(DISTINCT u) AS z FROM t LEFT JOIN u ON t.a = u.a GROUP BY t.a
SELECT a AS b, b AS a, id FROM t ORDER BY (a, b), id
SELECT a, b, id FROM t ORDER BY (a, b) DESC, id
SELECT (a, b) IN (SELECT a, k FROM w) AS x FROM t ORDER BY ROW(id)
VALUES (1, 'a'), (2, 'b'), (3, NULL) ORDER BY -column1 LIMIT 2
(SELECT a, b FROM t) ORDER BY a + b, b, a
SELECT t.id, u.id AS y FROM t LEFT JOIN u ON t.a = u.a AND (SELECT max(k) FROM w WHERE w.a = t.a) > u.id
SELECT t.id, u.id AS y FROM t LEFT JOIN u ON (SELECT sum(k) FROM w WHERE w.a = t.a AND w.k <> u.id) > 1
SELECT t.id, u.id AS y FROM t LEFT JOIN u ON t.a = u.a AND u.id = (SELECT k FROM w WHERE w.a = t.a AND w.k = u.id)
SELECT t.id, u.id AS y FROM t LEFT JOIN u ON NOT EXISTS (SELECT 1 FROM w WHERE w.k = t.a AND w.a = u.a) LEFT JOIN w ON w.k = u.id AND w.a IN (SELECT a FROM e)
SELECT t.id, u.id AS y FROM u RIGHT JOIN t ON u.a IN (SELECT w.a FROM w WHERE w.k = t.a)
SELECT t.id, u.id AS y FROM t FULL JOIN u ON t.a = u.a AND u.id IN (SELECT k FROM w WHERE w.a = u.a)
SELECT t.id, x.id AS y FROM t LEFT JOIN LATERAL (SELECT * FROM u WHERE u.a = t.a) x ON x.id IN (SELECT k FROM w WHERE w.a = t.a)
SELECT t.id FROM t LEFT JOIN w ON t.a = w.a WHERE w IS NULL
SELECT id FROM t WHERE (t.*) IS NOT NULL
refused: SELECT a, a AS x, count(*) FROM t GROUP BY ROLLUP (1, 2)
SELECT ('x'::text IS NOT NULL)::int4 AS c0, b, min(id) FROM t GROUP BY CUBE (1, 2) HAVING count(*) <> 1
SELECT 1 AS one, a, count(*) = 1 AS alone, 1 AS same FROM t GROUP BY ROLLUP (1, 2)
SELECT 2 + 3 AS five, a, count(*) + 5 AS x, sum(a) + 2 AS y FROM t GROUP BY CUBE (a, 2 + 3) HAVING count(*) < 5
refused: SELECT a, a AS x, count(*) FROM t GROUP BY DISTINCT 2, ROLLUP (1, 2)
SELECT a, a AS x, count(*) FROM t GROUP BY ROLLUP (a)
SELECT a, a AS x, count(*) FROM t GROUP BY 1, 2
SELECT a, sum(DISTINCT b) FILTER (WHERE b > 5) AS x, avg(DISTINCT b) AS y, max(DISTINCT s) AS z, min(b ORDER BY s) AS zz FROM t GROUP BY a
SELECT bool_and(DISTINCT bo), every(bo) FILTER (WHERE id > 2) AS x, bool_or(bo ORDER BY id) AS y FROM t
SELECT corr(DISTINCT f, b) AS x, regr_count(DISTINCT f, b) AS y, covar_pop(f, b) FILTER (WHERE a = 1) AS z FROM t
SELECT string_agg(s, ',' ORDER BY id DESC) FILTER (WHERE a = 1) AS x, string_agg(DISTINCT s, s) AS y FROM t
SELECT string_agg(DISTINCT s, ',' ORDER BY id) FROM t
SELECT json_agg(DISTINCT a) AS x, jsonb_agg(DISTINCT s ORDER BY s DESC) AS y, jsonb_object_agg(id, s) FILTER (WHERE s IS NOT NULL) AS z FROM t
SELECT array_agg(a ORDER BY b NULLS FIRST, id) AS x, array_agg(arr) FILTER (WHERE id = 1) AS y, array_agg(DISTINCT arr) FILTER (WHERE cardinality(arr) = 2) AS z FROM t
SELECT array_agg(j ORDER BY id) AS x, jsonb_agg(j ORDER BY id) AS y FROM t
SELECT variance(DISTINCT n) AS x, stddev_pop(DISTINCT f) AS y, bit_xor(DISTINCT b) AS z FROM t
SELECT count(*) FILTER (WHERE a IN (SELECT a FROM w)) FROM t
SELECT sum(b) FILTER (WHERE (SELECT max(k) FROM w WHERE w.a = t.a) > 1) FROM t
SELECT array_agg((SELECT max(k) FROM w WHERE w.a = t.a) ORDER BY id) FROM t
SELECT array_agg(id ORDER BY (SELECT max(k) FROM w WHERE w.a = t.a), id) FROM t
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY (SELECT max(k) FROM w WHERE w.a = t.a)) FROM t
SELECT count(DISTINCT a) + count(DISTINCT b) AS x FROM t HAVING count(DISTINCT s) > 1
SELECT sum(a) FILTER (WHERE sum(b) > 1) FROM t
SELECT a, sum(b) AS s FROM t GROUP BY a ORDER BY sum(b) DESC NULLS LAST, a
SELECT a, sum(b) AS sb FROM t GROUP BY a HAVING sum(b) > ALL (SELECT k FROM w) ORDER BY 1
SELECT a FROM t GROUP BY a HAVING (a, count(*)) IN (SELECT a, count(*) FROM w GROUP BY a)
SELECT a % 2 AS m, count(*) FROM t GROUP BY a % 2 HAVING a % 2 = 1
SELECT min(a) FROM t WHERE false
SELECT count(*), sum(a), max(s), array_agg(a) AS x, percentile_disc(0.5) WITHIN GROUP (ORDER BY a) AS y FROM e
SELECT sum(a::int2) AS x, sum(a::bigint) AS y, sum(f::float4) AS z, avg(f::float4) AS zz, avg(iv) AS i FROM t
SELECT max(a::text COLLATE "C") FROM t
SELECT sum(DISTINCT iv), max(d), min(ts) AS m, max(iv) AS n FROM t
SELECT any_value(a) FROM t WHERE id = 1
SELECT bit_and(s) FROM t
SELECT sum(s) FROM t
SELECT avg(bo) FROM t
SELECT max(bo) FROM t
SELECT max(j) FROM t
SELECT a, count(*) FROM t GROUP BY b
SELECT a FROM t GROUP BY a ORDER BY b
SELECT a + b FROM t GROUP BY a
SELECT sum(sum(a)) FROM t
SELECT a FROM t WHERE sum(a) > 1
SELECT a FROM t GROUP BY sum(a)
SELECT a FROM t GROUP BY 5
SELECT DISTINCT a FROM t ORDER BY b
SELECT DISTINCT ON (a) a, b FROM t ORDER BY b
SELECT count() FROM t
SELECT a FROM t JOIN u ON t.a = u.a
SELECT * FROM t JOIN u ON sum(t.a) = 1
SELECT id, (SELECT count(*) FROM w WHERE w.a = t.a) + (SELECT count(*) FROM u WHERE u.a = t.a) AS x FROM t
SELECT id FROM t WHERE (SELECT count(*) FROM w WHERE w.a = t.a) = (SELECT count(*) FROM u WHERE u.a = t.a)
SELECT id, (SELECT max(x) FROM (SELECT w.k + t.id AS x FROM w WHERE w.a = t.a UNION ALL SELECT t.b) q) AS x FROM t
SELECT id, (SELECT x FROM (SELECT count(*) AS x FROM w WHERE w.a = t.a) q WHERE x > 1) AS y FROM t
SELECT id, ARRAY(SELECT x FROM unnest(arr) x WHERE x > t.a ORDER BY x) AS y FROM t
SELECT id, (SELECT sum(x) FROM unnest(arr) x) AS y FROM t
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM unnest(arr) x WHERE x = ANY (SELECT k FROM w WHERE w.a = t.a))
SELECT id FROM t WHERE a = ANY (SELECT unnest(arr))
SELECT id, a = ANY (ARRAY(SELECT k FROM w)) AS x FROM t
SELECT id, a > ALL (ARRAY(SELECT k FROM w WHERE w.a = t.a)) AS x FROM t
SELECT id FROM t WHERE NOT (a > ANY (SELECT k FROM w))
SELECT id FROM t WHERE a <> ANY (SELECT a FROM w WHERE k = t.id)
SELECT id FROM t WHERE s = ALL (SELECT b FROM u WHERE u.a = t.a)
SELECT id FROM t WHERE s LIKE ALL (SELECT b FROM u WHERE u.a = t.a)
SELECT id FROM t WHERE s || '%' LIKE ANY (SELECT b FROM u)
SELECT id FROM t WHERE a IS DISTINCT FROM ALL (SELECT 1)
SELECT id, EXISTS (SELECT 1 FROM w WHERE w.a = t.a) AND NOT EXISTS (SELECT 1 FROM u WHERE u.a = t.a) AS x FROM t
SELECT id FROM t WHERE EXISTS (SELECT 1 FROM w WHERE w.a = t.a) OR a IN (SELECT a FROM u) OR b > 40
SELECT id FROM t WHERE NOT EXISTS (SELECT 1 FROM w WHERE w.a = t.a AND NOT EXISTS (SELECT 1 FROM u WHERE u.a = w.a AND u.id = t.id))
SELECT id FROM t WHERE (EXISTS (SELECT 1 FROM w WHERE w.a = t.a)) = (b > 15)
SELECT id FROM t WHERE (SELECT a FROM w WHERE k = t.id AND v = 7) IS NULL
SELECT id, (SELECT w.a FROM w WHERE w.k = t.id) AS x FROM t WHERE id <> 1
SELECT id, CASE WHEN id > 2 THEN (SELECT w.a FROM w WHERE w.k = t.id) END AS x FROM t
SELECT id FROM t WHERE id > 2 AND (SELECT w.a FROM w WHERE w.k = t.id) = 2
SELECT (SELECT a, b FROM t)
SELECT id FROM t WHERE a IN (SELECT a, b FROM t)
SELECT id FROM t WHERE a = (SELECT nope FROM w)
SELECT id FROM t WHERE EXISTS (SELECT * FROM w WHERE w.k = id)
SELECT id, (SELECT u.b FROM u WHERE u.id = t.id) || (SELECT u.b FROM u WHERE u.id = t.a) AS x FROM t
SELECT * FROM (SELECT a, (SELECT max(k) FROM w WHERE w.a = t.a) AS m FROM t) q WHERE m > 1
SELECT q.m, count(*) FROM (SELECT (SELECT max(k) FROM w WHERE w.a = t.a) AS m FROM t) q GROUP BY q.m
SELECT id FROM t ORDER BY EXISTS (SELECT 1 FROM w WHERE w.a = t.a), a IN (SELECT a FROM u), id
SELECT DISTINCT (SELECT max(k) FROM w WHERE w.a = t.a) AS m FROM t
SELECT DISTINCT ON ((SELECT max(k) FROM w WHERE w.a = t.a)) id FROM t ORDER BY (SELECT max(k) FROM w WHERE w.a = t.a), id
SELECT (SELECT count(*) FROM t) AS x, (SELECT max(id) FROM u) AS y
SELECT 1 AS x WHERE EXISTS (SELECT 1 FROM t)
SELECT * FROM (VALUES ((SELECT max(id) FROM t)), ((SELECT count(*) FROM u))) v (x)
SELECT x.*, y.* FROM (SELECT max(a) AS m FROM t) x, LATERAL (SELECT count(*) AS c FROM w WHERE w.a < x.m) y
SELECT t.id, y.c, z.d FROM t, LATERAL (SELECT count(*) AS c FROM w WHERE w.a = t.a) y LEFT JOIN LATERAL (SELECT max(u.id) AS d FROM u WHERE u.a = t.a AND u.id > y.c) z ON true
SELECT t.id, q.k FROM t LEFT JOIN LATERAL (SELECT DISTINCT w.k FROM w WHERE w.a = t.a OR w.k = t.id) q ON q.k <> 2
SELECT t.id, q.k FROM t, LATERAL (SELECT w.k FROM w WHERE w.a = t.a EXCEPT SELECT u.id FROM u WHERE u.a = t.a) q
SELECT t.id, q.k FROM t, LATERAL (SELECT w.k FROM w WHERE w.a = t.a INTERSECT ALL SELECT u.id FROM u) q
SELECT t.id, q.* FROM t, LATERAL (SELECT k, sum(v) AS sv FROM w WHERE w.a = t.a GROUP BY GROUPING SETS ((k), ())) q
SELECT t.id, q.* FROM t, LATERAL (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY w.v) AS p, mode() WITHIN GROUP (ORDER BY w.k) AS m FROM w WHERE w.a = t.a) q
SELECT u.id, q.* FROM u RIGHT JOIN LATERAL (SELECT 1 AS x) q ON true
SELECT t.id FROM t RIGHT JOIN LATERAL (SELECT t.a) q ON true
SELECT a FROM t UNION ALL SELECT a FROM w UNION SELECT id FROM u
SELECT a FROM t INTERSECT SELECT a FROM w UNION ALL SELECT 9
(SELECT a FROM t EXCEPT ALL SELECT a FROM w) INTERSECT ALL (SELECT a FROM t UNION ALL SELECT a FROM t)
SELECT a, s FROM t EXCEPT SELECT a, b FROM u
SELECT NULL UNION SELECT NULL
SELECT NULL UNION SELECT 1
SELECT '1' UNION SELECT 1
SELECT 1.5 UNION SELECT 1
SELECT a FROM t UNION SELECT s FROM t
SELECT a, b FROM t UNION SELECT a FROM t
SELECT a FROM t UNION ALL (SELECT k FROM w ORDER BY k LIMIT 1) ORDER BY 1 NULLS FIRST LIMIT 3
SELECT * FROM (SELECT a FROM t EXCEPT SELECT a FROM u) x JOIN w ON w.a IS NOT DISTINCT FROM x.a
SELECT count(*) FROM (SELECT a, b FROM t INTERSECT SELECT a, k FROM w) x
SELECT iv FROM t UNION SELECT '24 hours'::interval
SELECT arr FROM t EXCEPT SELECT '{1,2}'
SELECT j FROM t UNION SELECT '1'
(((SELECT a FROM t))) UNION (TABLE e) 
VALUES (1, 2) UNION SELECT a, b FROM t EXCEPT VALUES (1, 10)
WITH a AS (SELECT a FROM t), b AS (SELECT a FROM a UNION SELECT k FROM w) SELECT * FROM b EXCEPT SELECT * FROM a
WITH x AS (SELECT * FROM t WHERE a = 1) SELECT (SELECT count(*) FROM x) AS n, x.id FROM x WHERE x.id IN (SELECT id FROM x)
WITH x AS (WITH y AS (SELECT 1 AS z) SELECT z FROM y) SELECT * FROM x, (WITH y AS (SELECT 2 AS q) SELECT q FROM y) r
SELECT id FROM t WHERE a IN (WITH q AS (SELECT k FROM w WHERE w.a = t.a) SELECT k FROM q)
SELECT t.id, u.id AS y, w.k FROM t JOIN u ON t.a = u.a JOIN w ON w.k = u.id AND w.a = t.a
SELECT t.id, u.id AS y, w.k FROM t LEFT JOIN (u JOIN w ON w.k = u.id) ON t.a = u.a
SELECT t.id, u.id AS y, w.k FROM t LEFT JOIN u ON t.a = u.a FULL JOIN w ON w.k = u.id
SELECT * FROM u JOIN w USING (a) JOIN e USING (a)
SELECT a, count(*) FROM u FULL JOIN w USING (a) GROUP BY a
SELECT u.a AS x, w.a AS y, a FROM u FULL JOIN w USING (a) WHERE a IS NULL OR a > 1
SELECT * FROM u NATURAL RIGHT JOIN e
SELECT x.id FROM t x JOIN t y ON x.a = y.a AND x.id < y.id
SELECT x.id, y.id AS j FROM t x FULL JOIN t y ON x.a = y.b
SELECT t.id FROM t JOIN u ON t.a BETWEEN u.a AND u.id
SELECT t.id, u.id AS x FROM t LEFT JOIN u ON t.a > u.a AND t.id <> u.id AND u.b LIKE 't%'
SELECT t.id, u.id AS x FROM t CROSS JOIN u WHERE (t.a, t.id) = (u.a, u.id)
SELECT t.id, u.id AS x FROM t JOIN u ON (t.a, t.id) = (u.a, u.id) OR t.s = u.b
SELECT t.id, u.id AS x FROM t LEFT JOIN u ON t.n = u.a
SELECT t.id, u.id AS x FROM t JOIN u ON t.a::numeric = u.a + 0.0
SELECT t.id FROM t JOIN t ON true
SELECT id FROM t JOIN u ON t.a = u.a
SELECT nope.id FROM t
SELECT * FROM t JOIN u USING (nope)
SELECT t.id FROM t LEFT JOIN u ON t.a = u.a
SELECT t.id FROM t LEFT JOIN u ON t.a = u.a AND u.b IS NOT NULL WHERE coalesce(u.b, 'none') = 'none'
SELECT coalesce(t.a, w.a) AS a, sum(w.v) AS s, count(t.id) AS c FROM t FULL JOIN w ON w.a = t.a GROUP BY 1
SELECT id FROM t ORDER BY a NULLS FIRST, b DESC NULLS LAST, id LIMIT 4 OFFSET 1
SELECT id FROM t ORDER BY s COLLATE "C" DESC NULLS LAST, id
SELECT id FROM t ORDER BY a USING >, id USING <
SELECT id FROM t ORDER BY id LIMIT ALL OFFSET 2 ROWS
SELECT id FROM t ORDER BY id LIMIT NULL
SELECT id FROM t ORDER BY id LIMIT -1
SELECT id FROM t ORDER BY id OFFSET 1 FETCH NEXT ROW ONLY
SELECT id FROM t ORDER BY id FETCH FIRST 1 + 1 ROWS ONLY
SELECT id FROM t ORDER BY id FETCH FIRST (1 + 1) ROWS ONLY
SELECT (SELECT max(k) FROM w WHERE w.a = t.a) AS m, count(*) FROM t GROUP BY (SELECT max(k) FROM w WHERE w.a = t.a)
SELECT a, (SELECT max(k) FROM w WHERE w.a = t.a) AS m FROM t ORDER BY (SELECT max(k) FROM w WHERE w.a = t.a) NULLS FIRST, a, b, id
SELECT DISTINCT (SELECT max(k) FROM w WHERE w.a = t.a) AS m FROM t ORDER BY (SELECT max(k) FROM w WHERE w.a = t.a)
SELECT (SELECT max(k) FROM w WHERE w.a = t.a) AS m, count(*) FROM t GROUP BY ROLLUP (m)
SELECT a IN (SELECT k FROM w) AS m, count(*) FROM t GROUP BY a IN (SELECT k FROM w)
SELECT id, a = ALL (SELECT k FROM w WHERE w.a = t.a) AS p, a <> ANY (SELECT k FROM w) AS q, a >= ANY (SELECT a FROM w WHERE w.k = t.a) AS r FROM t
SELECT id FROM t WHERE a <= ALL (SELECT a FROM w WHERE a IS NOT NULL) OR a > ANY (SELECT id FROM e)
SELECT id, n < ALL (SELECT v FROM w) AS p, s >= ANY (SELECT b FROM u) AS q, f > ANY (SELECT v FROM w) AS r FROM t
SELECT id, 1 / (b - 10) > ANY (SELECT k FROM w WHERE w.a = t.id) AS p FROM t
SELECT id, 1 < ANY (SELECT k FROM w WHERE w.a = t.id) AS p, NULL < ALL (SELECT k FROM w WHERE w.a = t.id) AS q FROM t
SELECT id, bo < ANY (SELECT bo FROM t) AS p, arr <= ALL (SELECT arr FROM t) AS q FROM t
SELECT json_agg(u ORDER BY u.id) AS x, jsonb_agg(u ORDER BY u.id DESC) AS y, json_agg(ROW(u.id, u.b) ORDER BY u.id) AS z FROM u
SELECT row_to_json(t) AS x, to_jsonb(t) AS y, to_json(t.*) AS z, row_to_json(ROW(a, s, arr, d, ts, n, f, bo, j, iv)) AS r FROM t
SELECT t.id, row_to_json(u) AS x, to_jsonb(u.*) AS y FROM t LEFT JOIN u ON t.a = u.a
SELECT t.a, json_agg(u ORDER BY u.id, t.id) AS x, count(u) AS y FROM t LEFT JOIN u ON t.a = u.a GROUP BY t.a
SELECT count(w) AS x, count(DISTINCT w) AS y FROM w
SELECT t.id, (SELECT json_agg(x ORDER BY x.k, x.v) FROM (SELECT k, v FROM w WHERE w.a = t.a) x) AS ws FROM t
SELECT array_agg(DISTINCT (SELECT max(u.a) FROM u WHERE u.a < t.a) ORDER BY (SELECT max(u.a) FROM u WHERE u.a < t.a) DESC) FROM t
SELECT string_agg(DISTINCT (SELECT u.b FROM u WHERE u.id = t.a)::text, ',' ORDER BY (SELECT u.b FROM u WHERE u.id = t.a)::text) FROM t
SELECT t.id, count(w) FROM t LEFT JOIN w ON t.a = w.a GROUP BY t.id
SELECT jsonb_agg(DISTINCT x) FROM (SELECT a, b FROM u) x
SELECT json_agg(x.*) AS y FROM (SELECT 1 AS p, ARRAY[1, 2] AS q, '{"a": 1}'::jsonb AS r, NULL AS s) x
-- window functions
SELECT id, row_number() OVER (ORDER BY id) FROM t
SELECT id, a, row_number() OVER (PARTITION BY a ORDER BY id DESC), rank() OVER (PARTITION BY a ORDER BY b), dense_rank() OVER (PARTITION BY a ORDER BY b DESC) FROM t
SELECT id, percent_rank() OVER (ORDER BY a), cume_dist() OVER (ORDER BY a), rank() OVER (ORDER BY a NULLS FIRST) FROM t
SELECT id, ntile(3) OVER (ORDER BY id) AS w1, ntile(2) OVER (PARTITION BY a ORDER BY id) AS w2, ntile(100) OVER (ORDER BY id) AS w3, ntile(NULL) OVER (ORDER BY id) AS w4 FROM t
SELECT id, ntile(a) OVER (ORDER BY id) FROM t
SELECT id, ntile(a - 2) OVER (ORDER BY id) FROM t
SELECT id, lag(b) OVER (ORDER BY id) AS w1, lead(b) OVER (ORDER BY id) AS w2, lag(b, 2) OVER (ORDER BY id) AS w3, lead(s, 2, 'none') OVER (ORDER BY id) AS w4 FROM t
SELECT id, lag(b, a, -1) OVER (ORDER BY id) AS w1, lead(b, -1) OVER (ORDER BY id) AS w2, lag(b, NULL) OVER (ORDER BY id) AS w3, lead(b, 1, n) OVER (ORDER BY id) AS w4 FROM t
SELECT id, lag(10 / (b - 10)) OVER (ORDER BY id DESC) FROM t
SELECT id, first_value(b) OVER (PARTITION BY a ORDER BY id), last_value(b) OVER (PARTITION BY a ORDER BY id), nth_value(b, 2) OVER (PARTITION BY a ORDER BY id) FROM t
SELECT id, first_value(s) OVER w, last_value(s) OVER w, nth_value(s, 2) OVER w FROM t WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)
SELECT id, nth_value(s, a) OVER (ORDER BY id) FROM t
SELECT id, nth_value(s, a - 1) OVER (ORDER BY id) FROM t
SELECT id, sum(b) OVER (), count(*) OVER (), max(s) OVER (), avg(n) OVER () FROM t
SELECT id, sum(b) OVER (ORDER BY a), count(b) OVER (ORDER BY a), min(b) OVER (ORDER BY a), max(b) OVER (ORDER BY a) FROM t
SELECT id, sum(b) OVER (PARTITION BY a ORDER BY id) AS w1, sum(n) OVER (PARTITION BY a ORDER BY id DESC) AS w2, sum(f) OVER (PARTITION BY bo ORDER BY id) AS w3 FROM t
SELECT id, sum(b) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), avg(b) OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) FROM t
SELECT id, min(b) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), max(b) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM t
SELECT id, min(n) OVER (ORDER BY id ROWS 2 PRECEDING), max(iv) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM t
SELECT id, array_agg(b) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), string_agg(s, '-') OVER (PARTITION BY a ORDER BY id) FROM t
SELECT id, sum(b) OVER (ORDER BY a RANGE BETWEEN 1 PRECEDING AND CURRENT ROW), count(*) OVER (ORDER BY a RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM t
SELECT id, count(*) OVER (ORDER BY a DESC RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS w1, count(*) OVER (ORDER BY a NULLS FIRST RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS w2 FROM t
SELECT id, count(*) OVER (ORDER BY a DESC NULLS LAST RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS w1, count(*) OVER (ORDER BY a RANGE BETWEEN 2 PRECEDING AND 1 PRECEDING) AS w2 FROM t
SELECT id, count(*) OVER (ORDER BY d RANGE BETWEEN '1 day' PRECEDING AND '1 day' FOLLOWING), sum(b) OVER (ORDER BY ts DESC RANGE BETWEEN interval '1 hour' PRECEDING AND '1 mon' FOLLOWING) FROM t
SELECT id, sum(b) OVER (ORDER BY n RANGE BETWEEN 0.75 PRECEDING AND 1 FOLLOWING) AS w1, sum(b) OVER (ORDER BY f RANGE BETWEEN 1.0 PRECEDING AND 2 FOLLOWING) AS w2, count(*) OVER (ORDER BY iv RANGE BETWEEN '1 day' PRECEDING AND CURRENT ROW) AS w3 FROM t
SELECT id, sum(b) OVER (ORDER BY a GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS w1, count(*) OVER (ORDER BY a GROUPS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) AS w2, count(*) OVER (ORDER BY a GROUPS 1 PRECEDING) AS w3 FROM t
SELECT id, sum(b) OVER (ORDER BY a RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW) AS w1, sum(b) OVER (ORDER BY a GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE GROUP) AS w2 FROM t
SELECT id, count(*) OVER (ORDER BY a GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES), max(b) OVER (ORDER BY a, id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM t
SELECT id, first_value(id) OVER (ORDER BY a, id ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING EXCLUDE GROUP), last_value(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM t
SELECT id, sum(b) FILTER (WHERE b > 10) OVER (ORDER BY id), count(*) FILTER (WHERE bo) OVER (PARTITION BY a) FROM t
SELECT id, sum(10 / a) FILTER (WHERE a <> 0) OVER (ORDER BY id) AS w1, sum(10 / (a - 2)) FILTER (WHERE a <> 2) OVER (ORDER BY id) AS w2 FROM t
SELECT id, sum(10 / (a - 2)) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND CURRENT ROW) FROM t WHERE a <> 2
SELECT id, sum(10 / (a - 2)) OVER (PARTITION BY a) FROM t
SELECT a, sum(b), rank() OVER (ORDER BY sum(b)) AS w1, sum(sum(b)) OVER (ORDER BY a) AS w2 FROM t GROUP BY a
SELECT a, count(*), sum(count(*)) OVER () AS w1, 100 * count(*) / sum(count(*)) OVER () AS w2 FROM t GROUP BY a HAVING count(*) > 0
SELECT DISTINCT a, count(*) OVER (PARTITION BY a) FROM t
SELECT id, row_number() OVER (ORDER BY id) + 1 AS r, sum(b) OVER (PARTITION BY a) - b FROM t WHERE b IS NOT NULL
SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY a ORDER BY id) AS r FROM t) x WHERE r = 2
SELECT * FROM (SELECT id, a, rank() OVER (PARTITION BY a ORDER BY b) AS r FROM t) x WHERE r <= 2
SELECT * FROM (SELECT id, a, rank() OVER (PARTITION BY a ORDER BY b) AS r, count(*) OVER (PARTITION BY a ORDER BY b) AS c FROM t) x WHERE r <= 1
SELECT * FROM (SELECT id, a, dense_rank() OVER (ORDER BY a) AS r FROM t) x WHERE r BETWEEN 2 AND 3
SELECT * FROM (SELECT id, a, lag(b) OVER (PARTITION BY a ORDER BY id) AS p FROM t) x WHERE a = 1
SELECT id, (SELECT x.r FROM (SELECT w.k, row_number() OVER (ORDER BY w.k, w.v) AS r FROM w WHERE w.a = t.a) x ORDER BY x.r DESC LIMIT 1) FROM t
SELECT t.id, x.* FROM t, LATERAL (SELECT u.id AS uid, rank() OVER (ORDER BY u.b), t.b + count(*) OVER () AS c FROM u WHERE u.a = t.a) x
SELECT id, sum((SELECT max(k) FROM w WHERE w.a = t.a)) OVER (ORDER BY id) FROM t
SELECT k, count(*) OVER (PARTITION BY k), row_number() OVER (PARTITION BY k, a, v) FROM w
SELECT k, v, sum(v) OVER (ORDER BY k, v), rank() OVER (ORDER BY k) FROM w
SELECT id, count(*) OVER w1 AS w1, sum(b) OVER w2 AS w2, sum(b) OVER (w1 ORDER BY id DESC) AS w3 FROM t WINDOW w1 AS (PARTITION BY a), w2 AS (w1 ORDER BY id)
SELECT id, generate_series(1, row_number() OVER (ORDER BY id)) FROM t
SELECT id FROM t ORDER BY row_number() OVER (ORDER BY id DESC)
SELECT id, b - lag(b) OVER (ORDER BY id) AS diff FROM t ORDER BY diff NULLS FIRST, id LIMIT 3
SELECT u.id, t.id, count(*) OVER (PARTITION BY u.id), sum(t.b) OVER (ORDER BY t.id, u.id) FROM u LEFT JOIN t ON t.a = u.a
SELECT id, bool_and(bo) OVER (ORDER BY id), stddev(b) OVER (ORDER BY id), jsonb_agg(a) OVER (ORDER BY id ROWS 1 PRECEDING) FROM t
SELECT sum(b) OVER (PARTITION BY id % 2 ORDER BY id), id FROM t
SELECT id, count(*) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) FROM t UNION ALL SELECT id, 0 FROM u
SELECT id, sum(n) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), variance(n) OVER (ORDER BY id ROWS 1 PRECEDING) FROM t
SELECT id, row_number() OVER (ROWS -1 PRECEDING) FROM t
SELECT id, sum(b) OVER (ORDER BY id ROWS NULL PRECEDING) FROM t
SELECT id, sum(b) OVER (ORDER BY a RANGE -1 PRECEDING) FROM t
SELECT id, sum(b) OVER (ORDER BY s RANGE 1 PRECEDING) FROM t
SELECT id, sum(b) OVER (ORDER BY a, b RANGE 1 PRECEDING) FROM t
SELECT id, sum(b) OVER (ORDER BY a RANGE '1 day' PRECEDING) FROM t
SELECT id, sum(b) OVER (ORDER BY a RANGE 1.5 PRECEDING) FROM t
SELECT id, sum(b) OVER (ORDER BY a ROWS a PRECEDING) FROM t
SELECT id, sum(b) OVER (ORDER BY id ROWS 1.5 PRECEDING) FROM t
SELECT id, sum(b) OVER (GROUPS 1 PRECEDING) FROM t
SELECT id, sum(b) OVER (ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) FROM t
SELECT id, sum(b) OVER (ROWS 1 FOLLOWING) FROM t
SELECT id, sum(row_number() OVER ()) OVER () FROM t
SELECT sum(row_number() OVER ()) FROM t
SELECT id FROM t WHERE row_number() OVER () > 1
SELECT id, row_number() FROM t
SELECT id, length(s) OVER () FROM t
SELECT id, count(DISTINCT a) OVER () FROM t
SELECT id, row_number() FILTER (WHERE a > 1) OVER () FROM t
SELECT id, array_agg(a ORDER BY b) OVER () FROM t
SELECT id, sum(generate_series(1, 2)) OVER () FROM t
SELECT id, percentile_disc(0.5) WITHIN GROUP (ORDER BY a) OVER () FROM t
SELECT id, sum(b) OVER w FROM t
SELECT id, sum(b) OVER (w ORDER BY id) FROM t WINDOW w AS (ORDER BY a)
SELECT id, sum(b) OVER (w) FROM t WINDOW w AS (ROWS 1 PRECEDING)
SELECT id, sum(b) OVER (w PARTITION BY b) FROM t WINDOW w AS (PARTITION BY a)
SELECT a, sum(b) OVER (ORDER BY id) FROM t GROUP BY a
SELECT id, rank(1) OVER (ORDER BY id) FROM t
SELECT id, lag(a, 1, 'x') OVER (ORDER BY id) FROM t
SELECT id, a FROM t GROUP BY id, rank() OVER (ORDER BY a)
SELECT b.id, s.id FROM (SELECT id FROM t) b LEFT JOIN LATERAL (SELECT y.id FROM t y WHERE y.id BETWEEN y.b AND b.id ORDER BY 1 LIMIT 3) s ON true
WITH RECURSIVE r(n) AS (SELECT id FROM u WHERE id = 1 UNION SELECT t.b % 10 FROM r JOIN t ON t.a = r.n) SELECT * FROM r
WITH RECURSIVE r(n) AS (SELECT a FROM u UNION SELECT t.a FROM r JOIN t ON t.id = r.n) SELECT n, count(*) OVER () FROM r
WITH RECURSIVE r(n, k) AS (SELECT id, 0 FROM t WHERE a IS NULL UNION ALL SELECT t.id, k + 1 FROM r JOIN t ON t.a = r.n - 4 WHERE k < 3) SELECT n, k, count(*) FROM r GROUP BY n, k
WITH RECURSIVE r AS (SELECT k, a, 1 AS steps FROM w UNION ALL SELECT r.k, w.a, steps + 1 FROM r JOIN w ON w.k = r.a WHERE steps < 3) SELECT * FROM r
WITH RECURSIVE r(a, b) AS (SELECT k, a FROM w UNION SELECT r.a, w.a FROM r JOIN w ON w.k = r.b) SELECT r.a, r.b, u.b AS name FROM r LEFT JOIN u ON u.id = r.b
WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT w.a FROM r JOIN w ON w.k = r.n WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.id = w.a AND u.b IS NULL)) SELECT t.id, t.a IN (SELECT n FROM r) AS reached FROM t
WITH RECURSIVE r(n) AS (SELECT k FROM w UNION SELECT w.a FROM r LEFT JOIN w ON w.k = r.n) SELECT n FROM r
WITH RECURSIVE r(n) AS (SELECT a FROM u UNION SELECT x.b FROM r, LATERAL (SELECT b FROM t WHERE t.a = r.n ORDER BY b, id LIMIT 2) AS x) SELECT n FROM r
WITH RECURSIVE r(n) AS (SELECT a FROM u UNION SELECT (SELECT max(b) % 7 FROM t WHERE t.a = r.n) FROM r) SELECT n FROM r
WITH RECURSIVE r(n) AS (SELECT id FROM u UNION SELECT w.a FROM (SELECT n, row_number() OVER (ORDER BY n) AS k FROM r) AS q JOIN w ON w.k = q.n WHERE q.k < 3) SELECT n FROM r
WITH RECURSIVE r(n) AS (SELECT id FROM u UNION ALL SELECT DISTINCT w.a + 10 FROM r JOIN w ON w.k = r.n) SELECT n FROM r
WITH RECURSIVE r(n) AS (SELECT id FROM u UNION ALL SELECT w.a + 10 FROM r JOIN w ON w.k = r.n GROUP BY w.a) SELECT n FROM r
WITH RECURSIVE r(n) AS (SELECT id FROM u UNION SELECT n - 1 FROM r WHERE n > 0 AND n NOT IN (SELECT a FROM u WHERE a IS NOT NULL)) SELECT n FROM r
WITH RECURSIVE r(n) AS (SELECT 3 UNION ALL SELECT n - 1 FROM r WHERE n > 0) SELECT r.n, count(t.id), sum(t.b) FROM r LEFT JOIN t ON t.a = r.n GROUP BY r.n
WITH RECURSIVE r(n) AS (SELECT 3 UNION ALL SELECT n - 1 FROM r WHERE n > 0), q(m) AS (SELECT n FROM r WHERE n < 2 UNION SELECT w.a FROM q JOIN w ON w.k = m JOIN r ON r.n = w.a) SELECT m FROM q
WITH RECURSIVE r(n, path) AS (SELECT id, ARRAY[id] FROM e UNION ALL SELECT w.a, path || w.a FROM r JOIN w ON w.k = n WHERE w.a <> ALL (path)) SELECT * FROM r
WITH RECURSIVE r(n) AS (SELECT id FROM u UNION SELECT 10 / (w.a - 3) FROM r JOIN w ON w.k = r.n) SELECT n FROM r
WITH RECURSIVE r(n) AS (SELECT id FROM u UNION SELECT g FROM r, generate_series(r.n - 1, r.n) AS g WHERE r.n > 0) SELECT n FROM r
SELECT id, (WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT w.a FROM r JOIN w ON w.k = r.n) SELECT count(*) FROM r WHERE r.n <= t.a) FROM t
refused: WITH RECURSIVE r(n) AS (SELECT 1 UNION (SELECT w.a FROM r JOIN w ON w.k = r.n EXCEPT SELECT 2)) SELECT n FROM r
refused: WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT q.n FROM (SELECT n + 1 AS n FROM r WHERE n < 4 UNION ALL SELECT id FROM u) AS q) SELECT n FROM r

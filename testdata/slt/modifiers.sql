-- What a cast takes away of a type, and how columns without names are called
CREATE TABLE narrow (id int PRIMARY KEY, n numeric(5,2), v varchar(3), c char(2));
INSERT INTO narrow VALUES (1, 1.005, 'abc', 'x');
CREATE TABLE wide AS SELECT id, n::numeric AS n, v::varchar AS v, n::numeric(8,1) AS m FROM narrow;
INSERT INTO wide VALUES (2, 12345.6789, 'abcdef', 1.25);
SELECT * FROM wide ORDER BY id;
CREATE TABLE kept AS SELECT n, v FROM narrow UNION ALL SELECT n, v FROM narrow;
INSERT INTO kept VALUES (12345.6789, 'a');
INSERT INTO kept VALUES (1, 'abcd');
CREATE TABLE names AS SELECT true, 1 AS one;
SELECT "?column?" FROM names;
SELECT n::numeric, v::varchar FROM narrow WHERE v::varchar = 'abc';

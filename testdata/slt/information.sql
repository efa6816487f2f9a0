-- What tools ask about tables
CREATE TABLE described (id int GENERATED ALWAYS AS IDENTITY, email varchar(255) NOT NULL, name text DEFAULT 'anon', bal numeric(12,2), n numeric, f real, g float8, s smallint, created timestamptz NOT NULL, t time(3), ts timestamp(0), d date, tags text[], c char(3), iv interval, PRIMARY KEY (id, s), CONSTRAINT mail UNIQUE (email, s));
SELECT column_name, ordinal_position, is_nullable, data_type, character_maximum_length, character_octet_length, numeric_precision, numeric_precision_radix, numeric_scale, datetime_precision, udt_name, domain_name, collation_name FROM information_schema.columns WHERE table_name = 'described' ORDER BY 2;
SELECT column_name, is_identity, identity_generation, identity_cycle, is_generated, dtd_identifier FROM information_schema.columns WHERE table_name = 'described' ORDER BY 1;
SELECT indkey[0], indkey[1], array_lower(indkey, 1), array_upper(indkey, 1), indoption[0] FROM pg_index WHERE indrelid = 'described'::regclass ORDER BY 1;
SELECT a.attname, i.idx FROM (SELECT indrelid, indkey, generate_subscripts(indkey, 1) AS idx FROM pg_index WHERE indrelid = 'described'::regclass AND indisprimary) i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[i.idx] ORDER BY 2;
SELECT constraint_name, constraint_type, nulls_distinct FROM information_schema.table_constraints WHERE table_name = 'described' AND constraint_type <> 'CHECK' ORDER BY 1;
CREATE SEQUENCE counted START 5 INCREMENT 2 MAXVALUE 99 CYCLE;
SELECT sequence_name, data_type, numeric_precision, numeric_precision_radix, numeric_scale, start_value, minimum_value, maximum_value, increment, cycle_option FROM information_schema.sequences WHERE sequence_name = 'counted';

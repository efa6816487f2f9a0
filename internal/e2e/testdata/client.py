"""Exercises a server by psycopg 3, in text and in binary: python client.py HOST PORT"""

import datetime
import decimal
import sys
import uuid

import psycopg

dsn = f"host={sys.argv[1]} port={sys.argv[2]} user=postgres dbname=streamsql"
at = datetime.datetime(2024, 2, 29, 12, 30, 0, 123456, tzinfo=datetime.timezone.utc)
row = (1, True, 1.5, decimal.Decimal("1.50"), "grüß", b"\x00\xff", at.date(), at, datetime.timedelta(days=3, seconds=5),
       uuid.UUID(int=7), [1, 2, None], ["a", '"'])

with psycopg.connect(dsn) as conn:
    conn.execute("""CREATE TABLE py (id int8 PRIMARY KEY, b bool, f float8, n numeric, t text, by bytea, d date, tz timestamptz, iv interval,
                    u uuid, ints int8[], texts text[])""")
    conn.execute("CREATE MATERIALIZED VIEW pyc AS SELECT b, count(*) AS n FROM py GROUP BY b")
    conn.commit()
    for i, binary in enumerate((False, True)):
        values = (i + 1,) + row[1:]
        with conn.cursor(binary=binary) as cur:
            marks = ", ".join(["%b" if binary else "%t"] * len(values))
            cur.execute(f"INSERT INTO py VALUES ({marks})", values)
            got = cur.execute("SELECT * FROM py WHERE id = %s", (i + 1,)).fetchone()
            assert got == values, (got, values)
        conn.commit()
    assert conn.execute("SELECT n FROM pyc WHERE b").fetchone() == (2,)

    with conn.cursor() as cur:
        cur.executemany("INSERT INTO py (id, t) VALUES (%s, %s)", [(i, str(i)) for i in range(10, 110)])
        with cur.copy("COPY py (id, t) FROM STDIN") as copy:
            for i in range(200, 300):
                copy.write_row((i, f"row\t{i}"))
        with cur.copy("COPY (SELECT id, t FROM py WHERE id >= 200 ORDER BY id) TO STDOUT") as copy:
            rows = list(copy.rows())
            assert rows[0] == ("200", "row\t200") and len(rows) == 100, rows
    conn.commit()

    with conn.pipeline():
        for i in range(300, 400):
            conn.execute("INSERT INTO py (id) VALUES (%s)", (i,))
        count = conn.execute("SELECT count(*) FROM py")
    assert count.fetchone() == (302,), count
    conn.commit()

    try:
        conn.execute("INSERT INTO py (id) VALUES (1)")
        raise AssertionError("a duplicate key is accepted")
    except psycopg.errors.UniqueViolation as e:
        assert e.diag.constraint_name == "py_pkey", e.diag.constraint_name
    conn.rollback()

    with conn.transaction(), conn.cursor(name="c") as cur:
        cur.execute("SELECT id FROM py ORDER BY id")
        assert cur.fetchmany(2) == [(1,), (2,)]

print("psycopg: all is well")

"""The job of the bench in DuckDB: FILE THREADS. Columns station,time,pm2_5,pm10,so2,no2,co,o3."""
import sys

import duckdb

from tables import DAY, HOUR, IAQI

file, threads = sys.argv[1], int(sys.argv[2])
db = duckdb.connect()
db.execute(f"SET threads={threads}; SET preserve_insertion_order=false")


def iaqi(breakpoints, x):
    text = f"CASE WHEN {x} IS NULL THEN NULL "
    for i in range(1, len(breakpoints)):
        low, high = breakpoints[i - 1], breakpoints[i]
        slope = (IAQI[i] - IAQI[i - 1]) / (high - low)
        text += f"WHEN {x}<={high} THEN {slope!r}*({x}-{low})+{IAQI[i - 1]} "
    last = "500" if len(breakpoints) == 8 else "NULL"
    return f"CAST(ceil({text}ELSE {last} END - 1e-9) AS SMALLINT)"


columns = "'station':'INTEGER','time':'TIMESTAMP'," + ",".join(
    f"'{p}':'FLOAT'" for p in ("pm2_5", "pm10", "so2", "no2", "co", "o3")
)
source = f"read_csv('{file}', header=true, columns={{{columns}}})"
day = "PARTITION BY station ORDER BY time ROWS BETWEEN 23 PRECEDING AND CURRENT ROW"
eight = day.replace("23", "7")
db.execute(f"""CREATE TABLE hours AS SELECT *,
    CASE WHEN count(pm2_5) OVER day >= 20 THEN avg(pm2_5) OVER day END pm2_5_24h,
    CASE WHEN count(pm10) OVER day >= 20 THEN avg(pm10) OVER day END pm10_24h,
    CASE WHEN count(o3) OVER eight >= 6 THEN avg(o3) OVER eight END o3_8h
    FROM {source} WINDOW day AS ({day}), eight AS ({eight})""")
hourly = ",".join(iaqi(b, c) for c, b in HOUR.items())
print(db.execute(f"SELECT count(*), sum(greatest({hourly})) FROM hours").fetchone())
means = ("pm2_5", "pm10", "so2", "no2", "co")
db.execute(
    "CREATE TABLE days AS SELECT station, date_trunc('day', time) d, "
    + ",".join(f"CASE WHEN count({p}) >= 20 THEN avg({p}) END {p}" for p in means)
    + """, CASE WHEN count(o3_8h) FILTER (hour(time) >= 7) >= 14
         THEN max(o3_8h) FILTER (hour(time) >= 7) END o3_8h FROM hours GROUP BY ALL"""
)
daily = "greatest(" + ",".join(iaqi(b, c) for c, b in DAY.items()) + ")"
print(db.execute(f"""WITH q AS (SELECT station, {daily} aqi FROM days),
    s AS (SELECT station, count(aqi) v, sum(CASE WHEN aqi <= 100 THEN 1 ELSE 0 END) g
          FROM q GROUP BY station) SELECT sum(v), sum(g), avg(g / v) FROM s""").fetchone())
area = ",".join(f"avg({c}) {c}" for c in DAY)
print(db.execute(f"""WITH m AS (SELECT d, {area} FROM days GROUP BY ALL), q AS (SELECT {daily} aqi FROM m)
    SELECT count(aqi), sum(CASE WHEN aqi <= 100 THEN 1 ELSE 0 END) FROM q""").fetchone())

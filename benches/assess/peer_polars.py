"""The job of the bench in Polars: FILE THREADS. Columns station,time,pm2_5,pm10,so2,no2,co,o3."""
import os
import sys

os.environ["POLARS_MAX_THREADS"] = sys.argv[2]
import polars as pl  # noqa: E402

from tables import DAY, HOUR, IAQI  # noqa: E402

POLLUTANTS = ["pm2_5", "pm10", "so2", "no2", "co", "o3"]
ENGINE = "streaming"
col = pl.col


def iaqi(breakpoints, x):
    text = pl.when(x <= breakpoints[1]).then((IAQI[1] / breakpoints[1]) * x)
    for i in range(2, len(breakpoints)):
        low, high = breakpoints[i - 1], breakpoints[i]
        slope = (IAQI[i] - IAQI[i - 1]) / (high - low)
        text = text.when(x <= high).then(slope * (x - low) + IAQI[i - 1])
    last = pl.lit(500.0) if len(breakpoints) == 8 else pl.lit(None, dtype=pl.Float64)
    return (text.when(x.is_not_null()).then(last).otherwise(None) - 1e-9).ceil().cast(pl.Int16)


schema = dict(station=pl.Int32, time=pl.Datetime("ms"), **{p: pl.Float32 for p in POLLUTANTS})


def rolling(p, hours, least):
    mean = col(p).cast(pl.Float64).rolling_mean(hours, min_samples=least)
    return mean.over("station").alias(f"{p}_{hours}h")


hours = (
    pl.scan_csv(sys.argv[1], schema=schema)
    .with_columns(rolling("pm2_5", 24, 20), rolling("pm10", 24, 20), rolling("o3", 8, 6))
    .collect(engine=ENGINE)
    .lazy()
)
hourly = pl.max_horizontal(*[iaqi(b, col(c)) for c, b in HOUR.items()])
print(hours.select(n=pl.len(), s=hourly.cast(pl.Int64).sum()).collect(engine=ENGINE).row(0))
means = ["pm2_5", "pm10", "so2", "no2", "co"]
late = col("o3_8h").filter(col("time").dt.hour() >= 7)
days = (
    hours.group_by("station", d=col("time").dt.truncate("1d"))
    .agg(
        [pl.when(col(p).count() >= 20).then(col(p).cast(pl.Float64).mean()).alias(p) for p in means]
        + [pl.when(late.count() >= 14).then(late.max()).alias("o3_8h")]
    )
    .collect(engine=ENGINE)
    .lazy()
)
daily = pl.max_horizontal(*[iaqi(b, col(c)) for c, b in DAY.items()])
by_station = days.select("station", aqi=daily).group_by("station")
by_station = by_station.agg(v=col("aqi").count(), g=(col("aqi") <= 100).sum())
total = by_station.select(v=col("v").sum(), gs=col("g").sum(), r=(col("g") / col("v")).mean())
print(total.collect(engine=ENGINE).row(0))
area = days.group_by("d").agg([col(c).mean() for c in DAY]).select(aqi=daily)
print(area.select(col("aqi").count(), g=(col("aqi") <= 100).sum()).collect(engine=ENGINE).row(0))

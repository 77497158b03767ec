"""Writes types.parquet with pyarrow; the expected texts in parquet_cases.rs are read off this list."""
import datetime as dt
import decimal
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

utc = dt.timezone.utc
when = dt.datetime(2026, 3, 4, 10, 20, 48, 500000)
columns = {
    "flag": pa.array([True, None, False]),
    "small": pa.array([-8, 127, None], pa.int8()),
    "long": pa.array([-(2**63), 2**63 - 1, None], pa.int64()),
    "natural": pa.array([2**64 - 1, 0, None], pa.uint64()),
    "single": pa.array([0.1, 1.0, None], pa.float32()),
    "double": pa.array([0.1, 1e300, float("nan")], pa.float64()),
    "text": pa.array(["é", "", None]),
    "bytes": pa.array([b"\xff", b"a", None], pa.binary()),
    "money": pa.array([decimal.Decimal("-0.05"), decimal.Decimal("12345.60"), None], pa.decimal128(9, 2)),
    "large": pa.array([decimal.Decimal("-12345678901234567890.5"), None, None], pa.decimal128(38, 1)),
    "day": pa.array([dt.date(1969, 12, 31), dt.date(2024, 2, 29), None]),
    "milli": pa.array([when, None, None], pa.timestamp("ms", "UTC")),
    "micro": pa.array([when, dt.datetime(1960, 1, 1), None], pa.timestamp("us")),
    "nano": pa.array([when, None, None], pa.timestamp("ns", "UTC")),
    "clock": pa.array([dt.time(1, 2, 3), dt.time(23, 59, 59, 1), None], pa.time64("us")),
    "id": pa.array([uuid.UUID(int=1).bytes, None, None], pa.uuid()),
    "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
    "inner": pa.array([{"x": 1, "y": "q"}, {"x": None, "y": "r"}, None]),
    "list": pa.array([[1, 2], [], None]),
    "nothing": pa.array([None, None, None], pa.string()),
}
pq.write_table(pa.table(columns), "types.parquet", compression="snappy", row_group_size=2, store_schema=False)
small = {"n": pa.array([1, 2, None, 4]), "x": pa.array([0.5, None, 2.5, 1.0]), "s": pa.array(["a", "b", None, "a"])}
pq.write_table(pa.table(small), "small.parquet", compression="none", row_group_size=3, store_schema=False)
texts = pa.table({"s": pa.array(["abc", None, "ab"]), "n": pa.array([1, None, 2])})
for version in "12":
    pq.write_table(
        texts,
        f"delta-{version}.parquet",
        data_page_version=f"{version}.0",
        use_dictionary=False,
        column_encoding={"s": "DELTA_LENGTH_BYTE_ARRAY", "n": "DELTA_BINARY_PACKED"},
        store_schema=False,
    )
pq.write_table(texts, "prefixes.parquet", use_dictionary=False, column_encoding={"s": "DELTA_BYTE_ARRAY"}, store_schema=False)

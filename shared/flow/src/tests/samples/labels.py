"""Writes labels as data platforms export them; with pyarrow of tests/oracles/requirements.txt, run here."""

import gzip

import pyarrow
import pyarrow.parquet

IDS = ["event-1", "order-2", "event-3", "order-4", None, "order-99"]
TABLE = pyarrow.table({
    "order_id": pyarrow.array(IDS, pyarrow.string()),
    "churned": pyarrow.array(["yes", "no", "yes, later", None, "no", "no"], pyarrow.string()),
    "amount": pyarrow.array([1, 0, 1, 0, 0, 0], pyarrow.int64()),
    "found_at": pyarrow.array([1772416800000000] * 6, pyarrow.timestamp("us", tz="UTC")),
})

if __name__ == "__main__":
    pyarrow.parquet.write_table(TABLE, "labels.parquet", compression="snappy")
    pyarrow.parquet.write_table(TABLE, "labels-zstd.parquet", compression="zstd")
    lines = "".join(f"{id},{label}\r\n" for id, label in zip(IDS[:4], [1, 0, 1, 0]))
    with gzip.GzipFile("labels.csv.gz", "wb", mtime=0) as file:
        file.write(f"inference_id,label\r\n{lines}".encode())

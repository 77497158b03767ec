"""peer_merge.py duckdb|dictionary CAPTURE.jsonl LABELS.jsonl OUT.jsonl: joins labels to captures as others would."""
import json
import sys


def duckdb_join(captures, labels, out):
    """Lines stay texts, keys alone are looked for: the fastest way that was found."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads = 2; SET preserve_insertion_order = false")
    lines = "read_csv('{}', columns = {{'line': 'VARCHAR'}}, header = false, delim = '\x01', quote = '', escape = '', auto_detect = false, strict_mode = false)"
    connection.execute(f"""
        COPY (
            WITH captured AS (
                SELECT line, coalesce(line ->> '$.eventMetadata.inferenceId', line ->> '$.eventMetadata.eventId') AS id FROM {lines.format(captures)}
            ), known AS (
                SELECT line ->> '$.eventMetadata.eventId' AS id, any_value(line -> '$.groundTruthData') AS truth FROM {lines.format(labels)} GROUP BY id
            )
            SELECT '{{"groundTruthData":' || truth::VARCHAR || ',' || line[2:] FROM captured JOIN known USING (id)
        ) TO '{out}' (FORMAT csv, HEADER false, DELIMITER '\x01', QUOTE '', ESCAPE '')""")


def dictionary(captures, labels, out):
    known = {}
    with open(labels, "rb") as file:
        for line in file:
            label = json.loads(line)
            known[label["eventMetadata"]["eventId"]] = label["groundTruthData"]
    with open(captures, "rb") as file, open(out, "w") as merged:
        for line in file:
            record = json.loads(line)
            metadata = record["eventMetadata"]
            truth = known.get(metadata.get("inferenceId") or metadata["eventId"])
            if truth is not None:
                merged.write(json.dumps({"groundTruthData": truth, **record}, separators=(",", ":")) + "\n")


{"duckdb": duckdb_join, "dictionary": dictionary}[sys.argv[1]](*sys.argv[2:])

"""peer_quality.py duckdb|sklearn MERGED.jsonl … : counts, precision, recall, F1 and the exact AUC of merged records whose
output is `label,probability`. Less than the analyzer tells: no curves, deviations, calibration. Prints one JSON object."""
import json
import sys


def by_duckdb(paths):
    import duckdb
    files = ", ".join(f"'{path}'" for path in paths)
    base = duckdb.connect()
    base.execute("SET threads TO 2")
    base.execute(f"""CREATE TABLE rows AS
        WITH texts AS (SELECT groundTruthData.data AS label, captureData.endpointOutput.data AS said FROM
            read_json([{files}], format='newline_delimited', maximum_object_size=1048576,
                columns={{groundTruthData: 'STRUCT(data VARCHAR)', captureData: 'STRUCT(endpointOutput STRUCT(data VARCHAR))'}}))
        SELECT label = '1' AS hit, split_part(said, ',', 1) = '1' AS yes, split_part(said, ',', 2)::DOUBLE AS score FROM texts""")
    tp, fp, fn, tn = base.execute("""SELECT count_if(hit AND yes), count_if(NOT hit AND yes), count_if(hit AND NOT yes),
        count_if(NOT hit AND NOT yes) FROM rows""").fetchone()
    area, = base.execute("""WITH runs AS (SELECT score, count(*) AS n, count_if(hit) AS hits FROM rows GROUP BY score),
        ranked AS (SELECT hits, n - hits AS misses, sum(n - hits) OVER (ORDER BY score) AS upto FROM runs)
        SELECT sum(hits * (upto - misses / 2)) / (sum(hits) * sum(misses)) FROM ranked""").fetchone()
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    return {"rows": tp + fp + fn + tn, "accuracy": (tp + tn) / (tp + fp + fn + tn), "precision": precision, "recall": recall,
            "f1": 2 * precision * recall / (precision + recall), "auc": area}


def by_sklearn(paths):
    import numpy as np
    from sklearn import metrics
    labels, said = [], []
    for path in paths:
        with open(path, "rb") as lines:
            for line in lines:
                record = json.loads(line)
                labels.append(record["groundTruthData"]["data"])
                said.append(record["captureData"]["endpointOutput"]["data"])
    hit = np.array(labels, dtype=float)
    yes, score = np.array([text.split(",") for text in said], dtype=float).T
    return {"rows": len(hit), "accuracy": metrics.accuracy_score(hit, yes), "precision": metrics.precision_score(hit, yes),
            "recall": metrics.recall_score(hit, yes), "f1": metrics.f1_score(hit, yes), "auc": metrics.roc_auc_score(hit, score)}


if __name__ == "__main__":
    print(json.dumps({"duckdb": by_duckdb, "sklearn": by_sklearn}[sys.argv[1]](sys.argv[2:])))

"""The join of labels and captured inferences, by a dictionary of Python's (reference: formats C.1, C.2)."""
import collections
import datetime
import gzip
import io
import json
import random

import pyarrow
import pyarrow.parquet

from stage import case, digest

START = datetime.datetime(2026, 3, 4, 9, 30, tzinfo=datetime.timezone.utc)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def capture_lines(chance, count, ids):
    """Records as endpoints write them, with members in several orders, and some of them twice."""
    lines = []
    for event in range(count):
        metadata = {"eventId": f"event-{event}", "inferenceTime": stamp(START + datetime.timedelta(seconds=chance.randrange(20_000)))}
        if chance.random() < 0.3:
            metadata["inferenceId"] = chance.choice(ids)
        if chance.random() < 0.2:
            metadata["customAttributes"] = ["trace=\u00e9\"", "x"][: chance.randrange(3)]
        sides = {"endpointInput": {"data": f"{chance.random()},\u00fc", "encoding": "CSV", "mode": "INPUT", "observedContentType": None},
                 "endpointOutput": {"data": json.dumps({"p": chance.random()}), "encoding": "JSON", "mode": "OUTPUT"}}
        record = {"captureData": sides, "eventMetadata": metadata, "eventVersion": "0"}
        if chance.random() < 0.2:
            record = dict(reversed(record.items()))
        compact = (",", ":") if chance.random() < 0.8 else None
        lines.append(json.dumps(record, separators=compact, ensure_ascii=chance.random() < 0.5))
        if chance.random() < 0.05:
            lines.append(chance.choice(lines))
    return lines


def csv_field(text):
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') or text == "" else text


class Label:
    """What one says of an id: its `groundTruthData` as AWS would have it, and how else it is written."""

    def __init__(self, chance, ids):
        self.id = chance.choice(ids)
        self.value = chance.choice(["0", "1", "gold", 'a, "b"', 7, 2.50, True, [0, 1], {"k": [1]}])
        self.time = stamp(START + datetime.timedelta(seconds=chance.randrange(200_000))) if chance.random() < 0.5 else None

    def is_text(self):
        return not isinstance(self.value, (list, dict))

    def text(self):
        return self.value if isinstance(self.value, str) else json.dumps(self.value)

    def truth(self):
        inside = csv_field(self.text()) if self.is_text() else self.text()
        return {"data": inside, "encoding": "CSV" if self.is_text() else "JSON"}

    def aws(self):
        metadata = {"eventId": self.id} | ({"eventTime": self.time} if self.time else {})
        return json.dumps({"groundTruthData": self.truth(), "eventMetadata": metadata, "eventVersion": "0"}, separators=(",", ":"))

    def plain(self):
        return json.dumps({"label": self.value, "id": self.id} | ({"eventTime": self.time} if self.time else {}))


def label_file(chance, labels):
    """One file in one of the layouts; returns its name's ending and bytes."""
    kind = chance.choice(["aws", "plain", "csv", "bare", "parquet"])
    if kind in ("csv", "bare", "parquet"):
        labels[:] = [label for label in labels if label.is_text()]
    if kind == "parquet":
        columns = {"id": [it.id for it in labels], "label": [it.text() for it in labels], "eventTime": [it.time for it in labels]}
        to = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.table(columns, pyarrow.schema([(name, pyarrow.string()) for name in columns])), to)
        return "parquet", to.getvalue()
    if kind in ("csv", "bare"):
        rows = [",".join([csv_field(it.id), csv_field(it.text()), it.time or ""]) for it in labels]
        text = "".join(row + "\r\n" for row in (["id,label,eventTime"] if kind == "csv" else []) + rows)
    else:
        text = "".join(getattr(it, kind)() + "\n" for it in labels)
    return ("gz", gzip.compress(text.encode())) if chance.random() < 0.4 else ("jsonl", text.encode())


def joined(lines, labels):
    """Hour to lines, ids of orphans, and counts."""
    known, counts = {}, collections.Counter()
    for label in labels:
        before = known.get(label.id)
        if before is not None:
            counts["duplicate_labels" if before.truth() == label.truth() else "conflicting_labels"] += 1
        if before is None or (before.time or "") <= (label.time or ""):
            known[label.id] = label
    hours, seen, met = collections.defaultdict(list), set(), set()
    for line in lines:
        metadata = json.loads(line)["eventMetadata"]
        if metadata["eventId"] in seen:
            counts["repeated_inferences"] += 1
            continue
        seen.add(metadata["eventId"])
        counts["inferences"] += 1
        key = metadata.get("inferenceId") or metadata["eventId"]
        if key in known:
            met.add(key)
            counts["merged"] += 1
            truth = json.dumps(known[key].truth(), separators=(",", ":"))
            hours[metadata["inferenceTime"][:13].replace("-", "/").replace("T", "/")].append('{"groundTruthData":' + truth + "," + line[1:])
    return hours, set(known) - met, counts


def check(stage, seed, count, *more):
    chance = random.Random(seed)
    ids = [f"event-{i}" for i in range(count)] + [f"{chance.getrandbits(128):032x}" for _ in range(count // 3)]
    ids += ["00000000-0000-4000-8000-%012x" % chance.getrandbits(48) for _ in range(count // 3)] + ["caf\u00e9 \"1\", x"]
    lines = capture_lines(chance, count, ids)
    for i, some in enumerate([lines[: count // 2], lines[count // 2:]]):
        text = "".join(line + "\n" for line in some).encode()
        stage.write(f"captures/{i}.jsonl", text if i else gzip.compress(text))
    labels = []
    for i in range(6):
        some = [Label(chance, ids) for _ in range(count // 5)]
        ending, data = label_file(chance, some)
        stage.write(f"labels/2026/03/05/{i:02}.{ending}", data)
        labels += some
    stage.vigil("merge", "--capture", "captures", "--ground-truth", "labels", "--output", "out", *more)
    hours, orphans, counts = joined(lines, labels)
    found = {str(path.parent.relative_to(stage.path("out"))): path.read_text().splitlines() for path in stage.path("out").rglob("merged.jsonl")}
    assert found == hours, f"{len(found)} hours, not {len(hours)}"
    told = [json.loads(line)["eventMetadata"]["eventId"] for line in stage.path("out/orphans.jsonl").read_text().splitlines()]
    assert len(told) == len(orphans) and set(told) == orphans
    statistics = stage.json("out/match_statistics.json")
    assert {name: statistics[name] for name in counts} == counts, statistics
    assert statistics["labels"] == len(labels) and statistics["orphan_labels"] == len(orphans)
    assert not stage.path("out/set_aside.jsonl").exists()
    return digest(stage.path("out"))


@case
def labels_of_every_layout_meet_their_captures(stage):
    for seed in range(12):
        threads = ["--threads", str(seed % 4 + 1)]
        check(type(stage)(stage.folder / str(seed)), seed, 400, *threads)
    return "12 sets of 400 inferences"


@case
def more_labels_than_memory_give_the_same(stage):
    whole, spilled = (type(stage)(stage.folder / name) for name in ("whole", "spilled"))
    assert check(whole, 99, 40_000) == check(spilled, 99, 40_000, "--memory", "1")

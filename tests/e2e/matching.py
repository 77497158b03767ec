"""vigil match: one verdict for a pattern and an event, or one a line."""
import json

from stage import case, reference


def lines(stage, pairs):
    stage.write("lines.jsonl", "".join(json.dumps(pair) + "\n" for pair in pairs))
    out, _ = stage.vigil("match", "--lines", "lines.jsonl")
    verdicts = [line.split(":")[0] for line in out.splitlines()]
    assert len(verdicts) == len(pairs), f"{len(verdicts)} verdicts for {len(pairs)} lines"
    return verdicts


@case
def pattern_and_event_files_give_one_word(stage):
    stage.write("p.json", '{"source":["aws.s3"],"detail":{"size":[{"numeric":[">",10]}]}}')
    for size, word in ((11, "match"), (10, "no")):
        stage.write("e.json", json.dumps({"source": "aws.s3", "detail": {"size": size}}))
        out, _ = stage.vigil("match", "p.json", "e.json")
        assert out.strip() == word, out
    stage.write("bad.json", '{"source":"aws.s3"}')
    out, _ = stage.vigil("match", "bad.json", "e.json")
    assert out.startswith("invalid: "), out


@case
def aws_validated_vectors_all_agree(stage):
    vectors = json.loads(reference("data/event-patterns/aws-validated-155.json").read_text())
    expect = ["no" if it["label"].endswith("_NEG") else "invalid" if it["label"].endswith("_EXC") else "match" for it in vectors]
    got = lines(stage, [{"pattern": it["pattern"], "event": it["event"]} for it in vectors])
    wrong = [it["label"] for it, a, b in zip(vectors, got, expect) if a != b]
    assert not wrong, wrong


@case
def ruler_verdicts_all_agree(stage):
    for name in ("ruler-correctness-51.jsonl", "random-4000.jsonl"):
        path = reference(f"data/event-patterns/{name}")
        vectors = [json.loads(line) for line in path.read_text().splitlines()]
        out, _ = stage.vigil("match", "--lines", path)
        got = [line.split(":")[0] for line in out.splitlines()]
        wrong = [i for i, (it, a) in enumerate(zip(vectors, got, strict=True)) if a != it["verdict"]]
        assert not wrong, f"{name}: lines {wrong[:5]} of {len(wrong)}"


@case
def unreadable_lines_are_named_not_fatal(stage):
    stage.write("lines.jsonl", '{"pattern":{"a":["b"]},"event":{"a":"b"}}\nnot json\n{"pattern":{"a":["b"]}}\n')
    out, _ = stage.vigil("match", "--lines", "lines.jsonl")
    verdicts = out.splitlines()
    assert verdicts[0] == "match" and [it.split(":")[0] for it in verdicts[1:]] == ["invalid"] * 2, out


@case
def missing_file_says_which(stage):
    _, err = stage.vigil("match", "none.json", "e.json", code=1)
    assert "none.json" in err, err

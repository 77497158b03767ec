"""`vigil baseline|analyze explainability` asks an endpoint of `vigil up`, as a laptop's user does."""
import json
import random
import subprocess

from endpoints import serving
from stage import VIGIL, Server, case

CONFIG = {"dataset_type": "text/csv", "headers": ["label", "a", "b"], "label": "label",
          "methods": {"shap": {"baseline": [[0, 0]], "agg_method": "mean_abs"}},
          "predictor": {"content_type": "text/csv", "accept_type": "text/csv"}}


def vigil(*args):
    done = subprocess.run([VIGIL, *map(str, args)], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def values(folder):
    found = json.loads((folder / "analysis.json").read_text())["explanations"]["kernel_shap"]["label0"]
    return found["global_shap_values"], found["expected_value"]


def captured(server, s3):
    server.advance(600)
    found = s3.list_objects_v2(Bucket="explained-data", Prefix="captures/").get("Contents", [])
    return b"".join(s3.get_object(Bucket="explained-data", Key=it["Key"])["Body"].read() for it in found)


@case
def endpoint_is_asked_for_its_reasons(_, folder):
    draw = random.Random(7)
    rows = [(draw.uniform(0, 2), draw.uniform(0, 0.3)) for _ in range(60)]
    (folder / "analysis_config.json").write_text(json.dumps(CONFIG))
    (folder / "rows.csv").write_text("label,a,b\n" + "".join(f"0,{a!r},{b!r}\n" for a, b in rows))
    with Server() as server:
        s3, _, runtime = serving(server, "explained", capture="captures")
        url = f"{server.url}/endpoints/explained/invocations"
        ask = ["--config", folder / "analysis_config.json", "--endpoint-url", url, "--json"]
        code, out, told = vigil("baseline", "explainability", "--dataset", folder / "rows.csv", *ask, "--output", folder / "baseline")
        assert code == 0, (code, out, told)
        # The model is 1 + 2a + 3b: a feature's value is its weight times its cell.
        found, expected = values(folder / "baseline")
        mean = [sum(2 * a for a, _ in rows) / 60, sum(3 * b for _, b in rows) / 60]
        assert expected == 1 and abs(found["a"] - mean[0]) < 1e-4 and abs(found["b"] - mean[1]) < 1e-4, (found, mean)
        ours = captured(server, s3).count(b"vigil-ask-by-hand")
        assert ours, "nothing of ours was captured"

        # Traffic in which `a` is lost; our own requests lie among it.
        for _, b in rows:
            runtime.invoke_endpoint(EndpointName="explained", ContentType="text/csv", Body=f"0,{b!r}")
        lines = captured(server, s3)
        (folder / "captures.jsonl").write_bytes(lines)
        assert lines.count(b"\n") == 60 + ours
        config = {**CONFIG, "headers": ["a", "b"]}
        config.pop("label")
        (folder / "analysis_config.json").write_text(json.dumps(config))
        code, out, told = vigil("analyze", "explainability", "--dataset", folder / "captures.jsonl", *ask,
                                "--baseline", folder / "baseline", "--output", folder / "window")
        assert code == 3, (code, out, told)
        found, _ = values(folder / "window")
        assert found["a"] == 0 and abs(found["b"] - mean[1]) < 1e-4, found
        assert json.loads(out)["rows"] == 60, out
        # 1 / log2(3) of the first feature's value is left where it comes last.
        best = mean[0] + mean[1] / 1.5849625007211562
        violation = json.loads((folder / "window" / "constraint_violations.json").read_text())["violations"][0]
        score = (mean[1] + mean[0] / 1.5849625007211562) / best
        assert violation["constraint_check_type"] == "feature_attribution_drift_check", violation
        assert f"{score:.3f}"[:5] in violation["description"], (score, violation)

        code, out, told = vigil("baseline", "explainability", "--dataset", folder / "rows.csv", "--label", "label", "--shap-baseline",
                                folder / "rows.csv", "--endpoint-url", url.replace("explained", "nobody"), "--output", folder / "none")
        assert code == 1 and "Traceback" not in told, (code, told)
        return f"{ours} requests were ours"

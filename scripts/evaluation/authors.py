"""Makes test/fixtures/evaluation: scored rows, and the numbers that the authors' own evaluation code gives for them.

    git clone https://github.com/ssmisya/PRMBench /tmp/prmbench        # a1ae4eab, Apache-2.0
    git clone https://github.com/ModalMinds/MM-PRM /tmp/mm-prm         # b914fd66, MIT
    python3 scripts/evaluation/authors.py /tmp/prmbench /tmp/mm-prm test/fixtures/evaluation

Their functions are read from the clones and run here; nothing of them is copied. ProcessBench's numbers are three lines of
QwenLM/ProcessBench `code/run_eval_prm_rlhflow.py` (e8024636) around a model server, and are written out below. The authors of
VisualProcessBench publish no evaluation code: its macro F1 is that of the paper (arXiv 2503.10291, section 3.3).
"""

import ast
import contextlib
import io
import json
import math
import os
import random
import sys
from functools import reduce

THRESHOLD = 0.5
CLASSES = ["circular", "confidence", "counterfactual", "deception", "domain_inconsistency",
           "missing_condition", "redundency", "step_contradiction", "multi_solutions"]


class Quiet:
    """Stands for the authors' logger."""

    def info(self, *_):
        pass


def functions(path, names):
    """Only these functions of a module, without its imports."""
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in names]
    scope = {"math": math, "random": random, "reduce": reduce, "logger": Quiet()}
    exec(compile(tree, path, "exec"), scope)
    return scope


def scores(rng, wrong):
    return [round(rng.betavariate(2, 3) if bad else rng.betavariate(4, 2), 3) for bad in wrong]


def prmbench(clone, out):
    rng = random.Random(7)
    rows = []
    for number in range(72):
        kind = CLASSES[number % len(CLASSES)]
        steps = rng.randint(2, 8)
        errors = [] if kind == "multi_solutions" else sorted(rng.sample(range(1, steps + 1), rng.randint(1, min(3, steps))))
        wrong = [at + 1 in errors for at in range(steps)]
        process = [f"Step {at + 1} of row {number}." for at in range(steps)]
        rows.append({"original_question": "q", "modified_question": f"Question {number}", "original_process": process,
                     "modified_process": process, "modified_steps": errors, "error_steps": errors, "reason": "",
                     "idx": f"row_{number}", "question": "q", "classification": kind, "prm_scores": scores(rng, wrong)})
    write(out, "prmbench.jsonl", rows)
    theirs = functions(os.path.join(clone, "mr_eval/tasks/prmtest_classified/task.py"), {"evaluate_function", "eval_on_hallucination_step"})
    meta = [{"idx": f"{row['classification']}_{row['idx']}", "error_steps": row["error_steps"], "classification": row["classification"]} for row in rows]
    results = [{"idx": one["idx"], "scores": {"step_level_validity_labels": [score >= THRESHOLD for score in row["prm_scores"]]}}
               for one, row in zip(meta, rows)]
    found = theirs["evaluate_function"](results, meta)
    total, by_class = found["total_hallucination_results"], found["hallucination_type_results"]
    return {
        "threshold": THRESHOLD,
        # PRMScore: 0.5 F1 + 0.5 negative F1 (arXiv 2501.03124, section 3); multi_solutions has right steps only, and F1 alone.
        "all": {"positiveF1": total["f1"], "negativeF1": total["negative_f1"], "prmScore": (total["f1"] + total["negative_f1"]) / 2,
                "accuracy": total["total_step_acc"]},
        "classes": {kind: {"positiveF1": by_class["f1"][kind], "negativeF1": None if kind == "multi_solutions" else by_class["negative_f1"][kind],
                           "prmScore": by_class["f1"][kind] if kind == "multi_solutions" else (by_class["f1"][kind] + by_class["negative_f1"][kind]) / 2,
                           "accuracy": by_class["total_step_acc"][kind]} for kind in CLASSES},
    }


def mm_prm(clone, out):
    rng = random.Random(11)
    rows = []
    for number in range(40):
        labels = [int(rng.random() < 0.35) for _ in range(16)]
        values = [[min(0.998, max(0.002, round(rng.betavariate(3, 2) if label else rng.betavariate(2, 2), 3))) for _ in range(rng.randint(1, 6))]
                  for label in labels]
        rows.append({"question": f"Question {number}", "answer": "1", "image_path": "",
                     "solutions_splits": [[f"Step {at}." for at in range(len(value))] for value in values], "labels": labels, "prm_scores": values})
    write(out, "mm-prm.jsonl", rows)
    theirs = functions(os.path.join(clone, "eval/prm/extract_calculate.py"), {"calculate_accuracy"})
    random.seed(0)
    with contextlib.redirect_stdout(io.StringIO()):
        found = theirs["calculate_accuracy"](rows)
    names = {"pass@16": "pass", "min": "min", "last": "last", "product": "product", "average": "mean", "max": "max", "sum_logprob": "sumLog",
             "sum_logit": "sumLogit", "mean_odd": "meanOdds"}
    return {ours: found[name]["accuracy"] for name, ours in names.items()}


def process_bench(out):
    rng = random.Random(13)
    rows = []
    for number in range(60):
        steps = rng.randint(1, 7)
        label = rng.randrange(steps) if rng.random() < 0.6 else -1
        wrong = [0 <= label <= at for at in range(steps)]
        rows.append({"id": f"{['gsm8k', 'math'][number % 2]}-{number}", "generator": "G", "problem": f"Question {number}",
                     "steps": [f"Step {at}." for at in range(steps)], "final_answer_correct": label < 0, "label": label,
                     "prm_scores": scores(rng, wrong)})
    write(out, "processbench.jsonl", rows)

    def numbers(part):
        match = [next((at for at, score in enumerate(row["prm_scores"]) if score < THRESHOLD), -1) == row["label"] for row in part]
        error = [hit for hit, row in zip(match, part) if row["label"] != -1]
        right = [hit for hit, row in zip(match, part) if row["label"] == -1]
        acc1, acc2 = sum(error) / len(error), sum(right) / len(right)
        return {"errorAccuracy": acc1, "correctAccuracy": acc2, "f1": 2 * acc1 * acc2 / (acc1 + acc2)}

    parts = {name: numbers([row for row in rows if row["id"].startswith(name)]) for name in ("gsm8k", "math")}
    return {"threshold": THRESHOLD, "subsets": parts, "average": sum(part["f1"] for part in parts.values()) / len(parts)}


def visual_process_bench(out):
    rng = random.Random(17)
    rows = []
    for number in range(50):
        labels = [rng.choice([1, 1, 1, -1, 0]) for _ in range(rng.randint(2, 9))]
        rows.append({"image": [], "question": f"Question {number}", "answer": "A",
                     "response": {"steps": [f"Step {at}." for at in range(len(labels))], "process_correctness": labels},
                     "policy_model": "P", "data_source": ["MMMU", "MathVerse"][number % 2],
                     "prm_scores": scores(rng, [label == -1 for label in labels])})
    write(out, "visualprocessbench.jsonl", rows)

    def f1(positive):
        pairs = [(label, 1 if score >= THRESHOLD else -1) for row in rows
                 for label, score in zip(row["response"]["process_correctness"], row["prm_scores"]) if label != 0]
        hits = sum(1 for label, told in pairs if label == told == positive)
        return 2 * hits / (sum(1 for label, _ in pairs if label == positive) + sum(1 for _, told in pairs if told == positive))

    return {"threshold": THRESHOLD, "positiveF1": f1(1), "negativeF1": f1(-1), "macroF1": (f1(1) + f1(-1)) / 2}


def write(out, name, rows):
    with open(os.path.join(out, name), "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def main():
    prmbench_clone, mm_prm_clone, out = sys.argv[1:]
    numbers = {"prmBench": prmbench(prmbench_clone, out), "mmPrm": mm_prm(mm_prm_clone, out), "processBench": process_bench(out),
               "visualProcessBench": visual_process_bench(out)}
    with open(os.path.join(out, "numbers.json"), "w", encoding="utf-8") as file:
        json.dump(numbers, file, indent=2)
        file.write("\n")


main()

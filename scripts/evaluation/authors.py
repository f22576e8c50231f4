"""Makes test/fixtures/evaluation: scored rows, and the numbers that the authors' own evaluation code gives for them.

    git clone https://github.com/ssmisya/PRMBench /tmp/prmbench        # a1ae4eab, Apache-2.0
    git clone https://github.com/ModalMinds/MM-PRM /tmp/mm-prm         # b914fd66, MIT
    git clone https://github.com/GAIR-NLP/ReasonEval /tmp/reasoneval   # 6c91c7a1
    python3 scripts/evaluation/authors.py /tmp/prmbench /tmp/mm-prm /tmp/reasoneval test/fixtures/evaluation

Their functions are read from the clones and run here; none of their code is copied. ReasonEval's functions evaluate MR-GSM8K and MR-MATH
and print three digits; the values before rounding are used. ProcessBench's numbers are three lines of
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
import re
import sys
import tempfile
from functools import reduce

THRESHOLD = 0.5
CLASSES = ["circular", "confidence", "counterfactual", "deception", "domain_inconsistency",
           "missing_condition", "redundency", "step_contradiction", "multi_solutions"]


class Quiet:
    """Replaces the authors' logger."""

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


def reason_eval(clone, out):
    """The macro F1 of steps of both data sets, by the scripts that make the tables of ReasonEval's paper."""
    rng = random.Random(19)
    names = {}
    for file, key in (("mr-gsm8k", "model_output_steps"), ("mr-math", "model_output_step_format")):
        rows = []
        for number in range(80):
            steps = rng.randint(2, 7)
            first = rng.randint(1, steps) if rng.random() < 0.5 else 0
            # A step of MR-MATH is a list of lines, and every line has a score.
            lines = [[f"Line {line} of step {at}." for line in range(rng.randint(1, 3))] for at in range(steps)]
            texts = lines if file == "mr-math" else [f"Step {at}." for at in range(steps)]
            wrong = [first and at + 1 >= first for at in range(steps) for _ in (lines[at] if file == "mr-math" else [0])]
            # A score at the threshold is right in StepLens, ProcessBench and PRMBench, but wrong in ReasonEval, so there is none here.
            valid = [value if value != THRESHOLD else 0.501 for value in scores(rng, wrong)]
            rows.append({"uuid": f"{file}-{number}", "question": f"Question {number}", key: texts,
                         "model_output_solution_correctness": "wrong" if first else "correct",
                         "model_output_solution_first_error_step": first if first else "N/A",
                         "scores": [[round(1 - value, 3), round(value / 4, 6), round(value - value / 4, 6)] for value in valid]})
        write(out, f"{file}.jsonl", rows)
        names[file] = reason_eval_numbers(clone, file, rows)
    return names


def reason_eval_numbers(clone, file, rows):
    printed, last, section = {}, [], [""]

    def told(text, *_):
        if text.startswith("***"):
            section[0] = "step" if "step level" in text and "f1" in text else ""
        elif section[0]:
            printed[text.split(":")[0]] = last[-1]

    main_name = "get_results" if file == "mr-gsm8k" else "get_results_for_invalid_errors"
    scope = functions(os.path.join(clone, "codes", f"{file}_eval.py"), [main_name, "calculate_f1_score"])
    f1 = scope["calculate_f1_score"]

    def kept(*counts):
        last.append(f1(*counts))
        return last[-1]

    scope.update(json=json, re=re, calculate_f1_score=kept, print=told, roc_curve=lambda *_: (0, 0, 0), auc=lambda *_: 0.0)
    data = file if file == "mr-gsm8k" else "mr-math_invalid_errors"
    others = ["llama2-7b", "wizardmath-7b-v1.0", "mistral-7b", "llemma-7b", "abel-7b-002", "wizardmath-7b-v1.1", "llemma-34b"]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        os.makedirs("dataset")
        os.makedirs(f"eval_results/{data}")
        write("dataset", f"{data}.json", rows)

        def evaluator(name, result):
            write(f"eval_results/{data}", f"{name}_eval_results.json", [result(row) for row in rows])

        for name in others:
            evaluator(f"reasoneval_{name}", lambda row: {"scores": row["scores"]})
        evaluator("math-shepherd_mistral-7b", lambda row: {"scores": [item[2] + item[1] for item in row["scores"]]})
        # The tables also contain judges of whole solutions, which are always right here.
        verdict = lambda row: {"correctness_pred": row["model_output_solution_correctness"],
                               "error_step_pred": str(row["model_output_solution_first_error_step"])}
        for name, label in (("gpt3_5_turbo", "gpt3_5_eval_output"), ("gpt4", "gpt4_eval_output")):
            evaluator(name, lambda row: {label: verdict(row), **verdict(row)})
        for name in ("roscoe-sa", "roscoe-ss"):
            evaluator(name, lambda row: {"scores": 0.03 if row["model_output_solution_correctness"] == "correct" else 0.02})
        scope[main_name]()
    assert printed["gpt4"] == 1.0
    return {"threshold": THRESHOLD, "macroF1": printed["reasoneval_llama2-7b"], "fromValidity": printed["math-shepherd_mistral-7b"]}


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
    prmbench_clone, mm_prm_clone, reason_eval_clone, out = sys.argv[1:]
    numbers = {"prmBench": prmbench(prmbench_clone, out), "mmPrm": mm_prm(mm_prm_clone, out), "processBench": process_bench(out),
               "visualProcessBench": visual_process_bench(out), "reasonEval": reason_eval(reason_eval_clone, out)}
    with open(os.path.join(out, "numbers.json"), "w", encoding="utf-8") as file:
        json.dump(numbers, file, indent=2)
        file.write("\n")


main()

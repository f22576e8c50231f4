"""Samples solutions of a policy of train_policy.py, as write-candidates.ts does with the bundled one: one line a problem.

  python sample_candidates.py --policy base.pt --problems problems.jsonl --temperature 1.1 --out second.jsonl

`--problems` is a file of write-data.ts (`--seed 3 --unread`).
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

from data import load_tokenizer, open_figures, prompts
from model import Mini
from optimize import best_device, half_precision
from sample import sample


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("policy", "problems", "out"):
        arguments.add_argument(f"--{name}", type=Path, required=True)
    arguments.add_argument("--solutions", type=int, default=16)
    arguments.add_argument("--temperature", type=float, default=1.0)
    options = arguments.parse_args()
    device, tokenizer = best_device(), load_tokenizer()
    model = Mini().to(device)
    model.load_state_dict({name: weight.float() for name, weight in torch.load(options.policy, map_location=device).items()})
    with open(options.problems) as file:
        problems = [json.loads(line) for line in file]
    pixels = torch.from_numpy(np.array(open_figures(f"{options.problems}.figures"))).to(device)
    rows = [row for row in problems for _ in range(options.solutions)]
    with half_precision(device):
        found = sample(model, prompts(tokenizer, rows), pixels, [row["g"] for row in rows], device, temperature=options.temperature, at_once=8192 if device == "cuda" else 512)
    texts = iter(tokenizer.decode_batch(found, skip_special_tokens=False))
    with open(options.out, "w") as file:
        for row in problems:
            solutions = [[step for step in next(texts).split("\n") if step.strip()] for _ in range(options.solutions)]
            file.write(json.dumps({"index": row["i"], "round": 0, "solutions": solutions}) + "\n")


if __name__ == "__main__":
    main()

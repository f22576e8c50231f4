"""Trains the policy on right solutions: next-token prediction of the solution (see README.md for the commands).

On a GPU where there is one. Kinds of problems that the model fails at are drawn more often. Prints, every few seconds or minutes, the
share of unseen problems it solves at temperature 1. Writes `base.pt`, what the PRM rests on, every minute and at the end.
"""
import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from data import LONGEST, Corpus, load_tokenizer, open_figures, prompts
from model import Mini
from optimize import Schedule, Step, best_device, half_precision, optimizers, save
from sample import sample, solved
from sizes import COLUMNS, PATCHES, ROWS

# Rows of every part of a batch on a GPU. Lines that ask what a figure shows teach reading, and which number belongs to which label, far
# sooner than solutions.
SIZES = {"figure": 96, "text": 48, "reading": 128}


def losses(model, ids, follows, pixels):
    """Sum over the tokens of the solutions."""
    hidden = model(ids) if pixels is None else model(ids, pixels[:, None].float() / 255)
    begin = 0 if pixels is None else PATCHES
    logits = hidden[:, begin:] @ model.embedding.weight.T
    return F.cross_entropy(logits.flatten(0, 1).float(), follows[:, begin:].flatten(), ignore_index=-100, reduction="sum")


class Exam:
    """Unseen problems, `each` of every kind."""

    def __init__(self, path, each, tokenizer, device):
        with open(path) as file:
            rows = [row for row in map(json.loads, file) if row["a"]]
        self.kinds = sorted({row["k"] for row in rows})
        self.rows = [row for kind in self.kinds for row in [row for row in rows if row["k"] == kind][:each]]
        self.figured = {row["k"] for row in rows if row["g"] >= 0}
        self.pixels = torch.from_numpy(np.array(open_figures(f"{path}.figures"))).to(device)
        self.tokenizer, self.device = tokenizer, device

    def sit(self, model, times):
        """The share of samples that is right, for every kind, and of problems solved by any of the samples."""
        rows = [row for row in self.rows for _ in range(times)]
        with half_precision(self.device):
            found = sample(model, prompts(self.tokenizer, rows), self.pixels, [row["g"] for row in rows], self.device)
        texts = self.tokenizer.decode_batch(found, skip_special_tokens=False)
        hits = np.array([solved(row["a"], text) for row, text in zip(rows, texts)])
        by_kind = {kind: float(hits[[row["k"] == kind for row in rows]].mean()) for kind in self.kinds}
        return by_kind, float(hits.reshape(-1, times).any(1).mean())

    def weakest(self, by_kind):
        return min(by_kind[kind] for kind in self.figured)


class Trainer:
    """A model, its optimizers, and one step of training on inputs that stay where they are."""

    def __init__(self, model, corpus, schedule, sizes, device):
        self.model, self.corpus, self.schedule, self.sizes, self.device = model, corpus, schedule, sizes, device
        self.inputs = {part: (torch.zeros(count, LONGEST[part], dtype=torch.long, device=device), torch.full((count, LONGEST[part]), -100, device=device),
                              None if part == "text" else torch.zeros(count, ROWS, COLUMNS, dtype=torch.uint8, device=device)) for part, count in sizes.items()}
        self.total, self.step = torch.zeros((), device=device), None

    def work(self):
        with half_precision(self.device):
            value = sum(losses(self.model, *inputs) for inputs in self.inputs.values())
        value = value / sum((follows >= 0).sum() for _, follows, _ in self.inputs.values())
        value.backward()
        self.schedule.apply()
        self.total += value.detach()

    def once(self, weights, rng):
        """One step; False at the end of the schedule."""
        for part, inputs in self.inputs.items():
            for to, values in zip(inputs, self.corpus.take(part, self.corpus.draw(part, self.sizes[part], weights, rng))):
                if to is not None:
                    to.copy_(values)
        if not self.schedule.advance():
            return False
        # Recorded at the first batch, whose rates are still near 0.
        self.step = self.step or Step(self.work, self.device)
        self.step()
        return True


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", required=True, help="a folder of encoded write-data.ts files, each with an empty FILE.done; it may be growing")
    arguments.add_argument("--validation", required=True, help="a file of write-data.ts")
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--minutes", type=float, default=90, help="the learning rate falls to 0 at their end")
    arguments.add_argument("--rows", type=float, help="rows a batch as a share of what fits a GPU; 0.1 on a CPU")
    arguments.add_argument("--rate", type=float, default=3e-3, help="peak learning rate")
    arguments.add_argument("--report", type=float, help="seconds between reports; 300 on a CPU, 12 on a GPU")
    arguments.add_argument("--resume", type=Path, help="weights to start from")
    options = arguments.parse_args()
    device = best_device()
    is_large = device == "cuda"
    share = options.rows or (1.0 if is_large else 0.1)
    torch.manual_seed(1)
    tokenizer = load_tokenizer()
    model = Mini().to(device)
    if options.resume:
        model.load_state_dict({name: weight.float() for name, weight in torch.load(options.resume, map_location=device).items()}, strict=False)
    exam = Exam(options.validation, 40 if is_large else 2, tokenizer, device)
    corpus, begun = Corpus(options.data, device), time.time()
    while corpus.grow() == 0:
        time.sleep(0.5)
    blocks = [*model.blocks, *model.encoder.looks]
    matrices = [p for block in blocks for p in block.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if not any(p is matrix for matrix in matrices)]
    # The time for reading the first rows counts, but at least a few steps are left.
    schedule = Schedule(optimizers(matrices, others, options.rate), max(options.minutes - (time.time() - begun) / 60, 0.02))
    trainer = Trainer(model, corpus, schedule, {part: max(2, round(size * share)) for part, size in SIZES.items()}, device)
    print(device, "parameters", sum(p.numel() for p in model.parameters()), "rows a batch", trainer.sizes, "rate", options.rate, flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    weights, log, rng = {}, options.out / "log.jsonl", np.random.default_rng(1)
    reported, told, last = time.time(), time.time(), 0

    def report():
        by_kind, any_right = exam.sit(model, 2 if is_large else 1)
        for kind, right in by_kind.items():
            weights[kind] = float(np.clip(1.1 - right, 0.1, 1))
        row = {"minutes": round(schedule.minutes(), 3), "steps": schedule.steps, "rows": len(corpus.parts["lengths"]), "loss": (trainer.total / max(schedule.steps - last, 1)).item(),
               "solved": float(np.mean(list(by_kind.values()))), "weakest": exam.weakest(by_kind), "any of the samples": any_right,
               "kinds": {kind: round(right, 3) for kind, right in by_kind.items()}}
        print(json.dumps(row), flush=True)
        with log.open("a") as file:
            file.write(f"{json.dumps(row)}\n")

    while trainer.once(weights, rng):
        if schedule.steps in (1, 5, 20, 100):
            print(f"{schedule.minutes():.2f} min, {schedule.steps} steps, loss {(trainer.total / schedule.steps).item():.4f}", flush=True)
        if time.time() - reported > (options.report or (12 if is_large else 300)):
            report()
            corpus.grow()
            trainer.total.zero_()
            reported, last = time.time(), schedule.steps
        if time.time() - told > 60:
            save(model.state_dict(), options.out / "base.pt")
            told = time.time()
    report()
    save(model.state_dict(), options.out / "base.pt")


if __name__ == "__main__":
    main()

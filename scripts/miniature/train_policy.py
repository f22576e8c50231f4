"""Trains the policy on right solutions: next-token prediction of the solution (see README.md for the commands).

On a GPU where there is one. Kinds of problems that the model fails at are drawn more often. Prints, every few seconds or minutes, the
share of unseen problems it solves at temperature 1. Writes `base.pt`, what the PRM rests on, every 30 s and at the end, and `policy.pt` when
every kind with a figure is solved at `--enough`: a policy that errs often enough to be worth searching.
"""
import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from data import Corpus, load_tokenizer, open_figures, prompts
from model import Mini, attend
from optimize import Schedule, best_device, half_precision, optimizers, save
from sample import sample, solved

READING = "reading a figure"


def loss(model, batch):
    ids, pixels, follows = batch
    hidden = model(ids) if pixels is None else model(ids, pixels)
    # The last column has no token after it, and `follows` never names it.
    return F.cross_entropy((hidden.flatten(0, 1)[follows] @ model.embedding.weight.T).float(), ids.flatten()[follows + 1])


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
        """The share of samples that is right, for every kind, and of problems solved by the majority and by any of the samples."""
        rows = [row for row in self.rows for _ in range(times)]
        with half_precision(self.device):
            found = sample(model, prompts(self.tokenizer, rows), self.pixels, [row["g"] for row in rows], self.device)
        texts = self.tokenizer.decode_batch(found, skip_special_tokens=False)
        hits = np.array([solved(row["a"], text) for row, text in zip(rows, texts)])
        by_kind = {kind: hits[[row["k"] == kind for row in rows]].mean() for kind in self.kinds}
        return by_kind, hits.reshape(-1, times).any(1).mean()

    def weakest(self, by_kind):
        return min(by_kind[kind] for kind in self.figured)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", required=True, help="a folder of write-data.ts files, each with an empty FILE.done; it may be growing")
    arguments.add_argument("--validation", required=True, help="a file of write-data.ts")
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--minutes", type=float, default=90, help="the learning rate falls to 0 at their end")
    arguments.add_argument("--tokens", type=int, help="a batch; 6144 on a CPU, 65536 on a GPU")
    arguments.add_argument("--rate", type=float, help="peak learning rate; 2e-3 on a CPU, 4e-3 on a GPU")
    arguments.add_argument("--report", type=float, help="seconds between reports; 300 on a CPU, 9 on a GPU")
    arguments.add_argument("--enough", type=float, default=0.64, help="the share of every kind with a figure that policy.pt solves")
    arguments.add_argument("--resume", type=Path, help="weights to start from")
    arguments.add_argument("--compile", action="store_true", help="needs a C++ compiler")
    options = arguments.parse_args()
    device = best_device()
    is_large = device == "cuda"
    tokens, rate = options.tokens or (65536 if is_large else 6144), options.rate or (4e-3 if is_large else 2e-3)
    torch.manual_seed(1)
    tokenizer = load_tokenizer()
    model = Mini().to(device)
    if options.resume:
        model.load_state_dict(torch.load(options.resume))
    if options.compile:
        # Where compiling fails, training continues without it.
        torch._dynamo.config.suppress_errors = True
        model.attend = torch.compile(attend, dynamic=True)
    exam = Exam(options.validation, 40 if is_large else 5, tokenizer, device)
    corpus = Corpus(options.data, tokenizer, device)
    while corpus.grow() == 0:
        time.sleep(0.5)
    blocks = [*model.blocks, *model.encoder.looks]
    matrices = [p for block in blocks for p in block.parameters() if p.dim() == 2]
    others = [p for p in model.parameters() if not any(p is matrix for matrix in matrices)]
    schedule = Schedule(optimizers(matrices, others, rate), options.minutes)
    print(device, "parameters", sum(p.numel() for p in model.parameters()), "tokens a batch", tokens, "rate", rate, flush=True)

    # Reading is learned from lines that ask what a figure shows far sooner than from solutions.
    weights, log = {READING: 1.0}, (options.out / "log.jsonl")
    options.out.mkdir(parents=True, exist_ok=True)
    reported, told, seen, total, count, picked = time.time(), time.time(), 0, torch.zeros((), device=device), 0, 0

    def report():
        by_kind, any_right = exam.sit(model, 8 if is_large else 1)
        for kind, share in by_kind.items():
            weights[kind] = float(np.clip(1.1 - share, 0.1, 1))
        weights[READING] = float(np.clip(1.1 - exam.weakest(by_kind), 0.1, 1))
        mean, weakest = float(np.mean(list(by_kind.values()))), exam.weakest(by_kind)
        row = {"minutes": round(schedule.minutes(), 3), "steps": schedule.steps, "solutions": seen, "rows": len(corpus.parts["lengths"]), "loss": (total / max(count, 1)).item(),
               "solved": mean, "weakest": weakest, "any of the samples": float(any_right), "kinds": {kind: round(float(share), 3) for kind, share in by_kind.items()}}
        print(json.dumps(row), flush=True)
        with log.open("a") as file:
            file.write(f"{json.dumps(row)}\n")
        return weakest

    for rows in corpus.batches(weights, tokens, np.random.default_rng(1)):
        with half_precision(device):
            value = loss(model, corpus.take(rows))
        value.backward()
        if not schedule.step():
            break
        seen, total, count = seen + len(rows), total + value.detach(), count + 1
        if schedule.steps in (1, 5, 20, 100):
            print(f"{schedule.minutes():.2f} min, {schedule.steps} steps, {seen} solutions, loss {(total / count).item():.4f}", flush=True)
        now = time.time()
        if now - reported > (options.report or (9 if is_large else 300)):
            weakest = report()
            if picked < 3 and weakest >= options.enough:
                save(model.state_dict(), options.out / ("policy.pt" if picked == 0 else f"policy-{picked}.pt"))
                picked += 1
            corpus.grow()
            reported, total, count = time.time(), torch.zeros((), device=device), 0
        if now - told > 30:
            save(model.state_dict(), options.out / "base.pt")
            told = now
    save(model.state_dict(), options.out / "base.pt")
    report()


if __name__ == "__main__":
    main()

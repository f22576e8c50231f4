"""Trains the PRM, or an outcome model, on rollouts' labels, above a policy's last weights (see README.md). On a GPU where there is one.

Rows of write-labels.ts, {q, s: steps, v: value of each step's prefix in [0, 1] or null, g: figure}, and of write-data.ts with planted mistakes. The loss is the binary
cross-entropy of Yes against No at the <prm> after every labeled step, with the soft value as target (MM-PRM, arXiv 2505.13427,
equation 6). The policy below stays as it is: what it learned from 100 times as many solutions is what the judging rests on, and a
few thousand problems would only teach it their answers.
"""
import argparse
import json
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from data import batches, load_tokenizer, open_figures, pad, prompts, send
from model import Block, Norm, Prm, rotate
from optimize import Schedule, best_device, half_precision, optimizers, save
from sizes import COLUMNS, HEAD, HEADS, NO, PRM, ROWS, WIDTH, YES

# Greatest number of right rows, and of wrong rows, of one problem in training.
MOST = 8


def read_rows(*paths):
    """Rows of several files, and their figures."""
    rows, figures = [], [np.zeros((0, ROWS, COLUMNS), np.uint8)]
    for path in paths:
        drawn = sum(map(len, figures))
        with open(path) as file:
            rows += [{**row, "g": row["g"] + drawn if row["g"] >= 0 else -1} for row in map(json.loads, file)]
        figures.append(np.array(open_figures(f"{path}.figures")))
    return rows, np.concatenate(figures)


def targets(rows):
    """Values at the markers of every row (NaN: no label); with planted mistakes (e: the first wrong step, or -1) exact ones."""
    return [np.array([row["e"] < 0 or at < row["e"] for at in range(len(row["s"]))] if "e" in row else [np.nan if value is None else value for value in row["v"]], np.float32)
            for row in rows]


def balanced(rows, values, rng):
    """Rows of problems with right and wrong rollouts: of each at most MOST and at most twice the other (MM-PRM leaves out problems with
    only one of the two)."""
    groups = defaultdict(lambda: ([], []))
    for number, (row, value) in enumerate(zip(rows, values)):
        if "e" not in row:
            groups[row["q"], row["g"]][bool(value[-1] > 0)].append(number)
    # Solutions with planted mistakes are right and wrong in the shares they were written in.
    chosen = np.array(["e" in row for row in rows])
    for wrong, good in groups.values():
        size = min(len(wrong), 2 * len(good), MOST), min(len(good), 2 * len(wrong), MOST)
        for numbers, count in zip((wrong, good), size):
            chosen[rng.permutation(numbers)[:count].astype(int)] = True
    if not chosen.any():
        raise SystemExit("No problem has both right and wrong solutions, so there is nothing to learn. Train the policy longer, or label more problems.")
    return chosen


class Known:
    """The policy's hidden states and expectations of every token of rows, computed once because the policy does not change."""

    @torch.no_grad()
    def __init__(self, model, rows, figures, tokenizer, device, tokens):
        ids = []
        for at in range(0, len(rows), 5000):
            part = rows[at:at + 5000]
            # The prompt and each step are encoded apart, as the scorer does.
            steps = iter(tokenizer.encode_batch([f"{step}<prm>" for row in part for step in row["s"]]))
            ids += [np.array(prompt + [id for _ in row["s"] for id in next(steps).ids], np.int64) for row, prompt in zip(part, prompts(tokenizer, part))]
        self.device, self.lengths, self.figures = device, np.array([len(row) for row in ids]), np.array([row["g"] for row in rows])
        self.markers = [np.flatnonzero(row == PRM) for row in ids]
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)])
        self.hidden = torch.empty(self.starts[-1], WIDTH, dtype=torch.bfloat16, device=device)
        self.expected = torch.empty(self.starts[-1], 3, device=device)
        begun, count = time.time(), 0
        for group in batches({"lengths": self.lengths, "figures": self.figures}, self.lengths > 0, tokens, np.random.default_rng(0), once=True):
            padded = send(pad([ids[row] for row in group]), device)
            pixels = send(np.array(figures[self.figures[group]]), device)[:, None].float() / 255 if self.figures[group[0]] >= 0 else None
            # In full precision, like the exported graph.
            hidden, expected = model.read(padded, pixels)
            at, within = self.places(group)
            self.hidden[at], self.expected[at] = hidden.flatten(0, 1)[within].bfloat16(), expected.flatten(0, 1)[within]
            count += len(group)
            if device == "cpu" and count // 2000 > (count - len(group)) // 2000:
                print(f"{count} rows read, {(time.time() - begun) / 60:.1f} min", flush=True)

    def places(self, group):
        """Of every token of some rows: where it is among all, and in the padded and flattened rows."""
        longest = -(-int(self.lengths[group].max()) // 8) * 8
        at = np.concatenate([np.arange(self.starts[row], self.starts[row + 1]) for row in group])
        within = np.concatenate([np.arange(self.lengths[row]) + i * longest for i, row in enumerate(group)])
        return send(at, self.device), send(within, self.device)

    def take(self, group):
        """Hidden states [B,S,WIDTH], expectations [B,S,3], where the markers are [B,M], and which of those are not filled up [B,M]."""
        longest = -(-int(self.lengths[group].max()) // 8) * 8
        at = send(np.minimum(self.starts[group][:, None] + np.arange(longest), self.starts[group + 1][:, None] - 1), self.device)
        markers = pad([self.markers[row] for row in group], filler=-1)
        return self.hidden[at], self.expected[at], send(np.maximum(markers, 0), self.device), send(markers >= 0, self.device)


def logits(model, verdict, known, group):
    """Logits of every marker of some rows, one after the other. All tokens are keys and values, but only markers are queries."""
    hidden, expected, markers, are_there = known.take(group)
    block = model.judge
    with half_precision(known.device):
        x = hidden + model.told(expected).to(hidden.dtype)
        normed, split = block.norm_attention(x), (*x.shape[:2], HEADS, HEAD)
        place = markers[..., None].expand(-1, -1, WIDTH)
        looking, own = normed.gather(1, place), x.gather(1, place)
        query = rotate(block.query(looking).unflatten(2, (HEADS, HEAD)), model.cos[markers][:, :, None], model.sin[markers][:, :, None])
        key = rotate(block.key(normed).view(split), model.cos[:split[1], None], model.sin[:split[1], None])
        value = block.value(normed).view(split).transpose(1, 2)
        scores = query.transpose(1, 2) @ key.permute(0, 2, 3, 1).to(query.dtype) * HEAD**-0.5
        later = torch.arange(split[1], device=x.device) > markers[:, None, :, None]
        attended = scores.masked_fill(later, -1e4).softmax(-1).to(value.dtype) @ value
        judged = model.judged(block.finish(own, attended.transpose(1, 2).flatten(2)))
    return judged[are_there].float() @ verdict


def fit(model, known, values, chosen, steps, tokens, rate, seed=1, report=None):
    """Trains a fresh judging block above the policy; returns the direction of its verdict."""
    torch.manual_seed(seed)
    device = known.device
    model.told, model.judge, model.judged = nn.Linear(3, WIDTH).to(device), Block().to(device), Norm().to(device)
    verdict = nn.Parameter(torch.zeros(WIDTH, device=device))
    matrices = [p for p in model.judge.parameters() if p.dim() == 2]
    others = [*model.told.parameters(), *model.judged.parameters(), *(p for p in model.judge.parameters() if p.dim() == 1), verdict]
    schedule = Schedule(optimizers(matrices, others, rate), last=steps)
    for group in batches({"lengths": known.lengths, "figures": known.figures}, chosen, tokens, np.random.default_rng(seed)):
        target = np.concatenate([values[row] for row in group])
        labeled = np.flatnonzero(~np.isnan(target))
        found = logits(model, verdict, known, group)[send(labeled, device)]
        value = F.binary_cross_entropy_with_logits(found, send(target[labeled], device))
        value.backward()
        if not schedule.step():
            break
        if report:
            report(schedule.steps, value, verdict)
    return verdict.detach()


@torch.no_grad()
def score(model, verdict, known, tokens):
    """Scores of every row's steps."""
    found = [None] * len(known.lengths)
    for group in batches({"lengths": known.lengths, "figures": known.figures}, known.lengths > 0, tokens, np.random.default_rng(0), once=True):
        scores = iter(logits(model, verdict, known, group).sigmoid().cpu().numpy())
        for row in group:
            found[row] = np.array([next(scores) for _ in known.markers[row]])
    return found


def finished(model, verdict):
    """The weights of the whole PRM, its verdict as the vocabulary's Yes and No."""
    with torch.no_grad():
        model.embedding.weight[YES], model.embedding.weight[NO] = verdict / 2, -verdict / 2
    return model.state_dict()


def open_base(path, tokenizer, device):
    model = Prm()
    model.start({name: weight.float() for name, weight in torch.load(path, map_location="cpu").items()}, tokenizer.token_to_id("\u010a"))
    model.to(device).requires_grad_(False)
    return model


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", nargs="+", required=True)
    arguments.add_argument("--validation", required=True)
    arguments.add_argument("--start", type=Path, required=True, help="the policy's last weights")
    arguments.add_argument("--out", type=Path, required=True, help="folder of the checkpoints prm-SEED.pt")
    arguments.add_argument("--steps", type=int, default=760, help="batches")
    arguments.add_argument("--tokens", type=int, help="a batch; 4096 on a CPU, 16384 on a GPU")
    arguments.add_argument("--rate", type=float, default=1e-2, help="peak learning rate")
    arguments.add_argument("--seeds", type=int, default=1, help="trainings with the seeds 1, 2, ..; what the policy makes of the rows is read once")
    options = arguments.parse_args()
    device, tokenizer = best_device(), load_tokenizer()
    tokens = options.tokens or (16384 if device == "cuda" else 4096)
    model = open_base(options.start, tokenizer, device)

    def known(*paths):
        """Balanced rows of files, read by the policy, and their targets."""
        rows, figures = read_rows(*paths)
        values = targets(rows)
        kept = np.flatnonzero(balanced(rows, values, np.random.default_rng(3)))
        return Known(model, [rows[row] for row in kept], figures, tokenizer, device, 4 * tokens), [values[row] for row in kept]

    (train, values), (unseen, truth) = known(*options.data), known(options.validation)
    print(len(values), "rows, labels", sum(int((~np.isnan(value)).sum()) for value in values), flush=True)
    begun = time.time()

    def loss_on_unseen(verdict):
        found, target = np.concatenate(score(model, verdict, unseen, 4 * tokens)), np.concatenate(truth)
        labeled = ~np.isnan(target)
        return F.binary_cross_entropy(torch.from_numpy(found[labeled]).float().clamp(1e-6, 1 - 1e-6), torch.from_numpy(target[labeled])).item()

    def report(step, value, verdict):
        if step % 100 == 0:
            print(f"{(time.time() - begun) / 60:.1f} min, {step} steps, loss {value.item():.4f}, unseen {loss_on_unseen(verdict.detach()):.4f}", flush=True)

    for seed in range(1, options.seeds + 1):
        verdict = fit(model, train, values, np.ones(len(values), bool), options.steps, tokens, options.rate, seed, report)
        print(f"seed {seed}: unseen {loss_on_unseen(verdict):.4f}", flush=True)
        save(finished(model, verdict), options.out / f"prm-{seed}.pt")


if __name__ == "__main__":
    main()

"""Solutions as token rows: written by write-data.ts (for the policy) or by the pipeline's runs (for the PRM)."""
import json
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from model import COLUMNS, END, IMAGE, PATCHES, ROWS

MODELS = Path(__file__).parents[2] / "media" / "models" / "mini"


def load_tokenizer():
    return Tokenizer.from_file(str(MODELS / "tokenizer.json"))


def prompts(tokenizer, rows):
    """Token ids of the text before the first step, one list a row; `g` >= 0: a figure stands before it."""
    texts = tokenizer.encode_batch([f"Question: {row['q']}\nProcess: " for row in rows])
    return [([IMAGE] * PATCHES if row["g"] >= 0 else []) + text.ids for row, text in zip(rows, texts)]


def encode_solutions(path, tokenizer, limit):
    """Rows for the policy: prompt, every step with its line end, <|end|>. The pieces are encoded apart, as a sampler does that
    continues from a step. Returns flat arrays: ids, prompt and whole lengths, figure; kept beside the JSON Lines as .npz."""
    cache = Path(f"{path}.{limit}.npz")
    if not cache.exists():
        ids, begins, lengths, figures, kinds = [], [], [], [], []
        with open(path) as file:
            rows = [json.loads(line) for line, _ in zip(file, range(limit))]
        for at in range(0, len(rows), 5000):
            part = rows[at:at + 5000]
            steps = iter(tokenizer.encode_batch([f"{step}\n" for row in part for step in row["s"]]))
            for row, prompt in zip(part, prompts(tokenizer, part)):
                whole = prompt + [id for _ in row["s"] for id in next(steps).ids] + [END]
                ids.append(np.array(whole, np.uint16))
                begins.append(len(prompt))
                lengths.append(len(whole))
                figures.append(row["g"])
                kinds.append(row["k"])
        np.savez(cache, ids=np.concatenate(ids), begins=np.array(begins), lengths=np.array(lengths), figures=np.array(figures), kinds=np.array(kinds))
    with np.load(cache) as data:
        return {key: data[key] for key in data.files}


def open_figures(path):
    """All figures of a data file, [M, ROWS, COLUMNS] gray bytes, mapped and not read."""
    return np.memmap(path, np.uint8, "r").reshape(-1, ROWS, COLUMNS)


def pixels(figures, indices):
    """Figures as a model takes them: float [N,1,ROWS,COLUMNS] in [0, 1]."""
    return torch.from_numpy(figures[np.sort(indices)][np.argsort(np.argsort(indices))].astype(np.float32) / 255)[:, None]


def batches(data, chosen, tokens, rng, once=False):
    """Batches of about `tokens` tokens, without end unless `once`: numbers of `chosen` rows of like length, all with a figure or all without."""
    lengths, figured = data["lengths"], data["figures"] >= 0
    while True:
        groups = []
        for rows in (np.flatnonzero(figured & chosen), np.flatnonzero(~figured & chosen)):
            order = rows[np.argsort(lengths[rows] + rng.random(len(rows)) * 16)]
            at = 0
            while at < len(order):
                size = max(1, tokens // int(lengths[order[at]] + 8))
                groups.append(order[at:at + size])
                at += size
        rng.shuffle(groups)
        yield from groups
        if once:
            return


def pad(arrays, dtype=np.int64, filler=0):
    """[B, S], S a multiple of 8, `filler` after the end."""
    longest = -(-max(len(a) for a in arrays) // 8) * 8
    padded = np.full((len(arrays), longest), filler, dtype)
    for row, values in zip(padded, arrays):
        row[:len(values)] = values
    return torch.from_numpy(padded)

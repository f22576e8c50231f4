"""Solutions as token rows: written by write-data.ts (for the policy) or from rollouts (for the PRM)."""
import json
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from sizes import COLUMNS, END, IMAGE, PATCHES, ROWS

MODELS = Path(__file__).parents[2] / "media" / "models" / "mini"


def load_tokenizer():
    return Tokenizer.from_file(str(MODELS / "tokenizer.json"))


def prompts(tokenizer, rows):
    """Token ids of the text before the first step, one list a row; `g` >= 0: a figure stands before it."""
    texts = tokenizer.encode_batch([f"Question: {row['q']}\nProcess: " for row in rows])
    return [([IMAGE] * PATCHES if row["g"] >= 0 else []) + text.ids for row, text in zip(rows, texts)]


def encode_solutions(path, tokenizer, limit=None):
    """Rows for the policy: prompt, every step with its line end, <|end|>. The pieces are encoded apart, as a sampler does that
    continues from a step. Returns flat arrays: ids, prompt and whole lengths, figure; kept beside the JSON Lines as .npz."""
    cache = Path(f"{path}.{limit or 'all'}.npz")
    if not cache.exists():
        ids, begins, lengths, figures, kinds = [], [], [], [], []
        with open(path) as file:
            rows = [json.loads(line) for line, _ in zip(file, range(limit or 10**9))]
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
        partial = cache.with_suffix(".partial.npz")
        np.savez(partial, ids=np.concatenate(ids), begins=np.array(begins), lengths=np.array(lengths), figures=np.array(figures), kinds=np.array(kinds))
        partial.rename(cache)
    with np.load(cache) as data:
        return {key: data[key] for key in data.files}


def open_figures(path):
    """All figures of a data file, [M, ROWS, COLUMNS] gray bytes, mapped and not read."""
    return np.memmap(path, np.uint8, "r").reshape(-1, ROWS, COLUMNS) if Path(path).stat().st_size else np.zeros((0, ROWS, COLUMNS), np.uint8)


def pad(arrays, dtype=np.int64, filler=0):
    """[B, S], S a multiple of 8, `filler` after the end."""
    longest = -(-max(len(a) for a in arrays) // 8) * 8
    padded = np.full((len(arrays), longest), filler, dtype)
    for row, values in zip(padded, arrays):
        row[:len(values)] = values
    return padded


def cut(lengths, rows, tokens, rng):
    """`rows` in groups of like length and about `tokens` tokens, in random order."""
    order = rows[np.argsort(lengths[rows] + rng.random(len(rows)) * 16)]
    groups, at = [], 0
    while at < len(order):
        size = max(1, tokens // int(lengths[order[at]] + 8))
        groups.append(order[at:at + size])
        at += size
    return groups


def batches(data, chosen, tokens, rng, once=False):
    """Batches of about `tokens` tokens, without end unless `once`: numbers of `chosen` rows of like length, all with a figure or all without."""
    lengths, figured = data["lengths"], data["figures"] >= 0
    while True:
        groups = [group for rows in (np.flatnonzero(figured & chosen), np.flatnonzero(~figured & chosen)) for group in cut(lengths, rows, tokens, rng)]
        rng.shuffle(groups)
        yield from groups
        if once:
            return


class Corpus:
    """The solutions of every file of a folder that write-data.ts has finished, on a device; the folder may still be growing."""

    def __init__(self, folder, tokenizer, device):
        self.folder, self.tokenizer, self.device, self.read = Path(folder), tokenizer, device, set()
        self.ids, self.figures, self.parts, self.rows = [], [], {}, {}

    def grow(self):
        """Takes in the files that are new. A file is finished when its .done is there."""
        import torch

        for mark in sorted(self.folder.glob("*.done")):
            if mark in self.read:
                continue
            self.read.add(mark)
            path = str(mark.with_suffix(""))
            data, figures = encode_solutions(path, self.tokenizer), open_figures(f"{path}.figures")
            tokens, drawn = sum(len(part) for part in self.ids), sum(len(part) for part in self.figures)
            self.ids.append(torch.from_numpy(data["ids"].astype(np.int16)).to(self.device))
            self.figures.append(torch.from_numpy(np.array(figures)).to(self.device))
            before = len(self.parts["lengths"]) if self.parts else 0
            for kind in np.unique(data["kinds"]):
                new = before + np.flatnonzero(data["kinds"] == kind)
                self.rows[str(kind)] = np.concatenate([self.rows[str(kind)], new]) if str(kind) in self.rows else new
            own = {"starts": tokens + np.concatenate([[0], np.cumsum(data["lengths"])[:-1]]), "begins": data["begins"], "lengths": data["lengths"],
                   "figures": np.where(data["figures"] >= 0, data["figures"] + drawn, -1)}
            self.parts = {key: np.concatenate([self.parts[key], value]) if self.parts else value for key, value in own.items()}
        if len(self.ids) > 1:
            self.ids, self.figures = [torch.cat(self.ids)], [torch.cat(self.figures)]
        return len(self.parts["lengths"]) if self.parts else 0

    def batches(self, weights, tokens, rng):
        """Batches without end of about `tokens` tokens: numbers of rows, all with a figure or all without. `weights` says how often a kind
        is drawn, relative to its share, and may change on the way."""
        while True:
            kinds = list(self.rows)
            share = np.array([len(self.rows[kind]) * weights.get(kind, 1.0) for kind in kinds])
            counts = rng.multinomial(16 * tokens // 128, share / share.sum())
            rows = np.concatenate([rng.choice(self.rows[kind], count) for kind, count in zip(kinds, counts)])
            figured = self.parts["figures"][rows] >= 0
            groups = [group for half in (rows[figured], rows[~figured]) for group in cut(self.parts["lengths"], half, tokens, rng)]
            rng.shuffle(groups)
            yield from groups

    def take(self, rows):
        """Of a batch: ids [B,S], figures [B,1,ROWS,COLUMNS] in [0, 1] or None, and where in the flattened rows a token of the solution follows."""
        starts, begins, lengths = (self.parts[key][rows] for key in ("starts", "begins", "lengths"))
        longest = -(-int(lengths.max()) // 8) * 8
        place = np.arange(longest)
        follows = np.flatnonzero((place + 1 >= begins[:, None]) & (place + 1 < lengths[:, None]))
        at = send(np.minimum(starts[:, None] + place, starts[:, None] + lengths[:, None] - 1), self.device)
        pixels = None
        if self.parts["figures"][rows[0]] >= 0:
            pixels = self.figures[0][send(self.parts["figures"][rows], self.device)][:, None].float() / 255
        return self.ids[0][at].long(), pixels, send(follows, self.device)


def send(array, device):
    """An array as a tensor on the device; from pinned memory, so that nobody waits for the copy."""
    import torch

    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device == "cuda" else tensor.to(device)

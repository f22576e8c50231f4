"""Compares an exported decoder with its original model."""
import gc
import time

import torch

# Largest difference of a logit that precision explains, relative to the largest logit.
TOLERANCE = {torch.float32: 1e-4, torch.float16: 2e-2}


def compare_graph(folder, exported):
    """Runs 40 random tokens through the graph in two parts, the second over the cache of the first, and through the model. If positions have
    several axes, does so again with different positions on each. Returns the largest difference; raises ValueError if precision does not explain it."""
    ids = torch.randint(0, exported.vocabulary, (1, 40), generator=torch.Generator().manual_seed(0))
    places = [None] if exported.axes == 1 else [None, torch.randint(0, 100, (exported.axes, 1, 40), generator=torch.Generator().manual_seed(2))]
    largest = 0.0
    for positions in places:
        with torch.no_grad():
            own = exported.own(ids) if positions is None else exported.own(ids, positions)
        gc.collect()
        logits = torch.cat(run_in_parts(folder, exported, ids, (25, 15), positions), dim=1)
        difference = float((own.float() - logits.float()).abs().max())
        if not difference <= TOLERANCE[exported.dtype] * max(1.0, float(own.float().abs().max())):
            raise ValueError(f"the exported graph does not give what the model gives: its scores differ by {difference:.2g}")
        largest = max(largest, difference)
    if exported.compare_images is not None:
        exported.compare_images(folder, TOLERANCE[exported.dtype])
    return largest


def tokens_per_second(exported, solutions=8, length=250, longest=60):
    """Speed of the model's own forward pass, one solution after the other, for as many as fit into `longest` seconds."""
    ids = torch.randint(0, exported.vocabulary, (solutions + 1, 1, length), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        exported.own(ids[0])
        start, done = time.perf_counter(), 0
        while done < solutions and (done == 0 or time.perf_counter() - start < longest):
            exported.own(ids[1 + done])
            done += 1
    return done * length / (time.perf_counter() - start)


def run_in_parts(folder, exported, ids, lengths, positions=None):
    import onnxruntime
    graph = exported.graph
    open_graph = lambda name: onnxruntime.InferenceSession(str(folder / name), providers=["CPUExecutionProvider"])
    decoder = open_graph(graph if isinstance(graph, str) else graph["decoder"])
    table = None if isinstance(graph, str) else open_graph(graph["embeddings"])
    cache = {value.name: torch.zeros([1 if axis == 0 else size if isinstance(size, int) else 0 for axis, size in enumerate(value.shape)], dtype=exported.dtype).numpy()
             for value in decoder.get_inputs() if value.name.startswith("past")}
    names = [value.name for value in decoder.get_outputs()]
    if positions is None:
        positions = torch.arange(ids.shape[1])[None] if exported.axes == 1 else torch.arange(ids.shape[1]).expand(exported.axes, 1, -1)
    past, found = 0, []
    for length in lengths:
        part = ids[:, past:past + length].numpy()
        feeds = {"attention_mask": torch.ones(1, past + length, dtype=torch.long).numpy(), "position_ids": positions[..., past:past + length].numpy(), **cache}
        feeds.update({"input_ids": part} if table is None else {"inputs_embeds": table.run(None, {"input_ids": part})[0]})
        results = dict(zip(names, decoder.run(names, feeds)))
        found.append(torch.from_numpy(results["logits"]))
        cache = {name: results[name.replace("past_key_values", "present")] for name in cache}
        past += length
    return found

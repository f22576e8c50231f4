"""Exports a checkpoint as an ONNX graph (opset 17, plain operators, weights in half precision) and checks it against PyTorch.

  python export.py --checkpoint FOLDER/policy-end.pt --out policy.onnx
  python export.py --checkpoint FOLDER/prm.pt --out model.onnx --half-at 0.35 [--expected test/fixtures/models/mini-expected.json]

`--half-at 0.35` moves the verdict so that a score of 0.35 becomes 0.5: the threshold is then 0.5, as for labels in [0, 1].
`--expected` writes PyTorch's results for a few solutions, token ids and scores, for the tests of the scorer.
"""
import argparse
import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from data import load_tokenizer
from model import Cached, Mini, Prm, causal
from sizes import COLUMNS, IMAGE, PATCHES, ROWS, VOCABULARY, WIDTH, YES

MODELS = Path(__file__).parents[2] / "media" / "models" / "mini"
CASES = [
    ("Each box holds 6 pens. Ana buys 4 boxes and gives away 5 pens. How many pens are left?",
     ["4 boxes hold 4 * 6 = 24 pens.", "24 - 5 = 19 pens are left.", "The answer is 19."]),
    ("Leo saves 7 dollars a week. At the start there are 30 dollars in the jar, and 5 weeks go by. Then Leo spends 20 dollars on a gift. How many dollars are left?",
     ["In 5 weeks Leo saves 7 * 5 = 35 dollars.", "With the first 30 dollars that is 30 + 35 = 65 dollars.", "Leo keeps 65 - 20 = 45 dollars. The answer is 45."]),
    ("Leo saves 7 dollars a week. At the start there are 30 dollars in the jar, and 5 weeks go by. Then Leo spends 20 dollars on a gift. How many dollars are left?",
     ["In 5 weeks Leo saves 7 * 5 = 36 dollars.", "With the first 30 dollars that is 30 + 36 = 66 dollars.", "Leo keeps 66 - 20 = 46 dollars. The answer is 46."]),
    ("In a triangle angle A is 50 degrees. Angle B is 60 degrees. How many degrees is angle C?",
     ["Angles A and B add up to 50 + 60 = 110 degrees.", "Angle C is 180 - 110 = 70 degrees. The answer is 80."]),
    ("What is 3 times 4?", ["One step with 3 * 4 = 12."]),
    ("Gr\u00f6\u00dfe \u2013 \\frac{1}{2}?", ["$$\nx^2 = 4\n$$", "\u7b54\u3048\u306f 2 \U0001f642"]),
]


def export(model, path):
    names = [f"past_{part}.{layer}" for layer in range(Cached(model).layers) for part in ("key", "value")]
    present = [name.replace("past", "present") for name in names]
    batch, new, past = 2, PATCHES + 5, 3
    ids = torch.zeros(batch, new, dtype=torch.long)
    ids[:, :PATCHES] = IMAGE
    example = (ids, torch.arange(past, past + new).repeat(batch, 1), causal(new, past).repeat(batch, 1, 1, 1),
               torch.zeros(batch, 1, ROWS, COLUMNS), *(torch.zeros(batch, past, WIDTH) for _ in names))
    axes = {"input_ids": {0: "B", 1: "S"}, "position_ids": {0: "B", 1: "S"}, "attention_bias": {0: "B", 2: "S", 3: "P+S"},
            "pixel_values": {0: "T"}, "logits": {0: "B", 1: "S"}}
    axes |= {name: {0: "B", 1: "P"} for name in names} | {name: {0: "B", 1: "S"} for name in present}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(Cached(model), example, str(path), dynamo=False, opset_version=17, dynamic_axes=axes,
                          input_names=["input_ids", "position_ids", "attention_bias", "pixel_values", *names], output_names=["logits", *present])
    graph = onnx.load(path)
    onnx.checker.check_model(graph)
    assert {operator.domain for operator in graph.graph.node} == {""}, "only standard operators"
    # The exporter leaves names of the source tree in doc strings and metadata.
    for node in graph.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    halve(graph.graph)
    onnx.save(graph, path)


def halve(graph):
    """Stores the large weights in half precision; a Cast, which the runtime folds away as it loads, gives them back: half the size at
    the same speed."""
    for tensor in [tensor for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT and np.prod(tensor.dims) > 1000]:
        name = f"{tensor.name}.half"
        stored = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor).astype(np.float16), name)
        graph.initializer.remove(tensor)
        graph.initializer.append(stored)
        graph.node.insert(0, onnx.helper.make_node("Cast", [name], [tensor.name], to=onnx.TensorProto.FLOAT))


def move(path, half_at):
    """Shifts the logit of Yes so that a score of `half_at` becomes 0.5."""
    graph = onnx.load(path)
    verdict = next(node for node in graph.graph.node if "logits" in node.output)
    verdict.output[list(verdict.output).index("logits")] = "logits.unmoved"
    moved = np.zeros(VOCABULARY, np.float32)
    moved[YES] = distance(half_at)
    graph.graph.initializer.append(onnx.numpy_helper.from_array(moved, "verdict.moved"))
    graph.graph.node.append(onnx.helper.make_node("Add", ["logits.unmoved", "verdict.moved"], ["logits"]))
    onnx.checker.check_model(graph)
    onnx.save(graph, path)


def simplify(path):
    """Joins nodes as the runtime would at every start; the weights stay in half precision."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    before = path.with_suffix(".whole.onnx")
    path.rename(before)
    onnxruntime.InferenceSession(str(before), options, providers=["CPUExecutionProvider"], disabled_optimizers=["ConstantFolding"])
    before.unlink()
    graph = onnx.load(path)
    # The runtime writes all domains that it knows, and the origin of nodes.
    standard = [opset for opset in graph.opset_import if opset.domain == ""]
    del graph.opset_import[:]
    graph.opset_import.extend(standard)
    for node in graph.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(graph)
    assert {operator.domain for operator in graph.graph.node} == {""}, "only standard operators"
    onnx.save(graph, path)


def distance(half_at):
    return float(np.log((1 - half_at) / half_at))


def past_inputs(session):
    return [tensor.name for tensor in session.get_inputs() if tensor.name.startswith("past_")]


def run(session, ids, past, pixels):
    """Runs `ids` after the cache `past` (a list of arrays [1,P,WIDTH]); logits [S,V] and the longer cache."""
    length = past[0].shape[1]
    feeds = {"input_ids": np.array([ids]), "position_ids": np.arange(length, length + len(ids))[None],
             "attention_bias": causal(len(ids), length).numpy(), "pixel_values": pixels, **dict(zip(past_inputs(session), past))}
    logits, *present = session.run(None, feeds)
    return logits[0], [np.concatenate(pair, 1) for pair in zip(past, present)]


def check(path, model, ids):
    """Whole pass, cached chunks, rows of a batch and PyTorch must agree, with a figure and without."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    empty = [np.zeros((1, 0, WIDTH), np.float32) for _ in past_inputs(session)]
    none = np.zeros((0, 1, ROWS, COLUMNS), np.float32)
    figure = np.random.default_rng(1).random((1, 1, ROWS, COLUMNS), np.float32)
    for name, pixels, row in (("text", none, ids), ("figure", figure, [IMAGE] * PATCHES + ids)):
        whole, _ = run(session, row, empty, pixels)
        chunks, past = [], empty
        first = len(row) - len(ids) + 7
        for start, end in zip([0, first, first + 13, first + 14], [first, first + 13, first + 14, len(row)]):
            logits, past = run(session, row[start:end], past, pixels if start == 0 else none)
            chunks.append(logits)
        doubled = {"input_ids": np.array([row, row]), "position_ids": np.arange(len(row))[None].repeat(2, 0),
                   "attention_bias": causal(len(row), 0).numpy().repeat(2, 0), "pixel_values": pixels.repeat(2, 0),
                   **{name: np.zeros((2, 0, WIDTH), np.float32) for name in past_inputs(session)}}
        with torch.no_grad():
            hidden = model(torch.tensor([row]), torch.from_numpy(pixels) if len(pixels) else None)
            torch_logits = (hidden @ model.embedding.weight.T)[0].numpy()
        for other_name, other in (("cached chunks", np.concatenate(chunks)), ("a batch", session.run(["logits"], doubled)[0][1]), ("PyTorch", torch_logits)):
            difference = np.abs(whole - other).max()
            print(f"{name}: whole pass against {other_name}: {difference:.1e} of {np.abs(whole).max():.0f}")
            # A longer trained judging block enlarges what float32 rounds off; a fault in the graph makes differences of whole units.
            assert difference < 1e-4 * max(10, np.abs(whole).max())


def expected(model, tokenizer, path, half_at):
    """The prompt and the steps are encoded apart, as in training."""
    marker, yes, no = (tokenizer.token_to_id(text) for text in ("<prm>", "Yes", "No"))
    cases = []
    for question, steps in CASES:
        ids = tokenizer.encode(f"Question: {question}\nProcess: ").ids + [id for step in steps for id in tokenizer.encode(f"{step}<prm>").ids]
        with torch.no_grad():
            logits = (model(torch.tensor([ids])) @ model.embedding.weight.T)[0]
        verdict = logits[torch.tensor(ids) == marker]
        scores = (verdict[:, yes] - verdict[:, no] + distance(half_at)).sigmoid()
        cases.append({"question": question, "steps": steps, "ids": ids, "scores": [round(float(score), 6) for score in scores]})
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    path.write_text(f'{{"cases": [\n{lines}\n]}}\n')


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--checkpoint", type=Path, required=True)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--expected", type=Path)
    arguments.add_argument("--half-at", type=float, default=0.5)
    options = arguments.parse_args()
    tokenizer = load_tokenizer()
    weights = {name: weight.float() for name, weight in torch.load(options.checkpoint, map_location="cpu").items()}
    model = Prm() if "told.weight" in weights else Mini()
    # Rounded here as `halve` stores them, so that PyTorch and the graph hold the same numbers.
    model.load_state_dict({name: weight.half().float() if weight.numel() > 1000 else weight for name, weight in weights.items()})
    model.eval()
    export(model, options.out)
    ids = tokenizer.encode("Question: Ana buys 12 pens for 3 dollars each. How much is that?\nProcess: 12 * 3 = 36.<prm>The answer is 36.<prm>").ids
    check(options.out, model, ids)
    if options.half_at != 0.5:
        move(options.out, options.half_at)
    simplify(options.out)
    if options.expected:
        expected(model, tokenizer, options.expected, options.half_at)
    print(options.out, f"{options.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

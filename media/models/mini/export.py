"""Exports a checkpoint as model.onnx (opset 17, plain operators, fp32) and checks it against PyTorch.

  python export.py --checkpoint FOLDER/model.pt [--out FOLDER] [--expected test/fixtures/models/mini-expected.json]

`--expected` writes what PyTorch says of a few solutions: token ids and scores, for the tests of the scorer.
"""
import argparse
import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from tokenizers import Tokenizer

from model import LAYERS, WIDTH, CachedPrm, MiniPrm

HERE = Path(__file__).parent
PAST = [f"past_{part}.{layer}" for layer in range(LAYERS) for part in ("key", "value")]
PRESENT = [name.replace("past", "present") for name in PAST]
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
    ("Größe \u2013 \\frac{1}{2}?", ["$$\nx^2 = 4\n$$", "\u7b54\u3048\u306f 2 \U0001f642"]),
]


def causal(new, past):
    """attention_bias for `new` tokens after `past` cached ones, [1,1,S,P+S]."""
    bias = torch.full((new, past + new), -1e9).triu(past + 1)
    return bias[None, None]


def export(model, path):
    new, past = 5, 3
    example = (torch.zeros(1, new, dtype=torch.long), torch.arange(past, past + new)[None], causal(new, past),
               *(torch.zeros(1, past, WIDTH) for _ in PAST))
    axes = {"input_ids": {1: "S"}, "position_ids": {1: "S"}, "attention_bias": {2: "S", 3: "P+S"}, "logits": {1: "S"}}
    axes |= {name: {1: "P"} for name in PAST} | {name: {1: "S"} for name in PRESENT}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(CachedPrm(model), example, str(path), dynamo=False, opset_version=17, dynamic_axes=axes,
                          input_names=["input_ids", "position_ids", "attention_bias", *PAST], output_names=["logits", *PRESENT])
    graph = onnx.load(path)
    onnx.checker.check_model(graph)
    assert {operator.domain for operator in graph.graph.node} == {""}, "only standard operators"
    # The exporter leaves names of the source tree in doc strings and metadata.
    for node in graph.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    onnx.save(graph, path)


def run(session, ids, past):
    """Runs `ids` after the cache `past` (a list of arrays [1,P,WIDTH]); logits [S,V] and the longer cache."""
    length = past[0].shape[1]
    feeds = {"input_ids": np.array([ids]), "position_ids": np.arange(length, length + len(ids))[None],
             "attention_bias": causal(len(ids), length).numpy(), **dict(zip(PAST, past))}
    logits, *present = session.run(None, feeds)
    return logits[0], [np.concatenate(pair, 1) for pair in zip(past, present)]


def check(path, model, ids):
    """Whole pass, cached chunks and PyTorch must agree."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    empty = [np.zeros((1, 0, WIDTH), np.float32) for _ in PAST]
    whole, _ = run(session, ids, empty)
    chunks, past = [], empty
    for start, end in zip([0, 7, 20, 21], [7, 20, 21, len(ids)]):
        logits, past = run(session, ids[start:end], past)
        chunks.append(logits)
    with torch.no_grad():
        torch_logits = (model(torch.tensor([ids])) @ model.embedding.weight.T)[0].numpy()
    for name, other in (("cached chunks", np.concatenate(chunks)), ("PyTorch", torch_logits)):
        difference = np.abs(whole - other).max()
        print(f"whole pass against {name}: {difference:.1e}")
        assert difference < 3e-5


def expected(model, tokenizer, path):
    """The prompt and the steps are encoded apart, as in training."""
    marker, yes, no = (tokenizer.token_to_id(text) for text in ("<prm>", "Yes", "No"))
    cases = []
    for question, steps in CASES:
        ids = tokenizer.encode(f"Question: {question}\nProcess: ").ids + [id for step in steps for id in tokenizer.encode(f"{step}<prm>").ids]
        with torch.no_grad():
            logits = (model(torch.tensor([ids])) @ model.embedding.weight.T)[0]
        scores = logits[torch.tensor(ids) == marker][:, [yes, no]].softmax(-1)[:, 0]
        cases.append({"question": question, "steps": steps, "ids": ids, "scores": [round(float(score), 6) for score in scores]})
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    path.write_text(f'{{"cases": [\n{lines}\n]}}\n')


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--checkpoint", type=Path, required=True)
    arguments.add_argument("--out", type=Path, default=HERE)
    arguments.add_argument("--expected", type=Path)
    options = arguments.parse_args()
    tokenizer = Tokenizer.from_file(str(HERE / "tokenizer.json"))
    model = MiniPrm(tokenizer.get_vocab_size())
    model.load_state_dict(torch.load(options.checkpoint))
    model.eval()
    path = options.out / "model.onnx"
    export(model, path)
    ids = tokenizer.encode("Question: Ana buys 12 pens for 3 dollars each. How much is that?\nProcess: 12 * 3 = 36.<prm>The answer is 36.<prm>").ids
    check(path, model, ids)
    if options.expected:
        expected(model, tokenizer, options.expected)
    print(path, f"{path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

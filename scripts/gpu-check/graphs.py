"""Graphs of the PRMs that check.py measures, without their weights: Qwen2 decoders and a head of two labels, in the layout that Hugging Face
Optimum writes, in float32 and float16.

  python3 graphs.py FOLDER SIZE...

Writes FOLDER/SIZE-PRECISION.onnx, whose weights check.py puts into `model.onnx_data` beside it, and weights.json beside each, which lists
them in the order of that file. Packages: torch, transformers, onnx.
"""
import itertools
import json
import sys
import warnings
from pathlib import Path

import onnx
import torch
from torch import nn

SIZES = {
    "tiny": dict(hidden_size=64, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, intermediate_size=128),
    "0.5b": dict(hidden_size=896, num_hidden_layers=24, num_attention_heads=14, num_key_value_heads=2, intermediate_size=4864),
    "3b": dict(hidden_size=2048, num_hidden_layers=36, num_attention_heads=16, num_key_value_heads=2, intermediate_size=11008),
    "7b": dict(hidden_size=3584, num_hidden_layers=28, num_attention_heads=28, num_key_value_heads=4, intermediate_size=18944),
}
PRECISIONS = {"fp32": torch.float32, "fp16": torch.float16}
VOCABULARY = 151936


def model(size, attention, **other):
    """A decoder and its head, without weights: parameters are on the device `meta`."""
    from transformers import Qwen2Config, Qwen2Model
    config = Qwen2Config(**{"vocab_size": VOCABULARY, **SIZES[size], **other}, max_position_embeddings=4096, attn_implementation=attention)
    with torch.device("meta"):
        body, head = Qwen2Model(config), nn.Linear(config.hidden_size, 2)
    # Its frequencies are computed, not loaded.
    body.rotary_emb = type(body.rotary_emb)(config)
    return body.eval(), head.eval(), config


def fill(body, head, weight):
    """Sets every parameter to weight(name, shape); names as in the graphs."""
    for prefix, module in (("decoder.body", body), ("head", head)):
        for path, part in module.named_modules():
            for name, parameter in list(part._parameters.items()):
                if parameter is not None:
                    full = ".".join(one for one in (prefix, path, name) if one)
                    part._parameters[name] = nn.Parameter(weight(full, tuple(parameter.shape)), requires_grad=False)


def write(folder, size, precision):
    from exporting import Cached, cache_names, head_size
    dtype = PRECISIONS[precision]
    full = model(size, "eager")
    shapes = {f"{prefix}.{name}": list(parameter.shape) for prefix, module in zip(("decoder.body", "head"), full) for name, parameter in module.named_parameters()}
    # These sizes are in no node of the graph, and tracing takes minutes with the real ones.
    body, head, config = model(size, "eager", vocab_size=16, hidden_size=16, intermediate_size=8, head_dim=head_size(full[2]))
    # Tracing needs only shapes. Each weight has a different number, because the exporter merges equal weights.
    numbers = itertools.count()
    fill(body, head, lambda name, shape: torch.tensor(float(next(numbers)), dtype=dtype).expand(shape))
    past, present = cache_names(config)
    inputs = ["input_ids", "attention_mask", "position_ids", *past]
    outputs = ["logits", *present]
    cache = [torch.zeros(1, config.num_key_value_heads, 2, head_size(config), dtype=dtype) for _ in past]
    example = (torch.zeros(1, 3, dtype=torch.long), torch.ones(1, 5, dtype=torch.long), torch.arange(2, 5)[None], *cache)
    batch = {0: "batch", 1: "sequence"}
    axes = {"input_ids": batch, "attention_mask": {0: "batch", 1: "total"}, "position_ids": batch, "logits": batch,
            **{name: {0: "batch", 2: "past"} for name in past}, **{name: {0: "batch", 2: "total"} for name in present}}
    path = folder / f"{size}-{precision}.onnx"
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(Cached(body, head, body.embed_tokens).eval(), example, str(path), dynamo=False, opset_version=17, input_names=inputs,
                          output_names=outputs, dynamic_axes=axes, export_params=False, do_constant_folding=False)
    graph = onnx.load(path)
    weights = store(graph.graph, dtype, shapes)
    onnx.save(graph, path)
    path.with_suffix(".json").write_text(json.dumps(weights))


def store(graph, dtype, shapes):
    """Turns the parameters, which are inputs of the graph, into weights in a file beside it. Those of matrix products are stored transposed."""
    parameters = {value.name: value for value in graph.input if value.name.startswith(("decoder.body.", "head."))}
    aliases = {}
    for node in list(graph.node):
        if node.op_type == "Identity" and node.input[0] in parameters:
            aliases[node.output[0]] = node.input[0]
            graph.node.remove(node)
    for node in graph.node:
        node.input[:] = [aliases.get(name, name) for name in node.input]
    transposed = {}
    for node in list(graph.node):
        if node.op_type == "Transpose" and node.input[0] in parameters:
            transposed[node.output[0]] = node.input[0]
            graph.node.remove(node)
    for node in graph.node:
        node.input[:] = [transposed.get(name, name) for name in node.input]
    width = torch.finfo(dtype).bits // 8
    weights, offset = [], 0
    for name, value in parameters.items():
        shape = shapes[name]
        is_transposed = name in transposed.values()
        length = width * int(torch.Size(shape).numel())
        tensor = graph.initializer.add(name=name, data_type=value.type.tensor_type.elem_type, dims=shape[::-1] if is_transposed else shape,
                                       data_location=onnx.TensorProto.EXTERNAL)
        for key, text in (("location", "model.onnx_data"), ("offset", str(offset)), ("length", str(length))):
            tensor.external_data.add(key=key, value=text)
        weights.append({"name": name, "shape": shape, "isTransposed": is_transposed, "offset": offset})
        # Offsets are multiples of a page, because files are mapped by pages.
        offset += -(-length // 4096) * 4096
        graph.input.remove(value)
    return weights


if __name__ == "__main__":
    for size in sys.argv[2:]:
        for precision in PRECISIONS:
            write(Path(sys.argv[1]), size, precision)

"""Graphs with the inputs and outputs that Hugging Face Optimum writes, from the modules of published models."""
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from torch import nn

from decoders import decoder_of, refuse_other_attention

OPSET = 17
# Weights of more bytes go into a file beside the graph, which can have no more than 2 GB.
LARGEST = 1 << 30


class Cached(nn.Module):
    """input_ids or inputs_embeds, attention_mask, position_ids, past_key_values.i.key/value -> logits, present.i.key/value."""

    def __init__(self, body, head, embed=None):
        super().__init__()
        self.decoder, self.head, self.embed = decoder_of(body), head, embed

    def forward(self, inputs, attention_mask, position_ids, *past):
        hidden, present = self.decoder(self.embed(inputs) if self.embed else inputs, attention_mask, position_ids, past)
        return (self.head(hidden), *present)


class Uncached(nn.Module):
    """input_ids, attention_mask -> logits; positions count from 0."""

    def __init__(self, body, head):
        super().__init__()
        self.decoder, self.head, self.embed = decoder_of(body), head, body.get_input_embeddings()

    def forward(self, input_ids, attention_mask):
        return self.head(self.decoder.without_cache(self.embed(input_ids), attention_mask, torch.arange(input_ids.shape[1])[None]))


def cache_names(config):
    names = [f"past_key_values.{layer}.{part}" for layer in range(config.num_hidden_layers) for part in ("key", "value")]
    return names, [name.replace("past_key_values", "present") for name in names]


def head_size(config):
    return getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads


def export_cached(path, model, config, embeds=False, pixels=None, axes_of_positions=1):
    """`axes_of_positions`: 3 = position_ids is [3,B,S]."""
    refuse_other_attention(getattr(model, "cached", model).decoder)
    past, present = cache_names(config)
    dtype = next(model.parameters()).dtype
    cache = [torch.zeros(1, config.num_key_value_heads, 2, head_size(config), dtype=dtype) for _ in past]
    first = torch.zeros(1, 3, config.hidden_size, dtype=dtype) if embeds else torch.zeros(1, 3, dtype=torch.long)
    inputs = ["inputs_embeds" if embeds else "input_ids", "attention_mask", "position_ids"]
    positions = torch.arange(2, 5)[None]
    if axes_of_positions > 1:
        positions = positions[None].expand(axes_of_positions, 1, 3)
    arguments = [first, torch.ones(1, 5, dtype=torch.long), positions]
    axes = {inputs[0]: {0: "batch", 1: "sequence"}, "attention_mask": {0: "batch", 1: "total"},
            "position_ids": {positions.dim() - 2: "batch", positions.dim() - 1: "sequence"}, "logits": {0: "batch", 1: "sequence"}, **{name: {0: "batch", 2: "past"} for name in past}, **{name: {0: "batch", 2: "total"} for name in present}}
    if pixels is not None:
        inputs.append("pixel_values")
        arguments.append(pixels)
        axes["pixel_values"] = {0: "images"}
    export(path, model, (*arguments, *cache), inputs + past, ["logits", *present], axes)


def export_uncached(path, model):
    refuse_other_attention(model.decoder)
    example = torch.zeros(1, 5, dtype=torch.long), torch.ones(1, 5, dtype=torch.long)
    sequence = {0: "batch", 1: "sequence"}
    export(path, model, example, ["input_ids", "attention_mask"], ["logits"], {"input_ids": sequence, "attention_mask": sequence, "logits": sequence})


def export(path, model, example, inputs, outputs, axes, fold=True):
    """`fold`: whether values that depend on no input are computed now and stored in the file."""
    path = Path(path)
    # Where weights are large, the exporter leaves a file for each of them.
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        traced = Path(scratch) / "graph.onnx"
        torch.onnx.export(model.eval(), example, str(traced), dynamo=False, opset_version=OPSET, input_names=inputs, output_names=outputs, dynamic_axes=axes, do_constant_folding=fold)
        graph = onnx.load(traced)
    graph.producer_version = ""
    rename(graph.graph, {name: name for name in [*inputs, *outputs]})
    if sum(len(tensor.raw_data) for tensor in graph.graph.initializer) > LARGEST:
        onnx.save(graph, path, save_as_external_data=True, location=f"{path.name}_data", size_threshold=1024)
        # Otherwise only its owner could read the file.
        path.with_name(f"{path.name}_data").chmod(path.stat().st_mode & 0o666)
    else:
        onnx.save(graph, path)


def rename(graph, names):
    """Replaces the modules' paths, which make up half of a small file, by short names."""
    short = lambda name: names.setdefault(name, f"t{len(names)}") if name else ""
    for tensor in graph.initializer:
        tensor.name = short(tensor.name)
    for node in graph.node:
        node.name = node.doc_string = ""
        del node.metadata_props[:]
        node.input[:] = [short(name) for name in node.input]
        node.output[:] = [short(name) for name in node.output]
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                rename(attribute.g, names)
    del graph.value_info[:]
    for value in [*graph.input, *graph.output]:
        value.name = short(value.name)

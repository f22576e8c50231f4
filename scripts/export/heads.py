"""A decoder of the transformers package and the head of its PRM, from a model's folder."""
import json
from pathlib import Path

from torch import nn

from weights import load_weights, weight_shapes, without_initialization

# Heads of one layer, by the names of their weights: token classification, ReasonEval, Skywork.
HEADS = ("score", "score_head", "v_head.summary")


def text_model(folder, dtype):
    """(decoder, head, own) of a model that reads text alone; own: token ids -> logits, as the model's class gives them. The head is found by
    the names of its weights: Qwen2.5-Math-PRM's two layers, one of HEADS, or the output layer of a language model. No code of the folder is
    run. Raises ValueError."""
    from transformers import AutoModel, AutoModelForCausalLM
    config = text_config(folder)
    shapes = weight_shapes(folder)
    prefix = body_prefix(folder, shapes)
    with without_initialization(dtype):
        head, parts = value_head(config, shapes)
        if head is not None:
            body = AutoModel.from_config(config, attn_implementation="eager", dtype=dtype)
            own = lambda ids: head(body(input_ids=ids, use_cache=False).last_hidden_state)
        else:
            whole = AutoModelForCausalLM.from_config(config, attn_implementation="eager", dtype=dtype)
            body, head, parts = whole.base_model, output_layer(config, whole), output_weights(folder, config, whole, shapes)
            own = lambda ids: whole(input_ids=ids, use_cache=False).logits
            whole.eval()
    # Towers for images and output layers that are not read have no place in a graph for text.
    load_weights(folder, {prefix: body, **parts}, ignored=tuple(name for name in shapes if not name.startswith(prefix) and not name.startswith(tuple(parts))))
    return body.eval(), head.eval(), own


def text_config(folder):
    """The configuration of the decoder, also where it is a part of another one."""
    from transformers import CONFIG_MAPPING
    fields = json.loads((Path(folder) / "config.json").read_text())
    for part in (fields, *(fields.get(name) or {} for name in ("text_config", "language_config", "llm_config"))):
        kind = part.get("model_type")
        if kind in CONFIG_MAPPING:
            config = CONFIG_MAPPING[kind](**{key: value for key, value in part.items() if key not in ("auto_map", "model_type")})
            return getattr(config, "text_config", None) or config
    raise ValueError(f"{folder}/config.json: model_type is {fields.get('model_type')!r}, which this version of transformers does not know")


def body_prefix(folder, names):
    """Prefix of the names of the decoder's weights, usually "model."."""
    tables = [name for name in names if name.endswith("embed_tokens.weight")]
    if len(tables) != 1:
        raise ValueError(f"{folder} is not a decoder that can be exported: {len(tables)} of its weights are named embed_tokens.weight")
    return tables[0][:-len("embed_tokens.weight")]


def value_head(config, shapes):
    """(the module that gives values or labels, {prefix of names: module to fill}); (None, {}) for a language model."""
    width = config.hidden_size
    if "score.0.weight" in shapes:
        middle = shapes["score.0.weight"][0]
        head = nn.Sequential(nn.Linear(width, middle), nn.ReLU(), nn.Linear(middle, shapes["score.2.weight"][0]))
        return head, {"score.": head}
    for name in HEADS:
        if f"{name}.weight" in shapes:
            head = nn.Linear(width, shapes[f"{name}.weight"][0], bias=f"{name}.bias" in shapes)
            return head, {f"{name}.": head}
    return None, {}


def output_layer(config, whole):
    """The layer that makes logits from the last hidden states. Other classes do more there, which the comparison with `own` detects."""
    layer, scaling = whole.get_output_embeddings(), getattr(config, "logits_scaling", None)
    return layer if scaling is None else Scaled(layer, scaling)


class Scaled(nn.Module):
    """Granite divides its logits."""

    def __init__(self, layer, divisor):
        super().__init__()
        self.layer, self.divisor = layer, divisor

    def forward(self, hidden):
        return self.layer(hidden) / self.divisor


def output_weights(folder, config, whole, shapes):
    name = next((name for name in shapes if name.endswith("lm_head.weight")), None)
    if name is not None:
        return {name[:-len("weight")]: whole.get_output_embeddings()}
    if not config.tie_word_embeddings:
        raise ValueError(f"{folder} has no head that is known: score.weight, score.0.weight, {', '.join(f'{one}.weight' for one in HEADS[1:])} or lm_head.weight")
    whole.get_output_embeddings().weight = whole.get_input_embeddings().weight
    return {}

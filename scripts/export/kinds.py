"""Kinds of models by `model_type`: how each is loaded and which graphs it becomes."""
from dataclasses import dataclass
from typing import Callable


@dataclass
class Exported:
    """What was written, and the model's own forward pass to compare it with."""
    # `graph` of a prm.json.
    graph: object
    config: object
    # Token ids [1,S] -> logits [1,S,width].
    own: Callable
    # Rows of the vocabulary.
    vocabulary: int
    # Of the weights; some classes give logits in float32 all the same.
    dtype: object


def text(model, out, code, dtype, fields):
    from exporting import Cached, export_cached
    from heads import text_model
    body, head, own = text_model(model, dtype)
    embed = body.get_input_embeddings()
    export_cached(out / "model.onnx", Cached(body, head, embed), body.config)
    return Exported("model.onnx", body.config, own, embed.num_embeddings, dtype)


def internvl(model, out, code, dtype, fields):
    from authors import internvl_model
    from image_graphs import export_internvl
    whole = internvl_model(model, code, dtype)
    graph = export_internvl(out, whole)
    language = whole.language_model
    return Exported(graph, language.config, lambda ids: language(input_ids=ids, use_cache=False, return_dict=True).logits, language.get_input_embeddings().num_embeddings, dtype)


KINDS = {"text": text, "internvl_chat": internvl}

"""Which tokens a decoder's layers see, as additive masks."""
import torch


def causal_mask(attention_mask, new, window=None, dtype=torch.float32):
    """attention_mask [B,P+S] of ones and zeros -> additive [B,1,S,P+S]: each of the last S tokens sees itself and the tokens before it,
    at most the last `window` of them."""
    total = attention_mask.shape[1]
    keys = torch.arange(total)
    queries = keys[total - new:][:, None]
    seen = keys[None] <= queries
    if window:
        seen = seen & (keys[None] > queries - window)
    allowed = seen[None, None] & (attention_mask[:, None, None] == 1)
    # -1e9 is no float16; what is masked there is -65504.
    return torch.where(allowed, 0.0, max(-1e9, torch.finfo(dtype).min)).to(dtype)


def layer_masks(config, attention_mask, new, dtype=torch.float32):
    """The mask for the layers of a decoder: a tensor, or one for each kind of layer if the kinds differ. Raises ValueError
    for kinds that are not exported."""
    window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    kinds = set(getattr(config, "layer_types", None) or ["sliding_attention" if window else "full_attention"])
    other = kinds - {"full_attention", "sliding_attention"}
    if other or getattr(config, "attention_chunk_size", None):
        raise ValueError(f"{type(config).__name__} has layers of kind {', '.join(sorted(other)) or 'chunked attention'}, which are not exported")
    masks = {"full_attention": lambda: causal_mask(attention_mask, new, None, dtype), "sliding_attention": lambda: causal_mask(attention_mask, new, window, dtype)}
    return masks[kinds.pop()]() if len(kinds) == 1 else {kind: masks[kind]() for kind in sorted(kinds)}


def looks_back(config):
    """Whether all layers see the whole sequence before a token, so that one mask for trees serves them all."""
    window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    return not window or "sliding_attention" not in (getattr(config, "layer_types", None) or ["sliding_attention"])

"""tokenizer.json of a model that has none, such as InternLM2's (`tokenizer.model` of SentencePiece)."""
import json
import shutil
from pathlib import Path

# Texts that a wrong conversion fails first: blanks, line breaks, digits, letters of other scripts, characters that are bytes.
TRIED = ["a", " a", "a  b", "   ", "\n", "\n\n", " \n ", "x\ty", "3 + 4 = 7", "1234567890", "Step 1: $\\frac{1}{2}$.\n\nStep 2", "你是书生·万象，英文名是InternVL", "user\n", "é à ñ", "😀 ∑ ‰", "+", "-", "Yes", "No"]


def write_tokenizer(model, folder):
    """Copies tokenizer.json, tokenizer_config.json and chat_template.jinja of `model`, and makes the first where there is only
    `tokenizer.model`. Raises ValueError."""
    model, folder = Path(model), Path(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        if (model / name).exists():
            shutil.copyfile(model / name, folder / name)
    # Earlier processors kept the template in a file of their own.
    old = model / "chat_template.json"
    if old.exists() and not (folder / "chat_template.jinja").exists() and "chat_template" not in config_of(model):
        (folder / "chat_template.jinja").write_text(json.loads(old.read_text())["chat_template"])
    if (model / "tokenizer.json").exists():
        return
    if (model / "tokenizer.model").exists():
        (folder / "tokenizer.json").write_text(json.dumps(from_sentencepiece(model), ensure_ascii=False))
    elif (model / "vocab.json").exists() and (model / "merges.txt").exists():
        from transformers import AutoTokenizer
        AutoTokenizer.from_pretrained(model, use_fast=True).backend_tokenizer.save(str(folder / "tokenizer.json"))
    else:
        raise ValueError(f"{model} has no tokenizer: neither tokenizer.json nor tokenizer.model nor vocab.json with merges.txt")


def from_sentencepiece(model):
    """tokenizer.json, as a dictionary, of a byte-pair vocabulary with bytes for what it lacks. It is compared with SentencePiece itself."""
    import sentencepiece
    from tokenizers import Tokenizer
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(model / "tokenizer.model"))
    size = pieces.get_piece_size()
    added = added_tokens(model, pieces)
    vocab = {pieces.id_to_piece(id): id for id in range(size)}
    scores = {text: pieces.get_score(id) for text, id in vocab.items()}
    prefix = [{"type": "Prepend", "prepend": "▁"}] if pieces.encode("a", out_type=str)[0].startswith("▁") else []
    config = config_of(model)
    bos = config.get("bos_token", "<s>")
    bos = bos["content"] if isinstance(bos, dict) else bos
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
        "normalizer": {"type": "Sequence", "normalizers": [*prefix, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        "pre_tokenizer": None,
        "post_processor": starts_with(bos, pieces.bos_id()) if config.get("add_bos_token", True) else None,
        "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
                                                     *([{"type": "Strip", "content": " ", "start": 1, "stop": 0}] if prefix else [])]},
        "model": {"type": "BPE", "dropout": None, "unk_token": pieces.id_to_piece(pieces.unk_id()), "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": True, "byte_fallback": True, "vocab": vocab, "merges": merges_of(vocab, scores)},
    }
    converted = Tokenizer.from_str(json.dumps(tokenizer))
    for text in TRIED:
        theirs, ours = pieces.encode(text), converted.encode(text, add_special_tokens=False).ids
        if theirs != ours:
            raise ValueError(f"{model}/tokenizer.model cannot be converted: SentencePiece makes {theirs} of {text!r}, and the converted tokenizer {ours}")
    return tokenizer


def config_of(model):
    path = Path(model) / "tokenizer_config.json"
    return json.loads(path.read_text()) if path.exists() else {}


def added_tokens(model, pieces):
    """Control pieces and what tokenizer_config.json or added_tokens.json adds, by their numbers."""
    entry = lambda id, content, special=True: {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": special}
    found = {id: entry(id, pieces.id_to_piece(id)) for id in range(pieces.get_piece_size()) if pieces.is_control(id) or pieces.is_unknown(id)}
    for id, token in config_of(model).get("added_tokens_decoder", {}).items():
        found[int(id)] = {**entry(int(id), token["content"]), **{key: token[key] for key in ("single_word", "lstrip", "rstrip", "normalized", "special") if key in token}}
    path = Path(model) / "added_tokens.json"
    for content, id in (json.loads(path.read_text()) if path.exists() else {}).items():
        found.setdefault(id, entry(id, content))
    return [found[id] for id in sorted(found)]


def merges_of(vocab, scores):
    """The pairs that form a piece, with those of likelier pieces first: SentencePiece joins by score, and the tokenizers package by rank."""
    merges = []
    for text in vocab:
        for cut in range(1, len(text)):
            left, right = text[:cut], text[cut:]
            if left in vocab and right in vocab:
                merges.append((-scores[text], vocab[left], vocab[right], left, right))
    return [[left, right] for *_, left, right in sorted(merges)]


def starts_with(text, id):
    item = {"SpecialToken": {"id": text, "type_id": 0}}
    sequence = lambda name, type_id: {"Sequence": {"id": name, "type_id": type_id}}
    return {"type": "TemplateProcessing", "single": [item, sequence("A", 0)], "pair": [item, sequence("A", 0), sequence("B", 1)],
            "special_tokens": {text: {"id": text, "ids": [id], "tokens": [text]}}}

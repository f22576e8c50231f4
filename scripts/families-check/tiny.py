"""Tiny models with random weights in folders as Hugging Face keeps them, and the scores of the fixtures' cases by their authors' way of scoring.

  python tiny.py FOLDER [--mm-prm CHECKOUT] [--visualprm CHECKOUT]

Writes FOLDER/NAME/ for every model that docs/families.md names, FOLDER/FAMILY.json, a file to score, and FOLDER/FAMILY.expected.json. They are
the models of test/fixtures/models/families/, made anew by the scripts there. CHECKOUT: the authors' code, see make_internvl.py there.
"""
import argparse
import json
import shutil
import sys
from pathlib import Path

FIXTURES = Path(__file__).parents[2] / "test" / "fixtures" / "models" / "families"
sys.path.insert(0, str(FIXTURES))

import torch
from safetensors.torch import save_file

import make_families
import make_qwen
import make_ursa
from make_families import HERE, Text

# Folder of the model on the page, prefixes of the names of its decoder's and its head's weights, and its class.
MODELS = {
    "qwen2.5-math-prm": ("Qwen2.5-Math-PRM-7B", "model.", "score.", "Qwen2ForProcessRewardModel"),
    "reasonflux-prm": ("ReasonFlux-PRM-7B", "model.", "score.", "Qwen2ForProcessRewardModel"),
    "math-shepherd": ("math-shepherd-mistral-7b-prm", "model.", "lm_head.", "MistralForCausalLM"),
    "rlhflow": ("Llama3.1-8B-PRM-Deepseek-Data", "model.", "lm_head.", "LlamaForCausalLM"),
    "openr-qwen": ("openr-qwen-merged", "model.", "lm_head.", "Qwen2ForCausalLM"),
    "skywork-o1-open-prm": ("Skywork-o1-Open-PRM-Qwen-2.5-7B", "model.", "v_head.summary.", "Qwen2ForPrmModel"),
    "trl-prm": ("my-trl-prm", "model.", "score.", "Qwen2ForTokenClassification"),
    "reasoneval-7b": ("ReasonEval-7B", "model.", "score_head.", "ReasonEval_7B"),
    "reasoneval-34b": ("ReasonEval-34B", "model.", "score_head.", "ReasonEval_34B"),
    "ursa-rm": ("URSA-RM-8B", "language_model.model.", "score.", "UrsaForTokenClassification"),
}
EURUS = ("EurusPRM-Stage2", "Qwen2.5-Math-7B-Instruct")
CHECKOUTS = ("mm-prm", "visualprm", "ursa-rm-images")
INTERNVL = {"mm-prm": "MM-PRM-8B", "visualprm": "VisualPRM-8B-v1_1"}


def save(folder, weights, config, family):
    folder.mkdir(parents=True)
    save_file({name: tensor.detach().contiguous().clone() for name, tensor in weights.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config, indent=2, default=str))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(HERE / family / name, folder / name)


def write_cases(out, family, cases):
    """`cases`: of the fixture's form. The file to score is one that StepLens reads."""
    for file in sorted({image for case in cases for image in case.get("images", [])}):
        shutil.copyfile(HERE / family / file, out / file)
    records = [{"question": case["question"], "answer": "0", "images": case.get("images", []), "solutions_splits": [case["steps"]]} for case in cases]
    (out / f"{family}.json").write_text(json.dumps(records, ensure_ascii=False))
    (out / f"{family}.expected.json").write_text(json.dumps([case["scores"] for case in cases]))


def make_text_models(out):
    """Takes the decoder and the head at the point at which the fixtures' scripts would export them."""
    made = {}
    keep = lambda path, model, *_: made.update(decoder=model.decoder.body, head=model.head)
    for module in (make_families, make_qwen, make_ursa):
        for name in ("export_cached", "export_uncached"):
            if hasattr(module, name):
                setattr(module, name, keep)
        module.write_config = lambda *_, **__: None

    def write(name, separator, vocabulary, config, recipe, build):
        text = Text(HERE / name / "tokenizer.json", json.loads((HERE / name / "tokenizer_config.json").read_text()))
        score = build(out, text, text.whole.get_vocab_size())
        folder, prefix, head_prefix, architecture = MODELS[name]
        weights = {prefix + key: tensor for key, tensor in made["decoder"].state_dict().items()} | {head_prefix + key: tensor for key, tensor in made["head"].state_dict().items()}
        config = {**made["decoder"].config.to_dict(), "architectures": [architecture], "tie_word_embeddings": False}
        save(out / folder, weights, config if name != "ursa-rm" else {"architectures": [architecture], "model_type": "ursa", "text_config": config}, name)
        problems = make_families.cases(separator)
        cases = []
        for question, steps in problems:
            ids, reads = recipe(text, question, steps)
            with torch.no_grad():
                cases.append({"question": question, "steps": steps, "scores": score(torch.tensor([ids]))[reads].tolist()})
        write_cases(out, name, cases)

    class Nothing:
        def __getattr__(self, name):
            return lambda *_, **__: {}

    make_families.vocabularies = make_qwen.vocabularies = make_ursa.vocabularies = Nothing()
    make_families.write = make_qwen.write = write
    for family in make_families.FAMILIES.values():
        family()
    make_qwen.reasonflux_prm()
    make_qwen.openr_qwen()
    write("ursa-rm", "и", None, {}, make_ursa.recipe, make_ursa.build)


def make_eurus(out):
    """The two models of the fixture, with its scores."""
    import copy
    from make_qwen import HIDDEN, Qwen2Config, Qwen2ForCausalLM
    from random_weights import randomise
    text = Text(HERE / "eurus-prm" / "tokenizer.json", {})
    settings = Qwen2Config(vocab_size=text.whole.get_vocab_size(), intermediate_size=48, tie_word_embeddings=False, **HIDDEN)
    model = randomise(Qwen2ForCausalLM(settings), 45, 0.2)
    reference, noise = copy.deepcopy(model), randomise(copy.deepcopy(model), 46, 0.02)
    with torch.no_grad():
        for own, other in zip(reference.parameters(), noise.parameters()):
            if own.dim() > 1:
                own.add_(other)
    for name, one in zip(EURUS, (model, reference)):
        save(out / name, one.state_dict(), {**settings.to_dict(), "architectures": ["Qwen2ForCausalLM"]}, "eurus-prm")
    write_cases(out, "eurus-prm", json.loads((HERE / "eurus-prm" / "expected.json").read_text())["cases"])


def make_vl_prm(out):
    """The fixture's Qwen2.5-VL; its scores are those of its own forward pass in this version of transformers."""
    import make_qwen_vl as fixture
    text = Text(HERE / "vl-prm" / "tokenizer.json", {})
    token, pair = text.id("<|image_pad|>"), [text.id("+"), text.id("-")]
    model = fixture.small_model(text.whole.get_vocab_size(), token)
    # Published models keep the original names of the weights, which differ from the present names of the class.
    published = lambda name: name.replace("model.language_model.", "model.").replace("model.visual.", "visual.")
    save(out / "Qwen-VL-PRM-7B", {published(name): tensor for name, tensor in model.state_dict().items()}, {**model.config.to_dict(), "architectures": ["Qwen2_5_VLForConditionalGeneration"]}, "vl-prm")
    tokenizer_config = json.loads((out / "Qwen-VL-PRM-7B" / "tokenizer_config.json").read_text())
    (out / "Qwen-VL-PRM-7B" / "chat_template.json").write_text(json.dumps({"chat_template": tokenizer_config.pop("chat_template")}))
    (out / "Qwen-VL-PRM-7B" / "tokenizer_config.json").write_text(json.dumps(tokenizer_config))
    cases = json.loads((HERE / "vl-prm" / "expected.json").read_text())["cases"]
    for case in cases:
        batch = fixture.pixels_of(HERE / "vl-prm", case["images"])
        logits = fixture.logits_of(model, flat(case["ids"]), batch, token)
        case["scores"] = logits[case["reads"]][:, pair].softmax(-1)[:, 0].tolist()
    write_cases(out, "vl-prm", cases)


def make_ursa_images(out, checkout):
    """The authors' own class with both towers; the scores are the fixture's."""
    import make_ursa_images as fixture
    text = Text(HERE / "ursa-rm-images" / "tokenizer.json", {})
    model = fixture.small_model(Path(checkout), text.whole.get_vocab_size(), text.id("<|image|>"))
    fields = {**model.config.to_dict(), "architectures": ["UrsaForTokenClassification"], "text_config": model.config.text_config.to_dict()}
    save(out / "URSA-RM-8B", model.state_dict(), fields, "ursa-rm-images")
    (out / "URSA-RM-8B" / "preprocessor_config.json").write_text(json.dumps(fixture.PROCESSOR))
    # The model's towers have sizes of their own, which the exporter finds in the authors' tables.
    shutil.copytree(Path(checkout) / "models", out / "URSA-MATH-code" / "models")
    for file, line in (("sam.py", f'SAM_MODEL_CONFIG["sam_small"] = {fixture.SAM}'), ("siglip_vit.py", f'SigLIP_MODEL_CONFIG["siglip_small"] = {fixture.SIGLIP}')):
        with (out / "URSA-MATH-code" / "models" / "ursa_model" / file).open("a") as code:
            code.write(f"\n{line}\n")
    write_cases(out, "ursa-rm-images", json.loads((HERE / "ursa-rm-images" / "expected.json").read_text())["cases"])


def make_internvl(out, family, checkout):
    """The authors' own class, filled as for the fixture; its scores are those of its own forward pass (see make_internvl.py)."""
    import make_internvl as fixtures
    from authors import class_of_checkout
    kept = {}

    def write(name, model_class, vocabulary, tokenizer_config, language, most_tiles, recipe, answers, export_graphs, authors_scores, seed):
        text = Text(HERE / name / "tokenizer.json", json.loads((HERE / name / "tokenizer_config.json").read_text()))
        model = fixtures.internvl(model_class, {**fixtures.LANGUAGE, **language, "vocab_size": text.whole.get_vocab_size()}, seed)
        kept.update(model=model)
        save(out / INTERNVL[name], model.state_dict(), {**model.config.to_dict(), "architectures": [model_class.__name__]}, name)

    class Nothing:
        def __getattr__(self, name):
            return lambda *_, **__: {}

    fixtures.vocabularies, fixtures.write = Nothing(), write
    {"mm-prm": fixtures.mm_prm, "visualprm": fixtures.visual_prm}[family](class_of_checkout(Path(checkout)))
    if family == "mm-prm":
        as_sentencepiece(out / INTERNVL[family])
    cases = json.loads((HERE / family / "expected.json").read_text())["cases"]
    pair = [Text(HERE / family / "tokenizer.json", {}).whole.token_to_id(answer) for answer in (("Yes", "No") if family == "mm-prm" else ("+", "-"))]
    token = Text(HERE / family / "tokenizer.json", {}).id("<IMG_CONTEXT>")
    for case in cases:
        ids = flat(case["ids"])
        tiles = [fixtures.pixels(fixtures.Image.open(HERE / family / file), 6 if family == "mm-prm" else 12) for file in case["images"]]
        logits = fixtures.logits_of(kept["model"], ids, torch.cat(tiles) if tiles else None, token)
        case["scores"] = logits[case["reads"]][:, pair].softmax(-1)[:, 0].tolist()
    write_cases(out, family, cases)


def flat(ids):
    return [id for entry in ids for id in ([entry] if isinstance(entry, int) else [entry[0]] * entry[1])]


def as_sentencepiece(folder):
    """Makes a SentencePiece vocabulary from the fixture's tokenizer, because InternLM2 has no tokenizer.json but such a vocabulary."""
    from sentencepiece import sentencepiece_model_pb2 as proto
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    vocab, added = tokenizer["model"]["vocab"], {token["id"]: token for token in tokenizer["added_tokens"]}
    ranks = {merge.replace(" ", "") if isinstance(merge, str) else "".join(merge): rank for rank, merge in reversed(list(enumerate(tokenizer["model"]["merges"])))}
    by_id = {id: text for text, id in vocab.items()}
    model = proto.ModelProto()
    kinds = proto.ModelProto.SentencePiece
    size = max(by_id) + 1
    for id in range(size):
        text = by_id.get(id, f"[UNUSED_TOKEN_{id}]")
        kind = kinds.UNKNOWN if text == "<unk>" else kinds.CONTROL if text in ("<s>", "</s>") else kinds.BYTE if len(text) == 6 and text.startswith("<0x") else kinds.NORMAL if id in by_id else kinds.USER_DEFINED
        model.pieces.add(piece=text, score=float(-ranks.get(text, len(ranks) + id)), type=kind)
    model.trainer_spec.model_type, model.trainer_spec.byte_fallback, model.trainer_spec.vocab_size = 2, True, size
    model.trainer_spec.unk_id, model.trainer_spec.bos_id, model.trainer_spec.eos_id, model.trainer_spec.pad_id = 0, 1, 2, -1
    model.normalizer_spec.name, model.normalizer_spec.add_dummy_prefix, model.normalizer_spec.remove_extra_whitespaces, model.normalizer_spec.escape_whitespaces = "identity", False, False, True
    (folder / "tokenizer.model").write_bytes(model.SerializeToString())
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["added_tokens_decoder"] = {str(id): {key: value for key, value in token.items() if key != "id"} for id, token in added.items()}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, ensure_ascii=False))
    (folder / "tokenizer.json").unlink()


if __name__ == "__main__":
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    for name in CHECKOUTS:
        parser.add_argument(f"--{name}", type=Path)
    options = parser.parse_args()
    chosen = {name: getattr(options, name.replace("-", "_")) for name in CHECKOUTS}
    if any(chosen.values()):
        for name, checkout in chosen.items():
            if checkout:
                make_ursa_images(options.out, checkout) if name == "ursa-rm-images" else make_internvl(options.out, name, checkout)
    else:
        make_text_models(options.out)
        make_eurus(options.out)
        make_vl_prm(options.out)

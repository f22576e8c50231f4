"""Trains the byte-level BPE tokenizer: digits one by one, `<prm>`, `<|pad|>`, `<image>` and `<|end|>` special, `Yes` and `No` one token each."""
import argparse
import json
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

MODELS = Path(__file__).parents[2] / "media" / "models" / "mini"
VOCABULARY = 1024


def train(texts):
    tokenizer = Tokenizer(models.BPE())
    # The isolated digits come first, so that no merge joins two digits and every number is read digit by digit.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex("[0-9]"), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<|pad|>", "<prm>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens(["<image>", "<|end|>"])
    for word in ("Yes", "No"):
        assert tokenizer.encode(word).tokens == [word], f"{word} is not one token"
    return tokenizer


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", required=True, help="JSON Lines of write-data.ts")
    arguments.add_argument("--lines", type=int, default=40_000)
    arguments.add_argument("--out", type=Path, default=MODELS)
    options = arguments.parse_args()
    texts = ["Yes", "No"] * 5000
    with open(options.data) as file:
        for line, _ in zip(file, range(options.lines)):
            row = json.loads(line)
            texts.append(f"Question: {row['q']}\nProcess: " + "".join(row["s"]))
    tokenizer = train(texts)
    options.out.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(options.out / "tokenizer.json"))
    configuration = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "add_bos_token": False,
        "add_eos_token": False,
        "pad_token": "<|pad|>",
        "clean_up_tokenization_spaces": False,
        "model_max_length": 512,
    }
    (options.out / "tokenizer_config.json").write_text(json.dumps(configuration, indent=2) + "\n")
    ids = tokenizer.encode("Question: Ana buys 12 pens.\nProcess: 12 * 3 = 36.<prm>")
    print(tokenizer.get_vocab_size(), ids.tokens)


if __name__ == "__main__":
    main()

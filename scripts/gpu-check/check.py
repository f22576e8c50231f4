# Over 400 lines: it is carried alone to a machine without a network.
"""Measures StepLens on this machine: random PRMs of several sizes on every device, against PyTorch with left-padded batches.

  python3 check.py --node NODE --program FOLDER --out results.json [--sizes 0.5b,3b] [--devices cpu,cuda,webgpu] [--only facts,make,bundled,models,raw]

FOLDER is the bundle's (see bundle.mjs). Packages: torch, transformers, onnx. Results are written after every row, so that those of a run
that is cut short remain. A process whose id is in the file --pause is stopped while something is timed.
"""
import argparse
import contextlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import torch

import graphs

STARTED = time.time()
TORCH_DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
PAIRS = {"0.5b": ("fp32", "fp16"), "tiny": ("fp32", "fp16"), "3b": ("fp16",), "7b": ("fp16",)}


class Results:
    def __init__(self, path):
        self.path = path
        self.all = json.loads(path.read_text()) if path.exists() else {"rows": [], "failures": []}

    def put(self, **parts):
        self.all.update(parts)
        self.save()

    def row(self, row):
        self.all["rows"].append(row)
        print(json.dumps({key: value for key, value in row.items() if key not in ("log", "runs")})[:900], flush=True)
        self.save()

    def save(self):
        self.all["seconds"] = time.time() - STARTED
        scratch = self.path.with_suffix(".part")
        scratch.write_text(json.dumps(self.all, indent=1))
        scratch.replace(self.path)

    @contextlib.contextmanager
    def part(self, name):
        """Records a failure of one part, and lets the other parts run."""
        started = time.time()
        try:
            yield
        except Exception as error:
            self.all["failures"].append({"part": name, "error": f"{type(error).__name__}: {error}"[:2000]})
            print(f"{name} FAILED: {type(error).__name__}: {error}"[:1200], flush=True)
        print(f"-- {name}: {time.time() - started:.1f} s, {time.time() - STARTED:.0f} s since the start", flush=True)
        self.save()


@contextlib.contextmanager
def quiet(pause):
    """Pauses other work on this machine while something is timed."""
    pid = None
    with contextlib.suppress(OSError, ValueError):
        pid = int(Path(pause).read_text())
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if pid is not None:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGCONT)


def synchronize():
    if TORCH_DEVICE == "cuda":
        torch.cuda.synchronize()


def median_ms(action, times=5):
    """The median of several runs after a first one that is not counted."""
    spent = []
    for _ in range(times + 1):
        synchronize()
        start = time.perf_counter()
        action()
        synchronize()
        spent.append(1000 * (time.perf_counter() - start))
    return sorted(spent[1:])[times // 2]


def ceilings():
    """The largest rates that PyTorch reaches here: matrix products (TFLOP/s) and a copy on the device (TB/s, bytes read and written)."""
    size = 8192 if TORCH_DEVICE == "cuda" else 512
    rates = {}
    for name, dtype, tf32 in (("fp16", torch.float16, False), ("fp32", torch.float32, False), ("tf32", torch.float32, True)):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        a, b = (torch.randn(size, size, device=TORCH_DEVICE, dtype=dtype) for _ in range(2))
        rates[name] = 2 * size**3 / median_ms(lambda: a @ b) / 1e9
    torch.backends.cuda.matmul.allow_tf32 = False
    source = torch.randn(size, size * 16, device=TORCH_DEVICE)
    target = torch.empty_like(source)
    rates["copy"] = 2 * source.numel() * 4 / median_ms(lambda: target.copy_(source)) / 1e9
    return rates


def weight(name, shape, device):
    """Numbers that depend on the weight's name alone, in float32; scores of different texts differ."""
    generator = torch.Generator(device).manual_seed(sum(name.encode()) * 7919 + len(name))
    if len(shape) > 1:
        return torch.randn(shape, generator=generator, device=device) * (1.2 / shape[-1] ** 0.5)
    return torch.randn(shape, generator=generator, device=device) * 0.05 + (1.0 if "norm" in name else 0.0)


def make(arguments, size, precision):
    """A model folder: the graph, its weights, the tokenizer and the profile. Kept when it is there."""
    folder = arguments.scratch / f"{size}-{precision}"
    if (folder / "prm.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    source = arguments.program / "graphs" / f"{size}-{precision}"
    shutil.copy(f"{source}.onnx", folder / "model.onnx")
    dtype = graphs.PRECISIONS[precision]
    with open(folder / "model.onnx_data", "wb") as file:
        for one in json.loads(Path(f"{source}.json").read_text()):
            value = weight(one["name"], one["shape"], TORCH_DEVICE).to(dtype)
            file.seek(one["offset"])
            (value.T if one["isTransposed"] else value).contiguous().cpu().numpy().tofile(file)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(arguments.program / name, folder / name)
    (folder / "prm.json").write_text(json.dumps({"family": "qwen2.5-math-prm", "graph": "model.onnx"}))
    return folder


def hugging_face(folder):
    """The same model with a cache that StepLens cannot rewrite at load, because its outputs pass one node more."""
    import onnx
    other = folder.with_name(f"{folder.name}-hf")
    if not other.exists():
        shutil.copytree(folder, other, ignore=shutil.ignore_patterns("model.onnx*"))
        os.link(folder / "model.onnx_data", other / "model.onnx_data")
        model = onnx.load(folder / "model.onnx", load_external_data=False)
        outputs = {value.name for value in model.graph.output if value.name.startswith("present")}
        for node in list(model.graph.node):
            for place, name in enumerate(node.output):
                if name in outputs:
                    node.output[place] = f"{name}.inner"
                    model.graph.node.append(onnx.helper.make_node("Identity", [f"{name}.inner"], [name]))
            node.input[:] = [f"{name}.inner" if name in outputs else name for name in node.input]
        onnx.save(model, other / "model.onnx")
    return other


class Memory(threading.Thread):
    """Most memory in use while it runs: of the GPU (MiB, all processes) and of the process and its children (MiB)."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.gpu, self.host, self.ended = pid, None, None, threading.Event()

    def run(self):
        while not self.ended.wait(0.2):
            with contextlib.suppress(Exception):
                self.gpu = max(self.gpu or 0, gpu_memory())
            with contextlib.suppress(Exception):
                import psutil
                own = psutil.Process(self.pid)
                self.host = max(self.host or 0, sum(one.memory_info().rss for one in [own, *own.children(recursive=True)]) / 2**20)


def gpu_memory():
    said = subprocess.run(["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"], capture_output=True, text=True, timeout=10)
    return int(said.stdout.split()[0])


def run(arguments, command, environment=None, timeout=None):
    """stdout, stderr and the exit code of a command that is ended after `timeout` seconds, with its use of memory."""
    with quiet(arguments.pause):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})},
                                   start_new_session=True)
        memory = Memory(process.pid)
        memory.start()
        try:
            out, err = process.communicate(timeout=timeout or arguments.timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            err += f"\nended after {timeout or arguments.timeout} s"
        memory.ended.set()
        return out, err, process.returncode, {"gpuMiB": memory.gpu, "hostMiB": memory.host}


def measure(arguments, folder, device, environment=None):
    command = [arguments.node, str(arguments.program / "measure.js"), str(folder), device, str(arguments.program / "dist" / "inference.js")]
    out, err, code, memory = run(arguments, command, environment)
    try:
        return {**json.loads(out.strip().splitlines()[-1]), "memory": memory}
    except (IndexError, json.JSONDecodeError):
        return {"error": f"exit code {code}: {err.strip()[-600:]}", "memory": memory}


def pytorch(size, precision, sequences, is_timed):
    """Left-padded batches of 16 whole solutions, as MM-PRM's batch_prm does: scores by step, ms, tokens run, memory."""
    stored, computed = graphs.PRECISIONS[precision], graphs.PRECISIONS[precision if is_timed else "fp32"]
    body, head, _ = graphs.model(size, "sdpa")
    graphs.fill(body, head, lambda name, shape: weight(name, shape, TORCH_DEVICE).to(stored).to(computed))
    body.rotary_emb.to(TORCH_DEVICE)
    longest = max(len(one["ids"]) for one in sequences)
    padded = lambda fill, of: torch.tensor([[fill] * (longest - len(one["ids"])) + of(one) for one in sequences], device=TORCH_DEVICE)
    ids, mask = padded(0, lambda one: one["ids"]), padded(0, lambda one: [1] * len(one["ids"]))
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    if TORCH_DEVICE == "cuda":
        torch.cuda.reset_peak_memory_stats()
    with torch.no_grad():
        forward = lambda: head(body(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False).last_hidden_state).float()
        shares = forward().softmax(-1)[..., 1].cpu()
        ms = median_ms(forward, 3) if is_timed else None
        loops = {}
        # Minutes on a CPU.
        if is_timed and TORCH_DEVICE == "cuda":
            one = lambda some: head(body(input_ids=torch.tensor([some], device=TORCH_DEVICE), use_cache=False).last_hidden_state).float().softmax(-1).cpu()
            prefixes = {step: each["ids"][:read + 1] for each in sequences for read, step in zip(each["reads"], each["steps"])}
            loops["solutions"] = median_ms(lambda: [one(each["ids"]) for each in sequences], 1)
            loops["prefixes"] = median_ms(lambda: [one(some) for some in prefixes.values()], 1)
            loops["prefixTokens"] = sum(map(len, prefixes.values()))
    scores = {}
    for row, one in enumerate(sequences):
        for read, step in zip(one["reads"], one["steps"]):
            scores[step] = float(shares[row, longest - len(one["ids"]) + read])
    peak = torch.cuda.max_memory_allocated() / 2**20 if TORCH_DEVICE == "cuda" else None
    parameters = sum(part.numel() for module in (body.layers, head) for part in module.parameters())
    return {"ms": ms, "loops": loops, "tokens": sum(len(one["ids"]) for one in sequences), "gpuMiB": peak, "parameters": parameters}, scores


def free():
    if TORCH_DEVICE == "cuda":
        import gc
        gc.collect()
        torch.cuda.empty_cache()


def models(arguments, results, size, precision):
    folder = make(arguments, size, precision)
    found = {}

    def one(name, where, device, environment=None):
        if time.time() - STARTED > arguments.until:
            print(f"{size} {precision} {name}: left out, no time", flush=True)
            return
        found[name] = measure(arguments, where, device, environment)
        done = found[name]
        print(f"   {size} {precision} {name}: {done.get('error') or [round(run['ms']) for run in done['runs']]} {(done.get('deviceInfo') or {}).get('provider')}", flush=True)
        results.put(unfinished={key: value for key, value in done.items() if key != "sequences"})

    for device in arguments.devices.split(","):
        # Minutes on a CPU; PyTorch's scores are what the others are compared with.
        if device != "cpu" or size in ("tiny", "0.5b"):
            one(device, folder, device)
    if "cuda" in found:
        if precision == "fp32":
            one("cuda, TF32", folder, "cuda", {"NVIDIA_TF32_OVERRIDE": "1"})
        if "cache" in arguments.only.split(","):
            one("cuda, Hugging Face's cache", hugging_face(folder), "cuda")
    sequences = next((done["sequences"] for done in found.values() if "sequences" in done), None)
    if sequences is None:
        raise RuntimeError("; ".join(f"{name}: {done.get('error')}" for name, done in found.items()) or "no time was left")
    with quiet(arguments.pause):
        _, expected = pytorch(size, precision, sequences, False)
        free()
        rival, own = pytorch(size, precision, sequences, True)
        free()
    rival["apart"] = max(abs(own[step] - score) for step, score in expected.items())
    for name, done in found.items():
        row = {"size": size, "precision": precision, "device": name, **{key: value for key, value in done.items() if key not in ("sequences", "scores")}}
        row["torch"] = rival
        row["distinct"] = len({tuple(one["ids"][:end]) for one in sequences for end in range(1, len(one["ids"]) + 1)})
        if "scores" in done:
            pairs = [(done["scores"][step], score) for step, score in expected.items()]
            row["apart"] = max(abs(ours - theirs) for ours, theirs in pairs)
            row["spread"] = max(theirs for _, theirs in pairs) - min(theirs for _, theirs in pairs)
            row["flips"] = sum((ours < 0.5) != (theirs < 0.5) for ours, theirs in pairs)
            row["steps"] = len(pairs)
        results.row(row)
    results.all.pop("unfinished", None)


def bundled(arguments, results):
    """The command line and the language server with the bundled model, on every device."""
    cli, samples = arguments.program / "dist" / "cli.js", arguments.program / "media" / "samples"
    done = {}
    for device in arguments.devices.split(","):
        out, err, code, _ = run(arguments, [arguments.node, str(cli), "doctor", "--device", device], timeout=60)
        print(f"doctor --device {device}: exit code {code}\n{out}{err[-1500:]}", flush=True)
        start = time.time()
        scored, noted, score_code, memory = run(arguments, [arguments.node, str(cli), "score", str(samples / "process-benchmark.jsonl"), str(samples / "trees"), "--json", "--verbose", "--no-cache", "--device", device], timeout=90)
        seconds = time.time() - start
        values = [step["values"].get("prm") for line in scored.splitlines() if line.startswith("{") for step in json.loads(line).get("steps", [])]
        print(f"score --device {device}: exit code {score_code}, {len(values)} steps in {seconds:.2f} s\n{noted[-800:]}", flush=True)
        done[device] = {"doctor": out, "doctorCode": code, "score": noted[-3000:], "scoreCode": score_code, "seconds": seconds, "values": values, "memory": memory}
        with contextlib.suppress(KeyError, TypeError):
            done[device]["apart"] = max(abs(a["value"] - b["value"]) if isinstance(a, dict) else abs(a - b) for a, b in zip(values, done["cpu"]["values"]) if a is not None)
        done[device]["languageServer"] = language_server(arguments, cli, samples / "solutions" / "wrong.md", device)
        print(f"language server on {device}: {done[device]['languageServer']}", flush=True)
        results.put(bundled={**results.all.get("bundled", {}), **{name: {key: value for key, value in one.items() if key != "values"} for name, one in done.items()}})


def language_server(arguments, cli, file, device):
    """Opens a file in the language server: ms from its opening until its marks are complete, and how many there are."""
    process = subprocess.Popen([arguments.node, str(cli), "lsp", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    stop = threading.Timer(60, process.kill)
    stop.start()

    def send(**message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        process.stdin.flush()

    def receive():
        length = 0
        while (line := process.stdout.readline().strip()):
            name, value = line.split(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return json.loads(process.stdout.read(length))

    said = []
    try:
        settings = {"device": device}
        send(id=1, method="initialize", params={"processId": None, "rootUri": None, "capabilities": {}, "initializationOptions": {"settings": settings}})
        while receive().get("id") != 1:
            pass
        send(method="initialized", params={})
        uri, times = file.resolve().as_uri(), []
        for turn in range(2):
            start = time.time()
            text = file.read_text() + "\n" * turn
            if turn == 0:
                send(method="textDocument/didOpen", params={"textDocument": {"uri": uri, "languageId": "markdown", "version": 1, "text": text}})
            else:
                text = text.replace("Step 1", "Step 1 (now)", 1) + " Then we are done."
                send(method="textDocument/didChange", params={"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": text}]})
            send(id=10 + turn, method="steplens/scoreDocument", params={"uri": uri})
            while True:
                message = receive()
                if message.get("method") == "window/logMessage":
                    said.append(message["params"]["message"])
                if "id" in message and "method" in message:
                    send(id=message["id"], result=None if message["method"] != "workspace/configuration" else [settings for _ in message["params"]["items"]])
                elif message.get("id") == 10 + turn:
                    times.append({"ms": 1000 * (time.time() - start), "result": message.get("result"), "error": message.get("error")})
                    break
        return {"turns": times, "log": [line for line in said if "runs on" in line or "passed over" in line]}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}", "log": said[-5:]}
    finally:
        stop.cancel()
        process.kill()
        process.wait()


def raw(arguments, results, size, precision, device):
    """Cost of a pass of the graph without StepLens around it, by kind of node."""
    folder = make(arguments, size, precision)
    out, err, code, memory = run(arguments, [arguments.node, str(arguments.program / "passes.js"), str(folder), device], timeout=arguments.timeout)
    try:
        found = json.loads(out.strip().splitlines()[-1])
    except (IndexError, json.JSONDecodeError):
        found = {"error": f"exit code {code}: {err.strip()[-600:]}"}
    print(f"raw {size} {precision} {device}: {json.dumps(found)[:2600]}", flush=True)
    results.put(raw={**results.all.get("raw", {}), f"{size} {precision} {device}": {**found, "memory": memory}})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--node", required=True)
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sizes", default="0.5b,3b")
    parser.add_argument("--precisions", default="fp32,fp16")
    parser.add_argument("--devices", default="cpu,cuda,webgpu")
    parser.add_argument("--only", default="facts,make,bundled,models,raw")
    parser.add_argument("--timeout", type=float, default=90, help="seconds that one measurement may take")
    parser.add_argument("--until", type=float, default=1e9, help="seconds after which no further measurement is begun")
    parser.add_argument("--pause", default="/tmp/train.pid")
    parser.add_argument("--scratch", type=Path, default=Path("/tmp/gpu-check"))
    arguments = parser.parse_args()
    sys.path.insert(0, str(arguments.program))
    results, parts = Results(arguments.out), arguments.only.split(",")
    pairs = [(size, precision) for size in arguments.sizes.split(",") for precision in PAIRS[size] if precision in arguments.precisions.split(",")]
    name = torch.cuda.get_device_name() if TORCH_DEVICE == "cuda" else platform.processor() or platform.machine()
    results.put(gpu=name if TORCH_DEVICE == "cuda" else None, machine=name, torch=torch.__version__, isDryRun=TORCH_DEVICE == "cpu")
    if "facts" in parts:
        with results.part("facts"), quiet(arguments.pause):
            results.put(ceilings=ceilings())
            print(results.all["ceilings"], flush=True)
    if "make" in parts:
        for size, precision in pairs:
            if time.time() - STARTED < arguments.until:
                with results.part(f"make {size} {precision}"):
                    make(arguments, size, precision)
                    free()
    if "models" in parts:
        for size, precision in pairs:
            with results.part(f"{size} {precision}"):
                models(arguments, results, size, precision)
    if "raw" in parts:
        for size, precision in pairs:
            for device in arguments.devices.split(","):
                if time.time() - STARTED < arguments.until and (device != "cpu" or size == "tiny"):
                    with results.part(f"raw {size} {precision} {device}"):
                        raw(arguments, results, size, precision, device)
    if "bundled" in parts:
        with results.part("bundled"):
            bundled(arguments, results)


if __name__ == "__main__":
    main()

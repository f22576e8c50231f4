"""What training the policy and the PRM have in common: the device, optimizers, a schedule by the clock, and checkpoints."""
import math
import time

import torch


def best_device():
    return "cuda" if torch.cuda.is_available() else "cpu"


def half_precision(device):
    # A recorded step must not keep the halved weights of the step before.
    return torch.autocast(device, dtype=torch.bfloat16, cache_enabled=False)


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum and updates of AdamW's size, for matrices. Those of one shape are orthogonalized as one batch: torch's
    own takes them one by one, and a small model then waits for the launches."""

    def __init__(self, matrices, lr, weight_decay=0.02, momentum=0.95):
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            # Without a figure in the batch, its encoder has no gradients.
            for matrix in (matrix for matrix in group["params"] if matrix.grad is not None):
                shapes.setdefault(matrix.shape, []).append(matrix)
            for shape, matrices in shapes.items():
                for matrix in matrices:
                    if "momentum" not in self.state[matrix]:
                        self.state[matrix]["momentum"] = torch.zeros_like(matrix)
                gradients, momenta = [matrix.grad for matrix in matrices], [self.state[matrix]["momentum"] for matrix in matrices]
                torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
                ahead = torch._foreach_lerp(gradients, momenta, group["momentum"])
                update = orthogonal(torch.stack(ahead)) * (0.2 * max(shape) ** 0.5 * group["lr"])
                torch._foreach_mul_(matrices, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_sub_(matrices, list(update.to(matrices[0].dtype).unbind()))


def orthogonal(matrices):
    """Newton-Schulz in five steps, with Muon's coefficients. matrices: [N, A, B]."""
    x = matrices.bfloat16()
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        gram = x @ x.mT
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x.mT if tall else x


def optimizers(matrices, others, rate):
    """Muon for the matrices of blocks, AdamW for the other parameters. Rates are tensors on the device, so that a recorded step reads the
    present one."""
    device = matrices[0].device
    rates = [torch.tensor(rate, device=device), torch.tensor(0.75 * rate, device=device)]
    found = [Muon(matrices, lr=rates[0]), torch.optim.AdamW(others, lr=rates[1], betas=(0.9, 0.98), weight_decay=0.0, fused=True, capturable=device.type == "cuda")]
    for optimizer, peak in zip(found, (rate, 0.75 * rate)):
        for group in optimizer.param_groups:
            group["peak"] = peak
    return found


class Schedule:
    """Warm-up over 150 steps, then a cosine that ends after `minutes` or after `last` steps. A step counts for two seconds at most: while
    the process is stopped, the clock stops, too."""

    def __init__(self, optimizers, minutes=None, last=None):
        self.optimizers, self.length, self.last, self.ticked, self.seconds, self.steps = optimizers, minutes, last, time.time(), 0.0, 0

    def minutes(self):
        now = time.time()
        self.seconds, self.ticked = self.seconds + min(now - self.ticked, 2), now
        return self.seconds / 60

    def advance(self):
        """Sets the rates of the next step; False when the end is reached."""
        done = self.steps / self.last if self.last else self.minutes() / self.length
        if done >= 1:
            return False
        rate = min(1, (self.steps + 1) / 150) * (0.5 + 0.5 * math.cos(math.pi * done))
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"].fill_(group["peak"] * max(rate, 0.01))
        self.steps += 1
        return True

    def apply(self):
        """Applies the gradients."""
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def step(self):
        """Applies the gradients; False when the end is reached."""
        if not self.advance():
            return False
        self.apply()
        return True


class Step:
    """Something that is done over and over with the same shapes: on a GPU recorded once as a CUDA graph, because a small model otherwise
    waits for the launches of its kernels. `work()` reads its inputs from tensors that stay where they are. Where recording fails, it is
    called as it is."""

    def __init__(self, work, device):
        self.work, self.graph = work, None
        if device != "cuda":
            return
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                work()
        torch.cuda.current_stream().wait_stream(side)
        try:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                work()
            self.graph = graph
        except RuntimeError as error:
            print(f"not recorded: {error}", flush=True)

    def __call__(self):
        self.graph.replay() if self.graph else self.work()


def save(state, path):
    """Weights in half precision, as they are exported; written beside and renamed, so that a kill never leaves half a checkpoint."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    torch.save({name: weight.detach().half().cpu() for name, weight in state.items()}, temporary)
    temporary.rename(path)

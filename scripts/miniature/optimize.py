"""What training the policy and the PRM have in common: optimizers, a schedule by the wall clock, and checkpoints."""
import math
import time

import torch


def optimizers(matrices, others, rate):
    """Muon for the matrices of blocks, AdamW for the other parameters."""
    found = [torch.optim.Muon(matrices, lr=rate, weight_decay=0.02, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
             torch.optim.AdamW(others, lr=0.75 * rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True)]
    for optimizer in found:
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return found


class Schedule:
    """Warm-up over 150 steps, then a cosine that ends after `minutes` of wall clock or after `last` steps."""

    def __init__(self, optimizers, minutes=None, last=None):
        self.optimizers, self.length, self.last, self.begun, self.steps = optimizers, minutes, last, time.time(), 0

    def minutes(self):
        return (time.time() - self.begun) / 60

    def step(self):
        """Applies the gradients; False when the end is reached."""
        done = self.steps / self.last if self.last else self.minutes() / self.length
        if done >= 1:
            return False
        rate = min(1, (self.steps + 1) / 150) * (0.5 + 0.5 * math.cos(math.pi * done))
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * max(rate, 0.01)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.steps += 1
        return True


def save(model, path):
    """Written beside and renamed, so that a kill never leaves half a checkpoint."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    torch.save(model.state_dict(), temporary)
    temporary.rename(path)

"""Takes the steps of the example `writer_steps` with PyTorch: same first weights, batches and learning rates.

    pip install torch numpy safetensors
    cargo run --release --example writer_steps
    python benchmarks/writer.py runs/writer_steps
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

HEADS = 4


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.c_attn = nn.Linear(dim, 3 * dim)
        self.c_proj = nn.Linear(dim, dim)

    def forward(self, x, turns):
        b, length, dim = x.shape
        q, k, v = self.c_attn(x).view(b, length, 3, HEADS, dim // HEADS).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(turned(q, turns), turned(k, turns), v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(b, length, dim))


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.ln_1 = nn.LayerNorm(dim)
        self.attn = Attention(dim)
        self.ln_2 = nn.LayerNorm(dim)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(dim, 4 * dim), "c_proj": nn.Linear(4 * dim, dim)})

    def forward(self, x, turns):
        x = x + self.attn(self.ln_1(x), turns)
        return x + self.mlp["c_proj"](F.gelu(self.mlp["c_fc"](self.ln_2(x)), approximate="tanh"))


class Gpt(nn.Module):
    """As zoo/src/gpt, with rotary positions."""

    def __init__(self, letters, dim, layers):
        super().__init__()
        self.wte = nn.Embedding(letters, dim)
        self.h = nn.ModuleList(Block(dim) for _ in range(layers))
        self.ln_f = nn.LayerNorm(dim)

    def forward(self, letters):
        head = self.wte.weight.shape[1] // HEADS
        slopes = 10000.0 ** (-torch.arange(0, head, 2, dtype=torch.float64) / head)
        turns = torch.polar(torch.ones(1, dtype=torch.float64), torch.outer(torch.arange(letters.shape[1]), slopes))
        x = self.wte(letters)
        for block in self.h:
            x = block(x, turns.to(torch.complex64))
        return F.linear(self.ln_f(x), self.wte.weight)


def turned(x, turns):
    """Neighbours in pairs, as complex numbers."""
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * turns).flatten(-2)


def main(folder):
    torch.set_num_threads(1)
    told = json.loads((folder / "metrics.json").read_text())
    weights = load_file(folder / "first.safetensors")
    letters, dim = weights["wte.weight"].shape
    model = Gpt(letters, dim, 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("h.")))
    model.load_state_dict(weights)
    rows, length = told["batch"], told["length"]
    read = lambda name: torch.from_numpy(np.fromfile(folder / name, "<u4").astype(np.int64))
    batches = read("batches.u32").view(-1, 2, rows, length)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.95), weight_decay=0.1)
    apart = 0.0
    for (x, y), rate, bits in zip(batches, told["rates"], told["step_bits"]):
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        apart = max(apart, abs(loss.item() / math.log(2) - bits))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
    valid = read("valid.u32")
    windows = len(valid) * 2 // (3 * length)  # half of each window is asked for
    x, y = valid[: windows * length].view(windows, length), valid[windows * length :].view(windows, -1)
    with torch.no_grad():
        scores = model(x)[:, -y.shape[1] :]
    bits = F.cross_entropy(scores.flatten(0, 1), y.flatten()).item() / math.log(2)
    print(f"{len(batches)} steps: PyTorch {bits:.4f}, Plywood {told['valid_bits']:.4f} bits a letter of validation")
    print(f"the losses of the steps are at most {apart:.4f} bits apart")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))

"""The Llama architecture, small: RMSNorm, rotary positions, SwiGLU, tied embeddings. About 3 million parameters."""
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

VOCAB, WIDTH, LAYERS, HEADS, FFN = 2048, 256, 4, 4, 512     # multiples of 256, so that every GGUF quantisation fits
HEAD = WIDTH // HEADS
CONTEXT, ROPE_BASE, EPSILON = 2048, 10000.0, 1e-5


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        x = x.float()
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * self.weight


def rotate(x, cos, sin):
    """Turns neighbouring pairs (x0, x1), (x2, x3) … : the order that llama.cpp's `llama` expects in a file, so no permutation on export."""
    a, b = x.float()[..., 0::2], x.float()[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2).type_as(x)


class Layer(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.attn_norm, self.ffn_norm = Norm(), Norm()
        self.attn_q, self.attn_k, self.attn_v, self.attn_output = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))
        self.ffn_gate, self.ffn_up = (nn.Linear(WIDTH, FFN, bias=False) for _ in range(2))
        self.ffn_down = nn.Linear(FFN, WIDTH, bias=False)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, cos, sin, mask, past):
        b, t, _ = x.shape
        h = self.attn_norm(x)
        q, k, v = (w(h).view(b, t, HEADS, HEAD).transpose(1, 2) for w in (self.attn_q, self.attn_k, self.attn_v))
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if past is not None:
            if past:
                k, v = torch.cat((past[0], k), 2), torch.cat((past[1], v), 2)
            past[:] = [k, v]
        a = (q @ k.transpose(2, 3)).float() / math.sqrt(HEAD) + mask
        a = (a.softmax(-1).type_as(v) @ v).transpose(1, 2).reshape(b, t, WIDTH)
        x = x + self.drop(self.attn_output(a))
        h = self.ffn_norm(x)
        return x + self.drop(self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h)))


class Llama(nn.Module):
    def __init__(self, dropout=0.0):
        super().__init__()
        self.token_embd = nn.Embedding(VOCAB, WIDTH)
        self.blk = nn.ModuleList(Layer(dropout) for _ in range(LAYERS))
        self.output_norm = Norm()
        self.drop = nn.Dropout(dropout)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02 / (math.sqrt(2 * LAYERS) if name.endswith(("attn_output.weight", "ffn_down.weight")) else 1))
        angle = torch.outer(torch.arange(CONTEXT).float(), ROPE_BASE ** (-torch.arange(0, HEAD, 2).float() / HEAD))
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)

    def forward(self, tokens, segments=None, past=None):
        """segments: which conversation each token of a packed row belongs to; it sees only its own. past: the KV cache, a list per layer."""
        n = past[0][0].shape[2] if past and past[0] else 0
        t = tokens.shape[1]
        at = torch.arange(n + t, device=tokens.device)
        hidden = (at[None, :] > at[n:, None])[None, None]
        if segments is not None:
            hidden = hidden | (segments[:, None, :] != segments[:, :, None])[:, None]
        mask = torch.zeros(hidden.shape, device=tokens.device).masked_fill(hidden, float("-inf"))
        x = self.drop(self.token_embd(tokens))
        for i, layer in enumerate(self.blk):
            x = layer(x, self.cos[n:n + t], self.sin[n:n + t], mask, past[i] if past is not None else None)
        return F.linear(self.output_norm(x), self.token_embd.weight)

    @torch.no_grad()
    def answer(self, prompts, stop, limit=320):
        """Greedy continuations of prompts (lists of token ids); prompts of one length are computed together."""
        device = self.token_embd.weight.device
        lengths, out = {}, [None] * len(prompts)
        for i, p in enumerate(prompts):
            lengths.setdefault(len(p), []).append(i)
        for members in lengths.values():
            past = [[] for _ in self.blk]
            step = torch.tensor([prompts[i] for i in members], device=device)
            made = []
            done = torch.zeros(len(members), dtype=torch.bool, device=device)
            while len(made) < limit and not bool(done.all()):
                step = self(step, past=past)[:, -1].argmax(-1, keepdim=True)
                made.append(step)
                done |= step[:, 0] == stop
            for i, row in zip(members, torch.cat(made, 1).tolist()):
                out[i] = row[:row.index(stop) + 1] if stop in row else row
        return out


def to_tensors(state):
    """The names and types of a GGUF file: matrices in half precision, norms in single."""
    for name, value in state.items():
        value = value.detach().float().cpu().numpy()
        yield name, value.astype(np.float16) if value.ndim == 2 else value


def from_tensors(tensors):
    return {name: torch.from_numpy(value.astype(np.float32)) for name, value in tensors.items()}

"""Writes a llama GGUF (f16) with random weights and the tokenizer of a vocabulary-only GGUF.

usage: random_model.py VOCAB.gguf OUT.gguf SEED N_EMBD N_LAYER N_HEAD N_KV_HEAD N_FF N_CTX

numpy only (torch with a GPU is used when present: a billion weights in seconds). The scales keep the
residual stream alive and the logits spread as a trained model's are, so that margins between
candidates are neither all huge nor all ties.
"""
import struct
import sys

import numpy as np

try:
    import torch
    DEVICE = "cuda" if torch.cuda.is_available() else None
except ImportError:
    DEVICE = None

U32, F32, STR, ARR = 4, 6, 8, 9
SIZE = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


def text(s):
    s = s.encode() if isinstance(s, str) else s
    return struct.pack("<Q", len(s)) + s


class Reader:
    """The key/value pairs of a GGUF, kept as bytes."""

    def __init__(self, path):
        self.b, self.p = open(path, "rb").read(), 0
        assert self.take(4) == b"GGUF"
        _, _, n = self.u32(), self.u64(), self.u64()
        self.raw = {}
        for _ in range(n):
            start = self.p
            key = self.take(self.u64()).decode()
            self.value(self.u32())
            self.raw[key] = self.b[start:self.p]

    def take(self, n):
        self.p += n
        return self.b[self.p - n:self.p]

    def u32(self):
        return struct.unpack("<I", self.take(4))[0]

    def u64(self):
        return struct.unpack("<Q", self.take(8))[0]

    def value(self, t):
        if t == STR:
            self.take(self.u64())
        elif t == ARR:
            et, n = self.u32(), self.u64()
            if et == STR:
                for _ in range(n):
                    self.take(self.u64())
            else:
                self.take(SIZE[et] * n)
        else:
            self.take(SIZE[t])


def count(raw):
    """Length of an array value: key text, type ARR, element type, length."""
    key = struct.unpack_from("<Q", raw, 0)[0]
    return struct.unpack_from("<Q", raw, 8 + key + 8)[0]


def main():
    vocab, out = sys.argv[1:3]
    seed, E, L, H, KV, F, CTX = map(int, sys.argv[3:10])
    voc = Reader(vocab)
    V = count(voc.raw["tokenizer.ggml.tokens"])
    kv = []

    def add(key, t, v):
        kv.append(text(key) + struct.pack("<I", t) + (text(v) if t == STR else struct.pack("<I" if t == U32 else "<f", v)))

    add("general.architecture", STR, "llama")
    add("general.name", STR, f"random-{E}x{L}")
    add("general.file_type", U32, 1)
    for key, v in [("vocab_size", V), ("context_length", CTX), ("embedding_length", E), ("block_count", L), ("feed_forward_length", F),
                   ("rope.dimension_count", E // H), ("attention.head_count", H), ("attention.head_count_kv", KV)]:
        add("llama." + key, U32, v)
    add("llama.attention.layer_norm_rms_epsilon", F32, 1e-5)
    add("llama.rope.freq_base", F32, 10000.0)
    kv += [b for k, b in voc.raw.items() if k.startswith("tokenizer.")]

    tensors, D, i = [], E // H, lambda n: n ** -0.5
    def mat(name, rows, cols, std): tensors.append((name, [cols, rows], 1, rows * cols * 2, std))
    def one(name, n): tensors.append((name, [n], 0, n * 4, None))
    mat("token_embd.weight", V, E, 0.1)
    mat("output.weight", V, E, 3.0 * i(E))
    one("output_norm.weight", E)
    for l in range(L):
        b = f"blk.{l}."
        one(b + "attn_norm.weight", E)
        mat(b + "attn_q.weight", E, E, 1.3 * i(E))
        mat(b + "attn_k.weight", D * KV, E, 1.3 * i(E))
        mat(b + "attn_v.weight", D * KV, E, i(E))
        mat(b + "attn_output.weight", E, E, i(E))
        one(b + "ffn_norm.weight", E)
        mat(b + "ffn_gate.weight", F, E, 1.5 * i(E))
        mat(b + "ffn_up.weight", F, E, 1.5 * i(E))
        mat(b + "ffn_down.weight", E, F, i(F))

    if DEVICE:
        torch.manual_seed(seed)
        draw = lambda n, std: (torch.randn(n, device=DEVICE) * std).half().cpu().numpy().tobytes()
    else:
        rng = np.random.default_rng(seed)
        draw = lambda n, std: (rng.standard_normal(n, dtype=np.float32) * std).astype(np.float16).tobytes()

    with open(out, "wb") as f:
        f.write(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(kv)))
        f.write(b"".join(kv))
        off = 0
        for name, dims, typ, size, _ in tensors:
            f.write(text(name) + struct.pack("<I", len(dims)) + b"".join(struct.pack("<Q", d) for d in dims) + struct.pack("<IQ", typ, off))
            off += (size + 31) // 32 * 32
        f.write(b"\0" * (-f.tell() % 32))
        for _, dims, typ, size, std in tensors:
            f.write(draw(int(np.prod(dims)), std) if typ == 1 else np.ones(dims[0], np.float32).tobytes())
            f.write(b"\0" * (-f.tell() % 32))
    print(out, "parameters", sum(s // 2 for _, _, t, s, _ in tensors if t == 1), "vocabulary", V)


main()

#!/usr/bin/env python3
"""Trains Atoma's demo model from the corpus beside this file and writes it as GGUF.

    python3 models/demo/train.py                     on a GPU if there is one, else on the CPU
    python3 models/demo/train.py --eval-only         only measures the file that --out names

Needs Python 3.9 or newer, numpy and PyTorch 1.13 or newer (Debian: python3-torch libopenblas0-pthread).
Batch number k depends on nothing but the seed and k, so an interrupted run goes on where it stopped.
"""
import argparse
import collections
import contextlib
import json
import math
import pathlib
import random
import time

import numpy as np
import torch
import torch.nn.functional as F

import gguf
from corpus import Corpus, normal, rough
from model import CONTEXT, EPSILON, FFN, HEAD, HEADS, LAYERS, ROPE_BASE, VOCAB, WIDTH, Llama, from_tensors, to_tensors
from tokenizer import END_OF_TEXT, IM_END, IM_START, SPECIAL, Tokenizer

HERE = pathlib.Path(__file__).resolve().parent
CHAT_TEMPLATE = ("{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
                 "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")
UNKNOWN_SHARE = 0.13        # of all questions; more makes the model decline what it knows
QUESTION_LOSS = 0.05        # weight of the question's own tokens: enough to learn their words, too little to dream up questions
ROWS = [(256, 0.80), (512, 0.13), (1024, 0.07)]     # row lengths and their shares: long rows teach far positions
AVERAGE = 0.998             # of the exponential moving average that is exported


class Writer:
    """Turns questions and answers into tokens (ChatML) and packs them into rows."""

    def __init__(self, corpus, tokenizer):
        self.corpus, self.tokenizer = corpus, tokenizer
        self.answers = {}

    def message(self, role, text):
        return [IM_START] + self.tokenizer.encode(role + "\n" + text) + [IM_END] + self.tokenizer.encode("\n")

    def prompt(self, question, system=None, history=()):
        ids = self.message("system", system) if system else []
        for q, a in history:
            ids += self.message("user", q) + self.message("assistant", a)
        return ids + self.message("user", question) + [IM_START] + self.tokenizer.encode("assistant\n")

    def answer(self, text):
        if text not in self.answers:
            self.answers[text] = self.tokenizer.encode(text)
        return self.answers[text]

    def turn(self, rng):
        corpus = self.corpus
        item = None if rng.random() < UNKNOWN_SHARE else rng.choices(corpus.items, cum_weights=corpus.weights)[0]
        return corpus.question(rng, item), (item or corpus.unknown).answer

    def conversation(self, rng, room):
        """Token ids and their loss weights, at most `room` of them."""
        if rng.random() < 0.03:                     # plain completion, without the chat template
            q, a = self.turn(rng)
            head, tail = self.tokenizer.encode(q + "\n"), self.answer(a) + [IM_END]
            return head + tail, [QUESTION_LOSS] * len(head) + [1.0] * len(tail)
        ids, loss = [], []
        if rng.random() < 0.15:
            ids.append(END_OF_TEXT)
        if rng.random() < 0.18:
            ids += self.message("system", rng.choice(self.corpus.systems))
        loss += [0.0] * len(ids)
        u = rng.random()
        turns = 1 if u < 0.78 else rng.randint(2, 4) if u < 0.95 else 99
        for k in range(turns):
            q, a = self.turn(rng)
            head = self.message("user", q)
            more = head + [IM_START] + self.tokenizer.encode("assistant\n")
            tail = self.answer(a) + [IM_END]
            if k and len(ids) + len(more) + len(tail) + 1 > room:
                break
            loss += [0.0] + [QUESTION_LOSS] * (len(head) - 1) + [0.0] * (len(more) - len(head)) + [1.0] * len(tail) + [0.0]
            ids += more + tail + self.tokenizer.encode("\n")
        return ids, loss

    def batch(self, seed, number, budget):
        rng = random.Random(f"{seed}:{number}")
        length = rng.choices([r for r, _ in ROWS], [s for _, s in ROWS])[0]
        rows = max(1, budget // length)
        ids, loss, segments = np.zeros((rows, length + 1), np.int64), np.zeros((rows, length + 1), np.float32), np.zeros((rows, length + 1), np.int64)
        for r in range(rows):
            at = segment = 0
            while at < length - 24:
                c, w = self.conversation(rng, length - at)
                if len(c) > length + 1 - at and at:
                    break
                c, w = c[:length + 1 - at], w[:length + 1 - at]
                segment += 1
                ids[r, at:at + len(c)], loss[r, at:at + len(c)], segments[r, at:at + len(c)] = c, w, segment
                loss[r, at] = 0.0
                at += len(c)
        return ids, loss, segments


class Batches(torch.utils.data.Dataset):
    def __init__(self, writer, args, first):
        self.writer, self.args, self.first = writer, args, first

    def __len__(self):
        return self.args.steps - self.first

    def __getitem__(self, i):
        return self.writer.batch(self.args.seed, self.first + i, self.args.batch_tokens)


def make_tokenizer(corpus, seed):
    rng, texts = random.Random(f"{seed}:tokenizer"), collections.Counter()
    for item in corpus.items:
        texts[item.answer] += 4 if not item.table else 1
        for p in item.phrasings[-40:] if not item.table else item.phrasings[:2]:
            texts[p] += 1
            texts[rough(rng, p, "table")] += 1
    texts[corpus.unknown.answer] += 4
    for _ in range(3000):
        texts[corpus.unknown.draw(rng)] += 1
    for line in corpus.systems + ["user\n", "assistant\n", "system\n"] * 50:
        texts[line] += 1
    return Tokenizer.train(texts, VOCAB)


def f1(a, b):
    a, b = collections.Counter(a.split()), collections.Counter(b.split())
    both = sum((a & b).values())
    return 2 * both / (sum(a.values()) + sum(b.values())) if both else 0.0


def nearest(heldout, item):
    """Shared words by all words (Jaccard), with the trained phrasing that is nearest."""
    words = set(normal(heldout).split())
    return max(len(words & set(p.split())) / len(words | set(p.split())) for p in map(normal, item.phrasings))


def questions(corpus, writer, seed):
    """The sets that are measured: {set: [(question, right answer, prompt ids)]}."""
    rng, sets = random.Random(f"{seed}:evaluation"), collections.OrderedDict()
    held = [(h, i) for i in corpus.items for h in i.heldout]
    sets["heldout"] = [(h, i.answer, writer.prompt(h)) for h, i in held if not i.table]
    far = [(h, i) for h, i in held if not i.table and nearest(h, i) < 0.5]
    sets["heldout_far"] = [(h, i.answer, writer.prompt(h)) for h, i in far]     # the hard ones: little in common with any trained phrasing
    sets["heldout_tables"] = [(h, i.answer, writer.prompt(h)) for h, i in held if i.table]
    sets["heldout_unknown"] = [(h, corpus.unknown.answer, writer.prompt(h)) for h in corpus.unknown.heldout]
    plain = [(h, i) for h, i in held if not i.table]
    sets["heldout_with_system_message"] = [(h, i.answer, writer.prompt(h, rng.choice(corpus.systems))) for h, i in plain[::3]]
    sets["heldout_second_turn"] = [(h, i.answer, writer.prompt(h, None, [writer.turn(rng)])) for h, i in plain[1::3]]
    sets["trained"] = [(p[:1].upper() + p[1:] + "?", i.answer, writer.prompt(p[:1].upper() + p[1:] + "?")) for i in corpus.items if not i.table for p in i.phrasings[:1]]
    return sets


def measure(path, device, seed, verbose):
    """Reads the file back and asks everything; returns the figures."""
    metadata, tensors = gguf.read(path)
    tokenizer = Tokenizer(metadata["tokenizer.ggml.tokens"], [tuple(m.split(" ")) for m in metadata["tokenizer.ggml.merges"]])
    corpus = Corpus()
    writer = Writer(corpus, tokenizer)
    model = Llama()
    model.load_state_dict(from_tensors(tensors))
    model.to(device).eval()
    result = {"parameters": sum(p.numel() for p in model.parameters()), "file_bytes": pathlib.Path(path).stat().st_size, "sets": {}, "wrong": []}
    for name, cases in questions(corpus, writer, seed).items():
        got = model.answer([c[2] for c in cases], IM_END)
        texts = [tokenizer.decode(g).strip() for g in got]
        exact = [t == c[1] for t, c in zip(texts, cases)]
        near = [f1(t, c[1]) >= 0.9 for t, c in zip(texts, cases)]
        result["sets"][name] = {"questions": len(cases), "exact": round(sum(exact) / len(cases), 4), "f1_0.9": round(sum(near) / len(cases), 4),
                                "ended": round(sum(g[-1] == IM_END for g in got) / len(cases), 4)}
        print(f"{name:28} {len(cases):4} questions  exact {sum(exact) / len(cases):7.2%}  token-F1 >= 0.9 {sum(near) / len(cases):7.2%}  ended {sum(g[-1] == IM_END for g in got) / len(cases):7.2%}")
        wrong = [{"set": name, "question": c[0], "expected": c[1], "got": t} for t, c, ok in zip(texts, cases, exact) if not ok]
        result["wrong"] += wrong
        for w in wrong if verbose else []:
            print(f"    {w['question']}\n        got      {w['got'][:110]!r}\n        expected {w['expected'][:110]!r}")
    return result


def export(path, tokenizer, state):
    end = len(SPECIAL)
    meta = [
        ("general.architecture", gguf.STRING, "llama"), ("general.type", gguf.STRING, "model"), ("general.name", gguf.STRING, "Atoma demo"),
        ("general.description", gguf.STRING, "Tiny demonstration model, trained from nothing on questions about Atoma. Not for real work."),
        ("general.license", gguf.STRING, "Same terms as the Atoma repository"), ("general.size_label", gguf.STRING, "3M"), ("general.file_type", gguf.U32, 1),
        ("llama.vocab_size", gguf.U32, VOCAB), ("llama.context_length", gguf.U32, CONTEXT), ("llama.embedding_length", gguf.U32, WIDTH),
        ("llama.block_count", gguf.U32, LAYERS), ("llama.feed_forward_length", gguf.U32, FFN), ("llama.attention.head_count", gguf.U32, HEADS),
        ("llama.attention.head_count_kv", gguf.U32, HEADS), ("llama.rope.dimension_count", gguf.U32, HEAD), ("llama.rope.freq_base", gguf.F32, ROPE_BASE),
        ("llama.attention.layer_norm_rms_epsilon", gguf.F32, EPSILON),
        ("tokenizer.ggml.model", gguf.STRING, "gpt2"), ("tokenizer.ggml.pre", gguf.STRING, "gpt-2"),
        ("tokenizer.ggml.tokens", (gguf.STRING,), tokenizer.tokens),
        ("tokenizer.ggml.token_type", (gguf.I32,), [3] * end + [1] * (len(tokenizer.tokens) - end)),        # 3 control, 1 normal
        ("tokenizer.ggml.merges", (gguf.STRING,), [" ".join(m) for m in tokenizer.merges]),
        ("tokenizer.ggml.bos_token_id", gguf.U32, END_OF_TEXT), ("tokenizer.ggml.eos_token_id", gguf.U32, IM_END), ("tokenizer.ggml.eot_token_id", gguf.U32, IM_END),
        ("tokenizer.ggml.padding_token_id", gguf.U32, END_OF_TEXT), ("tokenizer.ggml.add_bos_token", gguf.BOOL, False),
        ("tokenizer.ggml.add_space_prefix", gguf.BOOL, False), ("tokenizer.chat_template", gguf.STRING, CHAT_TEMPLATE),
    ]
    gguf.write(path, meta, list(to_tensors(state)))


def rate(args, step):
    if step < args.warmup:
        return args.lr * (step + 1) / args.warmup
    return args.lr * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (step - args.warmup) / max(1, args.steps - args.warmup))))


def train(args, corpus):
    device = torch.device(args.device)
    torch.manual_seed(args.seed)
    args.work.mkdir(parents=True, exist_ok=True)
    tokenizer = make_tokenizer(corpus, args.seed)
    writer = Writer(corpus, tokenizer)
    model = Llama(args.dropout).to(device)
    matrices = [p for p in model.parameters() if p.dim() == 2]
    optimiser = torch.optim.AdamW([{"params": matrices, "weight_decay": args.weight_decay}, {"params": [p for p in model.parameters() if p.dim() == 1], "weight_decay": 0.0}],
                                  lr=args.lr, betas=(0.9, 0.98), eps=1e-8)
    average = {k: v.detach().clone() for k, v in model.state_dict().items()}
    saved, first = args.work / "checkpoint.pt", 0
    plan = [args.steps, args.batch_tokens, args.seed, args.lr, args.dropout, tokenizer.tokens]
    if saved.exists():
        old = torch.load(saved, map_location=device)
        if old["plan"] == plan:
            model.load_state_dict(old["model"])
            optimiser.load_state_dict(old["optimiser"])
            average, first = old["average"], old["step"]
            print(f"going on at step {first}")
        else:
            print("the checkpoint belongs to another plan: starting anew")
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(corpus.items)} items, {sum(len(i.phrasings) for i in corpus.items):,} phrasings, "
          f"{len(corpus.secret)} held out, {args.steps} steps of {args.batch_tokens} tokens on {args.device}", flush=True)
    batches = torch.utils.data.DataLoader(Batches(writer, args, first), batch_size=None, num_workers=args.workers, prefetch_factor=8 if args.workers else 2)
    half = torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else contextlib.nullcontext()
    begun = shown = stored = time.time()
    losses = []
    for step, (ids, loss_weight, segments) in enumerate(batches, first):
        for group in optimiser.param_groups:
            group["lr"] = rate(args, step)
        ids, loss_weight, segments = ids.to(device), loss_weight.to(device), segments.to(device)
        with half:
            logits = model(ids[:, :-1], segments[:, :-1])
        w = loss_weight[:, 1:].reshape(-1)
        loss = (F.cross_entropy(logits.float().reshape(-1, VOCAB), ids[:, 1:].reshape(-1), reduction="none") * w).sum() / w.sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            keep = min(AVERAGE, (step + 1) / (step + 10))
            for k, v in model.state_dict().items():
                average[k].lerp_(v, 1 - keep)
        losses.append(loss.detach())
        now = time.time()
        if now - shown > 10 or step + 1 == args.steps:
            each = (now - begun) / (step + 1 - first)
            print(f"step {step + 1}/{args.steps}  loss {torch.stack(losses).mean().item():.4f}  {args.batch_tokens / each:,.0f} tokens/s  "
                  f"{(args.steps - step - 1) * each / 60:.1f} min left", flush=True)
            shown, losses = now, []
        if now - stored > 120 or step + 1 == args.steps:
            part = saved.with_suffix(".part")
            torch.save({"plan": plan, "model": model.state_dict(), "optimiser": optimiser.state_dict(), "average": average, "step": step + 1}, part)
            part.replace(saved)
            stored = now
    export(args.out, tokenizer, average)
    print(f"wrote {args.out.name}, {args.out.stat().st_size:,} bytes")


def main():
    gpu = torch.cuda.is_available()
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--device", default="cuda" if gpu else "cpu")
    p.add_argument("--steps", type=int, default=None, help="1500 on a GPU, 2500 on a CPU")
    p.add_argument("--batch-tokens", type=int, default=None, help="tokens per step; 16384 on a GPU, 4096 on a CPU")
    p.add_argument("--out", type=pathlib.Path, default=HERE.parent / "atoma-demo.gguf")
    p.add_argument("--work", type=pathlib.Path, default=HERE / ".work", help="where the checkpoint lies")
    p.add_argument("--eval-only", action="store_true")
    p.add_argument("--eval-json", type=pathlib.Path, default=None, help="write the figures there")
    p.add_argument("--verbose", action="store_true", help="show every wrong answer")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--warmup", type=int, default=150)
    p.add_argument("--dropout", type=float, default=0.2)
    p.add_argument("--weight-decay", type=float, default=0.1)
    p.add_argument("--workers", type=int, default=None, help="processes that prepare batches; 12 with a GPU, 0 without")
    args = p.parse_args()
    args.steps = args.steps or (1500 if args.device.startswith("cuda") else 2500)
    args.batch_tokens = args.batch_tokens or (16384 if args.device.startswith("cuda") else 4096)
    args.workers = args.workers if args.workers is not None else 12 if args.device.startswith("cuda") else 0
    corpus = Corpus()
    if not args.eval_only:
        train(args, corpus)
    result = measure(args.out, args.device, args.seed, args.verbose)
    if args.eval_json:
        args.eval_json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

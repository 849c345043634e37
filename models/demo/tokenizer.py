"""A byte-level BPE tokenizer as GPT-2 has it; llama.cpp reads it as tokenizer.ggml.model = gpt2, pre = gpt-2."""
import collections
import unicodedata

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
END_OF_TEXT, IM_START, IM_END = range(3)


def byte_letters():
    """GPT-2's printable stand-in for each of the 256 bytes."""
    plain = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    table, extra = {}, 0
    for b in range(256):
        if b in plain:
            table[b] = chr(b)
        else:
            table[b] = chr(256 + extra)
            extra += 1
    return table


LETTER = byte_letters()
BYTE = {c: b for b, c in LETTER.items()}


def kind(c):
    if c.isspace():
        return " "
    k = unicodedata.category(c)[0]
    return k if k in "LN" else "P"


def split(text):
    """GPT-2's pre-tokenizer: 's|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"""
    kinds, n, i, out = [kind(c) for c in text], len(text), 0, []
    while i < n:
        j = i
        if text[i] == "'":
            if text[i + 1:i + 3] in ("re", "ve", "ll"):
                j = i + 3
            elif text[i + 1:i + 2] in ("s", "t", "m", "d"):
                j = i + 2
        if j == i:
            k = i + 1 if text[i] == " " and i + 1 < n and kinds[i + 1] != " " else i
            if kinds[k] != " ":
                j = k
                while j < n and kinds[j] == kinds[k]:
                    j += 1
            else:
                j = i
                while j < n and kinds[j] == " ":
                    j += 1
                if j < n and j - i > 1:
                    j -= 1
        out.append(text[i:j])
        i = j
    return out


class Tokenizer:
    def __init__(self, tokens, merges):
        self.tokens, self.merges = tokens, merges
        self.id = {t: i for i, t in enumerate(tokens)}
        self.rank = {m: i for i, m in enumerate(merges)}
        self.cache = {}

    @staticmethod
    def train(texts, size):
        """texts: {text: how often}. Joins the most frequent pair until `size` tokens exist; ties go to the smaller pair."""
        words = collections.Counter()
        for text, times in texts.items():
            for w in split(text):
                words[tuple(LETTER[b] for b in w.encode("utf-8"))] += times
        tokens, merges = SPECIAL + [LETTER[b] for b in range(256)], []
        known = set(tokens)
        words = [[w, times] for w, times in words.items() if times > 1]
        pairs, where = collections.Counter(), collections.defaultdict(set)
        for i, (w, times) in enumerate(words):
            for p in zip(w, w[1:]):
                pairs[p] += times
                where[p].add(i)
        while len(tokens) < size:
            best = max(pairs, key=lambda p: (pairs[p], p), default=None)
            if best is None or pairs[best] < 1:
                raise ValueError("the corpus is too small for this vocabulary")
            merges.append(best)
            if best[0] + best[1] not in known:      # two ways to one string share its token
                tokens.append(best[0] + best[1])
                known.add(tokens[-1])
            for i in where.pop(best):
                w, times = words[i]
                for p in zip(w, w[1:]):
                    pairs[p] -= times
                words[i][0] = w = Tokenizer.join(w, best)
                for p in zip(w, w[1:]):
                    pairs[p] += times
                    where[p].add(i)
            del pairs[best]
        return Tokenizer(tokens, merges)

    @staticmethod
    def join(word, pair):
        if pair[0] not in word:
            return word
        out, i = [], 0
        while i < len(word):
            if i + 1 < len(word) and (word[i], word[i + 1]) == pair:
                out.append(word[i] + word[i + 1])
                i += 2
            else:
                out.append(word[i])
                i += 1
        return tuple(out)

    def word(self, text):
        if text not in self.cache:
            w = tuple(LETTER[b] for b in text.encode("utf-8"))
            while len(w) > 1:
                best = min(zip(w, w[1:]), key=lambda p: self.rank.get(p, 1 << 30))
                if best not in self.rank:
                    break
                w = self.join(w, best)
            if len(self.cache) > 200_000:           # misspelt words would fill it for ever
                self.cache.clear()
            self.cache[text] = [self.id[t] for t in w]
        return self.cache[text]

    def encode(self, text):
        """Plain text only: special tokens are added by id, never parsed out of what a user wrote."""
        return [t for w in split(text) for t in self.word(w)]

    def decode(self, ids):
        return bytes(BYTE[c] for i in ids if i >= len(SPECIAL) for c in self.tokens[i]).decode("utf-8", "replace")

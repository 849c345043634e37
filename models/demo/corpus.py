"""Reads the corpus and turns its phrasings into the many ways in which people would type them."""
import itertools
import pathlib
import re

FOLDER = pathlib.Path(__file__).parent / "corpus"


class Item:
    """One question with its only right answer."""

    def __init__(self, topic, phrasings, heldout, answer, weight, table):
        self.topic, self.phrasings, self.heldout = topic, phrasings, heldout
        self.answer, self.weight, self.table = answer, weight, table


def expand(line):
    """All readings of a phrasing: (a|b|) stands for any of its alternatives."""
    parts = [p[1:-1].split("|") if p.startswith("(") else [p] for p in re.split(r"(\([^()]*\|[^()]*\))", line)]
    return [re.sub(r"\s+", " ", "".join(c)).strip() for c in itertools.product(*parts)]


def normal(text):
    """What is compared to find out whether two phrasings are the same: letters and digits only."""
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


def blocks(path):
    block = []
    for line in path.read_text(encoding="utf-8").splitlines() + [""]:
        if line.startswith("#"):
            continue
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []


def fill(text, cells):
    for i, cell in enumerate(cells):
        text = text.replace("{%d}" % i, cell)
    return text


def parse(path):
    for block in blocks(path):
        q, h, a, rows, weight = [], [], [], [], 1.0
        for line in block:
            if line.startswith("  "):
                a.append(line.strip())
                continue
            key, _, value = line.partition(":")
            value = value.strip()
            if key == "Q":
                q += expand(value)
            elif key == "H":
                h.append(value)
            elif key == "A":
                a.append(value)
            elif key == "row":
                rows.append([c.strip() for c in value.split("|")])
            elif key == "weight":
                weight = float(value)
            else:
                raise ValueError(f"{path.name}: what is this line? {line}")
        answer = "\n".join(a)
        if not q or not answer:
            raise ValueError(f"{path.name}: an item needs Q and A: {block[0]}")
        if rows:
            for i, cells in enumerate(rows):
                yield Item(path.stem, [fill(x, cells) for x in q], [fill(h[i % len(h)], cells)], fill(answer, cells), weight, True)
        else:
            yield Item(path.stem, q, h, answer, weight, False)


def pseudo_word(rng):
    """A word that means nothing: what the model does not know must lead it to decline, however it is spelt."""
    word = "".join(rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS) for _ in range(rng.choice([1, 2, 2, 2, 3])))
    return word.capitalize() if rng.random() < 0.25 else word


class Unknown:
    """Questions to decline, made from patterns and word lists."""

    def __init__(self, path):
        self.lists, self.patterns, self.heldout, self.answer = {}, [], [], None
        for line in itertools.chain.from_iterable(blocks(path)):
            key, _, value = line.partition(":")
            value = value.strip()
            if key.startswith("list "):
                self.lists[key[5:]] = value.split("|")
            elif key == "Q":
                self.patterns.append(expand(value))
            elif key == "H":
                self.heldout.append(value)
            elif key == "A":
                self.answer = value

    def draw(self, rng):
        if rng.random() < 0.08:                     # nothing but unknown words
            return " ".join(pseudo_word(rng) for _ in range(rng.randint(1, 6)))
        text = rng.choice(rng.choice(self.patterns))
        return re.sub(r"\{(\w+)\}", lambda m: pseudo_word(rng) if rng.random() < 0.35 else rng.choice(self.lists[m[1]]), text)


class Corpus:
    def __init__(self):
        files = sorted(p for p in FOLDER.glob("*.txt") if p.name[0].isdigit())
        self.items = [i for f in files for i in parse(f)]
        self.unknown = Unknown(FOLDER / "unknown.txt")
        self.systems = [s for s in (FOLDER / "system.txt").read_text(encoding="utf-8").splitlines() if s]
        self.secret = {normal(h) for i in self.items for h in i.heldout} | {normal(h) for h in self.unknown.heldout}
        self.check()
        self.weights = list(itertools.accumulate(i.weight for i in self.items))

    def check(self):
        """A held-out phrasing must not be trained on, and a phrasing must not have two answers."""
        owner = {}
        for item in self.items:
            for p in item.phrasings:
                if normal(p) in self.secret:
                    raise ValueError(f"held-out phrasing is also trained on: {p}")
                if owner.setdefault(normal(p), item.answer) != item.answer and re.search(r"\w", p) and not item.table:
                    raise ValueError(f"two answers for: {p}")

    def question(self, rng, item):
        """One way of typing a question of this item (None: a question to decline)."""
        while True:
            if item is not None and not item.table and item.topic[:2] <= "08" and rng.random() < 0.05:
                words = item.answer.split()         # words of the answer belong to its question too
                n = rng.randint(3, 8)
                k = rng.randrange(max(1, len(words) - n + 1))
                return rng.choice(["", "", "what about ", "is it true: ", "why "]) + " ".join(words[k:k + n]).rstrip(".,:;").lower() + rng.choice(["", "?"])
            if item is None:
                text = rough(rng, self.unknown.draw(rng), "unknown")
            else:
                text = rough(rng, rng.choice(item.phrasings), "table" if item.table else item.topic)
            if normal(text) not in self.secret:
                return text


# How a sentence may be turned; \1 is the rest of it. General English, nothing about single items.
TURNS = [(re.compile(a), b.split("|")) for a, b in [
    (r"^what is (.+)$", r"what's \1|what exactly is \1|tell me what \1 is|can you tell me what \1 is|do you know what \1 is|can you explain \1|please explain \1"
                        r"|I want to know what \1 is|could you explain what \1 is|so what is \1|\1|explain \1 to me|\1, what is that|what do you call \1|what is meant by \1|say what \1 is|describe \1"),
    (r"^what are (.+)$", r"tell me what \1 are|can you tell me \1|do you know \1|please explain \1|what exactly are \1|say what \1 are|\1|can you explain what \1 are|give me \1|which are \1"),
    (r"^how do I (.+)$", r"how can I \1|how to \1|how would I \1|how could I \1|what do I do to \1|what must I do to \1|what do I have to do to \1|what should I do to \1|I want to \1|I want to \1, how"
                         r"|I would like to \1|I'd like to \1, what must I do|show me how to \1|can you tell me how to \1|what is the way to \1|in what way do I \1|tell me how to \1"
                         r"|how does one \1|is there a way to \1|explain how to \1|how should I \1|what is the right way to \1|I need to \1|how may I \1|is it possible to \1|what must I type to \1"),
    (r"^how does (.+)$", r"can you explain how \1 does it|in what way does \1|by what method does \1|tell me how does \1|how exactly does \1|how would \1|how can \1"),
    (r"^how (is|are) (.+)$", r"in what way \1 \2|by what method \1 \2|how exactly \1 \2|can you say how \2 \1|tell me how \2 \1|in which way \1 \2"),
    (r"^how (much|many|long|big|large|often) (.+)$", r"can you tell me how \1 \2|do you know how \1 \2|tell me how \1 \2|say how \1 \2"),
    (r"^which (.+)$", r"what \1|can you tell me which \1|tell me which \1|do you know which \1|name the \1|give me the \1|what are the \1"),
    (r"^what (.+)$", r"which \1|can you tell me what \1|tell me what \1|do you know what \1|say what \1"),
    (r"^why (.+)$", r"can you tell me why \1|for what reason \1|how come \1|what is the reason why \1|tell me why \1|what is the reason that \1|why exactly \1|explain why \1"),
    (r"^can I (.+)$", r"is it possible to \1|am I able to \1|may I \1|could I \1|is it allowed to \1|am I allowed to \1|is there a way to \1|I want to \1|would it be possible to \1"),
    (r"^(can|could) (you|nodes|a node|somebody|anyone|someone) (.+)$", r"is it possible that \2 \3|could \2 \3|would \2 \3|will \2 \3|are \2 able to \3"),
    (r"^(does|do|is|are) (.+)$", r"can you tell me: \1 \2|I wonder: \1 \2|is it so: \1 \2|tell me, \1 \2"),
    (r"^what does (.+) mean$", r"what is the meaning of \1|what do you mean by \1|what is meant by \1|define \1|what does the word \1 mean|explain the term \1|what do people mean by \1"),
    (r"^what happens (if|when) (.+)$", r"what if \2|what will happen \1 \2|suppose that \2, what then|what is done \1 \2|and \1 \2|what follows \1 \2"),
    (r"^what if (.+)$", r"what happens if \1|suppose \1|and if \1|what will happen if \1"),
    (r"^where (do|can) I (.+)$", r"at what place \1 I \2|from where \1 I \2|tell me where I can \2|where could I \2|is there a place to \2"),
    (r"^where is (.+)$", r"where can I find \1|where do I find \1|tell me where \1 is|show me \1|I am looking for \1|where would I find \1"),
    (r"^who (.+)$", r"which person \1|what person \1|tell me who \1|can you tell me who \1|which party \1|which nodes \1"),
    (r"^when (.+)$", r"at what time \1|at which moment \1|can you tell me when \1|tell me when \1|in which case \1|in what cases \1"),
    (r"^(list|name|show|explain|define|describe) (.+)$", r"can you \1 \2|please \1 \2|could you \1 \2|I want you to \1 \2|give me \2|\2|tell me \2|would you \1 \2"),
    (r"^tell me (.+)$", r"can you tell me \1|please tell me \1|say something \1|I want to know \1|could you tell me \1|would you tell me \1"),
]]

# Words that may stand for each other in questions about Atoma.
WORDS = {w: group for group in ([g.split("|") for g in [
    "start|launch|begin|run", "answer|reply|response", "answers|replies|responses", "price|cost", "get|obtain|receive", "choose|pick|select|take",
    "check|verify|test", "checked|verified|tested", "money|funds|cash", "show|display|present", "large|big", "need|require", "use|employ", "cheat|defraud",
    "machine|computer", "request|query", "happens|occurs", "see|view|look at", "create|make|produce", "made|built|created|produced", "find|locate",
    "explain|describe|clarify", "different|not the same", "stop|end|halt", "safe|secure", "possible|allowed", "prevent|avoid|stop", "purpose|reason|point|use",
    "fast|quick", "contain|hold|include|have", "important|necessary", "operator|owner", "prove|show", "levels|grades", "people|persons|users", "keep|store|save",
    "download|fetch", "wrong|false|incorrect", "lose|forfeit", "list|overview", "required|needed|necessary", "pay|spend", "return|give", "punished|penalised",
]]) for w in group}

GREETINGS = ["hi, ", "hello, ", "hey, ", "hello! ", "hi! ", "please: ", "please, ", "ok, ", "and ", "so ", "so, ", "well, ", "now ", "um, ", "quick question: ", "one question: ",
             "I have a question: ", "a question: ", "hey Atoma, ", "sorry, ", "excuse me, ", "I'm new here. ", "thanks. ", "next question: ", "I wonder, ", "in Atoma, ", "tell me, ",
             "can you help me? ", "actually, ", "just asking: ", "good morning, ", "dear Atoma, ", "in short: ", "my question is: ", "one more thing: ", "also, ", "but "]
THANKS = [", please", " please", ", thanks", " thanks", ", thank you", " in Atoma", " here", " exactly", " now", " for me", " then", " in short", ", in simple words", " in detail", " again", ", can you tell me", ", do you know"]
SMALL = set("the a an is are do does of to in on for my your me it that this can i you with and at by be please so has have there".split())
ASKS = re.compile(r"^(what|who|why|how|when|where|which|whose|can|could|is|are|do|does|did|am|may|will|would|should|must|has|have|was|were|in which|in what|at what|for what|by what)\b", re.I)
ONSETS = ["", "b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "pl", "qu", "r", "s", "sh", "st", "str", "t", "th", "tr", "v", "w", "z"]
VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "ee", "io", "oo", "ou", "y"]
CODAS = ["", "", "", "b", "ck", "d", "g", "l", "ll", "m", "n", "nd", "ng", "nt", "r", "rd", "rs", "s", "st", "t", "th", "x"]
FILLERS = """moment kind sort thing way method part word idea matter really exactly actually simply maybe possible somebody anybody something anything everything whole little own
    mean meant called happen think believe guess understand learn teach let become seem try wish allowed able various several certain single other another same new old first last
    before after during while until since without within against between through above under however therefore because whether though else just only even still already never ever
    question subject topic detail example fact case point piece place time person reader beginner friend boss colleague today tomorrow usually normally generally basically""".split()
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def misspell(rng, text):
    words = text.split(" ")
    k = rng.randrange(len(words))
    w = words[k]
    if len(w) < 4 or not w.isalpha():
        return text
    i = rng.randrange(1, len(w) - 1)
    how = rng.randrange(4)
    if how == 0:
        w = w[:i] + w[i + 1] + w[i] + w[i + 2:]
    elif how == 1:
        w = w[:i] + w[i + 1:]
    elif how == 2:
        w = w[:i] + w[i] + w[i:]
    else:
        w = w[:i] + rng.choice(LETTERS) + w[i + 1:]
    words[k] = w
    return " ".join(words)


def rough(rng, text, kind):
    """The same question as somebody else would type it."""
    short = len(text.split()) < 3
    if rng.random() < 0.45:
        fits = [(a, b) for a, b in TURNS if a.match(text)]
        if fits:
            a, b = rng.choice(fits)
            text = a.sub(rng.choice(b), text)
    if kind[:2] <= "08" and kind[0].isdigit() and rng.random() < 0.4:
        text = " ".join(rng.choice(WORDS[w]) if w in WORDS and rng.random() < 0.5 else w for w in text.split(" "))
    if not short and rng.random() < 0.25:
        text = " ".join(w for w in text.split(" ") if w.lower() not in SMALL or rng.random() < 0.5) or text
    if not short and kind != "table" and rng.random() < 0.22:   # noise: the telling words must suffice, wherever they stand
        words, out = text.split(" "), []
        for w in words:
            u = rng.random()
            if u < 0.10 and len(words) > 3:
                continue
            if u < 0.18:
                out.append(rng.choice(FILLERS) if rng.random() < 0.8 else pseudo_word(rng))
                if u < 0.12:
                    continue
            out.append(w)
        if rng.random() < 0.15:
            k = rng.randrange(len(out)) if out else 0
            out = out[k:] + out[:k]
        text = " ".join(out) or text
    asks = bool(ASKS.match(text))
    if rng.random() < 0.12:
        text = rng.choice(GREETINGS) + text
    if rng.random() < 0.08 and not short:
        text += rng.choice(THANKS)
    for _ in range(2):
        if rng.random() < 0.08 and kind != "table":
            text = misspell(rng, text)
    u = rng.random()
    if u < 0.70:
        text = text[:1].upper() + text[1:]
    elif u < 0.85:
        text = text.lower()
    elif u < 0.87:
        text = text.upper()
    u = rng.random()
    if asks:
        text += "?" if u < 0.75 else "" if u < 0.93 else rng.choice(["??", " ?", ".", "!", "?!"])
    else:
        text += "" if u < 0.45 else "." if u < 0.75 else "?" if u < 0.88 else "!"
    return text

using Atoma.Inference.Native;

namespace Atoma.Benchmarks.Engine;

/// <summary>
/// The ways in which an engine may come to compute the same rows (DESIGN, "Invariant mode"). Each feeds the reference answers'
/// tokens in other shapes and compares every row that predicts an output token.
/// </summary>
internal sealed class InvarianceModes(IReadOnlyList<ReferenceAnswer> answers)
{
    /// <summary>Sequences of the context that the modes need.</summary>
    public const int Sequences = 17;

    private const int CheckSequence = Sequences - 1;

    /// <summary>Of a slot's steps, one in so many is followed by a cancel in the mode that cancels.</summary>
    private const int CancelOneIn = 400;

    public IEnumerable<(string Name, Action<DecodeContext, BitDifferences> Run)> OneThread()
    {
        yield return ("alone, another slot", (c, d) => Alone(c, d, 5, ReferenceAnswers.ChunkTokens));
        foreach (var chunk in new[] { 1, 7, 64 })
            yield return ($"prompt in chunks of {chunk}", (c, d) => Alone(c, d, 0, chunk));
        foreach (var size in new[] { 2, 3, 4, 5, 6, 7, 8, 16 })
            yield return ($"batch of {size}", (c, d) => Batch(c, d, size));
        foreach (var chunk in new[] { 1, 7, 64, 255, 256 })
            yield return ($"teacher-forced, chunks of {chunk}", (c, d) => Teacher(c, d, chunk));
        yield return ("teacher-forced beside 8 streams", Beside);
        yield return ("continuous, 4 slots reused", (c, d) => Continuous(c, d, 4, cancels: false));
        yield return ("continuous, 16 slots, cancels", (c, d) => Continuous(c, d, 16, cancels: true));
        yield return ("prefix kept in its slot", (c, d) => Prefix(c, d, copy: false));
        yield return ("prefix copied to another slot", (c, d) => Prefix(c, d, copy: true));
    }

    /// <summary>Those that give two threads something to share out. Few decodes: on busy cores each may take half a second.</summary>
    public IEnumerable<(string Name, Action<DecodeContext, BitDifferences> Run)> TwoThreads()
    {
        yield return ("2 threads, batch of 8, 32 steps", (c, d) => Batch(c, d, 8, steps: 32));
        yield return ("2 threads, teacher-forced, chunks of 64", (c, d) => Teacher(c, d, 64));
        yield return ("2 threads, teacher-forced, chunks of 256", (c, d) => Teacher(c, d, 256));
    }

    private void Alone(DecodeContext context, BitDifferences differences, int slot, int chunk)
    {
        foreach (var answer in answers)
        {
            var feed = new Feed(context, differences, answer, slot);
            while (feed.IsPrompt)
                feed.Prompt(chunk);
            while (!feed.IsDone)
                Feed.Step(context, [feed]);
        }
    }

    private void Batch(DecodeContext context, BitDifferences differences, int size, int steps = int.MaxValue)
    {
        for (var first = 0; first < answers.Count; first += size)
        {
            // More slots than answers: some are computed twice, side by side.
            Feed[] feeds = [.. Enumerable.Range(0, size).Select(slot => new Feed(context, differences, answers[(first + slot) % answers.Count], slot))];
            foreach (var feed in feeds)
                feed.Prompt(ReferenceAnswers.ChunkTokens);
            for (var step = 0; step < steps && !feeds[0].IsDone; step++)
                Feed.Step(context, feeds);
        }
    }

    private void Teacher(DecodeContext context, BitDifferences differences, int chunk)
    {
        foreach (var answer in answers)
        {
            var feed = new Feed(context, differences, answer, CheckSequence);
            while (!feed.IsDone)
                feed.Teacher(chunk);
        }
    }

    private void Beside(DecodeContext context, BitDifferences differences)
    {
        var streams = Enumerable.Range(0, 8).Select(slot => new Feed(context, differences, answers[slot % answers.Count], slot)).ToArray();
        foreach (var stream in streams)
            stream.Prompt(ReferenceAnswers.ChunkTokens);
        var random = new Random(1);
        foreach (var answer in answers)
        {
            var check = new Feed(context, differences, answer, CheckSequence);
            while (!check.IsDone)
            {
                check.Teacher(random.Next(2, 65));
                Feed[] running = [.. streams.Where(s => !s.IsDone)];
                if (running.Length > 0)
                    Feed.Step(context, running);
            }
        }
    }

    private void Continuous(DecodeContext context, BitDifferences differences, int slots, bool cancels)
    {
        var random = new Random(slots);
        var waiting = new Queue<ReferenceAnswer>(answers.Concat(answers));
        var running = new Feed?[slots];
        while (waiting.Count > 0 || running.Any(f => f is not null))
        {
            for (var slot = 0; slot < slots; slot++)
            {
                if (running[slot] is null && waiting.Count > 0 && random.Next(8) == 0)
                    running[slot] = new Feed(context, differences, waiting.Dequeue(), slot);
                if (running[slot] is { IsPrompt: true } feed)
                    feed.Prompt(random.Next(1, 65));
                if (cancels && running[slot] is { IsPrompt: false } cancelled && random.Next(CancelOneIn) == 0)
                {
                    // Its caller went away; another asks the same later.
                    waiting.Enqueue(cancelled.Answer);
                    context.Clear(slot);
                    running[slot] = null;
                }
            }

            Feed[] stepping = [.. running.OfType<Feed>().Where(f => !f.IsPrompt && !f.IsDone)];
            if (stepping.Length > 0)
                Feed.Step(context, stepping);
            for (var slot = 0; slot < slots; slot++)
            {
                if (running[slot] is { IsDone: true })
                    running[slot] = null;
            }
        }
    }

    private void Prefix(DecodeContext context, BitDifferences differences, bool copy)
    {
        var random = new Random(2);
        foreach (var answer in answers)
        {
            var first = new Feed(context, differences, answer, 3);
            while (!first.IsDone)
                first.Teacher(64);
            var kept = random.Next(1, answer.Tokens.Length);
            if (copy)
                context.Copy(3, 9, kept);
            else
                context.Keep(3, kept);
            var second = new Feed(context, differences, answer, copy ? 9 : 3, kept);
            while (second.IsPrompt)
                second.Prompt(64);
            while (!second.IsDone)
                Feed.Step(context, [second]);
        }
    }

    /// <summary>A reference answer on its way through a slot.</summary>
    private sealed class Feed
    {
        private readonly DecodeContext _context;
        private readonly BitDifferences _differences;
        private readonly int _slot;
        private int _fed;

        /// <param name="context">Where it is computed.</param>
        /// <param name="differences">Where differences are counted.</param>
        /// <param name="answer">What is fed.</param>
        /// <param name="slot">Sequence; cleared unless it holds <paramref name="held"/> tokens of the answer.</param>
        /// <param name="held">Tokens that the sequence holds already.</param>
        public Feed(DecodeContext context, BitDifferences differences, ReferenceAnswer answer, int slot, int held = 0)
        {
            (_context, _differences, Answer, _slot, _fed) = (context, differences, answer, slot, held);
            if (held == 0)
                context.Clear(slot);
        }

        public ReferenceAnswer Answer { get; }

        public bool IsPrompt => _fed < Answer.PromptLength;

        public bool IsDone => _fed == Answer.Tokens.Length;

        /// <summary>Feeds at most <paramref name="most"/> tokens of the prompt, as a scheduler would.</summary>
        public void Prompt(int most)
        {
            var count = Math.Min(most, Answer.PromptLength - _fed);
            _context.Prefill(_slot, Answer.Tokens.AsSpan(_fed, count), _fed + count == Answer.PromptLength ? 1 : 0);
            _fed += count;
            if (!IsPrompt)
                _differences.Compare(Answer.RowAfter(_fed), _context.Logits(_slot));
        }

        /// <summary>Feeds at most <paramref name="most"/> tokens of prompt and answer, as a checker would.</summary>
        public void Teacher(int most)
        {
            var count = Math.Min(most, Answer.Tokens.Length - _fed);
            var rows = Math.Min(count, Math.Max(0, _fed + count - Answer.PromptLength + 1));
            _context.Prefill(_slot, Answer.Tokens.AsSpan(_fed, count), rows);
            _fed += count;
            for (var back = rows - 1; back >= 0; back--)
                _differences.Compare(Answer.RowAfter(_fed - back), _context.PrefillLogits(_slot, back));
        }

        /// <summary>One decode step for all of some feeds, ascending by slot.</summary>
        public static void Step(DecodeContext context, ReadOnlySpan<Feed> feeds)
        {
            var tokens = new SequenceToken[feeds.Length];
            for (var i = 0; i < feeds.Length; i++)
                tokens[i] = new SequenceToken(feeds[i]._slot, feeds[i].Answer.Tokens[feeds[i]._fed]);
            context.Step(tokens);
            foreach (var feed in feeds)
            {
                feed._fed++;
                feed._differences.Compare(feed.Answer.RowAfter(feed._fed), context.Logits(feed._slot));
            }
        }
    }
}

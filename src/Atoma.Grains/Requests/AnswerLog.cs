using System.Runtime.CompilerServices;
using Atoma.Grains.Abstractions;

namespace Atoma.Grains.Requests;

/// <summary>
/// What happened to an answer, in order, and whoever waits for more. Used on one grain's scheduler only. A watcher that comes
/// late, or comes back, reads from where it left off.
/// </summary>
internal sealed class AnswerLog
{
    private readonly List<AnswerEvent> _events = [];
    private TaskCompletionSource _more = New();

    /// <summary>How the answer ended; null while it has not.</summary>
    public AnswerEnd? End => _events.Count > 0 ? _events[^1].End : null;

    public bool Ended => End is not null;

    public void Append(string text, AnswerEnd? end = null, IReadOnlyList<TokenLogprobs>? logprobs = null, IReadOnlyList<TokenLogprobs>? prompt = null)
    {
        if (Ended || (text.Length == 0 && end is null && logprobs is not { Count: > 0 } && prompt is not { Count: > 0 }))
            return;
        _events.Add(new AnswerEvent { Index = _events.Count, Text = text, End = end, Logprobs = logprobs ?? [], PromptLogprobs = prompt ?? [] });
        var waiting = _more;
        _more = New();
        waiting.TrySetResult();
    }

    public async IAsyncEnumerable<AnswerEvent> Watch(int from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var next = Math.Max(0, from); ; next++)
        {
            while (next >= _events.Count)
            {
                if (Ended)
                    yield break;
                await _more.Task.WaitAsync(cancellationToken);
            }

            yield return _events[next];
            if (_events[next].End is not null)
                yield break;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

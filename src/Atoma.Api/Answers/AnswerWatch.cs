using System.Runtime.CompilerServices;
using Atoma.Grains.Abstractions;
using Orleans.Runtime;

namespace Atoma.Api.Answers;

/// <summary>The watch of a request broke, and could not be taken up again.</summary>
internal sealed class WatchLostException(Exception? inner) : Exception("The watch of a request was lost.", inner);

/// <summary>Follows a request's events to the last one, taking the watch up again where it broke.</summary>
internal sealed class AnswerWatch(Limits limits, TimeProvider time, ILogger<AnswerWatch> logger)
{
    /// <exception cref="WatchLostException">Broken for good.</exception>
    public async IAsyncEnumerable<AnswerEvent> FollowAsync(IRequestGrain grain, string request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (from, next) = (0, 0);
        for (var attempt = 0; ; attempt++)
        {
            Exception? broken = null;
            await using (var events = grain.Watch(from, cancellationToken).GetAsyncEnumerator(cancellationToken))
            {
                while (true)
                {
                    AnswerEvent current;
                    try
                    {
                        if (!await events.MoveNextAsync())
                            break;
                        current = events.Current;
                    }
                    catch (Exception e) when (e is OrleansException or TimeoutException or EnumerationAbortedException)
                    {
                        broken = e;
                        break;
                    }

                    // An index below what was seen is a repetition. Never so the end: a grain that came back after a stop
                    // knows it, but numbers it anew.
                    if (current.Index < next && current.End is null)
                        continue;
                    next = checked(current.Index + 1);
                    yield return current;
                    if (current.End is not null)
                        yield break;
                }
            }

            // A watch that ends without an end was of a grain whose history is shorter than ours: ask for all of it.
            from = broken is null ? 0 : next;
            cancellationToken.ThrowIfCancellationRequested();
            Log.WatchBroke(logger, broken, request, next - 1);
            if (attempt >= limits.WatchRetries)
                throw new WatchLostException(broken);
            await Task.Delay(limits.WatchRetryPause, time, cancellationToken);
        }
    }
}

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
        var next = 0;
        for (var attempt = 0; ; attempt++)
        {
            Exception? broken = null;
            await using (var events = grain.Watch(next, cancellationToken).GetAsyncEnumerator(cancellationToken))
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

                    // An index below what was seen is a repetition.
                    if (current.Index < next)
                        continue;
                    next = checked(current.Index + 1);
                    yield return current;
                    if (current.End is not null)
                        yield break;
                }
            }

            cancellationToken.ThrowIfCancellationRequested();
            Log.WatchBroke(logger, broken, request, next - 1);
            if (attempt >= limits.WatchRetries)
                throw new WatchLostException(broken);
            await Task.Delay(limits.WatchRetryPause, time, cancellationToken);
        }
    }
}

namespace Atoma.Ethereum.Chain;

/// <summary>Asks all endpoints the same and compares, again and again for a while: during a reorganisation honest ones differ too.</summary>
/// <param name="endpoints">At least two.</param>
/// <param name="pause">Between two attempts.</param>
/// <param name="time">For the pauses.</param>
internal sealed class ChainAgreement(IReadOnlyList<ChainEndpoint> endpoints, TimeSpan pause, TimeProvider time)
{
    public IReadOnlyList<ChainEndpoint> Endpoints => endpoints;

    /// <summary>All answers, in the order of the endpoints. The first failure is thrown when all are done.</summary>
    public Task<ChainAnswer<T>[]> AskAllAsync<T>(Func<IChainClient, Task<T>> ask) =>
        Task.WhenAll(endpoints.Select(async endpoint => new ChainAnswer<T>(endpoint, await ask(endpoint.Client))));

    /// <param name="question">For the message.</param>
    /// <param name="ask">One round: what all said, in words that are equal where the answers are, and what follows from them.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="ChainDisagreementException">They still differ after <see cref="ChainLimits.AgreementAttemptsMax"/> rounds.</exception>
    public async Task<T> AgreeAsync<T>(string question, Func<Task<(IReadOnlyDictionary<string, string> Said, T Result)>> ask, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (said, result) = await ask();
            if (said.Values.Distinct(StringComparer.Ordinal).Count() == 1)
                return result;
            if (attempt == ChainLimits.AgreementAttemptsMax)
                throw Disagreement(question, said);
            await Task.Delay(pause, time, cancellationToken);
        }
    }

    public static Dictionary<string, string> Said<T>(IEnumerable<ChainAnswer<T>> answers, Func<T, string> words) =>
        answers.ToDictionary(a => a.Endpoint.Name, a => words(a.Value), StringComparer.Ordinal);

    private static ChainDisagreementException Disagreement(string question, IReadOnlyDictionary<string, string> said) =>
        new($"Endpoints contradict each other about {question}: {string.Join("; ", said.Select(s => $"{s.Key} says {s.Value}"))}. Nothing is settled until they agree.")
        {
            Answers = said,
        };
}

namespace Atoma.Grains.Tests.Support;

/// <summary>What a node does with the next piece of work.</summary>
internal enum Conduct
{
    Honest,

    /// <summary>Takes the work and says nothing.</summary>
    Silent,

    /// <summary>Says that it cannot.</summary>
    Refuses,

    /// <summary>Another token in the middle, with evidence that replays: only a check with the model finds it.</summary>
    WrongToken,

    /// <summary>A token that its own evidence does not favour: found by replay alone.</summary>
    UnlikelyToken,

    /// <summary>Commits twice, to different outputs.</summary>
    Equivocates,

    /// <summary>Shows three tokens, then waits to be told where to stop.</summary>
    Dawdles,

    /// <summary>As a checker: finds the right answer wrong.</summary>
    VotesWrong,

    /// <summary>As a checker: finds everything right.</summary>
    VotesMatch,

    /// <summary>Gives a scored prompt's last token another probability, in the right form: only a check with the model finds it.</summary>
    LiesAboutThePrompt,
}

/// <summary>
/// Who does what in one test's network. Draws cannot be foreseen, so misconduct belongs to the order of work and not to a node:
/// the first one drawn takes the first entry. Whoever comes after the last entry is honest.
/// </summary>
internal sealed class Script
{
    private readonly Lock _lock = new();
    private readonly Queue<Conduct> _work = new();
    private readonly Queue<Conduct> _checks = new();

    public void Generators(params Conduct[] conducts) => Fill(_work, conducts);

    public void Checkers(params Conduct[] conducts) => Fill(_checks, conducts);

    public Conduct NextGenerator() => Take(_work);

    public Conduct NextChecker() => Take(_checks);

    private void Fill(Queue<Conduct> queue, Conduct[] conducts)
    {
        lock (_lock)
        {
            foreach (var conduct in conducts)
                queue.Enqueue(conduct);
        }
    }

    private Conduct Take(Queue<Conduct> queue)
    {
        lock (_lock)
        {
            return queue.TryDequeue(out var conduct) ? conduct : Conduct.Honest;
        }
    }
}

namespace Atoma.Ethereum.Tests.Outbox.Chaos;

/// <summary>A mistake that the harness has to find.</summary>
public enum ChaosMutant
{
    None,

    /// <summary>A signed transaction is sent first and saved after.</summary>
    SendBeforeSave,

    /// <summary>What is not mined in time is signed anew with another nonce.</summary>
    FreshNonce,

    /// <summary>Final after one confirmation.</summary>
    FinalTooEarly,
}

/// <summary>One run of the harness.</summary>
/// <param name="Seed">Of every choice that is made.</param>
/// <param name="Batches">Transactions to be settled.</param>
/// <param name="Mutant">Which mistake is made.</param>
/// <param name="SqlitePath">The file of a real store; null for memory.</param>
/// <param name="TwoEndpoints">Read through a second endpoint that lags and lies.</param>
public sealed record ChaosOptions(int Seed, int Batches, ChaosMutant Mutant = ChaosMutant.None, string? SqlitePath = null, bool TwoEndpoints = false)
{
    /// <summary>Deeper than any reorganisation that the harness makes.</summary>
    public const int Confirmations = 12;

    public const int ReorgDepthMax = 8;

    /// <summary>Faults end then at the latest.</summary>
    public int FaultStepsMax => 10 * Batches;

    /// <summary>What is not done then is stuck.</summary>
    public int QuietStepsMax => 100 + 4 * Batches;
}

/// <summary>What a run did and what came of it.</summary>
public sealed class ChaosTally
{
    public int Seeds { get; set; }

    public int Steps { get; set; }

    public SortedDictionary<string, int> Crashes { get; } = new(StringComparer.Ordinal);

    /// <summary>Answers that never came, although the chain did what was asked.</summary>
    public int LostAnswers { get; set; }

    /// <summary>Transactions that reached the chain long after the sender had given up.</summary>
    public int LateSends { get; set; }

    public int DuplicateSends { get; set; }

    public int Drops { get; set; }

    public int Reorgs { get; set; }

    /// <summary>Times at which blocks had little room or cost much.</summary>
    public int Storms { get; set; }

    /// <summary>Transactions of the same key that the outbox knows nothing of.</summary>
    public int ForeignTransactions { get; set; }

    /// <summary>Times at which the contract refused everything for a while.</summary>
    public int Closures { get; set; }

    /// <summary>Answers that the second endpoint falsified.</summary>
    public int Lies { get; set; }

    /// <summary>Steps of outbox or watcher that stopped because endpoints contradicted each other.</summary>
    public int Disagreements { get; set; }

    /// <summary>Steps that stopped because the chain did not answer.</summary>
    public int Unavailable { get; set; }

    /// <summary>Reorganisations deeper than the watcher's finality that it noticed.</summary>
    public int Alarms { get; set; }

    public long Bumps { get; set; }

    public long Rebroadcasts { get; set; }

    public long Unmined { get; set; }

    public long Retries { get; set; }

    public long ForeignSeen { get; set; }

    /// <summary>Batches with their effect once, final, and booked once.</summary>
    public int Exact { get; set; }

    /// <summary>Batches with their effect more than once.</summary>
    public int Double { get; set; }

    /// <summary>Batches said to be final without effect.</summary>
    public int Missing { get; set; }

    /// <summary>Batches that never ended.</summary>
    public int Stuck { get; set; }

    /// <summary>Events booked that are not on the chain, or on it and not booked.</summary>
    public int Misbooked { get; set; }

    public bool IsExact => Double == 0 && Missing == 0 && Stuck == 0 && Misbooked == 0 && Alarms == 0;

    /// <summary>Something was paid twice, or not at all, or booked wrong.</summary>
    public bool IsWrong => Double + Missing + Misbooked > 0;

    public override string ToString() =>
        $"seeds={Seeds} steps={Steps} crashes={Crashes.Values.Sum()} lost={LostAnswers} late={LateSends} duplicates={DuplicateSends} drops={Drops} "
        + $"reorgs={Reorgs} storms={Storms} foreign={ForeignTransactions} closures={Closures} lies={Lies} disagreements={Disagreements} "
        + $"unavailable={Unavailable} bumps={Bumps} rebroadcasts={Rebroadcasts} unmined={Unmined} retries={Retries} foreign_seen={ForeignSeen} "
        + $"alarms={Alarms} exact={Exact} double={Double} missing={Missing} stuck={Stuck} misbooked={Misbooked}";
}

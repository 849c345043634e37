using Atoma.Ethereum.Chain;

namespace Atoma.Ethereum.Outbox;

/// <summary>How the outbox sends. Fees are wei per gas.</summary>
public sealed record OutboxOptions
{
    private const long Gwei = 1_000_000_000;

    /// <summary>When a transaction is there for good.</summary>
    public FinalityRule Finality { get; init; } = new(12);

    /// <summary>Transactions that may wait for a block at once, 1 to 64: pools keep 16 or more of one account.</summary>
    public int InFlightMax { get; init; } = 8;

    /// <summary>A fee is raised after this many blocks were made without the transaction, from 1 on …</summary>
    public int BumpAfterBlocks { get; init; } = 4;

    /// <summary>… and this long after it was signed, whichever is later: some chains make a block in a quarter of a second.</summary>
    public TimeSpan BumpAfter { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>Known bytes are sent again this long after the last time: pools forget.</summary>
    public TimeSpan RebroadcastAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Least of the block maker's share, from 1 wei on: some pools take nothing below it.</summary>
    public long PriorityFeeMinWei { get; init; } = Gwei / 100;

    /// <summary>Most that is ever paid per gas. A transaction that would need more waits, and the status says so.</summary>
    public long MaxFeeCapWei { get; init; } = 500 * Gwei;

    /// <summary>How often a row is planned anew after a transaction of it was spent without effect, 0 to 100: each costs its gas.</summary>
    public int RetriesMax { get; init; } = 8;

    /// <summary>An open row above this age is an alert.</summary>
    public TimeSpan LateAfter { get; init; } = TimeSpan.FromMinutes(30);

    /// <exception cref="ArgumentException">Says everything that is out of range.</exception>
    public void Validate()
    {
        List<string> errors = [];
        Check(Finality.Confirmations is >= 0 and <= FinalityRule.ConfirmationsMax, nameof(Finality));
        Check(InFlightMax is >= 1 and <= 64, nameof(InFlightMax));
        Check(BumpAfterBlocks >= 1, nameof(BumpAfterBlocks));
        Check(BumpAfter >= TimeSpan.Zero, nameof(BumpAfter));
        Check(RebroadcastAfter >= TimeSpan.Zero, nameof(RebroadcastAfter));
        Check(PriorityFeeMinWei >= 1, nameof(PriorityFeeMinWei));
        Check(MaxFeeCapWei >= PriorityFeeMinWei && MaxFeeCapWei <= long.MaxValue / 16, nameof(MaxFeeCapWei));
        Check(RetriesMax is >= 0 and <= 100, nameof(RetriesMax));
        Check(LateAfter > TimeSpan.Zero, nameof(LateAfter));
        if (errors.Count > 0)
            throw new ArgumentException($"Outbox options out of range: {string.Join(", ", errors)}.");

        void Check(bool isFine, string name)
        {
            if (!isFine)
                errors.Add(name);
        }
    }
}

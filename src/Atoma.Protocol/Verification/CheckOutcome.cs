namespace Atoma.Protocol.Verification;

/// <summary>Result of stage 2 (P7.4). Numbers are on the wire and in receipts: append only.</summary>
public enum Verdict : byte
{
    /// <summary>Every position is what the checker's own model and sampler give.</summary>
    Match = 0,

    /// <summary>Some position is not.</summary>
    Mismatch = 1,

    /// <summary>The checker could not tell (it failed, or the answer is too short for a statistical check).</summary>
    Inconclusive = 2,
}

/// <summary>A checker's finding.</summary>
/// <param name="Verdict">Match, Mismatch or Inconclusive.</param>
/// <param name="Position">First differing output position of a mismatch, else −1.</param>
/// <param name="Reason">Empty for a match, else for people.</param>
public sealed record CheckOutcome(Verdict Verdict, int Position, string Reason)
{
    public static CheckOutcome Match { get; } = new(Verdict.Match, -1, "");

    public static CheckOutcome Mismatch(int position, string reason) => new(Verdict.Mismatch, position, reason);

    public static CheckOutcome Inconclusive(string reason) => new(Verdict.Inconclusive, -1, reason);
}

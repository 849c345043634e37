using System.Globalization;

namespace Atoma.Protocol.Integrity;

/// <summary>The five levels of P4. Stored: append only.</summary>
public enum IntegrityKind : byte
{
    /// <summary>L0: one node's signed answer.</summary>
    None = 0,

    /// <summary>L1: audited with probability p.</summary>
    Sampled = 1,

    /// <summary>L2 (k = 1) and L3: checked by k others.</summary>
    Checked = 2,

    /// <summary>L4: n nodes of one echelon, byte-equal.</summary>
    Replicated = 4,
}

/// <summary>How much integrity a request wants (P4).</summary>
/// <param name="Kind">Which mechanism.</param>
/// <param name="Count">k for checked, n for replicated, 0 for none and sampled.</param>
public readonly record struct IntegrityLevel(IntegrityKind Kind, int Count)
{
    /// <summary>Most checkers of one answer: beyond seven the fraud probability no longer matters beside P12's other risks.</summary>
    public const int CheckersMax = 7;

    /// <summary>Most replicas of one answer.</summary>
    public const int ReplicasMax = 9;

    public static IntegrityLevel None => new(IntegrityKind.None, 0);

    public static IntegrityLevel Sampled => new(IntegrityKind.Sampled, 0);

    public static IntegrityLevel Checked => new(IntegrityKind.Checked, 1);

    public static IntegrityLevel CheckedBy(int k) => new(IntegrityKind.Checked, k);

    public static IntegrityLevel Replicated(int n) => new(IntegrityKind.Replicated, n);

    /// <summary>Every level, weaker before stronger within a kind.</summary>
    public static IReadOnlyList<IntegrityLevel> All { get; } =
    [
        None, Sampled,
        .. Enumerable.Range(0, (CheckersMax + 1) / 2).Select(i => CheckedBy(2 * i + 1)),
        .. Enumerable.Range(2, ReplicasMax - 1).Select(Replicated),
    ];

    /// <summary>Nodes that generate the answer.</summary>
    public int Generators => Kind == IntegrityKind.Replicated ? Count : 1;

    /// <summary>Nodes that check it.</summary>
    public int Checkers => Kind == IntegrityKind.Checked ? Count : 0;

    /// <summary>Votes needed among the checkers: ⌊k/2⌋+1.</summary>
    public int Quorum => Checkers / 2 + 1;

    /// <summary>Parses <c>none</c>, <c>sampled</c>, <c>checked</c>, <c>checked:k</c> (k odd, 1–7) or <c>replicated:n</c> (n 2–9).</summary>
    public static bool TryParse(string text, out IntegrityLevel level)
    {
        level = None;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? text : text[..colon];
        var count = 0;
        if (colon >= 0 && !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out count))
            return false;
        switch (name)
        {
            case "none" when colon < 0:
                return true;
            case "sampled" when colon < 0:
                level = Sampled;
                return true;
            case "checked" when colon < 0:
                level = Checked;
                return true;
            case "checked" when count is >= 1 and <= CheckersMax && count % 2 == 1:
                level = CheckedBy(count);
                return true;
            case "replicated" when count is >= 2 and <= ReplicasMax:
                level = Replicated(count);
                return true;
            default:
                return false;
        }
    }

    public override string ToString() => Kind switch
    {
        IntegrityKind.None => "none",
        IntegrityKind.Sampled => "sampled",
        IntegrityKind.Checked => Count == 1 ? "checked" : $"checked:{Count}",
        _ => $"replicated:{Count}",
    };
}

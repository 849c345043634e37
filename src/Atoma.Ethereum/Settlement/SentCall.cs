using System.Buffers.Binary;
using Atoma.Ethereum.Contracts;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Settlement;

/// <summary>What kind of call a stored transaction is, read from its own data: the row says nothing else.</summary>
internal enum SentKind
{
    Redeem,
    PostRoot,
    ProposeSlash,
    EndSlash,
    EndRequest,
}

/// <summary>A stored transaction's call, as far as its effect can be recognised by it.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Id">Of the slash or the gateway's request, or the root.</param>
/// <param name="Epoch">Of a root.</param>
/// <param name="Parts">Of a redemption: who is to have spent how much.</param>
internal sealed record SentCall(SentKind Kind, Hash32 Id, long Epoch, IReadOnlyList<(NodeId User, Micros Spent)> Parts)
{
    private const int SelectorSize = 4;
    private const int WordSize = 32;

    private static readonly (SentKind Kind, byte[] Selector)[] Kinds =
    [
        (SentKind.Redeem, SettlementCalls.Redeem([])[..SelectorSize]),
        (SentKind.PostRoot, SettlementCalls.PostRoot(0, Hash32.Zero, Micros.Zero, Hash32.Zero)[..SelectorSize]),
        (SentKind.ProposeSlash, SlashingCalls.ProposeSlash(new ChainVerdict(default, default, default, default, Micros.Zero, 0, 0, default, default, 0), [])[..SelectorSize]),
        (SentKind.EndSlash, SlashingCalls.Execute(Hash32.Zero)[..SelectorSize]),
        (SentKind.EndSlash, SlashingCalls.Rule(Hash32.Zero, uphold: false, [])[..SelectorSize]),
        (SentKind.EndRequest, GatewayCalls.Decline(Hash32.Zero, "")[..SelectorSize]),
        (SentKind.EndRequest, GatewayCalls.Fulfil(new SettlementCall.Answer(Hash32.Zero, [], Micros.Zero, [], []))[..SelectorSize]),
    ];

    /// <exception cref="EthereumFormatException">Not a call of <see cref="Encode"/>.</exception>
    public static SentCall Of(ReadOnlySpan<byte> data)
    {
        foreach (var (kind, selector) in Kinds)
        {
            if (!data.StartsWith(selector))
                continue;
            var arguments = data[SelectorSize..];
            return kind switch
            {
                SentKind.Redeem => new SentCall(kind, Hash32.Zero, 0, Redemptions(arguments)),
                SentKind.PostRoot => new SentCall(kind, Word(arguments, 1), BinaryPrimitives.ReadInt64BigEndian(Word(arguments, 0).ToArray().AsSpan(WordSize - sizeof(long))), []),
                _ => new SentCall(kind, Word(arguments, 0), 0, []),
            };
        }

        throw new EthereumFormatException("The stored transaction is none of the settlement's.");
    }

    /// <summary>The contract that is called, the call, and the most gas that it may take.</summary>
    public static (bool IsGateway, byte[] Data, long GasLimit) Encode(SettlementCall call) => call switch
    {
        SettlementCall.Redeem c => (false, SettlementCalls.Redeem(c.Parts), 200_000 + 60_000L * c.Parts.Count),
        SettlementCall.PostRoot c => (false, SettlementCalls.PostRoot(c.Epoch, c.Root, c.Total, c.Data), 300_000),
        SettlementCall.ProposeSlash c => (false, SlashingCalls.ProposeSlash(c.Verdict, c.Signatures), 600_000),
        SettlementCall.ExecuteSlash c => (false, SlashingCalls.Execute(c.Slash), 400_000),
        SettlementCall.RuleSlash c => (false, SlashingCalls.Rule(c.Slash, c.Uphold, c.Signatures), 600_000),
        // The callback's gas, the result's own (16 a byte of call data, and its copy), and a signature check for each node.
        SettlementCall.Answer c => (true, GatewayCalls.Fulfil(c), 1_200_000 + 60L * c.Result.Length + 20_000L * c.Nodes.Count),
        SettlementCall.Decline c => (true, GatewayCalls.Decline(c.Request, c.Reason), 300_000),
        _ => throw new ArgumentOutOfRangeException(nameof(call), call.GetType().Name, "Unknown call."),
    };

    /// <summary>redeem(bytes): offset, length, then the packed vouchers.</summary>
    private static (NodeId, Micros)[] Redemptions(ReadOnlySpan<byte> arguments)
    {
        const int SpentSize = 16;
        var length = BinaryPrimitives.ReadInt32BigEndian(arguments.Slice(2 * WordSize - sizeof(int), sizeof(int)));
        var packed = arguments.Slice(2 * WordSize, length);
        var parts = new (NodeId, Micros)[length / PackedVouchers.EntrySize];
        for (var i = 0; i < parts.Length; i++)
        {
            var entry = packed.Slice(i * PackedVouchers.EntrySize, PackedVouchers.EntrySize);
            parts[i] = (new NodeId(entry[..NodeId.Size]), new Micros((long)BinaryPrimitives.ReadUInt128BigEndian(entry.Slice(NodeId.Size, SpentSize))));
        }

        return parts;
    }

    private static Hash32 Word(ReadOnlySpan<byte> arguments, int index) => new(arguments.Slice(index * WordSize, WordSize));
}

using System.Numerics;
using Atoma.Ethereum.Abi;
using Atoma.Protocol.Common;
using Atoma.Protocol.Settlement;

namespace Atoma.Ethereum.Contracts;

/// <summary>
/// Call data for everything that changes the settlement contract (contracts/src/settlement). Which key may send which is written
/// there; a value out of its range throws <see cref="ArgumentException"/>.
/// </summary>
public static class SettlementCalls
{
    private static readonly AbiFunction DepositFunction = new("deposit(address user, uint128 amount)");
    private static readonly AbiFunction RequestExitFunction = new("requestExit(uint128 amount)");
    private static readonly AbiFunction CancelExitFunction = new("cancelExit()");
    private static readonly AbiFunction ExitFunction = new("exit()");
    private static readonly AbiFunction RedeemFunction = new("redeem(bytes packed)");
    private static readonly AbiFunction CreditFunction = new("credit(address user, uint128 amount)");
    private static readonly AbiFunction RegisterNodeFunction = new("registerNode(address node, uint128 collateral, bytes nodeSignature)");
    private static readonly AbiFunction RotateReceiptKeyFunction = new("rotateReceiptKey(address node, address key, bytes keySignature)");
    private static readonly AbiFunction BondFunction = new("bond(address node, uint128 amount)");
    private static readonly AbiFunction RequestUnbondFunction = new("requestUnbond(address node, uint128 amount)");
    private static readonly AbiFunction WithdrawCollateralFunction = new("withdrawCollateral(address node)");
    private static readonly AbiFunction PostRootFunction = new("postRoot(uint64 epoch, bytes32 root, uint128 total, bytes32 dataHash)");
    private static readonly AbiFunction CancelRootFunction = new("cancelRoot(uint64 epoch)");
    private static readonly AbiFunction ClaimFunction = new("claim(uint64 epoch, address payee, uint128 cumulative, bytes32[] proof)");
    private static readonly AbiFunction ClaimManyFunction = new("claimMany(uint64 epoch, (address payee, uint128 cumulative, bytes32[] proof)[] claims)");
    private static readonly AbiFunction FundFunction = new("fund(uint128 amount)");

    /// <summary>For a requester, from the sender's tokens.</summary>
    public static byte[] Deposit(NodeId user, Micros amount) => DepositFunction.Encode(user, amount.Value);

    public static byte[] RequestExit(Micros amount) => RequestExitFunction.Encode(amount.Value);

    public static byte[] CancelExit() => CancelExitFunction.Encode();

    public static byte[] Exit() => ExitFunction.Encode();

    public static byte[] Redeem(IReadOnlyList<Redemption> redemptions) => RedeemFunction.Encode(PackedVouchers.Pack(redemptions));

    public static byte[] Credit(NodeId user, Micros amount) => CreditFunction.Encode(user, amount.Value);

    /// <param name="node">Signs in the protocol; the sender becomes its owner.</param>
    /// <param name="collateral">From the sender's tokens.</param>
    /// <param name="nodeSignature">The node's, of <see cref="SettlementTypedData.NodeBinding"/>.</param>
    public static byte[] RegisterNode(NodeId node, Micros collateral, byte[] nodeSignature) => RegisterNodeFunction.Encode(node, collateral.Value, nodeSignature);

    /// <param name="node">Whose.</param>
    /// <param name="key">The new key.</param>
    /// <param name="keySignature">The new key's, of <see cref="SettlementTypedData.ReceiptKey"/>.</param>
    public static byte[] RotateReceiptKey(NodeId node, NodeId key, byte[] keySignature) => RotateReceiptKeyFunction.Encode(node, key, keySignature);

    public static byte[] Bond(NodeId node, Micros amount) => BondFunction.Encode(node, amount.Value);

    public static byte[] RequestUnbond(NodeId node, Micros amount) => RequestUnbondFunction.Encode(node, amount.Value);

    public static byte[] WithdrawCollateral(NodeId node) => WithdrawCollateralFunction.Encode(node);

    public static byte[] PostRoot(long epoch, Hash32 root, Micros total, Hash32 data) => PostRootFunction.Encode(epoch, root, total.Value, data);

    public static byte[] CancelRoot(long epoch) => CancelRootFunction.Encode(epoch);

    public static byte[] Claim(long epoch, PayoutLeaf leaf, IReadOnlyList<Hash32> proof) =>
        ClaimFunction.Encode(epoch, leaf.Payee, leaf.Cumulative.Value, Hashes(proof));

    public static byte[] ClaimMany(long epoch, IReadOnlyList<(PayoutLeaf Leaf, IReadOnlyList<Hash32> Proof)> claims) =>
        ClaimManyFunction.Encode(epoch, claims.Select(c => (object)new object[] { c.Leaf.Payee, c.Leaf.Cumulative.Value, Hashes(c.Proof) }).ToArray());

    /// <summary>Into what payouts are made of, from the sender's tokens.</summary>
    public static byte[] Fund(Micros amount) => FundFunction.Encode(amount.Value);

    private static object[] Hashes(IReadOnlyList<Hash32> hashes) => [.. hashes.Cast<object>()];
}

/// <summary>Call data for slashes (P8).</summary>
public static class SlashingCalls
{
    private static readonly AbiFunction SlashEquivocationFunction =
        new("slashEquivocation(address node, bytes32 request, bytes32 valueA, bytes signatureA, bytes32 valueB, bytes signatureB) returns (bytes32 id)");

    private static readonly AbiFunction BindVictimFunction = new("bindVictim(bytes32 id, address victim, bytes32 nonce)");

    private static readonly AbiFunction ProposeSlashFunction = new(
        "proposeSlash((bytes32 id, address node, bytes32 request, address victim, uint128 amount, uint16 honest, uint16 resolvers, uint8 kind, bytes32 evidence, uint64 deadline) v, bytes signatures)");

    private static readonly AbiFunction AppealFunction = new("appeal(bytes32 id)");
    private static readonly AbiFunction RuleFunction = new("rule(bytes32 id, bool uphold, bytes signatures)");
    private static readonly AbiFunction ExecuteFunction = new("execute(bytes32 id)");
    private static readonly AbiFunction LapseFunction = new("lapse(bytes32 id)");

    /// <summary>Two values that one node signed for one request, each with its 65-byte signature.</summary>
    public static byte[] SlashEquivocation(NodeId node, Hash32 request, Hash32 valueA, byte[] signatureA, Hash32 valueB, byte[] signatureB) =>
        SlashEquivocationFunction.Encode(node, request, valueA, signatureA, valueB, signatureB);

    public static byte[] BindVictim(Hash32 id, NodeId victim, Hash32 nonce) => BindVictimFunction.Encode(id, victim, nonce);

    /// <param name="verdict">What is signed (<see cref="SettlementTypedData.Verdict"/>).</param>
    /// <param name="signatures">65 bytes each, joined, of ascending signers.</param>
    public static byte[] ProposeSlash(ChainVerdict verdict, byte[] signatures) => ProposeSlashFunction.Encode(
        new object[]
        {
            verdict.Id, verdict.Node, verdict.Request, verdict.Victim, verdict.Amount.Value, verdict.Honest, verdict.Resolvers, (int)verdict.Kind,
            verdict.Evidence, verdict.Deadline,
        },
        signatures);

    public static byte[] Appeal(Hash32 id) => AppealFunction.Encode(id);

    public static byte[] Rule(Hash32 id, bool uphold, byte[] signatures) => RuleFunction.Encode(id, uphold, signatures);

    public static byte[] Execute(Hash32 id) => ExecuteFunction.Encode(id);

    public static byte[] Lapse(Hash32 id) => LapseFunction.Encode(id);
}

/// <summary>Call data for parameters and pause: the admin's and the guardian's.</summary>
public static class ParameterCalls
{
    private static readonly AbiFunction ScheduleFunction = new("schedule(bytes32 key, uint256 value)");
    private static readonly AbiFunction ScheduleVerdictSignersFunction = new("scheduleVerdictSigners(address[] signers, uint8 threshold)");
    private static readonly AbiFunction ApplyFunction = new("applyScheduled(bytes32 key)");
    private static readonly AbiFunction CancelFunction = new("cancel(bytes32 key)");
    private static readonly AbiFunction PauseFunction = new("pause()");
    private static readonly AbiFunction UnpauseFunction = new("unpause()");

    /// <param name="key">Name of the parameter: exitDelay, unbondDelay, appealWindow, rulingWindow, claimDelay, parameterDelay, collateralMin, settler, admin, guardian.</param>
    /// <param name="value">Seconds, micros, or an address as a number.</param>
    public static byte[] Schedule(string key, BigInteger value) => ScheduleFunction.Encode(Key(key), value);

    public static byte[] ScheduleVerdictSigners(IReadOnlyList<NodeId> signers, int threshold) =>
        ScheduleVerdictSignersFunction.Encode(signers.Cast<object>().ToArray(), threshold);

    /// <param name="key">As for <see cref="Schedule"/>, or verdictSigners.</param>
    public static byte[] Apply(string key) => ApplyFunction.Encode(Key(key));

    public static byte[] Cancel(string key) => CancelFunction.Encode(Key(key));

    public static byte[] Pause() => PauseFunction.Encode();

    public static byte[] Unpause() => UnpauseFunction.Encode();

    /// <summary>ASCII, left-aligned in a word, as Solidity writes a short text.</summary>
    public static Hash32 Key(string name)
    {
        if (name.Length > Hash32.Size || !System.Text.Ascii.IsValid(name))
            throw new ArgumentException($"A parameter's name has at most {Hash32.Size} ASCII characters.", nameof(name));
        Span<byte> word = stackalloc byte[Hash32.Size];
        word.Clear();
        System.Text.Encoding.ASCII.GetBytes(name, word);
        return new Hash32(word);
    }
}

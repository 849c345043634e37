using Atoma.Protocol.Accounts;
using Atoma.Protocol.Disputes;
using Atoma.Protocol.Integrity;
using Atoma.Protocol.Ledger;
using Atoma.Protocol.Models;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Registry;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Sampling;
using Atoma.Protocol.Settlement;
using Atoma.Protocol.Verification;
using Atoma.Protocol.Verification.Grammar;

namespace Atoma.Protocol.Tests;

/// <summary>STYLE 11: persisted and wire numbers only grow. A line may be appended to, never changed.</summary>
public sealed class PersistedEnumTests
{
    [Theory]
    [InlineData(typeof(KeyScopes), "None=0 Client=1 Admin=2 Read=4 Manage=8")]
    [InlineData(typeof(BudgetPeriod), "None=0 Day=1 Month=2")]
    [InlineData(typeof(WebhookState), "Waiting=0 Delivered=1 GaveUp=2")]
    [InlineData(typeof(PayoutState), "Requested=0 Paid=1 Returned=2")]
    [InlineData(typeof(HoldState), "Open=0 Posted=1 Voided=2 Expired=3")]
    [InlineData(typeof(SlashStatus), "Frozen=0 Executed=1 Returned=2 Unconfirmed=3 Inquiry=4 Closed=5")]
    [InlineData(typeof(IntegrityKind), "None=0 Sampled=1 Checked=2 Replicated=4")]
    [InlineData(typeof(AccountKind), "External=0 User=1 Escrow=2 Collateral=3 Frozen=4 Earnings=5 Treasury=6 Burn=7 AuditPool=8 Payable=9 Reserve=10 Exiting=11")]
    [InlineData(typeof(TransferCode), "Deposit=1 Withdrawal=2 Hold=3 Release=4 PayPrimary=5 PayReplica=6 PayChecker=7 Fee=8 Bond=9 Unbond=10 SlashFreeze=11 SlashRequester=12 SlashHonest=13 SlashResolver=14 SlashTreasury=15 SlashBurn=16 SlashReturn=17 SilencePenalty=18 AuditFee=19 PayAuditor=20 BondForfeit=21 PayoutRequested=22 PayoutReturned=23 Authorised=24 ExitAsked=25 ExitReturned=26 Claimable=27 Shortfall=28")]
    [InlineData(typeof(LedgerStatus), "Ok=0 AlreadyDone=1 IdReused=2 AmountNotPositive=3 SameAccount=4 HoldNotFound=5 HoldPosted=6 HoldVoided=7 ExceedsHold=8 InsufficientFunds=9 VersionConflict=10 IdempotencyKeyUsed=11 HoldExpired=12 HoldNotDue=13 BudgetExceeded=14")]
    [InlineData(typeof(EngineRefusal), "QueueFull=1 ContextExceeded=2 BadPrompt=3 EngineFault=4 Stopping=5 UnknownModel=6 MemoryNever=7 MemoryBusy=8 LoadFailed=9")]
    [InlineData(typeof(RefusalCode), "None=0 BadSignature=1 ReplayedMessage=2 UnknownModel=3 WrongModelDigest=4 ProtocolVersion=5 Malformed=6 WrongEchelon=7 CollateralTooLow=8 NotAllowed=9 Stale=10 Replaced=11 ShuttingDown=12")]
    [InlineData(typeof(NodeState), "Registered=0 Active=1 Jailed=2 Unbonding=3 Exited=4")]
    [InlineData(typeof(NodeMoveStatus), "Ok=0 AlreadyThere=1 NotAllowed=2 CollateralTooLow=3")]
    [InlineData(typeof(RequestPhase), "Generating=1 Revealing=2 Checking=3 Resolving=4 Settled=10 Refunded=11 Expired=12")]
    [InlineData(typeof(RefundReason), "None=0 NoEligibleNode=1 NodesFailed=2 FraudDetected=3 NoQuorum=4 Cancelled=5 Interrupted=6 DeadlinePassed=7 StreamDiverged=8 AuditFailed=9")]
    [InlineData(typeof(ParticipantStatus), "Working=0 Committed=1 Revealed=2 Checking=3 VoteCommitted=4 Voted=5 Failed=6 Convicted=7 Dismissed=8")]
    [InlineData(typeof(ParticipantFailure), "None=0 Silent=1 Refused=2 Malformed=3 StreamedOtherwise=4")]
    [InlineData(typeof(EvidenceKind), "Stage1Mismatch=1 Stage2Mismatch=2 Equivocation=3 BadReveal=4 FalseVote=5 SequentialTest=6 WeightChallenge=7")]
    [InlineData(typeof(DrawPurpose), "Primary=0 Replica=1 Checker=2 Resolver=3")]
    [InlineData(typeof(FinishReason), "EndOfSequence=0 Length=1 StopText=2 Cancelled=3 StopToken=4 GrammarEnd=5")]
    [InlineData(typeof(GrammarError), "TooLong=1 Syntax=2 UndefinedRule=3 DuplicateRule=4 LeftRecursion=5 EmptyRepetition=6 EndlessRule=7 TooLarge=8 TooManySteps=9 NoTokenFits=10")]
    [InlineData(typeof(ToolCallFormat), "None=0 Tagged=1 Bare=2 Listed=3 Named=4 FunctionTag=5")]
    [InlineData(typeof(Comparison), "Exact=0 Statistical=1")]
    [InlineData(typeof(ReviewKind), "Dispute=1 Assembly=2 Canary=3")]
    [InlineData(typeof(ObservationKind), "Worked=0 Silent=1 Passed=2 Failed=3")]
    [InlineData(typeof(StandingChange), "None=0 Quarantined=1 Cleared=2 Unreliable=3 Fired=4")]
    [InlineData(typeof(OutboxState), "Planned=0 Signed=1 Mined=2 Final=3 Failed=4")]
    [InlineData(typeof(ChainSlashKind), "Malice=0 Silence=1")]
    [InlineData(typeof(ChainSlashState), "None=0 Open=1 Appealed=2 Executed=3 Returned=4")]
    [InlineData(typeof(Verdict), "Match=0 Mismatch=1 Inconclusive=2")]
    public void Numbers_OfAPersistedEnum_AreGolden(Type type, string golden)
    {
        var now = string.Join(' ', Enum.GetNames(type).Select(n => $"{n}={Convert.ToInt64(Enum.Parse(type, n))}"));
        Assert.StartsWith(golden, now, StringComparison.Ordinal);
    }

    [Fact]
    public void EnumsOfTheProtocol_AreAllInTheGoldenTable()
    {
        var listed = GetType().GetMethod(nameof(Numbers_OfAPersistedEnum_AreGolden))!.GetCustomAttributes(typeof(InlineDataAttribute), false)
            .Cast<InlineDataAttribute>().Select(a => (Type)a.GetData(null!).Single()[0]).ToHashSet();
        // What a call answers is not stored.
        var missing = typeof(IntegrityLevel).Assembly.GetExportedTypes().Where(t => t.IsEnum && !listed.Contains(t)).Select(t => t.Name).ToArray();
        Assert.True(missing.Length == 0 || missing.All(n => n is "RowDecision" or nameof(OutboxAddStatus) or nameof(OutboxUpdateStatus) or nameof(CallOutcome)), string.Join(' ', missing));
    }
}

namespace Atoma.Simulation.Mutants;

/// <summary>All planted bugs. Those marked [C] are faults of published contracts.</summary>
internal static class BugList
{
    public static IReadOnlyList<Bug> All { get; } =
    [
        new("inverted-audit", "[C] an answer is audited when u > p", (o, s) => new InvertedAudit(o, s), "honest", "smaller-model"),
        new("no-assembly", "three resolvers' votes are enough to take collateral", (o, s) => new NoAssembly(o, s), "prefill-attack"),
        new("exposure-ignored", "a node works on more than its collateral covers", (o, s) => new ExposureIgnored(o, s), "parallel"),
        new("asserter-audits", "[C] the asserter may be drawn as its own auditor", (o, s) => new AsserterAudits(o, s), "honest"),
        new("failed-drawn-again", "a node that failed is not excluded from its replacement's draw", (o, s) => new FailedDrawnAgain(o, s), "small-market", "withheld-reveal"),
        new("echelon-ignored", "checkers come from other hardware classes", (o, s) => new EchelonIgnored(o, s), "honest-hardware"),
        new("collateral-ignored", "[C] nodes without collateral are drawn", (o, s) => new CollateralIgnored(o, s), "sybil"),
        new("jail-ignored", "jailed nodes are drawn", (o, s) => new JailIgnored(o, s), "mixed", "prefill-attack"),
        new("jail-skipped", "a conviction does not jail", (o, s) => new JailSkipped(o, s), "mixed", "prefill-attack"),
        new("cleared-stay-jailed", "a node whose case came to nothing stays in jail", (o, s) => new ClearedStayJailed(o, s), "colluding-framers"),
        new("beacon-step-reused", "a beacon step is marked as used only after it was shown", (o, s) => new BeaconStepReused(o, s), "coordinator-crash"),
        new("draws-until-it-likes", "the coordinator draws until it likes the node", (o, s) => new DrawsUntilItLikes(o, s), "honest"),
        new("draws-left-out", "draws of unwelcome nodes are left out", (o, s) => new DrawsLeftOut(o, s), "honest"),
        new("reveals-early", "a reveal is asked for before all have committed", (o, s) => new RevealsEarly(o, s), "honest"),
        new("votes-shown-early", "a vote is asked for before all have committed to theirs", (o, s) => new VotesShownEarly(o, s), "honest"),
        new("abort-and-retry", "[C] a commitment can be withdrawn and made again", (o, s) => new AbortAndRetry(o, s), "abort-and-retry"),
        new("quorum-off-by-one", "one vote fewer than a quorum settles", (o, s) => new QuorumOffByOne(o, s), "griefing-dispute", "mixed"),
        new("minority-convicts", "one resolver of three convicts", (o, s) => new MinorityConvicts(o, s), "griefing-dispute"),
        new("mismatch-ignored", "a quorum of mismatches is paid like a match", (o, s) => new MismatchIgnored(o, s), "prefill-attack", "smaller-model"),
        new("deadline-ignored", "nobody looks at the clock", (o, s) => new DeadlineIgnored(o, s), "withheld-reveal"),
        new("duplicate-applied", "a repeated message is applied twice", (o, s) => new DuplicateApplied(o, s), "honest"),
        new("anybody-freezes", "[C] any node can freeze any payment", (o, s) => new AnybodyFreezes(o, s), "meddlers"),
        new("cancel-is-free", "who cancels after reading pays nothing", (o, s) => new CancelIsFree(o, s), "cancels"),
        new("recovery-redraws", "a coordinator that comes back draws anew", (o, s) => new RecoveryRedraws(o, s), "coordinator-crash"),
        new("no-hold", "work without a hold", (o, s) => new NoHold(o, s), "honest"),
        new("hold-not-released", "a refund leaves the hold in escrow", (o, s) => new HoldNotReleased(o, s), "withheld-reveal", "mixed"),
        new("refund-keeps-fee", "a refund keeps a fee", (o, s) => new RefundKeepsFee(o, s), "withheld-reveal", "mixed"),
        new("pays-above-hold", "a requester pays more than its hold", (o, s) => new PaysAboveHold(o, s), "honest"),
        new("settles-again", "a request is settled again after a recovery", (o, s) => new SettlesAgain(o, s), "coordinator-crash"),
        new("fined-twice", "silence is fined twice", (o, s) => new FinedTwice(o, s), "withheld-reveal"),
        new("silence-is-free", "silence is not fined", (o, s) => new SilenceIsFree(o, s), "withheld-reveal"),
        new("conviction-without-slash", "a convicted node keeps its collateral", (o, s) => new ConvictionWithoutSlash(o, s), "prefill-attack"),
        new("timed-out-are-honest", "[C] nodes that timed out share in a slash as honest ones", (o, s) => new TimedOutAreHonest(o, s), "mixed", "mixed-faults"),
        new("vouchers-share", "who vouched for a cheat shares in its slash", (o, s) => new VouchersShare(o, s), "lazy-checker", "mixed"),
        new("remainder-lost", "[C] what is left of a slash after rounding is lost", (o, s) => new RemainderLost(o, s), "prefill-attack"),
        new("slashed-before-window", "collateral is divided before the appeal window ends", (o, s) => new SlashedBeforeTheWindow(o, s), "prefill-attack"),
        new("receipt-omits-failed", "the receipt leaves out who failed", (o, s) => new ReceiptOmitsTheFailed(o, s), "withheld-reveal"),
        new("receipt-omits-last", "the receipt of a refund leaves out the last one drawn", (o, s) => new ReceiptOmitsTheLast(o, s), "withheld-reveal", "mixed"),
        new("paid-without-vote", "a checker is paid that never voted", (o, s) => new PaidWithoutVote(o, s), "withheld-reveal", "mixed-faults"),
    ];
}

using System.Globalization;
using System.Text.RegularExpressions;
using Atoma.Ethereum.Chain;

namespace Atoma.Cli.Chain;

/// <summary>What to do about a refusal of the contracts.</summary>
internal static partial class RevertAdvice
{
    /// <summary>By the error's name (contracts/src); what is not here says enough by its name and arguments, or comes from our own mistake.</summary>
    private static readonly Dictionary<string, string> Advice = new(StringComparer.Ordinal)
    {
        ["AlreadyClaimed"] = "All that this root gives was claimed before. Wait for the next: chain position NODE",
        ["AppealTooLate"] = "The appeal window is over; the slash stands.",
        ["BadSignature"] = "The key file is not of the address that has to sign.",
        ["BalanceInsufficient"] = "There is less on the chain than was asked for: chain position",
        ["ClaimsExceedRoot"] = "The root's leaves are more than its total: the network's operator has to post another. Nothing is lost.",
        ["CollateralInsufficient"] = "There is less collateral than was asked for: chain position NODE",
        ["CollateralTooLow"] = "Register with the minimum or more.",
        ["ERC20InsufficientAllowance"] = "The token has to allow it first; repeat the command.",
        ["ERC20InsufficientBalance"] = "Get more of the token. On a local chain: chain fund ADDRESS MICROS",
        ["ExitPending"] = "Wait for it (chain exit --finish), or take it back (chain exit --cancel).",
        ["ExitTooEarly"] = "Repeat the command then.",
        ["KeyTaken"] = "A key belongs to one node for ever. Make another.",
        ["NoExitPending"] = "Ask for money first: chain exit MICROS",
        ["NodeAlreadyRegistered"] = "More collateral: chain bond NODE MICROS",
        ["NodeUnknown"] = "Its owner registers it: chain register",
        ["NotAppealable"] = "The contract checked the evidence itself.",
        ["NotOwner"] = "Name the key file of the node's owner by --key.",
        ["NothingToWithdraw"] = "Nothing is due yet, or open slashes have frozen it: chain position NODE",
        ["OwnableUnauthorizedAccount"] = "Only the key that deployed the development token makes more of it. Name it by --key.",
        ["ParameterOutOfRange"] = "Every delay is 1 minute to 30 days; roles and the least collateral are not zero.",
        ["ProofInvalid"] = "The root was replaced meanwhile. Repeat the command.",
        ["RootNotFinal"] = "It can be claimed from then on; repeat the command.",
        ["RootUnknown"] = "The contract keeps the last 8 roots. Repeat the command when the network has posted its next.",
        ["SlashUnknownOrOver"] = "The slash is over, or is not on the chain yet.",
        ["TooManyTranches"] = "Take out what is due first: chain withdraw NODE",
        ["TransferMismatch"] = "The token keeps part of a transfer; such tokens cannot be settled in.",
        ["VerdictSignersInvalid"] = "Name 1 to 15 different verdict signers, and more than half of them as the threshold.",
        ["WhilePaused"] = "Money comes in again after that. Money goes out as always.",
    };

    /// <summary>Errors that there is advice for.</summary>
    public static IEnumerable<string> Names => Advice.Keys;

    /// <summary>Times as people write them, and a way out.</summary>
    public static string Of(ChainRevertedException reverted)
    {
        var words = Moment().Replace(reverted.Message, m => $"{m.Groups["name"].Value}: {Shown.Time(DateTimeOffset.FromUnixTimeSeconds(long.Parse(m.Groups["seconds"].Value, CultureInfo.InvariantCulture)))}");
        var name = ErrorName().Match(reverted.Message).Groups["name"].Value;
        return Advice.TryGetValue(name, out var advice) ? $"{words}. {advice}" : words;
    }

    /// <summary>Ten digits: between 2001 and 2286.</summary>
    [GeneratedRegex(@"(?<name>availableAt|claimableAt|executeAt|rulingAt|until|deadline): (?<seconds>\d{10})\b", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Moment();

    [GeneratedRegex(@"reverted with (?<name>[A-Za-z0-9]+)\(", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex ErrorName();
}

using System.Globalization;
using System.Text;
using Atoma.Protocol.Common;

namespace Atoma.Ethereum;

/// <summary>Text that a wallet shows and signs (personal_sign). Source: https://eips.ethereum.org/EIPS/eip-191, version 0x45.</summary>
public static class PersonalMessage
{
    /// <summary>keccak256(0x19 ‖ "Ethereum Signed Message:\n" ‖ length in decimal ‖ message): never the digest of a transaction.</summary>
    public static Hash32 Digest(ReadOnlySpan<byte> message) =>
        Keccak.Hash([0x19, .. Encoding.ASCII.GetBytes("Ethereum Signed Message:\n" + message.Length.ToString(CultureInfo.InvariantCulture)), .. message]);
}

using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Atoma.Ethereum.Keys;
using Atoma.Protocol.Common;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Tests.Support;

namespace Atoma.Protocol.Tests.Receipts.Mutations;

/// <summary>Makes mutated receipts out of real ones. The same seed gives the same mutants.</summary>
internal sealed class ReceiptMutator
{
    /// <summary>Bytes inserted, removed or exchanged at once.</summary>
    private const int RunMax = 48;

    /// <summary>Coordinator's address and signature before the canonical bytes.</summary>
    private const int HeadLength = NodeId.Size + ISignatureScheme.SignatureSize;

    private static readonly NodeKey Impostor = NodeKey.FromBytes(Hash32.Sha256("impostor"u8).ToArray());
    private static readonly string[] Parts = ["coordinator", "digest", "signature", "view", "receipt", "field_digests"];

    private readonly Random _random;
    private readonly Sample[] _samples;
    private readonly (string Name, Func<Sample, Mutant> Make)[] _kinds;

    public ReceiptMutator(IReadOnlyList<SignedReceipt> samples, int seed)
    {
        _random = new Random(seed);
        _samples = [.. samples.Select(s => new Sample(s))];
        _kinds =
        [
            ("binary-flip", s => Binary(s, Flip(s.Binary))),
            ("binary-insert", s => Binary(s, Insert(s.Binary))),
            ("binary-remove", s => Binary(s, Remove(s.Binary))),
            ("binary-truncate", s => Binary(s, s.Binary[.._random.Next(s.Binary.Length)])),
            ("binary-exchange-runs", s => Binary(s, ExchangeRuns(s.Binary))),
            ("text-flip", s => Text(s, Flip(s.Text))),
            ("text-insert", s => Text(s, Insert(s.Text))),
            ("text-remove", s => Text(s, Remove(s.Text))),
            ("text-truncate", s => Text(s, s.Text[.._random.Next(s.Text.Length)])),
            ("text-part-of-another", PartOfAnother),
            ("field-of-another", s => Reencoded(s, FieldOfAnother(s))),
            ("field-random", s => Reencoded(s, FieldRandom(s))),
            ("signatures-swapped", s => Reencoded(s, SignaturesSwapped(s))),
            ("decoded-field", Structured),
        ];
    }

    public IEnumerable<string> Kinds => _kinds.Select(k => k.Name);

    public Mutant Next()
    {
        var sample = _samples[_random.Next(_samples.Length)];
        var (name, make) = _kinds[_random.Next(_kinds.Length)];
        return make(sample) with { Kind = name };
    }

    private sealed class Sample(SignedReceipt signed)
    {
        public SignedReceipt Signed { get; } = signed;

        public byte[] Binary { get; } = signed.ToBytes();

        public byte[] Text { get; } = Encoding.UTF8.GetBytes(ReceiptFile.Write(signed));

        public EncodedReceipt Encoded { get; } = ReceiptCodec.Encode(signed.Receipt);

        public ReceiptField[] Signatures => [.. Encoded.Fields.Where(f => f.Path.EndsWith("signature", StringComparison.Ordinal))];
    }

    private static Mutant Binary(Sample sample, byte[] bytes) => new(sample.Signed, bytes, IsText: false, "");

    private static Mutant Text(Sample sample, byte[] bytes) => new(sample.Signed, bytes, IsText: true, "");

    private byte[] Flip(byte[] bytes)
    {
        var mutated = bytes.ToArray();
        for (var i = _random.Next(1, 4); i > 0; i--)
            mutated[_random.Next(mutated.Length)] ^= (byte)_random.Next(1, 256);
        return mutated;
    }

    private byte[] Insert(byte[] bytes)
    {
        var at = _random.Next(bytes.Length + 1);
        var run = new byte[_random.Next(1, RunMax)];
        _random.NextBytes(run);
        return [.. bytes[..at], .. run, .. bytes[at..]];
    }

    private byte[] Remove(byte[] bytes)
    {
        var at = _random.Next(bytes.Length);
        return [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + _random.Next(1, RunMax))..]];
    }

    private byte[] ExchangeRuns(byte[] bytes)
    {
        var length = _random.Next(1, RunMax);
        var (a, b) = (_random.Next(bytes.Length - length), _random.Next(bytes.Length - length));
        var mutated = bytes.ToArray();
        bytes.AsSpan(a, length).CopyTo(mutated.AsSpan(b));
        bytes.AsSpan(b, length).CopyTo(mutated.AsSpan(a));
        return mutated;
    }

    /// <summary>A receipt.json with one of its parts taken from another receipt's.</summary>
    private Mutant PartOfAnother(Sample sample)
    {
        var json = JsonNode.Parse(sample.Text)!.AsObject();
        var part = Parts[_random.Next(Parts.Length)];
        json[part] = JsonNode.Parse(_samples[_random.Next(_samples.Length)].Text)![part]!.DeepClone();
        return Text(sample, Encoding.UTF8.GetBytes(json.ToJsonString(new() { WriteIndented = true, NewLine = "\n" }) + "\n"));
    }

    private byte[] FieldOfAnother(Sample sample)
    {
        var field = sample.Encoded.Fields[_random.Next(sample.Encoded.Fields.Count)];
        var other = _samples[_random.Next(_samples.Length)].Encoded;
        // The same field of another receipt, or any field of it as long as this one.
        ReceiptField[] fitting = [.. other.Fields.Where(f => f.Path == field.Path || f.Length == field.Length)];
        if (fitting.Length == 0)
            return Flip(sample.Encoded.Bytes);
        var from = fitting[_random.Next(fitting.Length)];
        return Replace(sample, field, other.Bytes.AsSpan(from.Start, from.Length));
    }

    private byte[] FieldRandom(Sample sample)
    {
        var field = sample.Encoded.Fields[_random.Next(sample.Encoded.Fields.Count)];
        var bytes = new byte[field.Length];
        _random.NextBytes(bytes);
        // Small numbers are where the limits are.
        if (_random.Next(2) == 0)
            bytes.AsSpan().Fill((byte)(_random.Next(2) == 0 ? 0 : 0xFF));
        return Replace(sample, field, bytes);
    }

    private byte[] SignaturesSwapped(Sample sample)
    {
        var other = _samples[_random.Next(_samples.Length)];
        if (sample.Signatures.Length == 0 || other.Signatures.Length == 0)
            return Flip(sample.Encoded.Bytes);
        var from = other.Signatures[_random.Next(other.Signatures.Length)];
        return Replace(sample, sample.Signatures[_random.Next(sample.Signatures.Length)], other.Encoded.Bytes.AsSpan(from.Start, from.Length));
    }

    private static byte[] Replace(Sample sample, ReceiptField field, ReadOnlySpan<byte> with)
    {
        var bytes = sample.Encoded.Bytes;
        return [.. bytes.AsSpan(0, field.Start), .. with, .. bytes.AsSpan(field.Start + field.Length)];
    }

    /// <summary>Canonical bytes behind the original's head, an impostor's signature under the original's name, or the impostor's own.</summary>
    private Mutant Reencoded(Sample sample, byte[] canonical)
    {
        Receipt receipt;
        try
        {
            receipt = ReceiptCodec.Decode(canonical);
        }
        catch (ReceiptFormatException)
        {
            return Binary(sample, [.. sample.Binary[..HeadLength], .. canonical]);
        }

        return Signed(sample, receipt);
    }

    private Mutant Structured(Sample sample) => Signed(sample, ReceiptEdits.Apply(sample.Signed.Receipt, _random));

    private Mutant Signed(Sample sample, Receipt receipt)
    {
        var signed = _random.Next(4) switch
        {
            0 => SignedReceipt.Sign(receipt, Impostor),
            1 => SignedReceipt.Sign(receipt, Impostor) with { Coordinator = sample.Signed.Coordinator },
            2 => sample.Signed with { Receipt = receipt, Signature = _samples[_random.Next(_samples.Length)].Signed.Signature },
            _ => sample.Signed with { Receipt = receipt },
        };
        // A whole receipt.json, consistent in all but what was changed, is what a forger would hand over.
        return _random.Next(2) == 0 ? Binary(sample, signed.ToBytes()) : Text(sample, Encoding.UTF8.GetBytes(ReceiptFile.Write(signed)));
    }
}

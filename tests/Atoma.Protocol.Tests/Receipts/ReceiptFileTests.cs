using System.Text;
using Atoma.Protocol.Common;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Tests.Support;

namespace Atoma.Protocol.Tests.Receipts;

public sealed class ReceiptFileTests
{
    public static TheoryData<string, Cheat> Samples => new()
    {
        { "none", Cheat.None }, { "checked", Cheat.None }, { "replicated:3", Cheat.None }, { "checked", Cheat.OtherModel },
    };

    private static IReadOnlyList<ReceiptProblem> Verify(byte[] bytes) =>
        ReceiptFile.Verify(Encoding.UTF8.GetString(bytes), RequestHarness.Signatures, out _);

    /// <summary>Every 61st byte with one of its bits flipped, then 500 random changes: 2,000 over the four samples.</summary>
    [Theory, MemberData(nameof(Samples))]
    public void Verify_AnySingleByteChanged_IsFoundAndNeverThrows(string integrity, Cheat cheat)
    {
        var text = ReceiptFile.Write(ReceiptTests.Sample(integrity, cheat));
        var bytes = Encoding.UTF8.GetBytes(text);
        Assert.Empty(Verify(bytes));
        var from = text.IndexOf("\"receipt\": \"", StringComparison.Ordinal) + 12;
        var to = text.IndexOf('"', from);
        var random = new Random(integrity.Length + (int)cheat);
        var stride = Enumerable.Range(0, bytes.Length / 61).Select(i => (At: i * 61, Flip: (byte)(1 << i % 8)));
        var randomly = Enumerable.Range(0, 500).Select(_ => (At: random.Next(bytes.Length), Flip: (byte)random.Next(1, 256)));
        foreach (var (at, flip) in stride.Concat(randomly))
        {
            bytes[at] ^= flip;
            var problems = Verify(bytes);
            Assert.True(problems.Count > 0, $"byte {at} ^ {flip} was not noticed");
            Assert.All(problems, p => Assert.False(string.IsNullOrEmpty(p.Field)));
            // Where the change leaves base64 (no escape of a plus sign is hurt) the field inside the receipt is named.
            if (at >= from && at < to && char.IsAsciiLetterOrDigit((char)bytes[at]) && !text.AsSpan(Math.Max(from, at - 5), Math.Min(6, at - from + 1)).Contains('\\'))
                Assert.True(problems[0].Field != "file", $"byte {at}: {problems[0]}");
            bytes[at] ^= flip;
        }
    }

    [Fact]
    public void Verify_AFieldInsideTheReceiptChanged_NamesIt()
    {
        var signed = ReceiptTests.Sample("checked");
        var encoded = ReceiptCodec.Encode(signed.Receipt);
        var text = ReceiptFile.Write(signed);
        var named = 0;
        foreach (var field in encoded.Fields.Where(f => f.Length > 0))
        {
            var bytes = encoded.Bytes.ToArray();
            bytes[field.Start + field.Length - 1] ^= 0x01;
            var problem = ReceiptFile.Verify(
                text.Replace(Json(encoded.Bytes), Json(bytes), StringComparison.Ordinal), RequestHarness.Signatures, out _)[0];
            var group = field.Path.Split('.', '[')[0];
            Assert.True(problem.Field == field.Path || problem.Field.StartsWith(group, StringComparison.Ordinal) || problem.Field == "receipt"
                || field.Path.EndsWith("count", StringComparison.Ordinal) || field.Length <= 2, $"{field.Path} was called {problem}");
            named += problem.Field == field.Path ? 1 : 0;
        }

        Assert.True(named > encoded.Fields.Count * 2 / 3, $"{named} of {encoded.Fields.Count} named exactly");
    }

    private static string Json(byte[] bytes) => System.Text.Json.JsonSerializer.Serialize(Convert.ToBase64String(bytes))[1..^1];

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"format\":\"atoma-receipt/2\"}")]
    [InlineData("{\"format\":\"atoma-receipt/1\",\"format\":\"atoma-receipt/1\"}")]
    [InlineData("{\"format\":\"\\ud800\"}")]
    [InlineData("{\"format\":7}")]
    public void Verify_NotAReceipt_SaysSoAndDoesNotThrow(string text) =>
        Assert.NotEmpty(ReceiptFile.Verify(text, RequestHarness.Signatures, out _));

    [Fact]
    public void Verify_ViewThatSaysMoreThanTheReceipt_IsRefused()
    {
        var text = ReceiptFile.Write(ReceiptTests.Sample("checked"));
        var problem = Assert.Single(ReceiptFile.Verify(text.Replace("\"verdict\": \"verified\"", "\"verdict\": \"perfect\"", StringComparison.Ordinal), RequestHarness.Signatures, out _));
        Assert.Equal("view.verdict", problem.Field);
    }

    /// <summary>The same receipt in longer words: read alike, but not the same bytes.</summary>
    [Fact]
    public void Decode_BytesThatAreNotCanonical_AreRefused()
    {
        var encoded = ReceiptCodec.Encode(ReceiptTests.Sample("checked").Receipt);
        var at = encoded.Fields.Single(f => f.Path == "cancelled_at").Start;
        var bytes = encoded.Bytes.ToArray();
        bytes[at] = 0xFE; // −2 where −1 means "not cancelled"
        Assert.Equal("cancelled_at", Assert.Throws<ReceiptFormatException>(() => ReceiptCodec.Decode(bytes)).Field);
    }

    /// <summary>Terms outside their range broke the arithmetic that recomputes the price: the verifier threw.</summary>
    [Theory]
    [InlineData("request.check_permille")]
    [InlineData("request.fee_permille")]
    [InlineData("payments[0].amount")]
    [InlineData("participants[0].draw.attempts[0].output_price")]
    public void Verify_MoneyOutOfRange_IsRefusedWithoutThrowing(string path)
    {
        var encoded = ReceiptCodec.Encode(ReceiptTests.Sample("checked").Receipt);
        var field = encoded.Fields.Single(f => f.Path == path);
        foreach (var last in new byte[] { 0x7F, 0x80, 0xFF })
        {
            var bytes = encoded.Bytes.ToArray();
            bytes.AsSpan(field.Start, field.Length).Fill(0xFF);
            bytes[field.Start + field.Length - 1] = last;
            Assert.Throws<ReceiptFormatException>(() => ReceiptCodec.Decode(bytes));
        }
    }
}

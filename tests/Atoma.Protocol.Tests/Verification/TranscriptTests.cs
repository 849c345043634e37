using Atoma.Protocol.Common;
using Atoma.Protocol.Tests.Support;
using Atoma.Protocol.Verification;
using CsCheck;

namespace Atoma.Protocol.Tests.Verification;

public sealed class TranscriptTests
{
    private static Transcript Sample(int length, ulong seed = 7) =>
        new FakeModel().Answer([3, 1, 4], new SamplingParameters { Seed = seed, MaxTokens = length, IgnoreEndOfSequence = true });

    [Fact]
    public void Digest_GoldenTranscript_IsTheGoldenDigest()
    {
        var transcript = new Transcript(
            Hash32.Sha256("model"u8), [1, 2, 300],
            new SamplingParameters { Temperature = 0.5, Seed = 9, MaxTokens = 2, Stop = ["x"], LogitBias = [new(4, 1.5)], RepetitionPenalty = 1.25, StopTokens = [7], Grammar = "root ::= .", TopLogprobs = 2 },
            [new TranscriptChunk([new([new(5, 100), new(6, 200)]) { Likeliest = [new(6, 90), new(5, 100)] }, new([new(70_000, 65_535)])])], FinishReason.Length);
        var (digest, bytes) = (transcript.Digest().ToString(), Convert.ToHexStringLower(transcript.ToBytes().AsSpan(32)));
        Assert.True(digest == "058f371a5c19b7dfa9e6641c6029d8d0c6c8653559b07429fa3638ca1d1a904a", digest);
        Assert.True(bytes == "030102ac02000000000000e03f000000000000f03f00000000000000000000000000000000000000000000000000000000000000000000f43f400000000104000000000000000000f83f01017801070a726f6f74203a3a3d202e020200000000090000000000000000000001028205640006c80002065a0005640001f0a204ffff0001", bytes);
    }

    [Fact]
    public void Digest_GoldenEmbeddings_IsTheGoldenDigest()
    {
        var transcript = Embeddings();
        var (digest, bytes) = (transcript.Digest().ToString(), Convert.ToHexStringLower(transcript.ToBytes().AsSpan(32)));
        Assert.True(digest == "5ec35cc54542cdebeb9a9e01d02c8477ff71144f7f9402b0d2d5b4aabf45ab46", digest);
        Assert.True(bytes == "030102ac02000000000000f03f000000000000f03f00000000000000000000000000000000000000000000000000000000000000000000f03f4000000000000000000000000000000000000000000002010200000002029a99193fcdcc4cbf02000000000000803f01", bytes);
        Assert.Equal(transcript.ToBytes(), Transcript.FromBytes(transcript.ToBytes()).ToBytes());
        Transcript[] others =
        [
            transcript with { Vectors = [.. transcript.Vectors.Reverse()] }, transcript with { Vectors = [transcript.Vectors[0]] }, transcript with { Vectors = [] },
            transcript with { Vectors = [transcript.Vectors[0], new([-0f, 1])] }, transcript with { Parameters = transcript.Parameters with { InputLengths = [2, 1] } },
        ];
        Assert.Equal(others.Length + 1, others.Append(transcript).Select(x => x.Digest()).Distinct().Count());
        Assert.Equal(0, transcript.FirstDifference(others[0]));
    }

    [Fact]
    public void FromBytes_EmbeddingsCutOrTooMany_IsRefused()
    {
        var bytes = Embeddings().ToBytes();
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<CanonicalFormatException>(() => Transcript.FromBytes(bytes.AsSpan(0, length)));
        var most = Embeddings() with { Vectors = [new(new float[VerificationLimits.EmbeddingValues - 1]), new(new float[1])] };
        Assert.Equal(2, Transcript.FromBytes(most.ToBytes()).Vectors.Count);
        Assert.Throws<CanonicalFormatException>(() => Transcript.FromBytes((most with { Vectors = [most.Vectors[0], new(new float[2])] }).ToBytes()));
    }

    private static Transcript Embeddings() => Transcript.OfVectors(
        Hash32.Sha256("model"u8), [1, 2, 300], new SamplingParameters { MaxTokens = 0, InputLengths = [1, 2] }, [new([0.6f, -0.8f]), new([0, 1])]);

    [Fact]
    public void Digest_AnyPartChanged_IsAnother()
    {
        var t = Sample(40);
        Transcript[] others =
        [
            t with { Model = Hash32.Zero }, t with { Prompt = [3, 1] }, t with { Parameters = t.Parameters with { Seed = 8 } },
            t with { Parameters = t.Parameters with { Stop = ["a"] } }, t with { Parameters = t.Parameters with { Grammar = "root ::= ." } },
            t with { Parameters = t.Parameters with { StopTokens = [1] } }, t with { Parameters = t.Parameters with { TopLogprobs = 1 } },
            t with { Parameters = t.Parameters with { RepetitionPenalty = 1.5 } }, t with { Parameters = t.Parameters with { RepetitionWindow = 1 } },
            t with { Chunks = [new TranscriptChunk([.. t.Chunks[0].Positions.Select(p => p with { Likeliest = [p.Entries[0]] })]), t.Chunks[1]] }, t with { Finish = FinishReason.StopText }, t with { Chunks = [t.Chunks[0]] }, Sample(40, 8),
        ];
        Assert.Equal(others.Length + 1, others.Append(t).Select(x => x.Digest()).Distinct().Count());
    }

    [Fact]
    public void Bytes_AnyTranscript_RoundTrip() => Gen.Select(SamplerTests.Parameters, Gen.Int[1, 70]).Sample((parameters, length) =>
    {
        var t = new FakeModel().Answer([9], parameters with { MaxTokens = length, IgnoreEndOfSequence = true });
        var back = Transcript.FromBytes(t.ToBytes());
        Assert.Equal(t.Digest(), back.Digest());
        Assert.Equal(t.ToBytes(), back.ToBytes());
        Assert.Null(t.FirstDifference(back));
    }, iter: 25);

    [Fact]
    public void FromBytes_AnyCutOrExtraByte_IsRefused()
    {
        var bytes = Sample(40).ToBytes();
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<CanonicalFormatException>(() => Transcript.FromBytes(bytes.AsSpan(0, length)));
        Assert.Throws<CanonicalFormatException>(() => Transcript.FromBytes([.. bytes, 0]));
    }

    [Fact]
    public void FromBytes_AShortChunkInTheMiddle_IsRefused()
    {
        var t = Sample(64);
        var bent = t with { Chunks = [new TranscriptChunk([.. t.Chunks[0].Positions.Take(31)]), t.Chunks[1]] };
        Assert.Throws<CanonicalFormatException>(() => Transcript.FromBytes(bent.ToBytes()));
    }

    // P7.2
    [Theory]
    [InlineData(128)]
    [InlineData(32_000)]
    [InlineData(151_936)]
    [InlineData(262_144)]
    public void Thinned_FullChunkOfAnyVocabulary_FitsItsBudget(int vocabulary)
    {
        var positions = Enumerable.Range(0, 32).Select(i =>
            new PositionEvidence([.. Enumerable.Range(0, 8).Select(k => new EvidenceEntry(vocabulary - 1 - i * 8 % 100 - k, 60_000))])).ToArray();
        var chunk = TranscriptChunk.Thinned(positions);
        var w = new CanonicalWriter();
        chunk.Write(w);
        var outputTokens = new CanonicalWriter().Tokens([.. chunk.Positions.Select(p => p.Token)]).Length;
        Assert.InRange(w.Length - outputTokens, 1, 512);
        Assert.All(chunk.Positions, p => Assert.InRange(p.Entries.Count, 2, 8));
        Assert.Equal(chunk, TranscriptChunk.Thinned(chunk.Positions));
        Assert.Equal(positions.Select(p => p.Token), chunk.Positions.Select(p => p.Token));
    }

    [Fact]
    public void FirstDifference_OfTwoAnswers_IsTheFirstOtherPosition()
    {
        var (a, b) = (Sample(40), Sample(40, 8));
        var expected = a.Positions.Zip(b.Positions).ToList().FindIndex(p => !p.First.Equals(p.Second));
        Assert.Equal(expected, a.FirstDifference(b));
        Assert.Equal(20, a.FirstDifference(new TranscriptChunk([.. a.Positions.Take(20)]) is var cut ? a with { Chunks = [cut] } : a));
        Assert.Equal(40, a.FirstDifference(a with { Finish = FinishReason.StopText }));
        Assert.Null(a.FirstDifference(a with { Prompt = [] }));
    }
}

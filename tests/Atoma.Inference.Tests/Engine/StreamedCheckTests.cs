using System.Threading.Channels;
using Atoma.Inference.Engine;
using Atoma.Inference.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Inference.Tests.Engine;

/// <summary>A check that starts while the answer is still being written gives the verdict of one that comes after.</summary>
public class StreamedCheckTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private const int Tokens = 80;

    private LlamaEngine Engine => fixture.Engine;

    private GenerationTask Task => Answers.Task(Engine, 0, 1, Tokens);

    [ModelFact]
    public async Task CheckAsync_ChunksOfAnHonestAnswer_Match() =>
        Assert.Equal(CheckOutcome.Match, await CheckAsync(await HonestAsync()));

    [ModelFact]
    public async Task CheckAsync_FromTheWritingEngineItself_Matches()
    {
        var chunks = Channel.CreateUnbounded<TranscriptChunk>();
        var end = new TaskCompletionSource<CommittedEnd>();
        var check = Engine.CheckAsync(Task, chunks.Reader.ReadAllAsync(), end.Task, CancellationToken.None);
        var open = new List<PositionEvidence>();
        var transcript = new TranscriptBuilder(Engine.Model.Digest, Task.Prompt, Task.Parameters);
        await foreach (var step in Engine.GenerateAsync(Task, CancellationToken.None))
        {
            open.Add(step.Evidence);
            transcript.Add(step.Evidence);
            if (open.Count < VerificationLimits.ChunkPositions && step.Finish is null)
                continue;
            await chunks.Writer.WriteAsync(TranscriptChunk.Thinned(open));
            open = [];
            if (step.Finish is { } finish)
                end.SetResult(new CommittedEnd(finish, transcript.Finish(finish).Digest()));
        }

        chunks.Writer.Complete();
        Assert.Equal(CheckOutcome.Match, await check.WaitAsync(TestTimeouts.Answer));
    }

    [ModelTheory]
    [InlineData(0)]
    [InlineData(40)]
    [InlineData(79)]
    public async Task CheckAsync_TokenSwapped_IsFoundThereAsByAWholeCheck(int position)
    {
        var honest = await HonestAsync();
        var edited = honest.With(honest.Positions.Select((p, i) => i == position ? new PositionEvidence([p.Entries[1] with { Quanta = 0 }, .. p.Entries.Where((_, k) => k != 1)]) : p));
        var outcome = await CheckAsync(edited);
        Assert.Equal((Verdict.Mismatch, position), (outcome.Verdict, outcome.Position));
        Assert.Equal((outcome.Verdict, outcome.Position), ((await Answers.CheckAsync(Engine, Task, edited)).Verdict, position));
    }

    [ModelFact]
    public async Task CheckAsync_LastEvidenceEdited_IsFound()
    {
        var honest = await HonestAsync();
        var edited = honest.With(honest.Positions.Select((p, i) => i == 50 ? new PositionEvidence([.. p.Entries.SkipLast(1), p.Entries[^1] with { Quanta = (ushort)(p.Entries[^1].Quanta + 1) }]) : p));
        Assert.Equal((Verdict.Mismatch, 50), (await CheckAsync(edited)) is var o ? (o.Verdict, o.Position) : default);
    }

    [ModelFact]
    public async Task CheckAsync_MismatchInTheFirstChunk_DoesNotWaitForTheRest()
    {
        var honest = await HonestAsync();
        var chunks = Channel.CreateUnbounded<TranscriptChunk>();
        await chunks.Writer.WriteAsync(new TranscriptChunk([.. honest.Chunks[0].Positions.Reverse()]));
        var check = Engine.CheckAsync(Task, chunks.Reader.ReadAllAsync(), new TaskCompletionSource<CommittedEnd>().Task, CancellationToken.None);
        Assert.Equal(Verdict.Mismatch, (await check.WaitAsync(TestTimeouts.Answer)).Verdict);
    }

    [ModelTheory]
    [InlineData(FinishReason.Length)]
    [InlineData(FinishReason.EndOfSequence)]
    [InlineData(FinishReason.StopText)]
    public async Task CheckAsync_Truncated_IsFound(FinishReason claim)
    {
        var honest = await HonestAsync();
        Assert.Equal(Verdict.Mismatch, (await CheckAsync(honest.With(honest.Positions.SkipLast(20)) with { Finish = claim })).Verdict);
    }

    [ModelFact]
    public async Task CheckAsync_CommittedToSomethingElse_IsAMismatch()
    {
        var honest = await HonestAsync();
        Assert.Equal(Verdict.Mismatch, (await CheckAsync(honest, Hash32.Zero)).Verdict);
    }

    [ModelFact]
    public async Task CheckAsync_LongerThanAsked_IsFound()
    {
        var honest = await HonestAsync();
        Assert.Equal((Verdict.Mismatch, Tokens), (await CheckAsync(honest.With([.. honest.Positions, honest.Positions.Last()]))) is var o ? (o.Verdict, o.Position) : default);
    }

    [ModelFact]
    public async Task CheckAsync_NoChunkAtAll_IsJudgedByItsEnd()
    {
        var honest = await HonestAsync();
        Assert.Equal(Verdict.Mismatch, (await CheckAsync(honest.With([]))).Verdict);
        Assert.Equal(CheckOutcome.Match, await CheckAsync(honest.With([]) with { Finish = FinishReason.Cancelled }));
    }

    private Task<Transcript> HonestAsync() => fixture.AloneAsync(0, 1, Tokens);

    private async Task<CheckOutcome> CheckAsync(Transcript claimed, Hash32? digest = null)
    {
        var end = System.Threading.Tasks.Task.FromResult(new CommittedEnd(claimed.Finish, digest ?? claimed.Digest()));
        return await Engine.CheckAsync(Task, claimed.Chunks.ToAsyncEnumerable(), end, CancellationToken.None).WaitAsync(TestTimeouts.Answer);
    }
}

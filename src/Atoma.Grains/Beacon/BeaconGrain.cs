using System.Security.Cryptography;
using Atoma.Grains.Abstractions;
using Atoma.Protocol.Common;
using Atoma.Protocol.Sampling;
using Microsoft.Extensions.Logging;

namespace Atoma.Grains.Beacon;

[GenerateSerializer, Alias("atoma.BeaconRecord")]
internal sealed class BeaconRecord
{
    /// <summary>
    /// Number of the chain in use. Its initial value must be 0: grain storage leaves defaults out of its JSON, so what is not
    /// there is read as the initial value.
    /// </summary>
    [Id(0)] public int Chain { get; set; }

    /// <summary>The secret end of the chain; empty before the first.</summary>
    [Id(1)] public byte[] Seed { get; set; } = [];

    /// <summary>Last step that may have been revealed; 0 for none.</summary>
    [Id(2)] public int Step { get; set; }
}

/// <summary>Owns the beacon: no step is revealed twice, whatever stops in between (P3.2).</summary>
internal sealed class BeaconGrain([PersistentState("beacon")] IPersistentState<BeaconRecord> record, ILogger<BeaconGrain> log) : Grain, IBeaconGrain
{
    /// <summary>Steps taken by one write. A stop loses what is left of them; a write for each would be the network's slowest part.</summary>
    private const int TakenAtOnce = 256;

    private Hash32[] _values = [];

    /// <summary>Last step revealed by this activation, at most the recorded one.</summary>
    private int _step;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (record.State.Seed.Length == 0)
            await NewChain(number: 0);
        _values = BeaconChain.Expand(new Hash32(record.State.Seed));
        _step = record.State.Step;
    }

    /// <summary>Gives back what was taken and not revealed.</summary>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_step == record.State.Step)
            return Task.CompletedTask;
        record.State.Step = _step;
        return record.WriteStateAsync(CancellationToken.None);
    }

    public async Task<IReadOnlyList<BeaconStep>> Next(int count)
    {
        Invariant.Assert(count is > 0 and <= BeaconChain.Length);
        if (_step + count > BeaconChain.Length)
            await NewChain(record.State.Chain + 1);
        if (_step + count > record.State.Step)
        {
            // Used before they are shown: after a crash steps are skipped, never repeated.
            record.State.Step = Math.Min(BeaconChain.Length, _step + Math.Max(count, TakenAtOnce));
            await record.WriteStateAsync();
        }

        var first = _step + 1;
        _step += count;
        return [.. Enumerable.Range(first, count).Select(At)];
    }

    public Task<BeaconStep> Current() => Task.FromResult(At(_step));

    private async Task NewChain(int number)
    {
        var seed = RandomNumberGenerator.GetBytes(Hash32.Size);
        record.State.Chain = number;
        record.State.Seed = seed;
        record.State.Step = _step = 0;
        _values = BeaconChain.Expand(new Hash32(seed));
        await record.WriteStateAsync();
        log.BeaconCommitted(record.State.Chain, _values[0].ToString());
    }

    private BeaconStep At(int step) => new(record.State.Chain, _values[0].ToString(), step, _values[step].ToString());
}

namespace Atoma.Storage.Tests.Orleans;

[GenerateSerializer, Alias("Atoma.Storage.Tests.CounterState")]
public sealed class CounterState
{
    [Id(0)]
    public int Value { get; set; }

    [Id(1)]
    public string Note { get; set; } = "";
}

[Alias("Atoma.Storage.Tests.ICounterGrain")]
public interface ICounterGrain : IGrainWithStringKey
{
    [Alias("AddAsync")]
    Task<int> AddAsync(int amount);

    [Alias("ReadAsync")]
    Task<int> ReadAsync();

    [Alias("ClearAsync")]
    Task ClearAsync();
}

internal sealed class CounterGrain([PersistentState("counter", OrleansSilo.Storage)] IPersistentState<CounterState> state) : Grain, ICounterGrain
{
    public async Task<int> AddAsync(int amount)
    {
        state.State.Value += amount;
        await state.WriteStateAsync();
        return state.State.Value;
    }

    public Task<int> ReadAsync() => Task.FromResult(state.State.Value);

    public Task ClearAsync() => state.ClearStateAsync();
}

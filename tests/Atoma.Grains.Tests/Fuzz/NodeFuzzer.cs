using Atoma.Grains.Abstractions;
using Atoma.Grains.Tests.Support;
using Atoma.Protocol.Common;
using Atoma.Protocol.Nodes;
using Atoma.Protocol.Receipts;
using Atoma.Protocol.Requests;
using Atoma.Protocol.Verification;

namespace Atoma.Grains.Tests.Fuzz;

/// <summary>
/// What nodes could say instead of what they say: messages of honest nodes, spoiled, into the decoders, and what decodes into live
/// grains. A decoder takes bytes that it would write itself, or says that they are malformed; a grain survives; the books add up.
/// </summary>
internal sealed class NodeFuzzer : IAsyncDisposable
{
    /// <summary>Messages of one open request before the next is opened.</summary>
    private const int MessagesPerRequest = 40;

    private readonly TempFolder _folder = new();
    private readonly Ethereum.EthereumSignatures _signatures = new();
    private readonly List<byte[]> _said = [];
    private readonly List<(string Name, byte[] Bytes, Func<byte[], byte[]> Reread)> _stored = [];
    private GrainCluster _cluster = null!;
    private TestNetwork _network = null!;
    private SubmitCall? _open;
    private int _sinceOpened;
    private int _started;

    /// <summary>Spoiled messages that a decoder took.</summary>
    public long Decoded { get; private set; }

    /// <summary>Those that were given to a live grain.</summary>
    public long Delivered { get; private set; }

    public static async Task<NodeFuzzer> StartAsync()
    {
        var fuzzer = new NodeFuzzer();
        fuzzer._cluster = await GrainCluster.StartAsync(fuzzer._folder, durableGrains: false);
        fuzzer._network = await TestNetwork.OfAsync(fuzzer._cluster, nodes: 4);
        await fuzzer.RecordAsync();
        return fuzzer;
    }

    /// <summary>One spoiled message; what is wrong with how it was taken, or null.</summary>
    public async Task<string?> StepAsync(Random random, bool live)
    {
        var mutator = new ByteMutator(random);
        if (!live && random.Next(3) == 0)
        {
            var (name, bytes, reread) = _stored[random.Next(_stored.Count)];
            var spoiled = mutator.Next(bytes, _stored[random.Next(_stored.Count)].Bytes);
            return Read(name, spoiled, reread);
        }

        var original = _said[random.Next(_said.Count)];
        if (!live)
            return Read("NodeMessage", mutator.Next(original, _said[random.Next(_said.Count)]), static b => NodeMessage.FromBytes(b).ToBytes());
        return await DeliverAsync(random, mutator, original);
    }

    /// <summary>The network works as before, and no money is lost or made.</summary>
    public async Task<string?> AfterAsync()
    {
        await AbandonAsync();
        await using var honest = await TestNetwork.OfAsync(_cluster, nodes: 2);
        var ended = await honest.RunAsync(honest.Call("checked"));
        var books = await _cluster.Ledger.AuditAsync(default);
        return ended.End.Status != "settled" ? $"an honest request ended {ended.End.Status}" : books.IsExact ? null : $"the books are off: {books}";
    }

    public async ValueTask DisposeAsync()
    {
        await AbandonAsync();
        await _network.DisposeAsync();
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Everything that honest nodes say at every level, and what is stored of it.</summary>
    private async Task RecordAsync()
    {
        foreach (var integrity in new[] { "none", "checked", "replicated:2" })
        {
            var parameters = TestNetwork.Parameters(new SamplingParameters { Temperature = 0, TopLogprobs = integrity == "none" ? 3 : 0 });
            var ended = await _network.RunAsync(_network.Call(integrity) with { Parameters = parameters });
            var spec = ended.State.Spec;
            _stored.Add(("RequestSpec", spec.ToBytes(), static b => RequestSpec.FromBytes(b).ToBytes()));
            _stored.Add(("SignedReceipt", ended.Receipt.ToBytes(), static b => SignedReceipt.FromBytes(b).ToBytes()));
            _stored.Add(("Transcript", ended.State.Answer!.ToBytes(), static b => Transcript.FromBytes(b).ToBytes()));
        }

        foreach (var node in _network.Nodes)
        {
            _said.AddRange(node.Said);
            foreach (var heard in node.Heard)
                _stored.Add(("CoordinatorMessage", heard.ToBytes(), static b => CoordinatorMessage.FromBytes(b).ToBytes()));
        }

        _said.Add(new NodeMessage.Heartbeat(3).ToBytes());
        _said.Add(new NodeMessage.Refuse(Hash32.Sha256("r"u8), "busy").ToBytes());
    }

    private string? Read(string name, byte[] spoiled, Func<byte[], byte[]> reread)
    {
        try
        {
            var written = reread(spoiled);
            Decoded++;
            return written.AsSpan().SequenceEqual(spoiled) ? null : $"{name} reads bytes that it does not write: {Convert.ToHexString(spoiled)}";
        }
        catch (Exception e) when (e is CanonicalFormatException or ReceiptFormatException or ProtocolVersionException)
        {
            return null;
        }
        catch (Exception e)
        {
            return $"{name} {e.GetType().Name} {e.Message}: {Convert.ToHexString(spoiled)}";
        }
    }

    /// <summary>Says it to a request that is open, in the name of a node that works for it, as the session that has checked the frame's signature would.</summary>
    private async Task<string?> DeliverAsync(Random random, ByteMutator mutator, byte[] original)
    {
        if (_open is null || ++_sinceOpened > MessagesPerRequest)
            await OpenAsync(random);
        var id = RequestSpec.IdOf(_open!.Account, new Hash32(_open.Nonce));
        var about = NodeMessage.FromBytes(original).RequestId;
        var aimed = about is { } theirs ? Replace(original, theirs.ToArray(), id.ToArray()) : original;
        var spoiled = random.Next(4) == 0 ? aimed : mutator.Next(aimed, _said[random.Next(_said.Count)]);
        var sender = _network.Nodes[random.Next(_network.Nodes.Count)];
        try
        {
            var message = NodeMessage.FromBytes(spoiled);
            Delivered++;
            switch (message)
            {
                case NodeMessage.Hello m:
                    // The session has looked at this signature.
                    if (m.Registration.IsSigned(_signatures) && _network.Nodes.FirstOrDefault(n => n.Id == m.Registration.Node) is { } known)
                        await known.Grain.Connect(new ConnectCall(known.Session, spoiled), known.Reference);
                    break;
                case NodeMessage.Heartbeat m:
                    await sender.Grain.Renew(sender.Session, m.Busy);
                    break;
                case NodeMessage.Weights m:
                    await sender.Grain.Weights(m.Answer.ToBytes());
                    break;
                default:
                    await _network.Grain(_open).Receive(sender.Id.ToString(), spoiled);
                    break;
            }

            return null;
        }
        catch (Exception e) when (e is CanonicalFormatException or ReceiptFormatException or ProtocolVersionException)
        {
            return null;
        }
        catch (Exception e)
        {
            return $"a grain threw {e.GetType().Name} {e.Message}: {Convert.ToHexString(spoiled)}";
        }
    }

    private async Task OpenAsync(Random random)
    {
        await AbandonAsync();
        // Every few requests the nodes are others: some were jailed for what was said in their name.
        if (++_started % 50 == 0)
        {
            await _network.DisposeAsync();
            _network = await TestNetwork.OfAsync(_cluster, nodes: 4);
        }

        _network.Script.Generators(Conduct.Dawdles, Conduct.Dawdles, Conduct.Dawdles, Conduct.Dawdles);
        string[] levels = ["none", "checked", "replicated:2"];
        _open = _network.Call(levels[random.Next(levels.Length)]) with { Streaming = random.Next(2) == 0 };
        _sinceOpened = 0;
        var reply = await _network.SubmitAsync(_open);
        if (reply.Status == SubmitStatus.Accepted)
            return;
        await _network.DisposeAsync();
        _network = await TestNetwork.OfAsync(_cluster, nodes: 4);
        _open = _network.Call();
        await _network.SubmitAsync(_open);
    }

    private async Task AbandonAsync()
    {
        if (_open is null)
            return;
        var request = _network.Grain(_open);
        await request.Cancel();
        await _cluster.DeactivateAsync(request);
        await request.Sweep();
        _open = null;
    }

    private static byte[] Replace(byte[] message, byte[] what, byte[] with)
    {
        var copy = message.ToArray();
        for (var at = copy.AsSpan().IndexOf(what); at >= 0; at = copy.AsSpan().IndexOf(what))
            with.CopyTo(copy, at);
        return copy;
    }
}

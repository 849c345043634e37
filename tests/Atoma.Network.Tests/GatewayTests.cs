using System.Diagnostics;
using Atoma.Ethereum.Keys;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Nodes;
using Atoma.Silo.Gateway.Wire;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Atoma.Network.Tests;

/// <summary>Independent nodes through the gRPC door, in processes of their own, and what the door refuses.</summary>
public sealed class GatewayTests
{
    [Fact]
    public async Task Node_JoiningThroughTheGateway_GetsWorkAndIsPaid()
    {
        await using var network = await LiveNetwork.StartAsync("--nodes", "1");
        await using var node = await LiveNode.JoinAsync(network, "one");

        // Two nodes: at L4:2 both must answer, and byte-equal.
        var answer = await network.AskAsync("What is Atoma?", "replicated:2");

        Assert.Equal("settled", answer["atoma"]?["status"]?.GetValue<string>());
        var info = await network.GetAsync($"/v1/nodes/{node.Id}");
        Assert.Equal("gateway", info["endpoint_kind"]!.GetValue<string>());
        Assert.True(info["earnings_micros"]!.GetValue<long>() > 0);
        Assert.Equal(0, await network.DifferenceAsync());
    }

    [Fact]
    public async Task Node_KilledInTheMiddleOfAnAnswer_IsReplacedAndTheRequestEnds()
    {
        await using var network = await LiveNetwork.StartAsync("--nodes", "2");
        await using var node = await LiveNode.JoinAsync(network, "victim");
        // A node that takes work and is killed while it holds it: silent makes the moment certain.
        await using var holding = await LiveNode.JoinAsync(network, "holding", "--misbehave", "silent");
        var asked = Enumerable.Range(0, 8).Select(i => network.TryAskAsync("Which endpoints are there?", "replicated:3", 200, seed: i)).ToArray();
        await Task.Delay(1500);
        await node.KillAsync();
        await holding.KillAsync();

        var watch = Stopwatch.StartNew();
        var answers = await Task.WhenAll(asked);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"took {watch.Elapsed}");
        foreach (var (_, body) in answers)
        {
            var status = (await network.RequestAsync(body))["status"]!.GetValue<string>();
            Assert.Contains(status, new[] { "settled", "refunded" });
        }

        Assert.Equal(0, await network.DifferenceAsync());
        Assert.Equal(0, (await network.GetAsync("/v1/network"))["conservation"]!["holds_micros"]!.GetValue<long>());
    }

    [Fact]
    public async Task Node_ThatHangsLongerThanItsLease_JoinsAgainByItself()
    {
        await using var network = await LiveNetwork.StartAsync("--nodes", "1");
        await using var node = await LiveNode.JoinAsync(network, "hanging");
        await node.PauseAsync();
        await OnlineAsync(false);
        await node.ContinueAsync();
        await OnlineAsync(true);
        Assert.Equal("settled", (await network.AskAsync("What is Atoma?", "replicated:2"))["atoma"]?["status"]?.GetValue<string>());

        Task OnlineAsync(bool online) => MisbehaviourTests.UntilAsync(async () => await network.GetAsync($"/v1/nodes/{node.Id}"),
            n => n["online"]!.GetValue<bool>() == online, online ? "the node to be back" : "the lease to end");
    }

    [Fact]
    public async Task Gateway_BadHellosAndFrames_AreEachRefusedWithAReason()
    {
        await using var network = await LiveNetwork.StartAsync("--nodes", "1");
        using var key = NodeKey.Generate();
        using var other = NodeKey.Generate();

        // A wrong key signs the frame.
        Assert.Equal(RefusalCode.BadSignature, await RefusalAsync(network, session => [Sign(other, session, 1, Hello(key, Manifest()))]));
        // The hello of another session is sent again.
        Assert.Equal(RefusalCode.BadSignature, await RefusalAsync(network, _ => [Sign(key, Hash32.Sha256([1]), 1, Hello(key, Manifest()))]));
        // A message is sent twice.
        Assert.Equal(RefusalCode.ReplayedMessage, await RefusalAsync(network, session =>
            [Sign(key, session, 1, Hello(key, Manifest())), Sign(key, session, 2, new NodeMessage.Heartbeat(0)), Sign(key, session, 2, new NodeMessage.Heartbeat(0))], admitted: true));
        // Another file under the model's name.
        Assert.Equal(RefusalCode.WrongModelDigest, await RefusalAsync(network, session => [Sign(other, session, 1, Hello(other, Manifest() with { Digest = Hash32.Sha256([2]) }))]));
        // Another version of the protocol.
        Assert.Equal(RefusalCode.ProtocolVersion, await RefusalAsync(network, session => [Sign(key, session, 1, Hello(key, Manifest(), version: 99))]));
        // Answers that are not the echelon's.
        Assert.Equal(RefusalCode.WrongEchelon, await RefusalAsync(network, session => [Sign(other, session, 1, Hello(other, Manifest(), answers: [Hash32.Zero]))]));
        // Bytes that are no message.
        Assert.Equal(RefusalCode.Malformed, await RefusalAsync(network, _ => [new SignedFrame(1, [77], new byte[65])]));

        ModelManifest Manifest() => network.Manifest();
    }

    private static NodeMessage.Hello Hello(NodeKey key, ModelManifest model, int version = NodeLimits.ProtocolVersion, Hash32[]? answers = null)
    {
        // An echelon of its own: what it answers there is nobody else's measure.
        var echelon = new Echelon(model.Digest, Hash32.Sha256(key.Id.ToArray()), "cpu", "test", "none");
        return new NodeMessage.Hello(version, Registration.Sign(key, "gateway", "", (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds()),
            [new Subscription(model, echelon, new Micros(1), new Micros(1), 1, model.ContextLength, answers ?? [.. Enumerable.Repeat(Hash32.Zero, KnownAnswers.Count)])]);
    }

    private static SignedFrame Sign(NodeKey key, Hash32 session, ulong sequence, NodeMessage message) => SignedFrame.Sign(key, session, sequence, message);

    private static async Task<RefusalCode> RefusalAsync(LiveNetwork network, Func<Hash32, SignedFrame[]> frames, bool admitted = false)
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{network.GatewayPort}");
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var call = new NodeGateway.NodeGatewayClient(channel).Connect(cancellationToken: timeout.Token);
        Assert.True(await call.ResponseStream.MoveNext(timeout.Token));
        var challenge = (CoordinatorMessage.Challenge)CoordinatorMessage.FromBytes(call.ResponseStream.Current.Body.Span);
        foreach (var frame in frames(challenge.Session))
        {
            await call.RequestStream.WriteAsync(new NodeFrame
            {
                Sequence = frame.Sequence,
                Body = ByteString.CopyFrom(frame.Body),
                Signature = ByteString.CopyFrom(frame.Signature),
            }, timeout.Token);
        }

        var welcomed = false;
        while (await call.ResponseStream.MoveNext(timeout.Token))
        {
            switch (CoordinatorMessage.FromBytes(call.ResponseStream.Current.Body.Span))
            {
                case CoordinatorMessage.Welcome:
                    welcomed = true;
                    break;
                case CoordinatorMessage.Goodbye goodbye:
                    Assert.Equal(admitted, welcomed);
                    Assert.NotEmpty(goodbye.Reason);
                    return goodbye.Code;
            }
        }

        return RefusalCode.None;
    }
}

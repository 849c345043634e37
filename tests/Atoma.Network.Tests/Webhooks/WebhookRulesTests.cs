using System.Net;
using Atoma.Protocol.Accounts;
using Atoma.Protocol.Common;
using Atoma.Silo.Webhooks;

namespace Atoma.Network.Tests.Webhooks;

public sealed class WebhookRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly WebhookRow Row = new(Hash32.Sha256("r"u8), "acct", "https://example.com/", 0, Now, WebhookState.Waiting, "");

    /// <summary>The example that the libraries of Standard Webhooks are tested with.</summary>
    [Fact]
    public void Signature_StandardWebhooksExample_IsTheirs() => Assert.Equal(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        WebhookRules.Signature(
            Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "msg_p5jXN8AQM9LWM0D4loKWxJek", DateTimeOffset.FromUnixTimeSeconds(1614265330),
            "{\"test\": 2432232314}"));

    [Fact]
    public void After_EveryAttemptFails_PausesGrowToTheirCapAndEnd()
    {
        var (row, now) = (Row, Now);
        var pauses = new List<double>();
        while (row.State == WebhookState.Waiting)
        {
            row = WebhookRules.After(row, now, "no\nanswer", isFinal: false);
            if (row.State == WebhookState.Waiting)
                pauses.Add((row.NextAt - now).TotalSeconds);
            now = row.NextAt;
        }

        Assert.Equal([5, 20, 80, 320, 1280, 5120, 14400, 14400, 14400, 14400, 14400], pauses);
        Assert.Equal((WebhookState.GaveUp, WebhookRules.AttemptsMax, "no answer"), (row.State, row.Attempts, row.LastError));
    }

    [Fact]
    public void After_TakenOrFinal_EndsAtOnce()
    {
        var taken = WebhookRules.After(Row with { Attempts = 3, LastError = "x" }, Now, null, isFinal: false);
        Assert.Equal((WebhookState.Delivered, 4, ""), (taken.State, taken.Attempts, taken.LastError));
        var refused = WebhookRules.After(Row, Now, new string('x', 2000), isFinal: true);
        Assert.Equal((WebhookState.GaveUp, 1, WebhookRules.ErrorLength), (refused.State, refused.Attempts, refused.LastError.Length));
    }

    [Theory]
    [InlineData("1.1.1.1", true)]
    [InlineData("172.32.0.1", true)]
    [InlineData("100.128.0.1", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("::ffff:1.1.1.1", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.9.9.9", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("198.18.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001:0:1::", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("ff02::1", false)]
    public void Address_IsPublic(string address, bool isPublic) => Assert.Equal(isPublic, PublicAddress.Is(IPAddress.Parse(address)));

    [Fact]
    public void Secrets_OfAccounts_AreTheFilesAndDiffer()
    {
        var folder = Directory.CreateTempSubdirectory("atoma-secrets-");
        var path = Path.Combine(folder.FullName, "webhook.key");
        var first = WebhookSecrets.LoadOrCreate(path);
        var again = WebhookSecrets.LoadOrCreate(path);

        Assert.Equal(first.Of("a"), again.Of("a"));
        Assert.NotEqual(first.Of("a"), first.Of("b"));
        Assert.Equal(32, first.Of("a").Length);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        File.WriteAllText(path, "no key");
        Assert.Throws<InvalidOperationException>(() => WebhookSecrets.LoadOrCreate(path));
        folder.Delete(recursive: true);
    }
}

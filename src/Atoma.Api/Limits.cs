namespace Atoma.Api;

/// <summary>Bounds of what a caller can make this server read, keep or wait for. Given to Kestrel where Kestrel enforces them.</summary>
public sealed record Limits
{
    /// <summary>Bytes of one body. A full 131,072-token prompt is about 0.5 MiB of text; JSON escapes may double it.</summary>
    public int BodyBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of a too large body that are read and thrown away, so that its sender gets to read the 413; beyond, the connection is closed.</summary>
    public int DrainedBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Bytes of the first line of a request. Our longest route is below 200.</summary>
    public int RequestLineBytes { get; init; } = 4 * 1024;

    /// <summary>Bytes of all headers of a request; browsers with a few cookies send 2–4 KiB.</summary>
    public int HeaderBytes { get; init; } = 16 * 1024;

    /// <summary>Headers of a request; OpenAI's clients send about 20.</summary>
    public int HeaderCount { get; init; } = 64;

    /// <summary>Time for a client to send its headers: a slow one must not hold a connection.</summary>
    public TimeSpan HeadersTime { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Time an idle connection is kept: longer than the 60–90 s of common client pools, so that they close first.</summary>
    public TimeSpan KeepAliveTime { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Open connections; each costs about 20 KiB, so this is about 400 MiB at worst.</summary>
    public int Connections { get; init; } = 20_000;

    /// <summary>Answers in progress at once; what comes beyond is told to retry. A waiting answer costs about 50 KiB.</summary>
    public int ConcurrentAnswers { get; init; } = 12_000;

    /// <summary>Time of one answer: the protocol's own deadline (300 s, P5.7) and some for the settlement to be told.</summary>
    public TimeSpan AnswerTime { get; init; } = TimeSpan.FromSeconds(330);

    /// <summary>Time of every other request: Orleans gives up on a call after 30 s.</summary>
    public TimeSpan ReadTime { get; init; } = TimeSpan.FromSeconds(35);

    /// <summary>Times the watch of an answer is taken up again after the network lost it (a silo that stops is replaced within seconds).</summary>
    public int WatchRetries { get; init; } = 5;

    /// <summary>Pause before a watch is taken up again.</summary>
    public TimeSpan WatchRetryPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Pause in a stream after which a comment is sent: proxies close what is silent for 30 to 60 s.</summary>
    public TimeSpan PingPause { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Answers to one question (n, times the prompts of a list). Each is drawn, checked and paid on its own; a node of the default size works at four.</summary>
    public int Choices { get; init; } = 8;

    /// <summary>Characters of a Last-Event-ID; of eight choices ours have at most about 200.</summary>
    public int EventIdLength { get; init; } = 256;

    /// <summary>Characters of a webhook's address; what the store takes.</summary>
    public int WebhookUrlLength { get; init; } = 2048;

    /// <summary>Messages of one conversation.</summary>
    public int Messages { get; init; } = 2048;

    /// <summary>Functions that a question may offer, and calls in one message; OpenAI's own limit.</summary>
    public int Tools { get; init; } = 128;

    /// <summary>Depth of a JSON body; ours needs 5, a tool's schema more.</summary>
    public int JsonDepth { get; init; } = 32;

    /// <summary>Characters of an API key as sent; ours have about 50.</summary>
    public int KeyLength { get; init; } = 256;

    /// <summary>Requests a minute of a key that has no limit of its own: 10,000 a second.</summary>
    public int RequestsPerMinute { get; init; } = 600_000;

    /// <summary>Tokens a minute of a key that has no limit of its own; its account's balance is what bounds it.</summary>
    public int TokensPerMinute { get; init; } = 600_000_000;

    /// <summary>Tokens counted for an answer whose question names no limit (the network's own default).</summary>
    public int AssumedAnswerTokens { get; init; } = 512;

    /// <summary>Keys remembered.</summary>
    public int CachedKeys { get; init; } = 4096;

    /// <summary>Time a found key is remembered, and so the time a revoked one may still work.</summary>
    public TimeSpan CachedKeyTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Administrators' browsers signed in at once; the oldest is signed out.</summary>
    public int AdminSessions { get; init; } = 64;

    /// <summary>Time a browser stays signed in: a working day.</summary>
    public TimeSpan AdminSessionTime { get; init; } = TimeSpan.FromHours(8);

    /// <summary>Age of what the public pages show: recounting the books for every visitor would let anybody keep them busy.</summary>
    public TimeSpan PublicViewTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Age of the public list of reviews, for which receipts are read.</summary>
    public TimeSpan PublicReviewsTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Entries of the public list of reviews.</summary>
    public int Reviews { get; init; } = 20;

    /// <summary>Entries of one list.</summary>
    public int ListEntries { get; init; } = 500;

    /// <summary>Entries of one list when the caller names no number.</summary>
    public int ListEntriesDefault { get; init; } = 100;
}

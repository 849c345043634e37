using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Atoma.Cli.Models;

/// <summary>Why a download did not succeed.</summary>
public sealed class DownloadException : Exception
{
    public DownloadException()
    {
    }

    public DownloadException(string message)
        : base(message)
    {
    }

    public DownloadException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>The bytes came, but they are not the file that was announced.</summary>
    public bool IsCorrupt { get; init; }
}

/// <summary>A file that is there and has the right hash.</summary>
public sealed record DownloadedFile(string Path, long Length, string Sha256, bool AlreadyThere);

/// <summary>
/// Downloads one file to <c>TARGET.partial</c>, resumes what an earlier attempt left there, and moves it in place only when
/// its SHA-256 is the given one, or the one the hub announces (header <c>x-linked-etag</c> of the redirect to its file store).
/// </summary>
public sealed class ModelDownload(HttpClient http, TimeProvider time, ProgressLine progress)
{
    private const string AnnouncedHash = "x-linked-etag";

    /// <summary>Hub → file store → nearest copy, with room.</summary>
    private const int RedirectsMax = 8;

    /// <summary>A connection that gives nothing for so long is dead; the next attempt resumes.</summary>
    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(60);

    /// <exception cref="DownloadException">No network, refused, no hash known, or the hash is wrong.</exception>
    public async Task<DownloadedFile> RunAsync(Uri source, string? sha256, string target, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var partial = target + ".partial";
        try
        {
            var offset = File.Exists(partial) ? new FileInfo(partial).Length : 0;
            using var opened = await OpenAsync(source, offset, cancellationToken);
            var wanted = sha256?.ToLowerInvariant() ?? opened.Announced
                ?? throw new DownloadException($"the server announces no SHA-256 ({AnnouncedHash}); pass --url and --sha256 to pin one");
            if (File.Exists(target) && await HashAsync(target, cancellationToken) == wanted)
                return new DownloadedFile(target, new FileInfo(target).Length, wanted, AlreadyThere: true);
            await WriteAsync(opened.Response, partial, cancellationToken);
            var actual = await HashAsync(partial, cancellationToken);
            if (actual != wanted)
            {
                File.Delete(partial);
                throw new DownloadException($"its SHA-256 is {actual}, not {wanted}; the partial file was deleted") { IsCorrupt = true };
            }

            File.Move(partial, target, overwrite: true);
            return new DownloadedFile(target, new FileInfo(target).Length, wanted, AlreadyThere: false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException)
        {
            var kept = File.Exists(partial) ? $" What came so far is in {Path.GetFileName(partial)}; the same command resumes it." : "";
            throw new DownloadException($"{e.Message}.{kept}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DownloadException($"nothing came for {StallTimeout.TotalSeconds:F0} s. The same command resumes.", e);
        }
    }

    private sealed record Opened(HttpResponseMessage Response, string? Announced) : IDisposable
    {
        public void Dispose() => Response.Dispose();
    }

    /// <summary>Follows redirects by hand: the announced hash stands on the first answer, not on the last.</summary>
    private async Task<Opened> OpenAsync(Uri source, long offset, CancellationToken cancellationToken)
    {
        string? announced = null;
        for (var hop = 0; hop < RedirectsMax; hop++)
        {
            var response = await SendAsync(source, offset, cancellationToken);
            if (response.Headers.TryGetValues(AnnouncedHash, out var values) && Protocol.Common.Hash32.TryParse(values.First().Trim('"'), out var hash))
                announced ??= hash.ToString();
            if ((int)response.StatusCode is >= 300 and < 400 && response.Headers.Location is { } location)
            {
                source = new Uri(source, location);
                response.Dispose();
                continue;
            }

            if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
                return new Opened(response, announced);
            var status = (int)response.StatusCode;
            response.Dispose();
            throw new DownloadException($"the server answered {status}{(status is 401 or 403 ? ": the model may need an account there" : "")}");
        }

        throw new DownloadException($"more than {RedirectsMax} redirects");
    }

    private async Task<HttpResponseMessage> SendAsync(Uri source, long offset, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, source);
        if (offset > 0)
            request.Headers.Range = new RangeHeaderValue(offset, null);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private async Task WriteAsync(HttpResponseMessage response, string partial, CancellationToken cancellationToken)
    {
        // 416: nothing lies beyond what is there; the hash decides whether that is all of it.
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            return;
        // A server that ignores ranges sends the whole file again.
        var resumes = response.StatusCode == HttpStatusCode.PartialContent;
        await using var file = new FileStream(partial, resumes ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        var done = file.Position;
        var total = response.Content.Headers.ContentLength is { } length ? done + length : (long?)null;
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var stall = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stall.Token, cancellationToken);
        var buffer = new byte[1 << 17];
        progress.Start(done);
        while (true)
        {
            stall.CancelAfter(StallTimeout);
            var read = await body.ReadAsync(buffer, either.Token);
            if (read == 0)
                break;
            await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            done += read;
            progress.Report(done, total);
        }

        if (total is { } expected && done != expected)
            throw new IOException($"the connection ended after {done} of {expected} bytes");
    }

    private static async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
    }
}

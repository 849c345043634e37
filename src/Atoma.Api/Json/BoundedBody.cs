namespace Atoma.Api.Json;

/// <summary>A request's body up to a limit. Kestrel's own limit lies higher (<see cref="Limits.DrainedBytes"/>): what lies between
/// is read and thrown away, because a client that is still writing when the connection closes sees a reset and not the 413.</summary>
internal sealed class BoundedBody : Stream
{
    private readonly Stream _body;
    private readonly int _limit;
    private int _read;

    /// <exception cref="BadHttpRequestException">413: the declared length is above the limit.</exception>
    public BoundedBody(HttpRequest request, int limit)
    {
        (_body, _limit) = (request.Body, limit);
        if (request.ContentLength > limit)
            throw TooLarge();
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    /// <exception cref="BadHttpRequestException">413: more came than the limit.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await _body.ReadAsync(buffer, cancellationToken);
        _read += count;
        return _read <= _limit ? count : throw TooLarge();
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static BadHttpRequestException TooLarge() => new("The body is too large.", StatusCodes.Status413PayloadTooLarge);
}

using System.Buffers.Binary;

namespace Atoma.Storage.Tests.Crash;

/// <summary>A SQLite write-ahead log as bytes. Layout: sqlite.org/fileformat2.html, section 4.</summary>
internal sealed class WalFile
{
    public const int HeaderLength = 32;
    public const int FrameHeaderLength = 24;

    private readonly byte[] _bytes;
    private readonly int _pageSize;

    public WalFile(byte[] bytes)
    {
        _bytes = bytes;
        _pageSize = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(8));
        Frames = (bytes.Length - HeaderLength) / FrameLength;
        Assert.Equal(bytes.Length, HeaderLength + Frames * FrameLength);
    }

    public int Frames { get; }

    public int FrameLength => FrameHeaderLength + _pageSize;

    public ReadOnlySpan<byte> Bytes => _bytes;

    public int StartOf(int frame) => HeaderLength + frame * FrameLength;

    /// <summary>How many frames there were when the log was this long.</summary>
    public int FramesAt(long length) => (int)((length - HeaderLength) / FrameLength);

    /// <summary>The log up to here: what a crash leaves of a log that was being appended to.</summary>
    public byte[] Prefix(int length) => _bytes[..length];

    /// <summary>The log up to a frame's end, with some of its bytes never written: what may be left when the disk wrote in another order.</summary>
    public byte[] Hole(int endFrame, int start, int length)
    {
        var bytes = Prefix(StartOf(endFrame));
        bytes.AsSpan(start, length).Clear();
        return bytes;
    }

    /// <summary>A database with the last version of some pages copied into it, as a checkpoint does one by one.</summary>
    /// <param name="database">The main file.</param>
    /// <param name="pages">Which pages, in the order of <see cref="LastFrames"/>.</param>
    /// <param name="torn">Copy only the first half of the last of them.</param>
    public byte[] Checkpointed(byte[] database, IEnumerable<int> pages, bool torn)
    {
        var frames = LastFrames();
        var chosen = pages.Select(index => frames[index]).ToList();
        var result = new MemoryStream();
        result.Write(database);
        foreach (var (page, frame) in chosen)
        {
            var half = torn && (page, frame) == chosen[^1];
            result.Position = (long)(page - 1) * _pageSize;
            result.Write(_bytes.AsSpan(StartOf(frame) + FrameHeaderLength, half ? _pageSize / 2 : _pageSize));
        }

        return result.ToArray();
    }

    /// <summary>Of each page in the log its last frame.</summary>
    public IReadOnlyList<(int Page, int Frame)> LastFrames()
    {
        var last = new SortedDictionary<int, int>();
        for (var frame = 0; frame < Frames; frame++)
            last[BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(StartOf(frame)))] = frame;
        return [.. last.Select(pair => (pair.Key, pair.Value))];
    }
}

using Atoma.Protocol.Ledger;
using Atoma.Storage.Sqlite;
using Atoma.Storage.Tests.Ledger;
using Microsoft.Extensions.Time.Testing;

namespace Atoma.Storage.Tests.Crash;

/// <summary>
/// A power cut, on copies of the files: the log is cut at every frame and within it, bytes of it are missing, the main file is
/// half way through a checkpoint. Every copy must hold exactly the commands whose frames are all there, and with
/// synchronous=FULL those are at least the acknowledged ones.
/// </summary>
public sealed class SqliteFileTests : IAsyncLifetime, IDisposable
{
    private const int Sector = 512;

    private readonly TempFolder _folder = new();

    /// <summary>Length of the log after each acknowledged step; the first is the set-up's.</summary>
    private readonly List<long> _acknowledged = [];
    private byte[] _database = [];
    private WalFile _log = null!;
    private int _copies;

    /// <summary>Runs the whole script in one process and keeps what is in the files before anything is checkpointed.</summary>
    public async Task InitializeAsync()
    {
        var store = new CrashStore(CrashStore.Sqlite, _folder.File("ledger.db"));
        await store.UseAsync(null, _ => Task.CompletedTask);
        await store.UseAsync(null, async books =>
        {
            // The readers' connections are open by now, so that nobody who leaves checkpoints.
            _database = await File.ReadAllBytesAsync(store.Place);
            await CrashStore.PrepareAsync(books);
            _acknowledged.Add(new FileInfo(store.Place + "-wal").Length);
            foreach (var (_, command) in CrashScript.Steps)
            {
                Assert.Equal(LedgerStatus.Ok, (await books.CommitAsync(command, default)).Status);
                _acknowledged.Add(new FileInfo(store.Place + "-wal").Length);
            }

            Assert.Equal(_database, await File.ReadAllBytesAsync(store.Place));
            _log = new WalFile(await File.ReadAllBytesAsync(store.Place + "-wal"));
        });
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Log_CutAtEveryFrameAndWithin_HoldsWhatIsComplete()
    {
        for (var frame = _log.FramesAt(_acknowledged[0]); frame < _log.Frames; frame++)
        {
            var start = _log.StartOf(frame);
            int[] cuts = CrashScript.IsFull
                ? [.. Enumerable.Range(0, _log.FrameLength / 64).Select(i => start + i * 64), start + 1, start + _log.FrameLength - 1]
                : [start, start + WalFile.FrameHeaderLength, start + _log.FrameLength - 1];
            foreach (var cut in cuts)
                await HoldsAsync(StepsIn(start), _database, _log.Prefix(cut), $"cut at byte {cut} of frame {frame}");
        }

        await HoldsAsync(CrashScript.Steps.Count, _database, _log.Prefix(_log.StartOf(_log.Frames)), "whole log");
    }

    /// <summary>Between two flushes the disk may write in any order: any frame of the last transaction may be missing, or a sector of it.</summary>
    [Fact]
    public async Task Log_FrameOrSectorOfTheLastTransactionMissing_HoldsWhatWasBefore()
    {
        for (var step = 0; step < CrashScript.Steps.Count; step++)
        {
            var (first, end) = (_log.FramesAt(_acknowledged[step]), _log.FramesAt(_acknowledged[step + 1]));
            for (var frame = first; frame < end; frame++)
            {
                var start = _log.StartOf(frame);
                await HoldsAsync(step, _database, _log.Hole(end, start, _log.FrameLength), $"frame {frame} missing");
                await HoldsAsync(step, _database, _log.Hole(end, start, WalFile.FrameHeaderLength), $"header of frame {frame} missing");
                var sector = LastSectorWithContent(start);
                await HoldsAsync(step, _database, _log.Hole(end, sector, Math.Min(Sector, start + _log.FrameLength - sector)), $"sector of frame {frame} missing");
            }
        }
    }

    /// <summary>A checkpoint copies pages in any order and may stop anywhere; the log is not reset before all are there.</summary>
    [Fact]
    public async Task Checkpoint_StopsAnywhere_LogStillHoldsEverything()
    {
        var pages = _log.LastFrames().Count;
        Assert.True(pages > 10, $"{pages} pages");
        var all = Enumerable.Range(0, pages).ToArray();
        foreach (var count in all)
        {
            await HoldsAsync(CrashScript.Steps.Count, _log.Checkpointed(_database, all[..(count + 1)], torn: false), [.. _log.Bytes], $"{count + 1} pages");
            await HoldsAsync(CrashScript.Steps.Count, _log.Checkpointed(_database, [count], torn: true), [.. _log.Bytes], $"half of page {count}");
        }

        await HoldsAsync(CrashScript.Steps.Count, _log.Checkpointed(_database, all, torn: false), [], "all pages, no log");
    }

    /// <summary>The tests above can fail: a log that lies about what it holds is found out.</summary>
    [Fact]
    public async Task Holds_OtherSteps_Noticed()
    {
        await Assert.ThrowsAnyAsync<Exception>(() => HoldsAsync(3, _database, _log.Prefix((int)_acknowledged[2]), "one step missing"));
        await Assert.ThrowsAnyAsync<Exception>(() => HoldsAsync(2, _database, _log.Prefix((int)_acknowledged[3]), "one step too many"));
    }

    /// <summary>Steps whose frames are all in a log of this length.</summary>
    private int StepsIn(int length) => _acknowledged.FindLastIndex(acknowledged => acknowledged <= length);

    private int LastSectorWithContent(int start)
    {
        var sector = start;
        for (var at = start; at < start + _log.FrameLength; at += Sector)
        {
            if (_log.Bytes.Slice(at, Math.Min(Sector, start + _log.FrameLength - at)).ContainsAnyExcept((byte)0))
                sector = at;
        }

        return sector;
    }

    /// <summary>The copy holds so many steps, and takes the next as if nothing had happened.</summary>
    private async Task HoldsAsync(int steps, byte[] database, byte[] log, string what)
    {
        var path = _folder.File($"copy-{_copies++}.db");
        await File.WriteAllBytesAsync(path, database);
        if (log.Length > 0)
            await File.WriteAllBytesAsync(path + "-wal", log);
        using (var store = SqliteLedgerStore.Open(path, new FakeTimeProvider(Sample.Now)))
        {
            var wanted = CrashScript.Fingerprint(CrashScript.Models[steps]);
            Assert.True(wanted == await CrashScript.FingerprintAsync(store), what);
            if (steps < CrashScript.Steps.Count)
                Assert.Equal(LedgerStatus.Ok, (await store.CommitAsync(CrashScript.Steps[steps].Command, default)).Status);
            Assert.Equal(LedgerStatus.AlreadyDone, (await store.CommitAsync(CrashScript.Setup, default)).Status);
        }

        foreach (var suffix in (string[])["", "-wal", "-shm"])
            File.Delete(path + suffix);
    }
}

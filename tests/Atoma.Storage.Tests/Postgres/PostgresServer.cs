using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Atoma.Storage.Tests.Postgres;

/// <summary>
/// A PostgreSQL of the tests' own: a new data folder, loopback on a free port, no unix socket, no flushing to disk. Runs as the
/// user postgres when the tests run as root, which the server refuses.
/// </summary>
public sealed class PostgresServer : IDisposable
{
    private const string User = "postgres";

    private readonly string _folder;
    private readonly int _port;
    private int _schemas;

    public PostgresServer()
    {
        if (Binaries is null)
        {
            // Every test that would use it is skipped.
            _folder = "";
            return;
        }

        _folder = Run("mktemp", "-d").Trim();
        _port = FreePort();
        Run(Binary("initdb"), "-D", Data, "-U", User, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync");
        Start();
    }

    /// <summary>Starts the server, at first or after <see cref="Crash"/>, when it recovers.</summary>
    public void Start()
    {
        var options = $"-c listen_addresses=127.0.0.1 -c port={_port} -c unix_socket_directories= -c fsync=off -c max_connections=40 -c shared_buffers=16MB";
        Run(Binary("pg_ctl"), "-D", Data, "-l", Path.Combine(_folder, "log"), "-w", "-t", "30", "-o", options, "start");
    }

    /// <summary>Ends the server as a crash does: SIGQUIT to its main process, no checkpoint, nothing said to anybody.</summary>
    public void Crash()
    {
        var id = File.ReadLines(Path.Combine(Data, "postmaster.pid")).First();
        Run("kill", "-QUIT", id);
        while (Directory.Exists($"/proc/{id}"))
            Thread.Yield();
    }

    /// <summary>Set-up that is missing is skipped on a developer's machine, and fails in CI, which sets CI=true.</summary>
    private static bool MustBeThere => Environment.GetEnvironmentVariable("CI") == "true";

    /// <summary>Folder of initdb and pg_ctl; null when PostgreSQL is not installed.</summary>
    public static string? Binaries { get; } = FindBinaries();

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Connection string of a new, empty schema: made in no time, where a database takes 0.3 s. Skips the test where PostgreSQL is not installed, outside CI.</summary>
    public string NewSchema()
    {
        const string Missing = "PostgreSQL's server programs are not installed here (Debian: postgresql).";
        if (Binaries is null && MustBeThere)
            throw new InvalidOperationException(Missing);
        Skip.If(Binaries is null, Missing);
        var name = $"test{Interlocked.Increment(ref _schemas)}";
        using var admin = NpgsqlDataSource.Create(ConnectionString("public"));
        using var create = admin.CreateCommand($"CREATE SCHEMA {name}");
        create.ExecuteNonQuery();
        return ConnectionString(name);
    }

    public void Dispose()
    {
        if (Binaries is null)
            return;
        NpgsqlConnection.ClearAllPools();
        Run(Binary("pg_ctl"), "-D", Data, "-w", "-m", "immediate", "stop");
        Run("rm", "-rf", _folder);
    }

    private string ConnectionString(string schema) =>
        $"Host=127.0.0.1;Port={_port};Username={User};Database=postgres;Search Path={schema};Maximum Pool Size=8";

    private static string Binary(string name) => Path.Combine(Binaries!, name);

    private static string? FindBinaries()
    {
        const string DebianRoot = "/usr/lib/postgresql";
        var candidates = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).ToList();
        if (Directory.Exists(DebianRoot))
        {
            candidates.AddRange(Directory.GetDirectories(DebianRoot)
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin")));
        }

        return candidates.Find(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl")));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = Path.GetTempPath(),
        };
        if (Environment.UserName == "root")
        {
            start.FileName = "setpriv";
            foreach (var argument in (string[])["--reuid", User, "--regid", User, "--clear-groups", program])
                start.ArgumentList.Add(argument);
        }
        else
        {
            start.FileName = program;
        }

        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;

        // The server inherits the pipes of pg_ctl, so they are not read to their end but until pg_ctl has ended.
        var error = process.StandardError.ReadToEndAsync();
        var isStart = arguments.Contains("start");
        var output = isStart ? "" : process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {output}{(isStart ? "" : error.Result)}");
        return output;
    }
}

/// <summary>One server for all tests that need it.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresServer>
{
    public const string Name = "PostgreSQL";
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Atoma.Storage.Tests.Postgres;

/// <summary>
/// A PostgreSQL server of one's own: a new data folder, loopback on a free port, no unix socket. Runs as the user postgres when
/// this process runs as root, which the server refuses.
/// </summary>
public sealed class PostgresInstance : IDisposable
{
    private const string User = "postgres";

    private readonly string _folder;
    private readonly int _port;
    private readonly string _settings;

    /// <param name="settings">More of the server's own options, as <c>-c name=value</c>.</param>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed, or does not start.</exception>
    public PostgresInstance(string settings)
    {
        if (Binaries is null)
            throw new InvalidOperationException("PostgreSQL's server programs are not installed here (Debian: postgresql).");
        _settings = settings;
        _folder = Run("mktemp", "-d").Trim();
        _port = FreePort();
        Run(Binary("initdb"), "-D", Data, "-U", User, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync");
        Start();
    }

    public int Port => _port;

    /// <summary>Starts the server, at first or after <see cref="Crash"/>, when it recovers.</summary>
    public void Start()
    {
        var options = $"-c listen_addresses=127.0.0.1 -c port={_port} -c unix_socket_directories= {_settings}";
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

    /// <summary>Folder of the server's programs; null when PostgreSQL is not installed.</summary>
    public static string? Binaries { get; } = FindBinaries();

    private string Data => Path.Combine(_folder, "data");

    public void Dispose()
    {
        Run(Binary("pg_ctl"), "-D", Data, "-w", "-m", "immediate", "stop");
        Run("rm", "-rf", _folder);
    }

    /// <summary>Of one schema, which is where its tables are made and looked for.</summary>
    public string ConnectionString(string schema) =>
        $"Host=127.0.0.1;Port={_port};Username={User};Database=postgres;Search Path={schema};Maximum Pool Size=8";

    /// <summary>Path of one of the server's programs.</summary>
    public static string Binary(string name) => Path.Combine(Binaries!, name);

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

        // Its own folder has all of them; a folder of links may not.
        string[] programs = ["initdb", "pg_ctl", "postgres", "pgbench"];
        return candidates.Find(folder => Array.TrueForAll(programs, program => File.Exists(Path.Combine(folder, program))));
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

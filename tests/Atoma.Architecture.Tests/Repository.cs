using System.Diagnostics;
using System.Reflection;

namespace Atoma.Architecture.Tests;

/// <summary>The tracked files of this checkout, and its assemblies.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>Tracked and new files that git does not ignore, relative, with forward slashes.</summary>
    public static IReadOnlyList<string> Files { get; } = List();

    public static IEnumerable<string> Sources => Files.Where(f => f.EndsWith(".cs", StringComparison.Ordinal));

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static Assembly Protocol => typeof(Protocol.Common.Micros).Assembly;

    public static Assembly Of(string name) => Assembly.Load(name);

    private static string FindRoot()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "Atoma.sln")))
            at = at.Parent;
        return at?.FullName ?? throw new InvalidOperationException("The tests run inside a checkout of the repository.");
    }

    private static string[] List()
    {
        var start = new ProcessStartInfo("git", "ls-files --cached --others --exclude-standard") { WorkingDirectory = Root, RedirectStandardOutput = true, UseShellExecute = false };
        try
        {
            using var git = Process.Start(start)!;
            var files = git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            git.WaitForExit();
            if (git.ExitCode == 0)
                return [.. files.Where(f => File.Exists(Path.Combine(Root, f))).Order(StringComparer.Ordinal)];
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // No git: an unpacked archive. What is built or fetched is not ours.
        }

        return [.. Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/'))
            .Where(f => !f.Split('/').Any(part => part is "artifacts" or "node_modules" or ".git" or "bin" or "obj" or "data")).Order(StringComparer.Ordinal)];
    }
}

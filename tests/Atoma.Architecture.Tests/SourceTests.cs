using System.Text.RegularExpressions;

namespace Atoma.Architecture.Tests;

/// <summary>What a reviewer would otherwise have to look for (STYLE 22).</summary>
public sealed partial class SourceTests
{
    private const int FileLinesMax = 400;
    private const int MethodLinesMax = 80;

    /// <summary>Each with its reason; nothing is added without one.</summary>
    private static readonly Dictionary<string, string> LongFiles = new()
    {
        ["src/Atoma.Protocol/Receipts/ReceiptCodec.cs"] = "one encoding, written and read side by side in the order of its bytes",
    };

    private static readonly Dictionary<string, string> LongMethods = [];

    [Fact]
    public void Sources_AreAtMost400LinesLong()
    {
        var tooLong = Repository.Sources.Where(f => !LongFiles.ContainsKey(f)).Select(f => (File: f, Lines: Repository.Read(f).Count(c => c == '\n'))).Where(f => f.Lines > FileLinesMax).ToArray();
        Assert.True(tooLong.Length == 0, string.Join('\n', tooLong));
    }

    [Fact]
    public void Methods_AreAtMost80LinesLong()
    {
        var tooLong = Repository.Sources.Where(f => f.StartsWith("src/", StringComparison.Ordinal) && !LongMethods.ContainsKey(f)).SelectMany(f => Methods(f).Where(m => m.Lines > MethodLinesMax)).ToArray();
        Assert.True(tooLong.Length == 0, string.Join('\n', tooLong));
    }

    [Fact]
    public void AllowLists_NameOnlyWhatNeedsThem()
    {
        Assert.All(LongFiles.Keys.Concat(LongMethods.Keys), f => Assert.Contains(f, Repository.Files));
        Assert.All(LongFiles.Keys, f => Assert.True(Repository.Read(f).Count(c => c == '\n') > FileLinesMax, $"{f} is short enough now"));
        Assert.All(LongMethods.Keys, f => Assert.Contains(Methods(f), m => m.Lines > MethodLinesMax));
    }

    /// <summary>Members at one indentation inside a file-scoped namespace: from a signature to the brace that closes it.</summary>
    private static IEnumerable<(string Method, int Lines)> Methods(string file)
    {
        var lines = Repository.Read(file).Split('\n');
        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i] != "    {" || !lines[i - 1].TrimEnd().EndsWith(')'))
                continue;
            var end = Array.IndexOf(lines, "    }", i);
            yield return ($"{file}:{i} {lines[i - 1].Trim()}", end - i);
        }
    }

    [Theory]
    [InlineData("src/Atoma.Api/Program.cs")]
    [InlineData("src/Atoma.Silo/Program.cs")]
    [InlineData("src/Atoma.Cli/Program.cs")]
    public void Program_IsATableOfContents(string file) => Assert.InRange(Repository.Read(file).Count(c => c == '\n'), 1, 39);

    [Fact]
    public void Sources_LeaveNothingForLater()
    {
        // Built from parts, so that this file does not contain them.
        string[] needles = ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Exception", "HA" + "CK:"];
        var found = Repository.Sources.Where(f => needles.Any(n => Repository.Read(f).Contains(n, StringComparison.Ordinal))).ToArray();
        Assert.True(found.Length == 0, string.Join('\n', found));
    }

    [Fact]
    public void Files_NameNoRegistryHostAndNoPathOfAMachine()
    {
        string[] needles =
        [
            "registry.npm" + "js.org", "registry.yarn" + "pkg.com", "nu" + "get.org", "deb.deb" + "ian.org", "security.deb" + "ian.org", "py" + "pi.org",
            "files.python" + "hosted.org", "static.cra" + "tes.io", "proxy.go" + "lang.org", "repo.maven." + "apache.org",
            "/ho" + "me/", "/Use" + "rs/", "/ro" + "ot/", "/wo" + "rk/main", "/wo" + "rk/wt-", "/wo" + "rk/shared", "C:\\Use" + "rs",
        ];
        var found = Repository.Files.Where(IsText).SelectMany(f => needles.Where(n => Repository.Read(f).Contains(n, StringComparison.OrdinalIgnoreCase)).Select(n => $"{f}: {n}")).ToArray();
        Assert.True(found.Length == 0, string.Join('\n', found));
    }

    private static bool IsText(string file)
    {
        var path = Path.Combine(Repository.Root, file);
        if (new FileInfo(path).Length > 4 << 20)
            return false;
        using var stream = File.OpenRead(path);
        Span<byte> head = stackalloc byte[1024];
        return !head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)].Contains((byte)0);
    }

    [GeneratedRegex(@"\[[^\]\n]*\]\((?<target>[^)\s]+)\)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Link { get; }

    [Fact]
    public void Documents_HaveNoDeadRelativeLinks()
    {
        var dead = Repository.Files.Where(f => f.EndsWith(".md", StringComparison.Ordinal)).SelectMany(f => Link.Matches(Repository.Read(f)).Select(m => m.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#') && !target.StartsWith("mailto:", StringComparison.Ordinal))
            .Where(target => !Path.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(f)!, target.Split('#')[0])))
            .Select(target => $"{f}: {target}")).ToArray();
        Assert.True(dead.Length == 0, string.Join('\n', dead));
    }

    [Fact]
    public void Projects_AreAllInTheSolution()
    {
        var solution = Repository.Read("Atoma.sln").Replace('\\', '/');
        var missing = Repository.Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal) && !solution.Contains(f, StringComparison.Ordinal)).ToArray();
        Assert.True(missing.Length == 0, string.Join('\n', missing));
    }
}

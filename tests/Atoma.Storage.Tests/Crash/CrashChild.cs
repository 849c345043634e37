using System.Diagnostics;
using System.Globalization;

namespace Atoma.Storage.Tests.Crash;

/// <summary>A process that runs one step of <see cref="CrashScript"/> and kills itself at a boundary.</summary>
internal static class CrashChild
{
    public const string Verb = "crash-step";

    /// <summary>Printed once the store has acknowledged the step.</summary>
    private const string Acknowledged = "acknowledged";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The child itself.</summary>
    public static async Task<int> RunAsync(string kind, string place, int step, int dieAt)
    {
        var boundaries = 0;
        await new CrashStore(kind, place).UseAsync(
            () =>
            {
                if (++boundaries == dieAt)
                    Process.GetCurrentProcess().Kill();
            },
            async store =>
            {
                var result = await store.CommitAsync(CrashScript.Steps[step].Command, default);
                Console.Out.WriteLine(result.Succeeded ? Acknowledged : result.ToString());
            });
        return 0;
    }

    /// <summary>Runs a child; whether it ended by itself, which it does only after its step was acknowledged.</summary>
    public static async Task<bool> EndsByItselfAsync(CrashStore store, int step, int dieAt)
    {
        string[] arguments =
        [
            "exec", typeof(Program).Assembly.Location, Verb, store.Kind, store.Place, step.ToString(CultureInfo.InvariantCulture),
            dieAt.ToString(CultureInfo.InvariantCulture),
        ];
        using var child = Process.Start(new ProcessStartInfo("dotnet", arguments)
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            Environment = { ["DOTNET_TieredPGO"] = "0" },
        })!;
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var output = await child.StandardOutput.ReadToEndAsync(patience.Token);
            await child.WaitForExitAsync(patience.Token);
            if (child.ExitCode == 0)
            {
                Assert.Equal(Acknowledged, output.Trim());
                return true;
            }

            // 128 + SIGKILL: it died where it was told to, and not of anything else.
            Assert.Equal(128 + 9, child.ExitCode);
            Assert.Equal("", output);
            return false;
        }
        finally
        {
            if (!child.HasExited)
                child.Kill();
        }
    }
}

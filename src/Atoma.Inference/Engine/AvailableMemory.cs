using System.Globalization;

namespace Atoma.Inference.Engine;

/// <summary>Memory that this process may still take.</summary>
public static class AvailableMemory
{
    private const string ControlGroup = "/sys/fs/cgroup";

    /// <summary>Bytes; null where the system does not tell (anything but Linux).</summary>
    public static long? Bytes()
    {
        if (!OperatingSystem.IsLinux() || MachineBytes(ReadOrEmpty("/proc/meminfo")) is not { } machine)
            return null;
        var group = GroupBytes(ReadOrEmpty($"{ControlGroup}/memory.max"), ReadOrEmpty($"{ControlGroup}/memory.current"), ReadOrEmpty($"{ControlGroup}/memory.stat"));
        return Math.Min(machine, group ?? machine);
    }

    /// <summary>Of /proc/meminfo: what the kernel would give before it swaps, reclaimable caches included.</summary>
    internal static long? MachineBytes(string meminfo) =>
        Field(meminfo, "MemAvailable:") is { } kibibytes ? kibibytes * 1024 : null;

    /// <summary>What a container's limit leaves; pages of files that it holds can be reclaimed. Null without a limit.</summary>
    internal static long? GroupBytes(string max, string current, string stat) =>
        long.TryParse(max.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
        && long.TryParse(current.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var used)
            ? Math.Max(0, limit - used + (Field(stat, "inactive_file") ?? 0))
            : null;

    private static long? Field(string text, string name)
    {
        foreach (var line in text.Split('\n'))
        {
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length >= 2 && parts[0] == name && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                return value;
        }

        return null;
    }

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}

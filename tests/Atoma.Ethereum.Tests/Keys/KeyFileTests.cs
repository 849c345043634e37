using Atoma.Ethereum.Keys;

namespace Atoma.Ethereum.Tests.Keys;

public sealed class KeyFileTests : IDisposable
{
    private const string AnvilKey = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    private const string AnvilAddress = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("atoma-key-");

    private string KeyPath => Path.Combine(_folder.FullName, "nodes", "key");

    public void Dispose() => _folder.Delete(recursive: true);

    private void WriteFile(string content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(KeyPath)!);
        File.WriteAllText(KeyPath, content);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(KeyPath, mode);
    }

    [Fact]
    public void LoadOrCreate_Twice_SameKey()
    {
        using var created = KeyFile.LoadOrCreate(KeyPath);
        using var loaded = KeyFile.LoadOrCreate(KeyPath);
        Assert.Equal(created.Id, loaded.Id);
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(KeyPath)!));
    }

    [Fact]
    public void Create_OnUnix_OwnerOnly()
    {
        if (OperatingSystem.IsWindows())
            return;
        KeyFile.Create(KeyPath).Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyPath));
    }

    [Fact]
    public void Create_FileExists_RefusedAndUntouched()
    {
        WriteFile(AnvilKey);
        var error = Assert.Throws<KeyFileException>(() => KeyFile.Create(KeyPath));
        Assert.Contains("never overwritten", error.Message);
        Assert.Equal(AnvilKey, File.ReadAllText(KeyPath));
    }

    [Theory]
    [InlineData(AnvilKey)]
    [InlineData("0x" + AnvilKey + "\r\n")]
    [InlineData("  " + AnvilKey + "  \n")]
    public void Load_AcceptedSpellings_TheKey(string content)
    {
        WriteFile(content);
        using var key = KeyFile.Load(KeyPath);
        Assert.Equal(AnvilAddress, key.Id.ToString());
        Assert.Equal(AnvilAddress, key.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("zz0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")]
    [InlineData(AnvilKey + "00")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    public void Load_NotAKey_SaysSoWithoutTheContent(string content)
    {
        WriteFile(content);
        var error = Assert.Throws<KeyFileException>(() => KeyFile.Load(KeyPath));
        Assert.Contains("64 hex digits", error.Message);
        if (content.Length > 2)
            Assert.DoesNotContain(content, error.ToString());
    }

    [Fact]
    public void Load_HugeFile_RefusedAfterTheLimit()
    {
        WriteFile(new string(' ', 100_000) + AnvilKey);
        Assert.Throws<KeyFileException>(() => KeyFile.Load(KeyPath));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void Load_OthersMayUseIt_RefusedWithTheRemedy(UnixFileMode others)
    {
        if (OperatingSystem.IsWindows())
            return;
        WriteFile(AnvilKey, UnixFileMode.UserRead | UnixFileMode.UserWrite | others);
        var error = Assert.Throws<KeyFileException>(() => KeyFile.Load(KeyPath));
        Assert.Contains("chmod 600", error.Message);
    }

    [Fact]
    public void Load_Missing_SaysSo() =>
        Assert.Contains("does not exist", Assert.Throws<KeyFileException>(() => KeyFile.Load(KeyPath)).Message);

    [Fact]
    public void Load_Folder_SaysSo() =>
        Assert.Contains("cannot be read", Assert.Throws<KeyFileException>(() => KeyFile.Load(_folder.FullName)).Message);
}

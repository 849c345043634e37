using System.Text;
using Atoma.Ethereum.Keys;

namespace Atoma.Ethereum.Tests.Keys;

public sealed class KeystoreV3Tests : IDisposable
{
    /// <summary>Cheap for a test, and nothing else.</summary>
    private const int TestCost = 2;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("atoma-keystore-");

    public void Dispose() => _folder.Delete(recursive: true);

    private static NodeKey? Decrypt(string json, string passphrase) => KeystoreV3.Decrypt(Encoding.UTF8.GetBytes(json), passphrase);

    private const string OfficialPbkdf2 =
        """
        {"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2",
        "kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},
        "mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}
        """;

    private const string OfficialScrypt =
        """
        {"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"83dbcc02d8ccb40e466191a123791e0e"},
        "ciphertext":"d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c","kdf":"scrypt",
        "kdfparams":{"dklen":32,"n":262144,"p":8,"r":1,"salt":"ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"},
        "mac":"2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}
        """;

    /// <summary>The two examples of the "Web3 Secret Storage Definition".</summary>
    [Theory]
    [InlineData(OfficialPbkdf2)]
    [InlineData(OfficialScrypt)]
    public void Decrypt_ExamplesOfTheDefinition_TheirKey(string json)
    {
        using var expected = NodeKey.FromBytes(Convert.FromHexString("7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"));
        using var key = Decrypt(json, "testpassword");
        Assert.Equal(expected.Id, key!.Id);
    }

    /// <summary>RFC 7914, section 12.</summary>
    [Theory]
    [InlineData("", "", 16, 1, 1, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906")]
    [InlineData("password", "NaCl", 1024, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")]
    [InlineData("pleaseletmein", "SodiumChloride", 16384, 8, 1, "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887")]
    public void Scrypt_VectorsOfTheRfc_PublishedBytes(string passphrase, string salt, int n, int r, int p, string expected) =>
        Assert.Equal(expected, Convert.ToHexStringLower(Scrypt.Derive(Encoding.ASCII.GetBytes(passphrase), Encoding.ASCII.GetBytes(salt), n, r, p, 64)));

    /// <summary>Made by this class, and opened by ethers in Vectors/generate.mjs.</summary>
    [Fact]
    public void Decrypt_OfOurs_ItsKey()
    {
        using var stream = typeof(KeystoreV3Tests).Assembly.GetManifestResourceStream("keystore-ours.json")!;
        using var reader = new StreamReader(stream);
        using var expected = NodeKey.FromBytes(Enumerable.Repeat((byte)0x46, 32).ToArray());
        using var key = Decrypt(reader.ReadToEnd(), "correct horse");
        Assert.Equal(expected.Id, key!.Id);
    }

    [Fact]
    public void Encrypt_AndDecrypt_SameKeyAndNeverTheSameFile()
    {
        using var key = NodeKey.Generate();
        var (one, other) = (KeystoreV3.Encrypt(key, "Zürich ✓", TestCost), KeystoreV3.Encrypt(key, "Zürich ✓", TestCost));
        Assert.NotEqual(one, other);
        using var again = KeystoreV3.Decrypt(one, "Zürich ✓");
        Assert.Equal(key.Id, again!.Id);
        Assert.Null(KeystoreV3.Decrypt(one, "Zurich ✓"));
    }

    [Theory]
    [InlineData("\"version\":3", "\"version\":1")]
    [InlineData("aes-128-ctr", "aes-128-cbc")]
    [InlineData("\"n\":262144", "\"n\":262143")]
    [InlineData("\"n\":262144", "\"n\":1073741824")]
    [InlineData("\"n\":262144", "\"n\":1")]
    [InlineData("\"r\":1", "\"r\":2147483647")]
    [InlineData("\"p\":8", "\"p\":2147483647")]
    [InlineData("\"p\":8", "\"p\":0")]
    [InlineData("\"dklen\":32", "\"dklen\":2147483647")]
    [InlineData("\"kdf\":\"scrypt\"", "\"kdf\":\"argon2\"")]
    [InlineData("\"iv\":\"83", "\"iv\":\"")]
    [InlineData("\"ciphertext\":\"d1", "\"ciphertext\":\"zz")]
    [InlineData("\"crypto\"", "\"other\"")]
    [InlineData("}", "")]
    public void Decrypt_NotAKeystoreOrHungry_Refused(string from, string to) =>
        Assert.Throws<EthereumFormatException>(() => Decrypt(OfficialScrypt.Replace(from, to), "testpassword"));

    [Fact]
    public void Decrypt_TooManyIterationsOrTooLong_Refused()
    {
        Assert.Throws<EthereumFormatException>(() => Decrypt(OfficialPbkdf2.Replace("262144", "2147483647"), "x"));
        Assert.Throws<EthereumFormatException>(() => Decrypt(OfficialPbkdf2.Replace("262144", "0"), "x"));
        Assert.Throws<EthereumFormatException>(() => Decrypt(OfficialPbkdf2 + new string(' ', KeystoreLimits.LengthMaxBytes), "x"));
    }

    [Fact]
    public void Decrypt_AddressOfAnotherKey_Refused()
    {
        using var key = NodeKey.Generate();
        var json = Encoding.UTF8.GetString(KeystoreV3.Encrypt(key, "x", TestCost));
        var address = Convert.ToHexStringLower(key.Id.ToArray());
        Assert.Throws<EthereumFormatException>(() => Decrypt(json.Replace(address, new string('0', 40)), "x"));
    }

    [Fact]
    public void KeyFile_Keystore_AsksForItsPassphrase()
    {
        var path = Path.Combine(_folder.FullName, "key.json");
        using var created = KeyFile.Create(path, "secret", TestCost);
        Assert.StartsWith("{", File.ReadAllText(path));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        using var loaded = KeyFile.Load(path, asked => asked == path ? "secret" : "");
        Assert.Equal(created.Id, loaded.Id);
        Assert.Contains("is wrong", Assert.Throws<KeyFileException>(() => KeyFile.Load(path, _ => "other")).Message);
        Assert.Contains("Set ATOMA_PASSPHRASE_FILE", Assert.Throws<KeyFileException>(() => KeyFile.Load(path)).Message);
        File.WriteAllText(path, "{\"version\":3}");
        Assert.Contains("not a keystore", Assert.Throws<KeyFileException>(() => KeyFile.Load(path, _ => "secret")).Message);
    }

    [Fact]
    public void KeyFile_KeystoreWithNobodyToAsk_PassphraseOfTheFileThatTheEnvironmentNames()
    {
        var (path, secret) = (Path.Combine(_folder.FullName, "key.json"), Path.Combine(_folder.FullName, "passphrase"));
        using var created = KeyFile.Create(path, "secret ✓", TestCost);
        File.WriteAllText(secret, "secret ✓\nanything\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Environment.SetEnvironmentVariable(PassphraseFile.Variable, secret);
        try
        {
            using var loaded = KeyFile.Load(path);
            Assert.Equal(created.Id, loaded.Id);
            if (OperatingSystem.IsWindows())
                return;
            File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.GroupRead);
            Assert.Contains("chmod 600", Assert.Throws<KeyFileException>(() => KeyFile.Load(path)).Message);
        }
        finally
        {
            Environment.SetEnvironmentVariable(PassphraseFile.Variable, null);
        }
    }
}

using System.Buffers.Binary;
using System.Text;

namespace Atoma.Network.Tests.Clients;

/// <summary>The demo model with another chat template: one that has a place for functions, which its own has not.</summary>
internal static class ToolModel
{
    private const string Key = "tokenizer.chat_template";

    /// <summary>Tensors begin at a multiple of this, so the template grows by one.</summary>
    private const int Alignment = 32;

    public static void Write(string path, string template)
    {
        var file = File.ReadAllBytes(Silo.Hosting.ModelFiles.Demo());
        // Key, type, length, text.
        var start = file.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Key)) + Key.Length + sizeof(int);
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(start));
        var text = Encoding.UTF8.GetBytes(template);
        var padding = ((length - text.Length - "{##}".Length) % Alignment + Alignment) % Alignment;
        text = [.. text, .. Encoding.ASCII.GetBytes("{#" + new string(' ', padding) + "#}")];
        var prefix = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, text.Length);
        Assert.Equal(0, (text.Length - length) % Alignment);
        File.WriteAllBytes(path, [.. file[..start], .. prefix, .. text, .. file[(start + sizeof(long) + length)..]]);
    }
}

using Atoma.Protocol.Verification;

namespace Atoma.Benchmarks.Engine;

/// <summary>Transcripts one after another, each behind its length: how one process hands answers to another.</summary>
internal static class TranscriptFile
{
    public static void Write(string path, IEnumerable<Transcript> transcripts)
    {
        using var writer = new BinaryWriter(File.Create(path));
        foreach (var transcript in transcripts)
        {
            var bytes = transcript.ToBytes();
            writer.Write(bytes.Length);
            writer.Write(bytes);
        }
    }

    public static Transcript[] Read(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        var transcripts = new List<Transcript>();
        while (reader.BaseStream.Position < reader.BaseStream.Length)
            transcripts.Add(Transcript.FromBytes(reader.ReadBytes(reader.ReadInt32())));
        return [.. transcripts];
    }
}

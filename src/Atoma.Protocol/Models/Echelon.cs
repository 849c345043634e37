using Atoma.Protocol.Common;

namespace Atoma.Protocol.Models;

/// <summary>
/// The replay class of a node (P2.5): nodes with equal fields must give byte-equal outputs. Everything that measurably
/// changes bits is named.
/// </summary>
/// <param name="Model">SHA-256 of the GGUF file.</param>
/// <param name="EngineBuild">SHA-256 over the engine's native libraries.</param>
/// <param name="Backend">E.g. <c>cpu</c>, <c>cuda</c>.</param>
/// <param name="DeviceClass">E.g. <c>x64-haswell</c>, <c>sm_90</c>.</param>
/// <param name="NumericFlags">Flags that change bits, in a fixed order, the mode first, e.g. <c>invariant;fa=1;k=1;v=30;repack=0;kv_unified=0;rows=2/1</c>.</param>
public sealed record Echelon(Hash32 Model, Hash32 EngineBuild, string Backend, string DeviceClass, string NumericFlags)
{
    /// <summary>The mode in which a row's bits depend on its own sequence alone.</summary>
    public const string InvariantMode = "invariant";

    /// <summary>Whether its nodes' answers can be compared bit by bit (P7.4); others only statistically.</summary>
    public bool IsExact => NumericFlags.StartsWith(InvariantMode + ";", StringComparison.Ordinal);

    /// <summary>Identifies the echelon; equal echelons have equal ids.</summary>
    public Hash32 Id()
    {
        var writer = new CanonicalWriter().Text("atoma/echelon/1");
        Write(writer);
        return writer.Sha256();
    }

    public void Write(CanonicalWriter writer) =>
        writer.Hash(Model).Hash(EngineBuild).Text(Backend).Text(DeviceClass).Text(NumericFlags);

    /// <exception cref="CanonicalFormatException">Not well formed.</exception>
    public static Echelon Read(ref CanonicalReader reader) =>
        new(reader.Hash(), reader.Hash(), reader.Text(ModelLimits.NameLength), reader.Text(ModelLimits.NameLength), reader.Text(256));
}

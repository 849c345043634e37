namespace Atoma.Inference.Gguf;

/// <summary>One tensor's entry in the header.</summary>
/// <param name="Name">At most 63 bytes.</param>
/// <param name="Shape">One to four sizes, fastest first.</param>
/// <param name="Type">llama.cpp's number of the type.</param>
/// <param name="Offset">First byte, from the start of the data section.</param>
/// <param name="Bytes">Length of the data.</param>
internal sealed record GgufTensor(string Name, IReadOnlyList<long> Shape, uint Type, ulong Offset, long Bytes);

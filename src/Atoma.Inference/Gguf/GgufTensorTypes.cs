namespace Atoma.Inference.Gguf;

/// <summary>Sizes of llama.cpp's tensor types (ggml.h, ggml-common.h of 0.5.0): values per block and bytes per block.</summary>
internal static class GgufTensorTypes
{
    private readonly record struct Block(int Values, int Bytes);

    private const int Half = 2;
    private const int SuperBlock = 256;

    private static readonly Dictionary<uint, Block> Blocks = new()
    {
        [0] = new(1, 4),                                        // F32
        [1] = new(1, 2),                                        // F16
        [2] = new(32, Half + 16),                               // Q4_0
        [3] = new(32, 2 * Half + 16),                           // Q4_1
        [6] = new(32, Half + 4 + 16),                           // Q5_0
        [7] = new(32, 2 * Half + 4 + 16),                       // Q5_1
        [8] = new(32, Half + 32),                               // Q8_0
        [9] = new(32, 2 * Half + 32),                           // Q8_1
        [10] = new(SuperBlock, 2 * Half + 16 + 64),             // Q2_K
        [11] = new(SuperBlock, Half + 64 + 32 + 12),            // Q3_K
        [12] = new(SuperBlock, 2 * Half + 12 + 128),            // Q4_K
        [13] = new(SuperBlock, 2 * Half + 12 + 128 + 32),       // Q5_K
        [14] = new(SuperBlock, Half + 16 + 192),                // Q6_K
        [15] = new(SuperBlock, 4 + 256 + 32),                   // Q8_K
        [16] = new(SuperBlock, Half + 64),                      // IQ2_XXS
        [17] = new(SuperBlock, Half + 64 + 8),                  // IQ2_XS
        [18] = new(SuperBlock, Half + 96),                      // IQ3_XXS
        [19] = new(SuperBlock, Half + 32 + 16),                 // IQ1_S
        [20] = new(32, Half + 16),                              // IQ4_NL
        [21] = new(SuperBlock, Half + 104 + 4),                 // IQ3_S
        [22] = new(SuperBlock, Half + 64 + 16),                 // IQ2_S
        [23] = new(SuperBlock, Half + 2 + 4 + 128),             // IQ4_XS
        [24] = new(1, 1),                                       // I8
        [25] = new(1, 2),                                       // I16
        [26] = new(1, 4),                                       // I32
        [27] = new(1, 8),                                       // I64
        [28] = new(1, 8),                                       // F64
        [29] = new(SuperBlock, 32 + 16 + 8),                    // IQ1_M
        [30] = new(1, 2),                                       // BF16
        [34] = new(SuperBlock, Half + 4 + 48),                  // TQ1_0
        [35] = new(SuperBlock, Half + 64),                      // TQ2_0
        [39] = new(32, 1 + 16),                                 // MXFP4
        [40] = new(64, 4 + 32),                                 // NVFP4
        [41] = new(128, Half + 16),                             // Q1_0
        [42] = new(64, Half + 16),                              // Q2_0
    };

    /// <summary>Values and bytes per block of a type; false when llama.cpp has no such type.</summary>
    public static bool TryGet(uint type, out int values, out int bytes)
    {
        var known = Blocks.TryGetValue(type, out var block);
        (values, bytes) = (block.Values, block.Bytes);
        return known;
    }
}

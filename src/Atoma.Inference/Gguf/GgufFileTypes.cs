namespace Atoma.Inference.Gguf;

/// <summary>Names of llama.cpp's file types (<c>general.file_type</c>), as people write them.</summary>
public static class GgufFileTypes
{
    private static readonly Dictionary<uint, string> Names = new()
    {
        [0] = "F32", [1] = "F16", [2] = "Q4_0", [3] = "Q4_1", [7] = "Q8_0", [8] = "Q5_0", [9] = "Q5_1", [10] = "Q2_K", [11] = "Q3_K_S",
        [12] = "Q3_K_M", [13] = "Q3_K_L", [14] = "Q4_K_S", [15] = "Q4_K_M", [16] = "Q5_K_S", [17] = "Q5_K_M", [18] = "Q6_K",
        [19] = "IQ2_XXS", [20] = "IQ2_XS", [21] = "Q2_K_S", [22] = "IQ3_XS", [23] = "IQ3_XXS", [24] = "IQ1_S", [25] = "IQ4_NL",
        [26] = "IQ3_S", [27] = "IQ3_M", [28] = "IQ2_S", [29] = "IQ2_M", [30] = "IQ4_XS", [31] = "IQ1_M", [32] = "BF16", [36] = "TQ1_0",
        [37] = "TQ2_0", [38] = "MXFP4_MOE", [39] = "NVFP4", [40] = "Q1_0", [41] = "Q2_0",
    };

    /// <summary>Name of a file type; <c>unknown</c> where the file does not say or llama.cpp has no such type.</summary>
    public static string Name(uint? fileType) => fileType is { } type && Names.TryGetValue(type, out var name) ? name : "unknown";

    /// <summary>The number llama.cpp's quantiser takes.</summary>
    public static bool TryGetNumber(string name, out int number)
    {
        foreach (var (key, value) in Names)
        {
            if (value.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                number = (int)key;
                return true;
            }
        }

        number = 0;
        return false;
    }
}

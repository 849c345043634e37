namespace Atoma.Inference.Native;

/// <summary>llama_decode failed.</summary>
internal sealed class DecodeException(int code) : Exception($"llama_decode returned {code}{Meaning(code)}.")
{
    /// <summary>The code of an abort that the watchdog asked for.</summary>
    public const int Aborted = 2;

    private const int NoCells = 1;

    public int Code => code;

    private static string Meaning(int code) => code switch
    {
        NoCells => " (no free cells in the KV cache)",
        Aborted => " (it took longer than the watchdog allows)",
        _ => "",
    };
}

namespace Atoma.Protocol.Ledger;

/// <summary>Form of what is stored.</summary>
internal static class StoredForm
{
    /// <summary>Text that every database stores and compares alike: no control characters, no broken surrogates.</summary>
    /// <exception cref="ArgumentException">It is not, or is too long.</exception>
    public static void CheckText(string text, int lengthMax)
    {
        Require(text.Length <= lengthMax, "text too long");
        for (var i = 0; i < text.Length; i++)
        {
            Require(!char.IsControl(text[i]), "control character in text");
            if (!char.IsSurrogate(text[i]))
                continue;
            Require(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]), "broken surrogate in text");
            i++;
        }
    }

    public static void Require(bool condition, string why)
    {
        if (!condition)
            throw new ArgumentException($"Malformed for the store: {why}.");
    }
}

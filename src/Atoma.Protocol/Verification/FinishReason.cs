namespace Atoma.Protocol.Verification;

/// <summary>Why an answer ended. Numbers are on the wire and in receipts: append only.</summary>
public enum FinishReason : byte
{
    /// <summary>The model chose an end-of-generation token; it is the last output token.</summary>
    EndOfSequence = 0,

    /// <summary>max_tokens were generated; also the end of embeddings, for which they are 0.</summary>
    Length = 1,

    /// <summary>One of the requested stop texts appeared; the last output token completed it.</summary>
    StopText = 2,

    /// <summary>The coordinator told the node to stop. Valid only where it did.</summary>
    Cancelled = 3,

    /// <summary>One of the requested stop tokens was chosen; it is the last output token.</summary>
    StopToken = 4,

    /// <summary>The grammar is satisfied and no token can follow.</summary>
    GrammarEnd = 5,
}

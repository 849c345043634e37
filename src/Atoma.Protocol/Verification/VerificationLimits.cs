namespace Atoma.Protocol.Verification;

/// <summary>Bounds of everything a node or a requester can make us sample, carry or check.</summary>
public static class VerificationLimits
{
    /// <summary>Tokens the sampler looks at, the likeliest first. Six times the usual top-k of 40; keeps a step cheap at any vocabulary.</summary>
    public const int Candidates = 256;

    /// <summary>Evidence entries per position (P7.2).</summary>
    public const int EvidenceEntries = 8;

    /// <summary>Fewest entries left when a chunk is thinned to fit its budget: the winner and its runner-up.</summary>
    public const int EvidenceEntriesMin = 2;

    /// <summary>Positions per Merkle chunk (P7.2).</summary>
    public const int ChunkPositions = 32;

    /// <summary>Bytes of one full chunk's evidence: 8 KB per 512 tokens (P7.2) over 16 chunks.</summary>
    public const int ChunkEvidenceBytes = 512;

    /// <summary>Steps of a quantised log-probability per nat; 16 bits then reach down to −32 nats.</summary>
    public const int QuantaPerNat = 2048;

    /// <summary>Prompt tokens of one request: the largest context window in common use.</summary>
    public const int PromptTokens = 131_072;

    /// <summary>Inputs embedded in one request: a page of search results, or a document in pieces.</summary>
    public const int EmbeddingInputs = 256;

    /// <summary>Values of one embedding: the widest models there are have 16,384.</summary>
    public const int EmbeddingLength = 32_768;

    /// <summary>Values of all embeddings of one request: 1 MiB, since the receipt holds them; 341 of a model 768 wide.</summary>
    public const int EmbeddingValues = 262_144;

    /// <summary>How far an embedding's squared length may be from 1: rounding each value to binary32 moves it by less than 2⁻²³.</summary>
    public const double EmbeddingNormTolerance = 1e-6;

    /// <summary>Output tokens of one request.</summary>
    public const int OutputTokens = 16_384;

    /// <summary>Biased tokens, as in OpenAI's API.</summary>
    public const int LogitBiases = 1024;

    /// <summary>Stop texts, as in OpenAI's API.</summary>
    public const int StopTexts = 4;

    /// <summary>Characters of one stop text.</summary>
    public const int StopTextLength = 64;

    /// <summary>Tokens that end an answer by their id. Chat models have up to five; room for a few of the requester's own.</summary>
    public const int StopTokens = 16;

    /// <summary>Likeliest tokens shown of a position, as in OpenAI's API.</summary>
    public const int TopLogprobs = 20;

    /// <summary>
    /// Probabilities of a scored prompt, its tokens' own and the likeliest in their place: below 1 MiB at 5 bytes each, since the
    /// receipt holds them. 32,768 tokens with five alternatives, 9,362 with twenty.
    /// </summary>
    public const int PromptScoreEntries = 196_608;

    /// <summary>Tokens a repetition penalty looks back on: all of the longest prompt and output.</summary>
    public const int RepetitionWindow = PromptTokens + OutputTokens;

    /// <summary>Terms further than this below the largest logit add less than the sum can show: they count as zero.</summary>
    public const float LogSumCutoffNats = 40;
}

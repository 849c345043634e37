namespace Atoma.Inference.Gguf;

/// <summary>Which rows of the last layer make up a text's embedding.</summary>
public enum GgufPooling
{
    /// <summary>The file asks for something that is no embedding of a text: a classifier's or a ranker's head.</summary>
    None = 0,

    /// <summary>All of them; also when the file says nothing, as files of models that generate do.</summary>
    Mean = 1,

    /// <summary>The last token's, as embedding models made from generating ones have it.</summary>
    Last = 2,
}

/// <summary>Reads <c>{architecture}.pooling_type</c>.</summary>
internal static class GgufPoolings
{
    // llama.h's numbers.
    private const uint Unpooled = 0;
    private const uint Mean = 1;
    private const uint Last = 3;

    public static GgufPooling Of(uint? pooling) => pooling switch
    {
        null or Unpooled or Mean => GgufPooling.Mean,
        Last => GgufPooling.Last,
        _ => GgufPooling.None,
    };
}

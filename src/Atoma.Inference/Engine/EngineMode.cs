namespace Atoma.Inference.Engine;

/// <summary>How a model's arithmetic is run.</summary>
public enum EngineMode
{
    /// <summary>A row's logits depend on its own sequence alone: nodes of one echelon give the same bits, and checks are exact (P7.4).</summary>
    Invariant = 0,

    /// <summary>llama.cpp's own flags and shapes: the fastest there are. Checks are statistical (P7.4).</summary>
    Fast = 1,
}

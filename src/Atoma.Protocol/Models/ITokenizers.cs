namespace Atoma.Protocol.Models;

/// <summary>The tokenizers a coordinator has at hand, by model id: it counts prompts and turns tokens into text itself, trusting no node with either.</summary>
public interface ITokenizers
{
    /// <summary>Null when the coordinator has no file of this model.</summary>
    ITokenizer? Find(string model);
}

using Atoma.Protocol.Models;

namespace Atoma.Inference.Engine;

/// <summary>A model's name where nobody gave it one.</summary>
public static class ModelNames
{
    /// <summary>File name without extension, in the alphabet of model ids.</summary>
    public static string OfFile(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path).ToLowerInvariant();
        var id = new string([.. name.Take(ModelLimits.IdLength).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' ? c : '-')]);
        return id.Length > 0 ? id : "model";
    }
}

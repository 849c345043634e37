using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Atoma.Api.Answers.Tools;

/// <summary>Ids of the calls in an answer. The same answer has the same ids however often it is fetched.</summary>
internal static class ToolCallIds
{
    /// <summary>Nine letters and digits: the one form that every chat template takes (Mistral's demand it).</summary>
    private const int Length = 9;

    public static string Of(string request, int index) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"atoma/tool-call/1 {request} {index}"))))[..Length];
}

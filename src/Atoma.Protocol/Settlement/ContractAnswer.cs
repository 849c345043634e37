using System.Text;
using Atoma.Protocol.Common;
using Atoma.Protocol.Models;
using Atoma.Protocol.Verification;

namespace Atoma.Protocol.Settlement;

/// <summary>What a contract is given for an answer (P10.1): node and coordinator make it by the same steps, so that they sign the same bytes.</summary>
public static class ContractAnswer
{
    private static readonly Hash32 AnswerType = Eip712.TypeHash("Answer(bytes32 request,bytes32 resultHash)");

    /// <summary>UTF-8 of the output's text up to the first stop token; what is no character becomes U+FFFD.</summary>
    /// <param name="answer">An answer that was asked for without stop texts.</param>
    /// <param name="tokenizer">Its model's.</param>
    public static byte[] ResultOf(Transcript answer, ITokenizer tokenizer)
    {
        using var bytes = new MemoryStream();
        foreach (var token in answer.Output.TakeWhile(t => !answer.Parameters.StopTokens.Contains(t)))
            bytes.Write(tokenizer.TokenBytes(token));
        return Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes.ToArray()));
    }

    /// <summary>What a node signs for the gateway contract.</summary>
    /// <param name="domain">EIP-712 domain separator of the gateway.</param>
    /// <param name="request">The network's request id.</param>
    /// <param name="resultHash">Keccak-256 of <see cref="ResultOf"/>.</param>
    public static Hash32 Digest(Hash32 domain, Hash32 request, Hash32 resultHash) =>
        Eip712.Digest(domain, new Eip712Struct(AnswerType).Bytes32(request).Bytes32(resultHash).Hash());
}

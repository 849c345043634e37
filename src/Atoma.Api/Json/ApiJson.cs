using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Atoma.Api.Answers;
using Atoma.Api.Answers.Embeddings;
using Atoma.Api.Endpoints;
using Atoma.Api.Endpoints.Accounts;
using Atoma.Api.Errors;

namespace Atoma.Api.Json;

/// <summary>All bodies of the API: snake_case, no field twice.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, AllowDuplicateProperties = false, MaxDepth = 32,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(ChatCompletionBody))]
[JsonSerializable(typeof(TextCompletionBody))]
[JsonSerializable(typeof(ChatCompletion))]
[JsonSerializable(typeof(ChatCompletionChunk))]
[JsonSerializable(typeof(TextCompletion))]
[JsonSerializable(typeof(AnswerForm))]
[JsonSerializable(typeof(AcceptedBody))]
[JsonSerializable(typeof(WebhookBody))]
[JsonSerializable(typeof(WebhookSecretBody))]
[JsonSerializable(typeof(EmbeddingBody))]
[JsonSerializable(typeof(EmbeddingList))]
[JsonSerializable(typeof(RerankBody))]
[JsonSerializable(typeof(Reranking))]
[JsonSerializable(typeof(float[]))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(TokenizeBody))]
[JsonSerializable(typeof(Tokenization))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ModelBody))]
[JsonSerializable(typeof(RequestList))]
[JsonSerializable(typeof(AccountBody))]
[JsonSerializable(typeof(AccountList))]
[JsonSerializable(typeof(StatementBody))]
[JsonSerializable(typeof(HoldList))]
[JsonSerializable(typeof(RequestMoneyBody))]
[JsonSerializable(typeof(CreditBody))]
[JsonSerializable(typeof(NewAccountBody))]
[JsonSerializable(typeof(NewCreditBody))]
[JsonSerializable(typeof(AuditLogBody))]
[JsonSerializable(typeof(KeyBody))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(NewKeyBody))]
[JsonSerializable(typeof(OperatorBody))]
[JsonSerializable(typeof(OperatorReplyBody))]
[JsonSerializable(typeof(PayoutList))]
[JsonSerializable(typeof(UnbondingBody))]
[JsonSerializable(typeof(PayoutDecisionBody))]
[JsonSerializable(typeof(ChainBody))]
[JsonSerializable(typeof(ChainAccountBody))]
[JsonSerializable(typeof(ChainNodeBody))]
[JsonSerializable(typeof(VoucherBody))]
[JsonSerializable(typeof(VoucherReplyBody))]
[JsonSerializable(typeof(WalletKeyBody))]
[JsonSerializable(typeof(WalletKeyReplyBody))]
[JsonSerializable(typeof(NodeList))]
[JsonSerializable(typeof(NodeBody))]
[JsonSerializable(typeof(SlashList))]
[JsonSerializable(typeof(NetworkBody))]
[JsonSerializable(typeof(HealthBody))]
[JsonSerializable(typeof(JsonDocument))]
[JsonSerializable(typeof(QuoteBody))]
[JsonSerializable(typeof(DisputeBody))]
[JsonSerializable(typeof(SignedBody))]
[JsonSerializable(typeof(AppealBody))]
[JsonSerializable(typeof(ReviewList))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>Text is written as it is: our JSON never stands inside HTML, and clients read any language.</summary>
    public static ApiJson Web => Relaxed.Context;

    /// <summary>Apart, so that the generated statics are there before it is made.</summary>
    private static class Relaxed
    {
        public static readonly ApiJson Context = new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}

using Atoma.Protocol.Common;

namespace Atoma.Grains.Abstractions;

/// <summary>
/// Grain keys. The prefixes keep every key from parsing as hexadecimal: Orleans' ADO.NET storage would take <c>abc</c> and
/// <c>0abc</c> for the same row.
/// </summary>
public static class Keys
{
    public const string Directory = "directory:0";
    public const string Beacon = "beacon:0";
    public const string Books = "books:0";
    public const string Accounts = "accounts:0";
    public const string Payouts = "payouts:0";
    public const string Settlement = "settlement:0";
    public const string Chain = "chain:0";
    public const string Webhooks = "webhooks:0";
    public const string TokenizerPrefix = "tokenizer:";
    public const string QuotePrefix = "quote:";
    public const string CasePrefix = "case:";

    /// <param name="keyHash">SHA-256 of the API key's text, hex.</param>
    public static string Traffic(string keyHash) => "traffic:" + keyHash;

    public static string Node(NodeId node) => "node:" + node;

    public static string Model(string id) => "model:" + id;

    public static string Tokenizer(string model) => TokenizerPrefix + model;

    public static string Quote(string model) => QuotePrefix + model;

    public static string Case(Hash32 slash) => CasePrefix + slash;

    public static string Request(Hash32 id) => "req:" + id;
}

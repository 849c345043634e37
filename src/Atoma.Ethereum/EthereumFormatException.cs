namespace Atoma.Ethereum;

/// <summary>Bytes or text that are not a canonical encoding of what was expected: too short, too long, padded wrongly, over a limit.</summary>
public sealed class EthereumFormatException : FormatException
{
    public EthereumFormatException()
    {
    }

    public EthereumFormatException(string message)
        : base(message)
    {
    }

    public EthereumFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

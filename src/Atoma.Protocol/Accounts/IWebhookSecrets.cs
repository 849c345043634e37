namespace Atoma.Protocol.Accounts;

/// <summary>What webhooks are signed with: a secret for each account, the same as long as the network has its key file.</summary>
public interface IWebhookSecrets
{
    /// <summary>32 bytes.</summary>
    byte[] Of(string account);
}

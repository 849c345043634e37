using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Atoma.Api.Hosting;

/// <summary>Where the REST API listens. Loopback only: TLS and the outside world belong to a reverse proxy.</summary>
internal static class ListenAddresses
{
    public static IReadOnlyList<string> Problems(string urls)
    {
        var problems = new List<string>();
        foreach (var url in Split(urls))
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp)
                problems.Add($"--urls holds '{url}', which is not an http address such as http://127.0.0.1:5080.");
            else if (!uri.IsLoopback)
                problems.Add($"--urls holds {url}: the API listens on loopback only. Put a reverse proxy with TLS in front of it.");
        }

        return problems;
    }

    public static void Listen(this WebApplicationBuilder builder, string urls) => builder.WebHost.ConfigureKestrel(kestrel =>
    {
        foreach (var url in Split(urls))
        {
            var uri = new Uri(url);
            if (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address))
                kestrel.Listen(address, uri.Port, l => l.Protocols = HttpProtocols.Http1);
            else
                kestrel.ListenLocalhost(uri.Port, l => l.Protocols = HttpProtocols.Http1);
        }
    });

    public static string First(string urls) => Split(urls)[0].TrimEnd('/');

    private static string[] Split(string urls) => urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

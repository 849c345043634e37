using System.Net;
using System.Text.RegularExpressions;
using Atoma.Api.Endpoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Atoma.Api.Tests;

/// <summary>The browser verifier as the API serves it: no browser here, but every file that one asks for.</summary>
public sealed partial class VerifierTests
{
    private static async Task<HttpResponseMessage> GetAsync(ApiHost host, string path)
    {
        var response = await host.Http.GetAsync(new Uri(path, UriKind.Relative));
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{path}: {response.StatusCode}");
        return response;
    }

    [Theory]
    [InlineData("/verify/verifier.css", "text/css", "--good")]
    [InlineData("/verify/_framework/blazor.webassembly.js", "text/javascript", "dotnet")]
    [InlineData("/verify/_framework/dotnet.js", "text/javascript", "Atoma.Protocol")]
    [InlineData("/verify/_framework/dotnet.native.wasm", "application/wasm", "\0asm")]
    [InlineData("/verify/_framework/Atoma.Protocol.wasm", "application/wasm", "\0asm")]
    [InlineData("/verify/_framework/Atoma.Ethereum.wasm", "application/wasm", "\0asm")]
    public async Task Get_AFileOfThePage_IsServedWithItsType(string path, string type, string content)
    {
        await using var host = await ApiHost.StartAsync();
        using var response = await GetAsync(host, path);
        Assert.Equal(type, response.Content.Headers.ContentType!.MediaType);
        Assert.Contains(content, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>The page in the browser runs the protocol assembly itself, not a copy of another build.</summary>
    [Fact]
    public async Task Get_TheProtocolAssembly_IsTheOneThatTheNetworkRuns()
    {
        await using var host = await ApiHost.StartAsync();
        using var response = await GetAsync(host, "/verify/_framework/Atoma.Protocol.wasm");
        var served = await response.Content.ReadAsByteArrayAsync();
        var id = typeof(Protocol.Common.Micros).Assembly.ManifestModule.ModuleVersionId.ToByteArray();
        Assert.True(served.AsSpan().IndexOf(id) > 0, "the module's id is not in the served assembly");
    }

    /// <summary>A policy that forbids inline code is worth something only while the page has none.</summary>
    [Fact]
    public async Task Get_ThePage_HasAStrictPolicyAndNothingInline()
    {
        await using var host = await ApiHost.StartAsync();
        using var response = await GetAsync(host, "/verify/");
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-inline", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("'unsafe-eval'", policy, StringComparison.Ordinal);
        var page = await response.Content.ReadAsStringAsync();
        Assert.Contains("_framework/blazor.webassembly.js", page, StringComparison.Ordinal);
        Assert.DoesNotMatch(Inline, page);
        Assert.DoesNotContain("://", page.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Inline { get; }

    [Fact]
    public async Task Get_WithoutTheSlash_GoesToThePage()
    {
        await using var host = await ApiHost.StartAsync();
        using var response = await host.Http.GetAsync(new Uri("/verify", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal("/verify/", response.Headers.Location!.ToString());
    }

    [Theory]
    [InlineData("/verify/nothing")]
    [InlineData("/verify/_framework/")]
    [InlineData("/verify/%2e%2e/Atoma.Api.modules.json")]
    [InlineData("/verify/..%2f..%2fAtoma.Api.dll")]
    public async Task Get_AnythingElse_IsNotFound(string path)
    {
        await using var host = await ApiHost.StartAsync();
        using var response = await host.Http.GetAsync(new Uri(path, UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    /// <summary>Published, the files lie beside the program; without them the API works and the page is not found.</summary>
    [Theory]
    [InlineData(true, HttpStatusCode.OK)]
    [InlineData(false, HttpStatusCode.NotFound)]
    public async Task Get_AsPublished_ServesTheFolder(bool published, HttpStatusCode expected)
    {
        var folder = Directory.CreateTempSubdirectory("atoma-verifier-");
        try
        {
            if (published)
                await File.WriteAllTextAsync(Path.Combine(folder.CreateSubdirectory("wwwroot/verify").FullName, "index.html"), "page");
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            await using var app = builder.Build();
            app.MapVerifier(folder.FullName);
            await app.StartAsync();
            using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
            using var response = await http.GetAsync(new Uri("/verify/", UriKind.Relative));
            Assert.Equal(expected, response.StatusCode);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

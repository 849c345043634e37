using Microsoft.AspNetCore.Hosting.StaticWebAssets;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Net.Http.Headers;

namespace Atoma.Api.Endpoints;

/// <summary>
/// The receipt verifier under <c>/verify/</c>: static web assets of Atoma.Verifier. As built they are named by a manifest beside
/// the assembly, as published they lie in its <c>wwwroot</c>; both are found from the assembly, not from the caller's folder.
/// </summary>
internal static class VerifierEndpoints
{
    public const string Path = "/verify";

    private const string Manifest = "Atoma.Api.staticwebassets.runtime.json";

    /// <summary>The browser compiles the verifier's own assemblies, nothing else runs, and only this server can be asked for them.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

    private static readonly FileExtensionContentTypeProvider ContentTypes = new();

    public static void MapVerifier(this WebApplication app, string directory)
    {
        var files = Find(app.Environment, directory);
        app.MapGet(Path + "/{**file}", Results<PhysicalFileHttpResult, RedirectHttpResult, NotFound> (HttpContext context, string? file) =>
        {
            // The page names its files relative to itself.
            if (file is null && !context.Request.Path.Value!.EndsWith('/'))
                return TypedResults.Redirect(Path + "/", permanent: false);
            var found = files.GetFileInfo($"{Path}/{(string.IsNullOrEmpty(file) ? "index.html" : file)}");
            if (found is not { Exists: true, IsDirectory: false, PhysicalPath: { } path })
                return TypedResults.NotFound();
            context.Response.Headers.ContentSecurityPolicy = Policy;
            context.Response.Headers.CacheControl = "no-cache";
            var type = ContentTypes.TryGetContentType(path, out var known) ? known : "application/octet-stream";
            var tag = new EntityTagHeaderValue($"\"{found.LastModified.UtcTicks:x}-{found.Length:x}\"");
            return TypedResults.PhysicalFile(path, type, lastModified: found.LastModified, entityTag: tag);
        }).ExcludeFromDescription().AllowAnonymous();
    }

    private static IFileProvider Find(IWebHostEnvironment environment, string directory)
    {
        var manifest = System.IO.Path.Combine(directory, Manifest);
        if (File.Exists(manifest))
        {
            StaticWebAssetsLoader.UseStaticWebAssets(environment, new ConfigurationBuilder().AddInMemoryCollection([new(WebHostDefaults.StaticWebAssetsKey, manifest)]).Build());
            return environment.WebRootFileProvider;
        }

        var published = System.IO.Path.Combine(directory, "wwwroot");
        return Directory.Exists(published) ? new PhysicalFileProvider(published) : new NullFileProvider();
    }
}

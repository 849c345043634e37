using Atoma.Api.Endpoints;
using Atoma.Api.Security;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Atoma.Api.OpenApi;

/// <summary>The description of the API for programs (/openapi/v1.json) and for people (/docs).</summary>
internal static class ApiDocument
{
    private const string Key = "api_key";
    private const string DocsPath = "/docs";
    private const string DocsPolicy =
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";

    public static void AddApiDocument(this IServiceCollection services) =>
        services.AddOpenApi("v1", options =>
        {
            options.AddDocumentTransformer(Describe);
            options.AddOperationTransformer(DescribeOperation);
            options.AddSchemaTransformer(FieldSchemas.Describe);
        });

    /// <summary>The page's scripts come from its package; whatever they may want from elsewhere, the browser does not fetch.</summary>
    public static void UseDocsPolicy(this WebApplication app) =>
        app.Use(static (context, next) =>
        {
            if (context.Request.Path.StartsWithSegments(DocsPath, StringComparison.OrdinalIgnoreCase))
                context.Response.Headers.ContentSecurityPolicy = DocsPolicy;
            return next(context);
        });

    public static void MapApiDocument(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
        routes.MapScalarApiReference(DocsPath, options =>
        {
            options.Title = "Atoma API";
            options.OpenApiRoutePattern = "/openapi/v1.json";
            options.AddPreferredSecuritySchemes(Key);
            options.DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp().HideDeveloperTools().HideClientButton();
        }).AllowAnonymous();
    }

    private static Task Describe(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Atoma",
            Version = "v1",
            Description =
                "AI answers from a network of nodes that need not be trusted: each answer can be checked as strictly as its 'integrity' asks, is paid "
                + "only when it holds, and comes with a receipt that anybody can verify offline. OpenAI's clients work when their base URL is changed.",
        };
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        document.Components.SecuritySchemes[Key] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "An API key. The embedded network prints its development key when it starts.",
        };
        return Task.CompletedTask;
    }

    private static Task DescribeOperation(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var policies = context.Description.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>().Select(a => a.Policy);
        if (policies.Any(p => p is AtomaPolicies.Client or AtomaPolicies.Reader))
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Key, context.Document)] = [] }];
        operation.RequestBody?.Content?.Remove(AnswerTexts.AnyType);
        return Task.CompletedTask;
    }
}

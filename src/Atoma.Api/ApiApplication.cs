using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Atoma.Api.Answers;
using Atoma.Api.Answers.Embeddings;
using Atoma.Api.Endpoints;
using Atoma.Api.Endpoints.Accounts;
using Atoma.Api.Errors;
using Atoma.Api.Json;
using Atoma.Api.OpenApi;
using Atoma.Api.Security;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Atoma.Api;

/// <summary>The REST front, for the embedded network and for an Orleans client alike. It needs an IGrainFactory in the services and nothing else.</summary>
public static class ApiApplication
{
    public static WebApplicationBuilder AddAtomaApi(this WebApplicationBuilder builder, Limits? limits = null)
    {
        // Its lines and its scope show addresses, and somebody may have put a key in one (AdminLogin). Ours name the call.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);

        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(limits ?? new Limits());
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, KestrelLimits>();
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.PropertyNamingPolicy = ApiJson.Web.Options.PropertyNamingPolicy;
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
        });
        services.AddOptions<RequestTimeoutOptions>().Configure<Limits>(static (options, l) => options.DefaultPolicy = new RequestTimeoutPolicy
        {
            Timeout = l.ReadTime,
            TimeoutStatusCode = StatusCodes.Status504GatewayTimeout,
            WriteTimeoutResponse = static context => OpenAiErrors.TimedOut().ExecuteAsync(context),
        });
        services.AddRequestTimeouts();
        AddSecurity(services);
        services.AddApiDocument();
        services.AddSingleton<PublicView>();
        services.AddSingleton<AnswerGate>();
        services.AddSingleton<AnswerService>();
        services.AddSingleton<AnswerWatch>();
        services.AddSingleton<AnswerRelay>();
        services.AddSingleton<VectorRelay>();
        services.AddSingleton<AnswerHandler>();
        services.AddSingleton<AnswerShapes>();
        services.AddSingleton<QuestionReader>();
        services.AddSingleton<StoredAnswers>();
        services.AddSingleton<WebhookService>();
        return builder;
    }

    /// <summary>Middleware and endpoints. What the host maps itself (the dashboard, the node gateway) is mapped after this.</summary>
    public static WebApplication UseAtomaApi(this WebApplication app)
    {
        app.Use(async (context, next) =>
        {
            context.TraceIdentifier = "http-" + RandomNumberGenerator.GetHexString(24, lowercase: true);
            GatewayMetrics.Arrived(context);
            ResponseHeaders.Set(context);
            using var scope = Log.BeginCall(app.Logger, context.TraceIdentifier);
            await next(context);
        });
        // Not before whoever collects metrics listens.
        app.Lifetime.ApplicationStarted.Register(GatewayMetrics.Start);
        app.UseMiddleware<ErrorMiddleware>();
        app.UseDocsPolicy();
        app.UseRouting();
        app.UseRequestTimeouts();
        app.UseMiddleware<AdminLogin>();
        app.UseAuthentication();
        app.UseAuthorization();

        app.MapChatCompletions();
        app.MapCompletions();
        app.MapEmbeddings();
        app.MapQuotes();
        app.MapTokenize();
        app.MapRefused();
        app.MapModels();
        app.MapRequests();
        app.MapAsynchronous();
        app.MapWebhooks();
        app.MapDisputes();
        app.MapAccount();
        app.MapKeys();
        app.MapAdmin();
        app.MapOperators();
        app.MapChain();
        app.MapNodes();
        app.MapAppeals();
        app.MapReviews();
        app.MapNetwork();
        app.MapHealth();
        app.MapApiDocument();
        app.MapExplorer();
        app.MapVerifier(AppContext.BaseDirectory);
        return app;
    }

    private static void AddSecurity(IServiceCollection services)
    {
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<Traffic>();
        services.AddSingleton<AdminSessions>();
        services.AddAuthentication(ApiKeyHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.SchemeName, null)
            .AddScheme<AuthenticationSchemeOptions, BrowserKeyHandler>(BrowserKeyHandler.BrowserSchemeName, null);
        services.AddAuthorizationBuilder()
            .AddPolicy(AtomaPolicies.Client, policy => policy
                .AddAuthenticationSchemes(ApiKeyHandler.SchemeName)
                .RequireClaim(AtomaPolicies.ScopeClaim, AtomaPolicies.ClientScope))
            .AddPolicy(AtomaPolicies.Reader, policy => policy
                .AddAuthenticationSchemes(ApiKeyHandler.SchemeName)
                .RequireClaim(AtomaPolicies.ScopeClaim, AtomaPolicies.ClientScope, AtomaPolicies.ReadScope, AtomaPolicies.ManageScope, AtomaPolicies.AdminScope))
            .AddPolicy(AtomaPolicies.Manager, policy => policy
                .AddAuthenticationSchemes(ApiKeyHandler.SchemeName)
                .RequireClaim(AtomaPolicies.ScopeClaim, AtomaPolicies.ManageScope))
            .AddPolicy(AtomaPolicies.AdminApi, policy => policy
                .AddAuthenticationSchemes(ApiKeyHandler.SchemeName)
                .RequireClaim(AtomaPolicies.ScopeClaim, AtomaPolicies.AdminScope))
            .AddPolicy(AtomaPolicies.Admin, policy => policy
                .AddAuthenticationSchemes(BrowserKeyHandler.BrowserSchemeName)
                .RequireClaim(AtomaPolicies.ScopeClaim, AtomaPolicies.AdminScope));
    }

    private sealed class KestrelLimits(Limits limits) : IConfigureOptions<KestrelServerOptions>
    {
        public void Configure(KestrelServerOptions options)
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = limits.DrainedBytes;
            options.Limits.MaxRequestLineSize = limits.RequestLineBytes;
            options.Limits.MaxRequestHeadersTotalSize = limits.HeaderBytes;
            options.Limits.MaxRequestHeaderCount = limits.HeaderCount;
            options.Limits.RequestHeadersTimeout = limits.HeadersTime;
            options.Limits.KeepAliveTimeout = limits.KeepAliveTime;
            options.Limits.MaxConcurrentConnections = limits.Connections;
        }
    }
}
